//! The page as a whole: head, contents, sections.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::text::{clean, given};
use super::{Page, definitions, figures, provenance, summary, values};
use crate::EvalError;

const STYLE: &str = include_str!("page.css");
/// Nothing is loaded from anywhere; pictures and style stand in the file itself.
const POLICY: &str = "default-src 'none'; img-src data:; style-src 'unsafe-inline'";

pub(super) fn document(page: &Page<'_>) -> Result<Markup, EvalError> {
    let figures = figures::section(page)?;
    let pairs = page.pairs.section()?;
    let tables = page.tables.iter().enumerate();
    Ok(html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (clean(&page.title)) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    h1 { (given(&page.title)) }
                    @if !page.introduction.is_empty() { p.lead { (given(&page.introduction)) } }
                }
                (contents(page))
                main {
                    (summary::section(page))
                    (figures)
                    (values::section(page))
                    @for (number, table) in tables { (table.section(&table_id(number))) }
                    (pairs)
                    (provenance::section(page))
                    (definitions::section())
                }
            }
        }
    })
}

fn table_id(number: usize) -> String {
    format!("table-{number}")
}

fn contents(page: &Page<'_>) -> Markup {
    html! {
        nav aria-label="Contents" {
            a href="#summary" { "Summary" }
            a href="#figures" { "Figures" }
            a href="#values" { "All figures" }
            @for (number, table) in page.tables.iter().enumerate() {
                a href={ "#" (table_id(number)) } { (given(&table.title)) }
            }
            @if !page.pairs.is_empty() { a href="#pairs" { "Pairs" } }
            a href="#provenance" { "Provenance" }
            a href="#definitions" { "Definitions" }
        }
    }
}
