//! `thenar eval calibrate`: from distance to false-match rate, measured on strangers.
//!
//! The distances are those that `verify` and `identify` see: fractions of differing level-1 bits. Each pair of images
//! of two palms counts once.

use rayon::prelude::*;
use serde_json::json;
use thenar_eval::{List, Sample};
use thenar_net::FmrCalibration;

use super::super::args::{Calibrate, Method, Protect};
use super::super::error::CliError;
use super::super::session::Session;
use super::super::{Verdict, files};
use super::acquire::{self, Regions};
use super::template::{Maker, Template};

pub(super) fn run(session: &Session, args: &Calibrate) -> Result<Verdict, CliError> {
    let list = List::read(&args.list)?;
    let maker = Maker::new(Method::Compact, Protect::L1)?;
    let regions = Regions::new(session.input)?;
    let make = |roi: &_| maker.make(roi);
    let samples = acquire::all(session, "images", &list, &args.root, &regions, make)?;

    regions.report(session);
    let failed = samples
        .iter()
        .filter(|sample| sample.data.is_none())
        .count();
    let impostors = strangers(&samples);
    let measure = "fraction of differing level-1 bits";
    let source = format!(
        "{} (list sha256 {}, extractor sha256 {})",
        args.source,
        list.digest,
        maker.model().unwrap_or_default()
    );
    let calibration =
        FmrCalibration::fit(&impostors, measure, &source)?.with_safety(args.safety)?;
    files::write(&args.output, calibration.to_json().as_bytes())?;
    session.out.result(
        &format!(
            "{}: {} impostor comparisons of {} images, {failed} failed to acquire",
            args.output.display(),
            impostors.len(),
            samples.len()
        ),
        &json!({
            "file": args.output.display().to_string(),
            "images": samples.len(),
            "failed": failed,
            "impostors": impostors.len(),
        }),
    );
    Ok(Verdict::Yes)
}

/// The distances of all pairs with different labels.
fn strangers(samples: &[Sample<Template>]) -> Vec<f32> {
    let row = |i: usize| {
        let (one, later) = (&samples[i], &samples[i + 1..]);
        later
            .iter()
            .filter_map(|other| match (&one.data, &other.data) {
                (Some(a), Some(b)) if one.label != other.label => Some(a.distance(b)),
                _ => None,
            })
    };
    (0..samples.len())
        .into_par_iter()
        .flat_map_iter(row)
        .collect()
}
