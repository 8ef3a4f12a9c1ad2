//! Text of a caller, and numbers, as HTML.

use std::borrow::Cow;

use maud::{Markup, html};

use crate::table::percent;

/// A word of more letters may be broken anywhere: no screen must be as wide as the longest file name.
const LONG_WORD: usize = 24;

/// Text of a caller: escaped, and isolated, so that the direction of a name does not reach what stands beside it.
pub(super) fn given(text: &str) -> Markup {
    let long = |word: &str| word.chars().count() > LONG_WORD;
    let class = text.split_whitespace().any(long).then_some("long");
    html! { bdi class=[class] { (clean(text)) } }
}

/// The text without characters that HTML does not allow, and without those that turn the direction of what follows:
/// each becomes a replacement character.
///
/// An isolate that a name opens and does not close would reach out of its element, and an override makes a name look
/// like another. Letters that run from right to left need neither.
pub(super) fn clean(text: &str) -> Cow<'_, str> {
    let turns = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let forbidden = |c: char| (c.is_control() && c != '\n' && c != '\t') || turns(c);
    if text.contains(forbidden) {
        Cow::Owned(text.replace(forbidden, "\u{fffd}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// A false match rate of a report (`"1e-3"`) as a power of ten.
pub(super) fn power(name: &str) -> Markup {
    let name = clean(name);
    html! {
        @match name.strip_prefix("1e-") {
            Some(digits) => { "10" sup { "−" (digits) } }
            None => (name),
        }
    }
}

/// `[1.2 % .. 1.4 %]`, which breaks between its ends if it must.
pub(super) fn interval([from, to]: [f64; 2]) -> Markup {
    html! { (format!("[{} ..", percent(from)).replace(' ', "\u{a0}")) " " (percent(to).replace(' ', "\u{a0}")) "]" }
}

/// Five digits of a score: enough for a mean.
pub(super) fn rounded(value: f64) -> String {
    let short = format!("{value:.4e}").parse::<f64>();
    score(short.unwrap_or(value) as f32)
}

/// A score: as short as it can be told apart, with the usual exponent where it would be long.
pub(super) fn score(value: f32) -> String {
    let size = value.abs();
    if size == 0.0 || (1e-5..1e9).contains(&size) {
        value.to_string()
    } else {
        format!("{value:e}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_escaped_and_isolated() {
        let html = given("<b> & \"x\"\u{0}\u{202e}gpj").into_string();
        assert_eq!(
            html,
            "<bdi>&lt;b&gt; &amp; &quot;x&quot;\u{fffd}\u{fffd}gpj</bdi>"
        );
        assert!(
            given(&"x".repeat(25))
                .into_string()
                .starts_with("<bdi class=\"long\">")
        );
        assert_eq!(clean("two\nlines\t"), "two\nlines\t");
    }

    #[test]
    fn numbers_are_short() {
        assert_eq!(power("1e-3").into_string(), "10<sup>−3</sup>");
        assert_eq!(power("<").into_string(), "&lt;");
        let got = [0.0, 0.25, -1.5, 3e38, 1e-30].map(score);
        assert_eq!(got, ["0", "0.25", "-1.5", "3e38", "1e-30"]);
        assert_eq!(
            [0.123_456_7, -1e-9, 1e38].map(rounded),
            ["0.12346", "-1e-9", "1e38"]
        );
        let range = interval([0.01, 0.5]).into_string();
        assert_eq!(range, "[1.000\u{a0}%\u{a0}.. 50.00\u{a0}%]");
    }
}
