//! What a run says of whose tokens its templates are under.

use std::collections::BTreeSet;

use clap::ValueEnum;
use serde_json::json;
use thenar_eval::metrics::Unlinkability;
use thenar_eval::page::Table;
use thenar_eval::{PalmLinkage, PalmLinks, Sample};

use super::super::args::{EvalRun, Protect, Tokens, value_name};
use super::super::error::CliError;
use super::results::Section;

/// Seed of the order of palms that the floor of D_sys is made in.
const SEED: u64 = 1;

/// Refuses tokens for what has none.
pub(super) fn check(protect: Protect, tokens: Tokens) -> Result<(), CliError> {
    if tokens == Tokens::One || protect.has_token() {
        return Ok(());
    }
    let all = Protect::value_variants().iter();
    let with: Vec<String> = all
        .filter(|protect| protect.has_token())
        .map(value_name)
        .collect();
    let (tokens, protect, with) = (value_name(&tokens), value_name(&protect), with.join(", "));
    let message =
        format!("--tokens {tokens}: --protect {protect} has no token; it goes with {with}");
    Err(CliError::Usage(message))
}

/// What titles the curves of a run.
pub(super) fn title(args: &EvalRun) -> String {
    let method = super::run::method(args);
    let protect = match value_name(&args.protect) {
        none if none == "none" => "unprotected".into(),
        protect => protect,
    };
    match args.tokens {
        Tokens::One => format!("{method}, {protect}"),
        Tokens::Own => format!("{method}, {protect}, own tokens"),
        Tokens::Other => format!("{method}, {protect}, two tokens"),
    }
}

/// The scenario in a sentence, after a blank; nothing for a protection without a token.
pub(super) fn sentence(args: &EvalRun) -> &'static str {
    match args.tokens {
        _ if !args.protect.has_token() => "",
        Tokens::One => " All templates are under one token: a stranger has stolen it.",
        Tokens::Own => " Each palm has a token of its own, and a stranger comes with theirs.",
        Tokens::Other => {
            " The gallery is under one token and the probes under another, as in two databases."
        }
    }
}

/// What takes the scores of two databases.
pub(super) fn links<G, P>(gallery: &[Sample<G>], probe: &[Sample<P>]) -> PalmLinks {
    let labels = gallery.iter().map(|s| &s.label);
    let labels: BTreeSet<&String> = labels.chain(probe.iter().map(|s| &s.label)).collect();
    PalmLinks::new(labels.len(), SEED)
}

/// Whether two databases can be linked by these scores, with the densities to be drawn; nothing where there are no two
/// databases.
pub(super) fn linked(
    links: Option<&PalmLinks>,
) -> Result<(Option<Section>, Option<Unlinkability>), CliError> {
    let Some(links) = links else {
        return Ok((None, None));
    };
    let (figures, densities) = links.figures()?.unzip();
    Ok((Some(section(figures)), densities))
}

/// `None` where there are too few palms to tell.
fn section(found: Option<PalmLinkage>) -> Section {
    let title = "Two databases, by this score";
    let note = "D_sys: 0 links nothing, 1 everything. Its floor is that of palms compared with others in place of \
                themselves. One pair of tokens, which whoever links does not know.";
    let (text, rows) = match &found {
        None => ("too few palms to tell".to_owned(), Vec::new()),
        Some(f) => (
            format!(
                "D_sys {:.4}, floor {:.4} (at most {:.4} in {}), {} mated and {} non-mated scores, {} bins",
                f.d_sys, f.d_sys_floor, f.d_sys_floor_most, f.shifts, f.mated, f.non_mated, f.bins
            ),
            vec![
                row("D_sys", [f.d_sys, f.d_sys_floor, f.d_sys_floor_most]),
                vec![
                    "Maximal linkability in bits".into(),
                    format!("{:.4}", f.maximal),
                    format!("{:.4}", f.maximal_floor),
                    String::new(),
                ],
            ],
        ),
    };
    Section {
        key: "linked",
        value: json!(found),
        text: format!("{title}: {text}"),
        table: Table {
            title: title.into(),
            note: note.into(),
            columns: ["", "Found", "Floor", "Highest of the floor"]
                .map(Into::into)
                .into(),
            rows,
        },
    }
}

fn row(name: &str, values: [f64; 3]) -> Vec<String> {
    let values = values.iter().map(|value| format!("{value:.4}"));
    std::iter::once(name.to_owned()).chain(values).collect()
}
