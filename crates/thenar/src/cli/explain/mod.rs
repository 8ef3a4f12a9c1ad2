//! `thenar explain PHOTO -o DIR`: every intermediate as a picture.
//!
//! The tokens are drawn for this run and thrown away, so nothing written here belongs to any store. The pictures are
//! biometric data all the same.

mod page;
mod pictures;

use std::path::PathBuf;

use image::DynamicImage;
use serde_json::{Value, json};
use thenar::image::RoiFrame;
use thenar::{Photo, Pipeline, Sink, Stage};
use thenar_protect::{Keyring, TokenRef, os_rng};

use super::args::{Explain, Input};
use super::error::CliError;
use super::session::Session;
use super::{Verdict, files, roi};

pub(crate) fn run(session: &Session, args: &Explain) -> Result<Verdict, CliError> {
    let photo = Photo::open(&args.photo)?;
    files::make_folder(&args.output)?;
    let mut gathered = Gathered::default();
    let walked = walk(session, args, &photo, &mut gathered);
    // Also what was seen before a rejection is worth a look.
    let rejected = match walked {
        Ok(()) => None,
        Err(error @ CliError::Rejected { .. }) => Some(error),
        Err(error) => return Err(error),
    };
    let message = rejected.as_ref().map(ToString::to_string);
    for (_, name, content) in &gathered.files {
        let path = args.output.join(name);
        match content {
            Content::Picture(picture) => files::write_image(&path, picture)?,
            Content::Text(text) => files::write(&path, text.as_bytes())?,
        }
    }
    let page = page::html(&args.photo, &gathered.files, message.as_deref());
    files::write(&args.output.join("index.html"), page.as_bytes())?;
    report(session, args, &gathered, rejected.as_ref());
    rejected.map_or(Ok(Verdict::Yes), |error| {
        Err(CliError::Reported(error.exit_code()))
    })
}

/// The whole way, with tokens that are thrown away.
fn walk(
    session: &Session,
    args: &Explain,
    photo: &Photo,
    sink: &mut Gathered,
) -> Result<(), CliError> {
    let pipeline: Pipeline = session.pipeline()?;
    if session.input == Input::Photo {
        let input = pictures::network_input(photo.rgb());
        sink.picture("photo", "network_input.png", input);
        sink.photo = Some(photo.clone());
    }
    let failed = CliError::of_photo(&args.photo);
    let palm = pipeline.acquire(photo, sink).map_err(&failed)?;

    let folder =
        tempfile::tempdir().map_err(CliError::file(&args.output, "make a temporary folder"))?;
    let keyring = Keyring::create(folder.path().join("keyring"), &mut os_rng())?;
    let k1 = keyring.collection_token();
    let bits = pipeline.bits(&palm.feature, k1, sink).map_err(&failed)?;
    pipeline.seal(&bits, TokenRef::collection(k1), &keyring, "nobody", sink);
    pipeline.hash(&palm.feature, sink).map_err(&failed)?;
    Ok(())
}

/// What a file holds.
enum Content {
    Picture(DynamicImage),
    Text(String),
}

/// The sink: turns each intermediate into files, named after its key.
#[derive(Default)]
struct Gathered {
    /// Stage, file name, content.
    files: Vec<(&'static str, String, Content)>,
    photo: Option<Photo>,
}

impl Gathered {
    fn picture(&mut self, key: &'static str, name: &str, picture: impl Into<DynamicImage>) {
        self.files
            .push((key, name.into(), Content::Picture(picture.into())));
    }

    fn text(&mut self, key: &'static str, name: &str, text: String) {
        self.files.push((key, name.into(), Content::Text(text)));
    }
}

impl Sink for Gathered {
    fn log(&mut self, key: &'static str, value: &dyn thenar::Intermediate) {
        let png = format!("{key}.png");
        match value.stage() {
            Stage::Photo(photo) => self.picture(key, &png, pictures::small(photo.rgb())),
            Stage::Hand(hand) => {
                let frame = RoiFrame::from_key_points(&hand.points).ok();
                if let Some(photo) = self.photo.take() {
                    let drawn = roi::drawn(&photo, hand, frame.as_ref());
                    self.picture(key, &png, pictures::small(&drawn));
                    let described = roi::described(&photo, hand, frame.as_ref());
                    self.text(key, "hand.json", format!("{described:#}\n"));
                }
                self.picture(
                    key,
                    "edges.png",
                    pictures::enlarged(&hand.edges.plane.to_gray(), 4),
                );
            }
            Stage::Roi(roi) => self.picture(key, &png, pictures::enlarged(roi.gray(), 3)),
            Stage::Feature(feature) => self.picture(key, &png, pictures::bars(feature)),
            Stage::Bits(bits) => {
                let bits: Vec<bool> = (0..bits.len()).filter_map(|i| bits.bit(i)).collect();
                self.picture(key, &png, pictures::grid(&bits));
            }
            Stage::Hash(hash) => self.picture(key, &png, pictures::grid(&hash.bits())),
            Stage::Record(record) => {
                self.text(key, "record.txt", pictures::hex_lines(&record.to_bytes()))
            }
        }
    }
}

fn report(session: &Session, args: &Explain, gathered: &Gathered, rejected: Option<&CliError>) {
    let files: Vec<Value> = gathered
        .files
        .iter()
        .map(|(stage, file, _)| json!({ "stage": stage, "file": file }))
        .collect();
    let index: PathBuf = args.output.join("index.html");
    let mut value = json!({ "folder": args.output.display().to_string(), "files": files, "problem": Value::Null });
    match rejected {
        None => session.out.result(
            &format!(
                "{} intermediates, open {}",
                gathered.files.len(),
                index.display()
            ),
            &value,
        ),
        Some(error) => {
            value["problem"] = error.to_json()["error"]["problem"].take();
            value["error"] = error.to_json()["error"].take();
            session.out.rejected(error, &value);
        }
    }
}
