//! Tables: those of the caller, and how every table of the page is set.

use maud::{Markup, html};

use super::refused;
use super::text::given;
use crate::EvalError;

/// Cells of a table; more is a file of its own.
const MOST_CELLS: usize = 100_000;
/// Letters of a cell that counts as a number, unit and interval included. Numbers are not broken.
const LONGEST_NUMBER: usize = 32;

/// A table of the caller. The first column names the rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table {
    /// Heading.
    pub title: String,
    /// What the reader has to know about it. May be empty.
    pub note: String,
    /// Names of the columns, at least one.
    pub columns: Vec<String>,
    /// The rows, each as long as `columns`. Columns in which every cell begins like a number are set to the right.
    pub rows: Vec<Vec<String>>,
}

impl Table {
    pub(super) fn check(&self) -> Result<(), EvalError> {
        let (width, title) = (self.columns.len(), &self.title);
        if width == 0 {
            return Err(refused(format!(
                "table {title:?} has no column, expected at least one"
            )));
        }
        let wrong = self.rows.iter().position(|row| row.len() != width);
        if let Some(index) = wrong {
            let cells = self.rows[index].len();
            return Err(refused(format!(
                "row {index} of table {title:?} has {cells} cells, expected {width}"
            )));
        }
        let cells = self.rows.len().saturating_mul(width);
        if cells > MOST_CELLS {
            return Err(refused(format!(
                "table {title:?} has {cells} cells, expected at most {MOST_CELLS}"
            )));
        }
        Ok(())
    }

    pub(super) fn section(&self, id: &str) -> Markup {
        let heads: Vec<Markup> = self.columns.iter().map(|name| given(name)).collect();
        let cell = |text: &String| given(text);
        let rows: Vec<Vec<Markup>> = self
            .rows
            .iter()
            .map(|row| row.iter().map(cell).collect())
            .collect();
        let numbers: Vec<bool> = (0..self.columns.len())
            .map(|column| self.is_numeric(column))
            .collect();
        html! {
            section id=(id) {
                h2 { (given(&self.title)) }
                @if !self.note.is_empty() { p { (given(&self.note)) } }
                @if self.rows.is_empty() { p.quiet { "No rows." } }
                @else { (table(&self.title, &heads, &rows, &numbers)) }
            }
        }
    }

    fn is_numeric(&self, column: usize) -> bool {
        let like_number = |text: &str| {
            let first = text.trim_start_matches(['+', '-', '−', '±']).chars().next();
            let begins = first.is_none_or(|c| c.is_ascii_digit() || "–—".contains(c));
            begins && text.chars().count() <= LONGEST_NUMBER
        };
        column > 0 && self.rows.iter().all(|row| like_number(&row[column]))
    }
}

/// A table with a name for whoever cannot see it, in a box that scrolls where it is too wide.
///
/// The first cell of a row is its heading. `numbers` says which columns are set to the right.
pub(super) fn table(
    name: &str,
    heads: &[Markup],
    rows: &[Vec<Markup>],
    numbers: &[bool],
) -> Markup {
    let class = |column: usize| {
        let right = numbers.get(column).copied().unwrap_or(false);
        right.then_some("n")
    };
    let name = super::text::clean(name);
    html! {
        // A box that scrolls must be reached by the keyboard.
        div.scroll tabindex="0" role="region" aria-label=(name) {
            table {
                thead { tr {
                    @for (column, head) in heads.iter().enumerate() {
                        th scope="col" class=[class(column)] { (head) }
                    }
                } }
                tbody { @for row in rows { tr {
                    @for (column, cell) in row.iter().enumerate() {
                        @if column == 0 { th scope="row" { (cell) } }
                        @else { td class=[class(column)] { (cell) } }
                    }
                } } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(columns: &[&str], rows: &[&[&str]]) -> Table {
        let owned = |cells: &[&str]| cells.iter().map(|c| (*c).to_owned()).collect();
        Table {
            title: "Times".into(),
            columns: owned(columns),
            rows: rows.iter().map(|row| owned(row)).collect(),
            ..Table::default()
        }
    }

    #[test]
    fn numbers_stand_to_the_right() {
        let table = made(
            &["stage", "ms", "of"],
            &[&["1", "+2.5", "3 images"], &["2", "—", "none"]],
        );
        let html = table.section("t").into_string();
        assert!(
            html.contains(r#"<th scope="col" class="n"><bdi>ms"#),
            "{html}"
        );
        assert!(html.contains(r#"<td class="n"><bdi>+2.5"#));
        assert!(html.contains("<td><bdi>3 images") && html.contains(r#"<th scope="row"><bdi>1"#));
    }

    #[test]
    fn crooked_tables_are_refused() {
        let message = |table: Table| table.check().unwrap_err().to_string();
        assert_eq!(
            message(made(&["a", "b"], &[&["1", "2"], &["1"]])),
            "HTML report: row 1 of table \"Times\" has 1 cells, expected 2"
        );
        assert!(message(made(&[], &[])).contains("has no column"));
        let mut large = made(&["a"], &[]);
        large.rows = vec![vec![String::new()]; MOST_CELLS + 1];
        assert!(message(large).contains("100001 cells, expected at most 100000"));
        assert!(made(&["a"], &[]).check().is_ok());
    }
}
