//! A progress bar with the time left, on stderr and only when that is a terminal.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::output::Output;

/// A bar for `total` steps. It clears itself when dropped.
pub(crate) fn bar(out: &Output, what: &'static str, total: u64) -> ProgressBar {
    if out.is_quiet() {
        return ProgressBar::hidden();
    }
    // Draws nothing when stderr is not a terminal.
    let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr());
    let template = "{msg} {bar:40} {pos}/{len}  {per_sec}  {eta} left";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.with_message(what)
}
