//! The samples of a data set, and lists made from them.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::str::FromStr;

use serde::Serialize;

use super::Layout;
use crate::protocols::Source;
use crate::{EvalError, List};

/// Which hand a palm is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Hand {
    /// Left. Its region of interest is mirrored before it is compared.
    Left,
    /// Right.
    Right,
}

impl Hand {
    /// `left` or `right`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Left => "left",
            Self::Right => "right",
        }
    }

    /// What labels end in: `l` or `r`.
    pub(super) fn letter(self) -> &'static str {
        match self {
            Self::Left => "l",
            Self::Right => "r",
        }
    }
}

/// The light a palm was photographed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Spectrum {
    /// Blue.
    Blue,
    /// Green.
    Green,
    /// Red.
    Red,
    /// Near infrared: shows veins too.
    Nir,
}

impl Spectrum {
    /// All of them, by wavelength.
    pub const ALL: [Self; 4] = [Self::Blue, Self::Green, Self::Red, Self::Nir];

    /// `blue`, `green`, `red` or `nir`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Blue => "blue",
            Self::Green => "green",
            Self::Red => "red",
            Self::Nir => "nir",
        }
    }
}

impl FromStr for Spectrum {
    type Err = EvalError;

    /// # Errors
    /// [`EvalError::Protocol`] for any other name.
    fn from_str(name: &str) -> Result<Self, EvalError> {
        let found = Self::ALL.into_iter().find(|s| s.name() == name);
        found.ok_or_else(|| {
            problem(format!(
                "spectrum {name:?}, expected blue, green, red or nir"
            ))
        })
    }
}

/// One image of a data set, as its path tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LayoutSample {
    /// Path below the folder that was read, parted by `/`.
    pub path: String,
    /// Label of the palm: equal for all images of one palm, in all sessions and spectra.
    pub label: String,
    /// The person, where the data set names people and not only palms.
    pub person: Option<String>,
    /// The hand, where the data set tells.
    pub hand: Option<Hand>,
    /// Session, from 1; 1 where the data set has no sessions.
    pub session: u32,
    /// Number of the image among those of its palm, session and spectrum, as the data set counts.
    pub capture: u32,
    /// The light, where there are several.
    pub spectrum: Option<Spectrum>,
    /// `false` where the data set itself says that something is on the hand or wrong with the image.
    pub plain: bool,
}

impl LayoutSample {
    /// The first image of a palm of which nothing more is known.
    pub(super) fn of(path: &str, label: String) -> Self {
        Self {
            path: path.to_owned(),
            label,
            person: None,
            hand: None,
            session: 1,
            capture: 1,
            spectrum: None,
            plain: true,
        }
    }

    /// A palm whose person and hand are known: its label is `person_l` or `person_r`.
    pub(super) fn of_hand(path: &str, person: &str, hand: Hand) -> Self {
        Self {
            person: Some(person.to_owned()),
            hand: Some(hand),
            ..Self::of(path, format!("{person}_{}", hand.letter()))
        }
    }

    /// Palms in the order of their numbers, and of each palm its sessions, images and spectra.
    fn place(&self) -> impl Ord + '_ {
        let digits = self.label.bytes().take_while(u8::is_ascii_digit).count();
        let number: Option<u64> = self.label[..digits].parse().ok();
        (
            (number, self.label.as_str()),
            (self.session, self.capture, self.spectrum),
        )
    }
}

/// Which samples to take; the default takes all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only of this session.
    pub session: Option<u32>,
    /// Only in this light.
    pub spectrum: Option<Spectrum>,
    /// Only of this hand.
    pub hand: Option<Hand>,
    /// Only images of which the data set notes nothing unusual, see [`LayoutSample::plain`].
    pub plain_only: bool,
}

impl Filter {
    fn takes(&self, sample: &LayoutSample) -> bool {
        self.session.is_none_or(|s| s == sample.session)
            && self.spectrum.is_none_or(|s| Some(s) == sample.spectrum)
            && self.hand.is_none_or(|h| Some(h) == sample.hand)
            && (sample.plain || !self.plain_only)
    }
}

/// The lists that a protocol is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sources {
    /// One session only: the first images of each palm are enrolled.
    One {
        /// All samples.
        list: List,
        /// Images of each palm that are enrolled.
        enrolled: usize,
    },
    /// The first session is enrolled, the second searched.
    Sessions {
        /// First session.
        gallery: List,
        /// Second session.
        probe: List,
    },
}

impl Sources {
    /// For [`crate::protocols::closed_set`], [`crate::protocols::open_set`] and [`crate::protocols::cross_set`].
    #[must_use]
    pub fn source(&self) -> Source<'_> {
        match self {
            Self::One { list, enrolled } => Source::One {
                list,
                enrolled: *enrolled,
            },
            Self::Sessions { gallery, probe } => Source::Sessions { gallery, probe },
        }
    }
}

/// What was found in the folder of a data set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataSet {
    /// How the folder was read.
    pub layout: Layout,
    /// At least one; palms in the order of their numbers, and of each palm its sessions, images and spectra.
    pub samples: Vec<LayoutSample>,
    /// Files that are no samples: tables, notes, the backs of hands.
    pub skipped: u64,
    /// Images that a table of the data set names and that are not there.
    pub missing: Vec<String>,
}

