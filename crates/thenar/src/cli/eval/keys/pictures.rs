//! Wrong bits of each length, as a picture and as a table.

use std::fmt::Write;
use std::path::Path;

use thenar_eval::Kind;
use thenar_eval::plot::{Histogram, marked_histogram_svg};

use super::super::super::error::CliError;
use super::super::super::files;
use super::closely::Closely;
use super::measured::Length;

/// `wrong-bits-<bits>x<copies>.svg` and `.csv` of each length, with the codes marked.
pub(super) fn write(
    folder: &Path,
    lengths: &[Length],
    closely: &[Closely],
) -> Result<(), CliError> {
    for length in lengths {
        let mut corrected: Vec<u32> = length.recommended.iter().map(|c| c.code.t).collect();
        let of_size = closely.iter().filter(|c| c.coded.size == length.size);
        corrected.extend(of_size.map(|c| c.code.t));
        corrected.sort_unstable();
        corrected.dedup();
        let counts = [Kind::Genuine, Kind::Impostor].map(|kind| length.wrong.counts(kind));
        let name = |ending| folder.join(format!("wrong-bits-{}.{ending}", length.size));
        let svg = svg(length, &counts, &corrected)?;
        files::write(&name("svg"), svg.as_bytes())?;
        files::write(&name("csv"), csv(&counts).as_bytes())?;
    }
    Ok(())
}

fn svg(length: &Length, counts: &[Vec<u64>; 2], corrected: &[u32]) -> Result<String, CliError> {
    let size = length.size;
    let numbers = if size.copies == 1 {
        "number"
    } else {
        "numbers"
    };
    let title = format!("{} bits, {} {numbers} for each", size.bits, size.copies);
    let wrong = &length.wrong_bits;
    let end = wrong.genuine.max.max(wrong.impostor.max) as usize + 1;
    let [genuine, impostor] = counts.each_ref().map(|counts| counts[..end].to_vec());
    let histogram = Histogram {
        // A bar stands over its number.
        start: -0.5,
        width: 1.0,
        genuine,
        impostor,
    };
    let mark = |&t: &u32| (f64::from(t) + 0.5, format!("t = {t}"));
    let marks: Vec<_> = corrected.iter().map(mark).collect();
    let scores = "Wrong bits of the codeword";
    Ok(marked_histogram_svg(&title, &histogram, scores, &marks)?)
}

/// `wrong,genuine,impostor`.
fn csv([genuine, impostor]: &[Vec<u64>; 2]) -> String {
    let mut text = String::from("wrong,genuine,impostor\n");
    for (wrong, (genuine, impostor)) in genuine.iter().zip(impostor).enumerate() {
        // Writing to a string does not fail.
        let _ = writeln!(text, "{wrong},{genuine},{impostor}");
    }
    text
}
