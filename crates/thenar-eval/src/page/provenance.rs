//! Where the figures come from: enough to make them again.

use maud::{Markup, html};

use super::text::given;
use super::{Page, System};
use crate::report::ListInfo;
use crate::table::grouped;

/// What made the page. The reports say what made the scores.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provenance {
    /// Program and version; by default this crate's.
    pub program: String,
    /// When, as the caller writes dates. Without one the page is the same whenever it is made.
    pub date: Option<String>,
    /// Whatever else belongs here: name and value.
    pub more: Vec<(String, String)>,
}

impl Default for Provenance {
    fn default() -> Self {
        Self {
            program: format!("{} {}", env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION")),
            date: None,
            more: Vec::new(),
        }
    }
}

pub(super) fn section(page: &Page<'_>) -> Markup {
    let Provenance {
        program,
        date,
        more,
    } = &page.provenance;
    html! {
        section #provenance {
            h2 { "Provenance" }
            dl.facts {
                dt { "Program" } dd { (given(program)) }
                @if let Some(date) = date { dt { "Date" } dd { (given(date)) } }
                @for (name, value) in more { dt { (given(name)) } dd { (given(value)) } }
            }
            @for system in &page.systems { (of_system(system, page.systems.len() > 1)) }
        }
    }
}

fn of_system(system: &System<'_>, with_heading: bool) -> Markup {
    let (report, none) = (system.report, String::new());
    let facts = [
        ("Method", &report.method),
        ("Protection", &report.protect),
        ("Tokens", report.tokens.as_ref().unwrap_or(&none)),
        ("Input", &report.input),
    ];
    let lists = [("Gallery", &report.gallery), ("Probe", &report.probe)];
    html! {
        @if with_heading { h3 { (given(system.name)) } }
        dl.facts {
            @for (name, value) in facts {
                @if !value.is_empty() { dt { (name) } dd { (given(value)) } }
            }
            dt { "Scores" }
            dd { (report.polarity.name()) @match report.polarity {
                crate::Polarity::Distance => " (low is a match)",
                crate::Polarity::Similarity => " (high is a match)",
            } }
            @if !report.command_line.is_empty() {
                dt { "Command" } dd { code { (given(&report.command_line)) } }
            }
            @if let Some(contract) = &report.model_contract {
                dt { "Model contract" } dd { code { (given(contract)) } }
            }
            @for (name, list) in lists {
                @if let Some(list) = list { dt { (name) " list" } dd { (of_list(list)) } }
            }
            dt { "Schema" } dd { (given(&report.schema)) ", version " (report.schema_version) }
        }
    }
}

fn of_list(list: &ListInfo) -> Markup {
    html! {
        span.file { (given(&list.path)) } ", " (grouped(list.samples)) " samples, SHA-256 "
        code { (given(&list.sha256)) }
    }
}
