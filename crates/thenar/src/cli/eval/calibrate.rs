//! `thenar eval calibrate`: from distance to false-match rate, measured on strangers.
//!
//! The distances are those that `verify` and `identify` see: the weight of the differing level-1 bits. Each pair of images
//! of two palms counts once.

use rayon::prelude::*;
use serde_json::json;
use thenar_eval::{List, Sample};
use thenar_net::FmrCalibration;

use super::super::args::{Calibrate, Method, Protect};
use super::super::error::CliError;
use super::super::session::Session;
use super::super::{Verdict, files};
use super::acquire::{Acquirer, Regions, check_files};
use super::maker::Maker;
use super::template::{Enrolled, Probe};

pub(super) fn run(session: &Session, args: &Calibrate) -> Result<Verdict, CliError> {
    let list = List::read(&args.list)?;
    check_files(&list, &args.root)?;
    let maker = Maker::new(Method::Compact, Protect::L1, None, None)?;
    let regions = Regions::new(session.input)?;
    let acquirer = Acquirer::new(session, &args.root, &regions, &maker, None);
    let enrolled = acquirer.gallery(&list, false)?;
    let probes = acquirer.probes(&list)?;
    let failed = probes.iter().filter(|s| s.data.is_none()).count();
    let impostors = strangers(&enrolled, &probes);
    let measure = "share of the weight of a probe's level-1 bits that differ";
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
            probes.len()
        ),
        &json!({
            "file": args.output.display().to_string(),
            "images": probes.len(),
            "failed": failed,
            "impostors": impostors.len(),
        }),
    );
    Ok(Verdict::Yes)
}

/// The distances of all pairs with different labels, each pair once.
fn strangers(enrolled: &[Sample<Enrolled>], probes: &[Sample<Probe>]) -> Vec<f32> {
    let row = |i: usize| {
        let (one, later) = (&enrolled[i], &probes[i + 1..]);
        later
            .iter()
            .filter_map(|other| match (&one.data, &other.data) {
                (Some(a), Some(b)) if one.label != other.label => Some(a.distance(b)),
                _ => None,
            })
    };
    (0..enrolled.len())
        .into_par_iter()
        .flat_map_iter(row)
        .collect()
}
