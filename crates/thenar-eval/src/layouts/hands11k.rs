//! The palms of 11k Hands (M. Afifi, *11K Hands: gender recognition and biometric identification using a large dataset
//! of hand images*, Multimedia Tools and Applications 78, 2019): 190 people, both hands, palms and backs, one session.
//!
//! ```text
//! HandInfo.csv
//! Hands/Hand_0000002.jpg …
//! ```
//!
//! `HandInfo.csv` has one row per image and the columns `id`, `age`, `gender`, `skinColor`, `accessories`,
//! `nailPolish`, `aspectOfHand`, `imageName`, `irregularities`, found by their names; `aspectOfHand` is `palmar left`,
//! `palmar right`, `dorsal left` or `dorsal right`. So the names of the files tell nothing, and this reader goes by the
//! table: palms become samples, labels `0000000_l`, `0000000_r`; backs of hands are counted as skipped; images without
//! a row are refused; rows without an image are reported as missing. The images may lie in any folder below the one
//! that is given, the table in it.
//!
//! [`LayoutSample::plain`] is `false` where `accessories` (a ring, say) or `irregularities` is not 0. Nail polish is not
//! seen on a palm and not looked at. [`LayoutSample::capture`] is the number in the image's name.
//!
//! Whole: 11,076 images; how many of them are palms, the table tells.
//!
//! *Hands.* The table tells. The images show a whole hand on a white ground, 1600 × 1200 pixels: photos.
//!
//! *Where:* <https://sites.google.com/view/11khands>. *Terms:* academic use, with the paper cited; the authors' programs
//! say "for research purpose only".

use std::collections::BTreeMap;
use std::path::Path;

use super::names::{fixed, last};
use super::{About, DataSet, Hand, Layout, LayoutSample, Shown, Size, walk};
use crate::EvalError;
use crate::formats::{csv, lines};
use crate::protocols::Subjects;

const TABLE: &str = "HandInfo.csv";
const MAX_ROWS: usize = 1_000_000;

/// What is known of it.
pub static ABOUT: About = About {
    title: "11k Hands, palms",
    example: "Hands/Hand_0000002.jpg",
    expected: "the table HandInfo.csv, and images of its column imageName",
    page: "https://sites.google.com/view/11khands",
    terms: "Academic use; cite the paper.",
    shown: Shown::Photo,
    hands: "The table tells the hand.",
    size: Size {
        people: 190,
        palms: 380,
        images: None,
        of_each_palm: None,
    },
    subjects: Subjects::Before('_'),
};

/// One row of the table.
#[derive(Debug, PartialEq, Eq)]
struct Row {
    person: String,
    palm: bool,
    hand: Hand,
    number: u32,
    plain: bool,
}

/// Where the columns stand.
struct Columns {
    all: usize,
    id: usize,
    aspect: usize,
    image: usize,
    accessories: usize,
    irregularities: usize,
}

impl Columns {
    fn of(header: &[String]) -> Result<Self, String> {
        let find = |name: &str| {
            let at = header.iter().position(|h| h.trim() == name);
            at.ok_or_else(|| format!("no column {name:?} in the header, expected those of {TABLE}"))
        };
        Ok(Self {
            all: header.len(),
            id: find("id")?,
            aspect: find("aspectOfHand")?,
            image: find("imageName")?,
            accessories: find("accessories")?,
            irregularities: find("irregularities")?,
        })
    }

    /// Name of the image, and what the table says of it.
    fn row(&self, fields: &[String]) -> Result<(String, Row), String> {
        if fields.len() != self.all {
            let (found, all) = (fields.len(), self.all);
            return Err(format!("{found} fields, expected {all} as in the header"));
        }
        let field = |at: usize| fields[at].trim();
        let zero = |at: usize| match field(at) {
            "0" => Ok(true),
            "1" => Ok(false),
            other => Err(format!("{}, expected 0 or 1", lines::shown(other))),
        };
        let (side, hand) = match field(self.aspect) {
            "palmar left" => (true, Hand::Left),
            "palmar right" => (true, Hand::Right),
            "dorsal left" => (false, Hand::Left),
            "dorsal right" => (false, Hand::Right),
            other => {
                let other = lines::shown(other);
                return Err(format!(
                    "aspectOfHand {other}, expected palmar or dorsal, left or right"
                ));
            }
        };
        let person = field(self.id);
        if person.is_empty() || person.len() > 20 || !person.bytes().all(|b| b.is_ascii_digit()) {
            return Err(format!("id {}, expected digits", lines::shown(person)));
        }
        let image = field(self.image);
        let number = last(&[image]).and_then(|stem| fixed(stem.strip_prefix("Hand_")?, 7));
        let row = Row {
            person: person.to_owned(),
            palm: side,
            hand,
            number: number.ok_or_else(|| {
                let image = lines::shown(image);
                format!("imageName {image}, expected Hand_ and seven digits, like Hand_0000002.jpg")
            })?,
            plain: zero(self.accessories)? && zero(self.irregularities)?,
        };
        Ok((image.to_owned(), row))
    }
}

