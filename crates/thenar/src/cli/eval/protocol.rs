//! `thenar eval protocol check` and `thenar eval protocol make`: lists that tell who trains, who is enrolled, who is
//! searched.

use serde_json::Value;
use thenar_eval::List;
use thenar_eval::protocols::{
    Lists, Order, Setting, Source, Subjects, check, closed_set, cross_set, open_set,
};

use super::super::args::{Protocol, ProtocolCheck, ProtocolMake, SplitKind};
use super::super::error::CliError;
use super::super::session::Session;
use super::super::{Verdict, files};
use super::imported;

pub(super) fn run(session: &Session, command: &Protocol) -> Result<Verdict, CliError> {
    match command {
        Protocol::Import(args) => imported::import(session, args),
        Protocol::Bob(args) => imported::export(session, args),
        Protocol::Check(args) => check_lists(session, args),
        Protocol::Make(args) => make(session, args),
    }
}

/// Exit code 0 when the lists are sound, 1 when not.
fn check_lists(session: &Session, args: &ProtocolCheck) -> Result<Verdict, CliError> {
    let read = |path: &Option<std::path::PathBuf>| path.as_deref().map(List::read).transpose();
    let (train, gallery, probe) = (read(&args.train)?, read(&args.gallery)?, read(&args.probe)?);
    if gallery.is_none() && probe.is_none() {
        let message = "a protocol has at least a gallery or probes: give --gallery or --probe";
        return Err(CliError::Usage(message.into()));
    }
    let lists = Lists {
        setting: if args.closed {
            Setting::Closed
        } else {
            Setting::Open
        },
        train: train.as_ref(),
        gallery: gallery.as_ref(),
        probe: probe.as_ref(),
    };
    let found = check(&lists, &subjects(args.people.way.as_deref())?);
    let text = found.to_string();
    session.out.result(
        text.trim_end(),
        &serde_json::to_value(&found).unwrap_or(Value::Null),
    );
    Ok(Verdict::of(found.is_sound()))
}

fn make(session: &Session, args: &ProtocolMake) -> Result<Verdict, CliError> {
    let list = List::read(&args.list)?;
    let sessions = args.probe.as_deref().map(List::read).transpose()?;
    let source = match &sessions {
        Some(probe) => Source::Sessions {
            gallery: &list,
            probe,
        },
        None => Source::One {
            list: &list,
            enrolled: args.enrolled,
        },
    };
    let order = Order {
        subjects: subjects(args.people.way.as_deref())?,
        seed: args.seed,
    };
    let split = match (args.kind, &args.train) {
        (SplitKind::Closed, None) => closed_set(&source, &order)?,
        (SplitKind::Open, None) => open_set(&source, args.train_share, &order)?,
        (SplitKind::Cross, Some(train)) => {
            cross_set(("train", &List::read(train)?), ("test", &source), &order)?
        }
        (SplitKind::Cross, None) => {
            let message =
                "a cross-set split trains on another data set: give its list with --train";
            return Err(CliError::Usage(message.into()));
        }
        (_, Some(_)) => {
            let message =
                "--train goes with a cross-set split; the others train on the list itself";
            return Err(CliError::Usage(message.into()));
        }
    };
    files::make_folder(&args.output)?;
    split.write(&args.output)?;
    let summary = split.summary(&order.subjects);
    let text = summary.to_string();
    session.out.result(
        text.trim_end(),
        &serde_json::to_value(&summary).unwrap_or(Value::Null),
    );
    Ok(Verdict::Yes)
}

/// Which labels are one person: `palms`, `pairs`, or `before:C`.
fn subjects(text: Option<&str>) -> Result<Subjects, CliError> {
    let separator = |rest: &str| {
        let mut characters = rest.chars();
        let first = characters.next()?;
        characters
            .next()
            .is_none()
            .then_some(Subjects::Before(first))
    };
    match text {
        None | Some("palms") => Ok(Subjects::Palms),
        Some("pairs") => Ok(Subjects::Pairs),
        Some(other) => other
            .strip_prefix("before:")
            .and_then(separator)
            .ok_or_else(|| {
                CliError::Usage(format!(
                    "--people {other}: expected palms, pairs, or before: and one character, such as before:_"
                ))
            }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_named_in_three_ways() {
        assert_eq!(subjects(None).unwrap(), Subjects::Palms);
        assert_eq!(subjects(Some("pairs")).unwrap(), Subjects::Pairs);
        assert_eq!(subjects(Some("before:_")).unwrap(), Subjects::Before('_'));
        for wrong in ["", "before", "before:", "before:ab", "hands"] {
            assert!(subjects(Some(wrong)).is_err(), "{wrong}");
        }
    }
}
