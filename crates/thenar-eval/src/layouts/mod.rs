//! Palm data sets as their authors publish them, read from a folder and turned into lists.
//!
//! | [`Layout`] | name | images | labels | sessions |
//! |---|---|---|---|---|
//! | `Tongji` | `tongji` | 12,000 | 600 palms | 2 |
//! | `TongjiFolders` | `tongji-folders` | the same, one folder per palm | 600 palms | 2 |
//! | `Iitd`, `IitdPhotos` | `iitd`, `iitd-photos` | 2,601 cut-outs, hands | left and right of 230 people | – |
//! | `Polyu1` | `polyu-1` | 600 | 100 palms | 2 |
//! | `Polyu2` | `polyu-2` | 7,752 | 386 palms | 2 |
//! | `PolyuMultispectral` | `polyu-multispectral` | 24,000 in four lights | 500 palms | 2 |
//! | `Casia` | `casia` | 5,502 | left and right of 312 people | – |
//! | `Hands11k` | `11k-hands` | palms among 11,076 | left and right of 190 people | – |
//! | `Coep` | `coep` | 1,344 | 168 people, one palm each | – |
//!
//! No data set is part of this project, and none may be passed on. [`Layout::about`] says where its authors offer it
//! and on what terms; the tree in the documentation of each module is what it unpacks to.
//!
//! * [`read`] sees names, not images: every image file below the folder must fit the layout, else it names the first
//!   that does not. Files that are no images are counted. A part of a data set is read too; [`DataSet::summary`] says
//!   what is missing.
//! * [`DataSet::between_sessions`] and [`DataSet::sources`] make the lists for [`crate::protocols`]. Which labels are
//!   one person is [`About::subjects`]; open splits must go by it.
//! * [`bob`] reads and writes the protocol folders of bob.
//!
//! Links inside the folder are refused, so that nothing outside it is read.
//!
//! ```
//! use thenar_eval::layouts::{self, Filter, Layout};
//! use thenar_eval::protocols::{Order, closed_set};
//!
//! # let folder = tempfile::tempdir()?;
//! # for session in ["session1", "session2"] {
//! #     std::fs::create_dir(folder.path().join(session))?;
//! #     for number in 1..=20 {
//! #         std::fs::write(folder.path().join(format!("{session}/{number:05}.bmp")), b"")?;
//! #     }
//! # }
//! let data = layouts::read(Layout::Tongji, folder.path())?;
//! let sources = data.sources(&Filter::default(), 1)?;
//! let order = Order { subjects: data.layout.about().subjects.clone(), seed: None };
//! let split = closed_set(&sources.source(), &order)?;
//! assert_eq!(split.gallery.entries[10].path, "session1/00011.bmp");
//! assert_eq!(split.gallery.entries[10].label, "1");
//! assert_eq!(data.summary().gaps[0], "598 of 600 palms missing");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod about;
pub mod bob;
pub mod casia;
pub mod coep;
mod dataset;
pub mod hands11k;
pub mod iitd;
mod names;
pub mod polyu;
pub mod polyu_multispectral;
mod summary;
pub mod tongji;
mod walk;

use std::path::Path;
use std::str::FromStr;

pub use about::{About, Shown, Size};
pub use dataset::{DataSet, Filter, Hand, LayoutSample, Sources, Spectrum};
pub use summary::Summary;

use crate::EvalError;

/// How a data set lies in its folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Layout {
    /// Tongji contactless palmprints, by session; see [`tongji`].
    Tongji,
    /// The same, one folder per palm; see [`tongji`].
    TongjiFolders,
    /// IIT Delhi touchless palmprints, cut out; see [`iitd`].
    Iitd,
    /// IIT Delhi touchless palmprints, whole hands; see [`iitd`].
    IitdPhotos,
    /// PolyU palmprints, first version; see [`polyu`].
    Polyu1,
    /// PolyU palmprints, second version; see [`polyu`].
    Polyu2,
    /// PolyU multispectral palmprints; see [`polyu_multispectral`].
    PolyuMultispectral,
    /// CASIA palmprints; see [`casia`].
    Casia,
    /// The palms of 11k Hands; see [`hands11k`].
    Hands11k,
    /// COEP palmprints; see [`coep`].
    Coep,
}