/// The rows of the table by the names of their images.
fn table(path: &Path) -> Result<BTreeMap<String, Row>, EvalError> {
    let mut columns = None;
    let mut rows = BTreeMap::new();
    lines::for_each(path, |_, line| {
        let fields = csv::fields(line)?;
        let Some(columns) = &columns else {
            columns = Some(Columns::of(&fields)?);
            return Ok(());
        };
        let (image, row) = columns.row(&fields)?;
        if rows.len() == MAX_ROWS {
            return Err(format!("more than {MAX_ROWS} rows"));
        }
        match rows.insert(image.clone(), row) {
            Some(_) => Err(format!("{image} has a second row")),
            None => Ok(()),
        }
    })?;
    Ok(rows)
}

/// Reads the folder with the table.
pub(super) fn read(root: &Path) -> Result<DataSet, EvalError> {
    let found = walk::images(root)?;
    let mut rows = table(&root.join(TABLE))?;
    let mut samples = Vec::new();
    // The table is no sample; it is not what "skipped" means to a reader.
    let mut skipped = found.other.saturating_sub(1);
    for path in found.images {
        let name = path.rsplit('/').next().unwrap_or(&path);
        let Some(row) = rows.remove(name) else {
            let problem = format!("has no row left in {TABLE}, expected one row for each image");
            return Err(EvalError::file(&root.join(&path), problem));
        };
        if !row.palm {
            skipped += 1;
            continue;
        }
        samples.push(LayoutSample {
            capture: row.number,
            plain: row.plain,
            ..LayoutSample::of_hand(&path, &row.person, row.hand)
        });
    }
    let mut data = DataSet::new(Layout::Hands11k, root, samples, skipped)?;
    let missing = rows.into_iter().filter(|(_, row)| row.palm);
    data.missing = missing.map(|(image, _)| image).collect();
    Ok(data)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HEADER: &str =
        "id,age,gender,skinColor,accessories,nailPolish,aspectOfHand,imageName,irregularities";

    fn row(line: &str) -> Result<(String, Row), String> {
        Columns::of(&csv::fields(HEADER).unwrap())
            .unwrap()
            .row(&csv::fields(line)?)
    }

    #[test]
    fn rows_of_palms_and_backs() {
        let line = r#""0000000",27,"male","fair",0,1,"palmar right","Hand_0000002.jpg",0"#;
        let (image, palm) = row(line).unwrap();
        assert_eq!(image, "Hand_0000002.jpg");
        assert!(palm.palm && palm.plain && palm.hand == Hand::Right);
        assert_eq!((palm.person.as_str(), palm.number), ("0000000", 2));
        let (_, back) = row("1,1,f,x,1,0,dorsal left,Hand_0000003.jpg,0").unwrap();
        assert!(!back.palm && !back.plain);
    }

    #[test]
    fn other_rows_do_not_fit() {
        for (bad, why) in [
            (
                "1,1,f,x,0,0,palmar left,Hand_0000003.jpg",
                "8 fields, expected 9",
            ),
            (
                "1,1,f,x,0,0,palmar,Hand_0000003.jpg,0",
                "aspectOfHand \"palmar\"",
            ),
            (
                "1,1,f,x,2,0,palmar left,Hand_0000003.jpg,0",
                "\"2\", expected 0 or 1",
            ),
            (
                "1,1,f,x,0,0,palmar left,Hand_3.jpg,0",
                "imageName \"Hand_3.jpg\"",
            ),
            (
                "../1,1,f,x,0,0,palmar left,Hand_0000003.jpg,0",
                "id \"../1\", expected digits",
            ),
        ] {
            let found = row(bad).unwrap_err();
            assert!(found.contains(why), "{found}");
        }
        assert!(Columns::of(&csv::fields("id,age").unwrap()).is_err());
    }

    proptest! {
        #[test]
        fn any_row_is_read_or_refused(line in "[0-9a-zA-Z_,.\" ]{0,80}") {
            let _ = row(&line);
        }
    }
}
