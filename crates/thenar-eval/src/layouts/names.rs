//! Pieces of file names.

/// The number in `text`: `digits` decimal digits, no more and no fewer.
pub(super) fn fixed(text: &str, digits: usize) -> Option<u32> {
    (text.len() == digits).then(|| number(text)).flatten()
}

/// The number in `text`: one to nine decimal digits and nothing else.
pub(super) fn number(text: &str) -> Option<u32> {
    let plain = (1..=9).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

/// The number in `text`, without zeros in front.
pub(super) fn plain(text: &str) -> Option<u32> {
    number(text).filter(|_| text.len() == 1 || !text.starts_with('0'))
}

/// The name without its last extension. The walk has seen that there is one.
pub(super) fn stem(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

/// The folder in which the last part lies, and the name of that part without extension.
pub(super) fn last_two<'a>(parts: &[&'a str]) -> Option<(&'a str, &'a str)> {
    match parts {
        [.., folder, name] => Some((folder, stem(name))),
        _ => None,
    }
}

/// The name of the last part without extension.
pub(super) fn last<'a>(parts: &[&'a str]) -> Option<&'a str> {
    parts.last().map(|name| stem(name))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_are_digits_only() {
        assert_eq!((fixed("0042", 4), fixed("042", 4)), (Some(42), None));
        assert_eq!(
            (number("007"), plain("007"), plain("7")),
            (Some(7), None, Some(7))
        );
        assert_eq!((plain("0"), plain("00")), (Some(0), None));
        for bad in ["", "+1", "-1", " 1", "1.", "0x1", "１", "1234567890"] {
            assert_eq!(number(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn numbers_of_fixed_width_come_back(number in 0u32..100_000) {
            prop_assert_eq!(fixed(&format!("{number:05}"), 5), Some(number));
            prop_assert_eq!(plain(&number.to_string()), Some(number));
        }

        #[test]
        fn any_text_is_read_or_refused(text in "[0-9]{0,12}|.{0,6}", digits in 0usize..12) {
            if let Some(number) = fixed(&text, digits) {
                prop_assert_eq!(format!("{number:0digits$}"), text);
            }
        }
    }
}
