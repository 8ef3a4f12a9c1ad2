//! The progress bar of a training.

use indicatif::{ProgressBar, ProgressStyle};

/// A bar for so many steps, with a message and the time left.
pub(crate) fn bar(steps: u64) -> ProgressBar {
    let bar = ProgressBar::new(steps);
    let template = "{bar:30} {pos}/{len} {per_sec} {msg} ETA {eta}";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar
}
