//! Rows of comma-separated values (RFC 4180), one row per line.

use super::lines;

/// The fields of one line. A field in double quotes may hold commas, and a doubled quote stands for one; line breaks
/// inside fields are not supported.
pub(crate) fn fields(line: &str) -> Result<Vec<String>, String> {
    let mut fields = Vec::new();
    let mut rest = line;
    loop {
        let (field, after) = match rest.strip_prefix('"') {
            Some(quoted) => closed(quoted)?,
            None => match rest.find(',') {
                Some(comma) => (rest[..comma].to_owned(), &rest[comma..]),
                None => (rest.to_owned(), ""),
            },
        };
        fields.push(field);
        match after.strip_prefix(',') {
            Some(next) => rest = next,
            None if after.is_empty() => return Ok(fields),
            None => return Err("text after a closing quote, expected a comma".to_owned()),
        }
    }
}

/// A quoted field whose opening quote is gone, and what follows its closing quote.
fn closed(mut rest: &str) -> Result<(String, &str), String> {
    let mut field = String::new();
    while let Some(quote) = rest.find('"') {
        field.push_str(&rest[..quote]);
        rest = &rest[quote + 1..];
        match rest.strip_prefix('"') {
            Some(next) => {
                field.push('"');
                rest = next;
            }
            None => return Ok((field, rest)),
        }
    }
    Err("a quote is not closed on this line".to_owned())
}

/// One field as it is written: in quotes where it must be.
pub(crate) fn quoted(field: &str) -> std::borrow::Cow<'_, str> {
    let edges = field.starts_with(char::is_whitespace) || field.ends_with(char::is_whitespace);
    if edges || field.contains([',', '"']) {
        format!("\"{}\"", field.replace('"', "\"\"")).into()
    } else {
        field.into()
    }
}

/// Refuses a name that would not be read back: empty, with white space at an end, or with a control character.
pub(super) fn check_name(name: &str) -> Result<(), String> {
    if name.is_empty() || name.trim() != name || name.contains(char::is_control) {
        return Err(format!(
            "the name {} is empty, begins or ends with white space, or holds a control character",
            lines::shown(name)
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn quotes_commas_and_empty_fields() {
        assert_eq!(fields("a,,c").unwrap(), ["a", "", "c"]);
        assert_eq!(fields("").unwrap(), [""]);
        assert_eq!(
            fields("\"a,b\",\"say \"\"x\"\"\",").unwrap(),
            ["a,b", "say \"x\"", ""]
        );
        assert!(fields("\"open").is_err() && fields("\"a\"b,c").is_err());
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(row in proptest::collection::vec("[a-z ,\"é]{0,8}", 1..6)) {
            let line = row.iter().map(|f| quoted(f)).collect::<Vec<_>>().join(",");
            prop_assert_eq!(fields(&line).unwrap(), row);
        }

        #[test]
        fn any_text_is_parsed_or_refused(line in any::<String>()) {
            let _ = fields(&line);
        }
    }
}
