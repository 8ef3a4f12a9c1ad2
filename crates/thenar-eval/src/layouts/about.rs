//! What is known of a data set before it is read.

use serde::Serialize;

use crate::protocols::Subjects;

/// What the images of a data set show; the name is what `--input` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Shown {
    /// A hand, or most of it: the palm is still to be found.
    Photo,
    /// The region of interest of the palm, cut out by the authors.
    Roi,
}

impl Shown {
    /// `photo` or `roi`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Photo => "photo",
            Self::Roi => "roi",
        }
    }
}

/// The size of the whole data set, as its authors publish it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Size {
    /// People.
    pub people: u64,
    /// Palms.
    pub palms: u64,
    /// Images that a reader makes samples of; `None` where no count of just these is published.
    pub images: Option<u64>,
    /// Images of each palm in each session and spectrum; `None` where their number differs.
    pub of_each_palm: Option<u64>,
}

/// A data set, for people and programs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct About {
    /// What it is called in papers.
    pub title: &'static str,
    /// A path inside it, below the folder that is given.
    pub example: &'static str,
    /// What the names of its files look like, for error messages.
    pub expected: &'static str,
    /// Where its authors offer it.
    pub page: &'static str,
    /// What may be done with it, as far as it is known. The page of the authors decides, not this line.
    pub terms: &'static str,
    /// What its images show.
    pub shown: Shown,
    /// Which hand is which, and what follows for the region of interest, which shows a right hand.
    pub hands: &'static str,
    /// Its size.
    pub size: Size,
    /// Which labels are palms of one person.
    pub subjects: Subjects,
}
