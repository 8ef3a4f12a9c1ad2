//! Passphrases that everybody expects: the list of common ones, repetitions and rows.
//!
//! `common.txt` holds common passwords of eight characters and more, lower case, one a line, in the order of their bytes.
//! About half are from the first 1,400 of Mark Burnett's *Ten Million Passwords* (xato.net, 2015), which he released to the public
//! domain, as sorted by frequency in SecLists (`Passwords/Common-Credentials/xato-net-10-million-passwords-10000.txt`);
//! the rest was collected by hand from what published lists of leaked passwords have in common.

use zeroize::Zeroizing;

const COMMON: &str = include_str!("common.txt");
/// A text that repeats fewer characters than this is expected.
const SHORTEST_UNIT: usize = 8;

/// Whether a normalised passphrase is on the list (in any case of letters), repeats a few characters or a word of the list
/// ("abcabcabc", "passwordpassword"), or goes up or down in steps of one ("abcdefgh", "98765432").
pub(super) fn is_expected(text: &str) -> bool {
    let mut lower = Zeroizing::new(String::with_capacity(3 * text.len()));
    lower.extend(text.chars().flat_map(char::to_lowercase));
    let characters: Zeroizing<Vec<char>> = Zeroizing::new(lower.chars().collect());
    is_common(&lower) || is_row(&characters) || is_repetition(&characters)
}

fn is_common(lower: &str) -> bool {
    COMMON.lines().any(|common| common == lower)
}

fn is_row(characters: &[char]) -> bool {
    let steps = |by: i64| {
        characters
            .windows(2)
            .all(|pair| i64::from(u32::from(pair[1])) - i64::from(u32::from(pair[0])) == by)
    };
    steps(1) || steps(-1)
}

fn is_repetition(characters: &[char]) -> bool {
    let count = characters.len();
    (1..=count / 2).any(|period| {
        let repeats = (period..count).all(|i| characters[i] == characters[i - period]);
        repeats && {
            let unit: Zeroizing<String> = Zeroizing::new(characters[..period].iter().collect());
            period < SHORTEST_UNIT || is_common(&unit)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_holds_only_what_the_length_rule_lets_through() {
        assert!(COMMON.lines().count() > 450);
        for line in COMMON.lines() {
            let fits = line.chars().count() >= super::super::MIN_CHARACTERS;
            assert!(fits && line.to_lowercase() == line, "{line}");
        }
        assert!(COMMON.lines().is_sorted_by(|a, b| a < b));
    }

    #[test]
    fn rows_and_repetitions_are_expected_and_sentences_are_not() {
        for text in [
            "PassWord123",
            "zzzzzzzzzzzz",
            "abcabcabcabcab",
            "Ab Ab Ab Ab ",
            "passwordPASSWORD",
            "abcdefghijklmnop",
            "zyxwvutsrq",
            "αβγδεζηθ",
        ] {
            assert!(is_expected(text), "{text}");
        }
        for text in [
            "gulls over the harbour",
            "abcdefghijklmnpo",
            "the tide the tide",
            "over the sea over the sea ",
            "öäüßéèñç",
        ] {
            assert!(!is_expected(text), "{text}");
        }
    }
}