impl DataSet {
    /// # Errors
    /// [`EvalError::File`] when there is no sample, or one image of one palm is there twice.
    pub(super) fn new(
        layout: Layout,
        root: &Path,
        mut samples: Vec<LayoutSample>,
        skipped: u64,
    ) -> Result<Self, EvalError> {
        if samples.is_empty() {
            let about = layout.about();
            return Err(EvalError::file(
                root,
                format!(
                    "holds no image of {}, expected {}, like {}",
                    about.title, about.expected, about.example
                ),
            ));
        }
        once_each(root, &samples)?;
        samples.sort_by(|a, b| a.place().cmp(&b.place()));
        Ok(Self {
            layout,
            samples,
            skipped,
            missing: Vec::new(),
        })
    }

    /// The sessions that are there, in order.
    #[must_use]
    pub fn sessions(&self) -> Vec<u32> {
        self.sessions_of(&Filter::default())
    }

    fn sessions_of(&self, filter: &Filter) -> Vec<u32> {
        let found: BTreeSet<u32> = self.select(filter).map(|s| s.session).collect();
        found.into_iter().collect()
    }

    /// The spectra that are there, by wavelength; none where the data set has only one kind of light.
    #[must_use]
    pub fn spectra(&self) -> Vec<Spectrum> {
        let found: BTreeSet<Spectrum> = self.samples.iter().filter_map(|s| s.spectrum).collect();
        found.into_iter().collect()
    }

    /// The samples a filter takes, in the order of [`DataSet::samples`].
    pub fn select<'a>(&'a self, filter: &'a Filter) -> impl Iterator<Item = &'a LayoutSample> {
        self.samples.iter().filter(|sample| filter.takes(sample))
    }

    /// The samples a filter takes, as `path label`; paths are relative to the folder that was read.
    ///
    /// # Errors
    /// [`EvalError::Protocol`] when the filter takes none, [`EvalError::File`] for a path that a list cannot hold.
    pub fn list(&self, filter: &Filter) -> Result<List, EvalError> {
        let mut samples = self
            .select(filter)
            .map(|s| (s.path.as_str(), s.label.as_str()))
            .peekable();
        if samples.peek().is_none() {
            return Err(problem(format!(
                "no sample of {} is left: {}",
                self.layout.name(),
                self.wanted(filter)
            )));
        }
        List::from_samples(Path::new(&format!("{}.txt", self.layout.name())), samples)
    }

    /// One session enrolled, another searched; [`Filter::session`] is not looked at.
    ///
    /// # Errors
    /// As [`DataSet::list`]; [`EvalError::Protocol`] also when both sessions are the same.
    pub fn between_sessions(
        &self,
        filter: &Filter,
        gallery: u32,
        probe: u32,
    ) -> Result<(List, List), EvalError> {
        if gallery == probe {
            return Err(problem(format!(
                "session {gallery} as gallery and as probe, expected two sessions"
            )));
        }
        let of = |session| {
            self.list(&Filter {
                session: Some(session),
                ..filter.clone()
            })
        };
        Ok((of(gallery)?, of(probe)?))
    }

    /// The first session against the second, where the filter leaves more than one; else the first `enrolled` images
    /// of each palm against its others.
    ///
    /// # Errors
    /// As [`DataSet::list`].
    pub fn sources(&self, filter: &Filter, enrolled: usize) -> Result<Sources, EvalError> {
        match self.sessions_of(filter)[..] {
            [first, second, ..] => {
                let (gallery, probe) = self.between_sessions(filter, first, second)?;
                Ok(Sources::Sessions { gallery, probe })
            }
            _ => Ok(Sources::One {
                list: self.list(filter)?,
                enrolled,
            }),
        }
    }

    /// What was asked for and what there is, for an error.
    fn wanted(&self, filter: &Filter) -> String {
        let mut asked = Vec::new();
        asked.extend(filter.session.map(|s| format!("session {s}")));
        asked.extend(filter.spectrum.map(|s| format!("spectrum {}", s.name())));
        asked.extend(filter.hand.map(|h| format!("{} hands", h.name())));
        asked.extend(filter.plain_only.then(|| "plain images".to_owned()));
        let spectra: Vec<&str> = self.spectra().into_iter().map(Spectrum::name).collect();
        format!(
            "asked for {}; there are the sessions {:?} and the spectra {spectra:?}",
            asked.join(", "),
            self.sessions()
        )
    }
}

/// The same image of the same palm twice means two data sets in one folder, originals beside cut-outs for example.
fn once_each(root: &Path, samples: &[LayoutSample]) -> Result<(), EvalError> {
    let mut seen: HashMap<_, &str> = HashMap::with_capacity(samples.len());
    for sample in samples {
        let key = (
            sample.label.as_str(),
            sample.session,
            sample.capture,
            sample.spectrum,
        );
        if let Some(first) = seen.insert(key, &sample.path) {
            return Err(EvalError::file(
                &root.join(&sample.path),
                format!(
                    "is image {} of palm {} in session {}, and so is {first}; expected one folder that holds it once",
                    sample.capture, sample.label, sample.session
                ),
            ));
        }
    }
    Ok(())
}

fn problem(problem: String) -> EvalError {
    EvalError::Protocol { problem }
}