impl Layout {
    /// All layouts.
    pub const ALL: [Self; 10] = [
        Self::Tongji,
        Self::TongjiFolders,
        Self::Iitd,
        Self::IitdPhotos,
        Self::Polyu1,
        Self::Polyu2,
        Self::PolyuMultispectral,
        Self::Casia,
        Self::Hands11k,
        Self::Coep,
    ];

    /// Name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Tongji => "tongji",
            Self::TongjiFolders => "tongji-folders",
            Self::Iitd => "iitd",
            Self::IitdPhotos => "iitd-photos",
            Self::Polyu1 => "polyu-1",
            Self::Polyu2 => "polyu-2",
            Self::PolyuMultispectral => "polyu-multispectral",
            Self::Casia => "casia",
            Self::Hands11k => "11k-hands",
            Self::Coep => "coep",
        }
    }

    /// What is known of the data set.
    #[must_use]
    pub fn about(self) -> &'static About {
        match self {
            Self::Tongji => &tongji::ABOUT,
            Self::TongjiFolders => &tongji::ABOUT_FOLDERS,
            Self::Iitd => &iitd::ABOUT,
            Self::IitdPhotos => &iitd::ABOUT_PHOTOS,
            Self::Polyu1 => &polyu::ABOUT_1,
            Self::Polyu2 => &polyu::ABOUT_2,
            Self::PolyuMultispectral => &polyu_multispectral::ABOUT,
            Self::Casia => &casia::ABOUT,
            Self::Hands11k => &hands11k::ABOUT,
            Self::Coep => &coep::ABOUT,
        }
    }

    /// The sample that a path below the folder names; `None` when it does not fit, or when names do not tell.
    fn sample(self, path: &str) -> Option<LayoutSample> {
        match self {
            Self::Tongji => tongji::sample(path),
            Self::TongjiFolders => tongji::sample_in_folders(path),
            Self::Iitd => iitd::sample(path),
            Self::IitdPhotos => iitd::photo(path),
            Self::Polyu1 => polyu::sample_1(path),
            Self::Polyu2 => polyu::sample_2(path),
            Self::PolyuMultispectral => polyu_multispectral::sample(path),
            Self::Casia => casia::sample(path),
            Self::Hands11k => None,
            Self::Coep => coep::sample(path),
        }
    }
}

impl FromStr for Layout {
    type Err = EvalError;

    /// # Errors
    /// [`EvalError::Protocol`] for any other name.
    fn from_str(name: &str) -> Result<Self, EvalError> {
        let found = Self::ALL.into_iter().find(|layout| layout.name() == name);
        found.ok_or_else(|| {
            let names: Vec<&str> = Self::ALL.into_iter().map(Self::name).collect();
            let problem = format!("layout {name:?}, expected one of {}", names.join(", "));
            EvalError::Protocol { problem }
        })
    }
}

/// Reads the folder of a data set. No image is opened.
///
/// # Errors
/// [`EvalError::File`] for the first image whose name does not fit, for an image that is there twice, when there is
/// none, and as the limits on folders say; [`EvalError::Read`] when a folder cannot be read. For 11k Hands also what is
/// wrong with its table, with file and line.
pub fn read(layout: Layout, root: &Path) -> Result<DataSet, EvalError> {
    if layout == Layout::Hands11k {
        return hands11k::read(root);
    }
    let found = walk::images(root)?;
    let sample = |path: String| {
        layout.sample(&path).ok_or_else(|| {
            let about = layout.about();
            EvalError::file(
                &root.join(&path),
                format!(
                    "does not fit the layout {}, expected {}, like {}",
                    layout.name(),
                    about.expected,
                    about.example
                ),
            )
        })
    };
    let samples = found.images.into_iter().map(sample);
    let samples: Vec<LayoutSample> = samples.collect::<Result<_, _>>()?;
    DataSet::new(layout, root, samples, found.other)
}
