//! `thenar eval protocol import` and `thenar eval protocol bob`: from published data sets to lists, and to and from bob.

use std::path::Path;

use serde_json::json;
use thenar_eval::List;
use thenar_eval::layouts::bob::{
    BobGroup, BobProtocol, read_lists, read_tables, write_lists, write_tables,
};
use thenar_eval::layouts::{self, DataSet, Filter, Layout, Sources, Spectrum};
use thenar_eval::protocols::{Order, check, closed_set, open_set};

use super::super::args::{BobForm, Imported, ProtocolBob, ProtocolImport};
use super::super::error::CliError;
use super::super::session::Session;
use super::super::{Verdict, files};

pub(super) fn import(session: &Session, args: &ProtocolImport) -> Result<Verdict, CliError> {
    match args.layout {
        Imported::Images(layout) => import_images(session, args, layout),
        Imported::Bob(form) => import_bob(session, args, form),
    }
}

/// A data set's folder ─► samples ─► split ─► lists.
fn import_images(
    session: &Session,
    args: &ProtocolImport,
    layout: Layout,
) -> Result<Verdict, CliError> {
    let data = layouts::read(layout, &args.root)?;
    let sources = sources(args, &data)?;
    let about = layout.about();
    let order = Order {
        subjects: about.subjects.clone(),
        seed: args.seed,
    };
    let split = match args.open {
        true => open_set(&sources.source(), args.train_share, &order)?,
        false => closed_set(&sources.source(), &order)?,
    };
    files::make_folder(&args.output)?;
    split.write(&args.output)?;
    let (summary, lists) = (data.summary(), split.summary(&order.subjects));
    let found = check(&split.lists(), &order.subjects);
    let text = [
        summary.to_string(),
        format!(
            "terms: {}\n       {}\nhands: {}\n",
            about.terms, about.page, about.hands
        ),
        lists.to_string(),
        format!(
            "measure with: thenar eval run --input {} --root {}",
            about.shown.name(),
            args.root.display()
        ),
    ];
    session.out.result(
        &text.map(|part| part.trim_end().to_owned()).join("\n\n"),
        &json!({ "data": summary, "about": about, "split": lists, "findings": found.findings }),
    );
    Ok(Verdict::of(found.is_sound()))
}

/// The sessions and lights asked for.
fn sources(args: &ProtocolImport, data: &DataSet) -> Result<Sources, CliError> {
    let spectra = data.spectra();
    if spectra.len() > 1 && args.spectrum.is_none() {
        let names: Vec<&str> = spectra.into_iter().map(Spectrum::name).collect();
        let message = format!(
            "there are images in several lights, which no protocol mixes: give --spectrum {}",
            names.join("|")
        );
        return Err(CliError::Usage(message));
    }
    let filter = Filter {
        spectrum: args.spectrum,
        plain_only: args.plain_only,
        ..Filter::default()
    };
    Ok(match args.sessions.as_deref() {
        Some(&[gallery, probe]) => {
            let (gallery, probe) = data.between_sessions(&filter, gallery, probe)?;
            Sources::Sessions { gallery, probe }
        }
        _ => data.sources(&filter, args.enrolled)?,
    })
}

/// A folder of bob's ─► `train.txt`, and `gallery.txt` and `probe.txt` of each group in a folder of its name.
fn import_bob(
    session: &Session,
    args: &ProtocolImport,
    form: BobForm,
) -> Result<Verdict, CliError> {
    let protocol = match form {
        BobForm::Lists => read_lists(&args.root, &args.extension)?,
        BobForm::Csv => read_tables(&args.root, &args.extension)?,
    };
    let mut written = Vec::new();
    let mut write = |folder: &Path, name: &str, list: &List| -> Result<(), CliError> {
        files::make_folder(folder)?;
        let path = folder.join(name);
        list.write(&path)?;
        written.push(json!({ "file": path.display().to_string(), "samples": list.entries.len() }));
        Ok(())
    };
    if let Some(list) = protocol.training()? {
        write(&args.output, "train.txt", &list)?;
    }
    let groups: [(&str, &Option<BobGroup>); 2] = [("dev", &protocol.dev), ("eval", &protocol.eval)];
    for (name, group) in groups {
        let Some(group) = group else { continue };
        let folder = args.output.join(name);
        write(&folder, "gallery.txt", &group.gallery()?)?;
        write(&folder, "probe.txt", &group.probes()?)?;
        if group.matching.is_some() {
            let note = "this protocol compares only some pairs; `eval run` compares all of them";
            session.out.note(&format!("{name}: {note}"));
        }
    }
    let lines = written.iter().map(|w| {
        let file = w["file"].as_str().unwrap_or_default();
        format!("{file}: {} samples", w["samples"])
    });
    let lines: Vec<String> = lines.collect();
    session
        .out
        .result(&lines.join("\n"), &json!({ "lists": written }));
    Ok(Verdict::Yes)
}

/// Lists ─► a protocol folder of bob's, with the gallery and the probes as its evaluation group.
pub(super) fn export(session: &Session, args: &ProtocolBob) -> Result<Verdict, CliError> {
    let train = args.train.as_deref().map(List::read).transpose()?;
    let (gallery, probe) = (List::read(&args.gallery)?, List::read(&args.probe)?);
    let protocol = BobProtocol::of(train.as_ref(), None, Some((&gallery, &probe)));
    files::make_folder(&args.output)?;
    match args.form {
        BobForm::Lists => write_lists(&protocol, &args.output, &args.extension)?,
        BobForm::Csv => write_tables(&protocol, &args.output, &args.extension)?,
    }
    session.out.result(
        &format!("{}: a protocol for bob", args.output.display()),
        &json!({
            "folder": args.output.display().to_string(),
            "train": protocol.train.len(),
            "gallery": gallery.entries.len(),
            "probe": probe.entries.len(),
        }),
    );
    Ok(Verdict::Yes)
}
