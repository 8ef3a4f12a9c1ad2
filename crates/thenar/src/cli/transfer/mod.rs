//! `thenar export` and `thenar import`: a store as lines of JSON.
//!
//! ```text
//! {"kind":"thenar_export","version":1}
//! {"kind":"subject","name":"anna","enrolled_at":1763769600,"records":["<base64>", …]}      one for each subject
//! {"kind":"key","name":"work","helper":"<base64>"}                                         one for each key
//! {"kind":"end","subjects":1,"records":1,"keys":1,"sha256":"<64 hex digits>"}
//! ```
//!
//! Records stay sealed and are what the store holds; there is no token and no store key in the file. So it is worth to others
//! what the store is worth, and opens only with the keyring the records were made with. `enrolled_at` counts seconds since
//! 1970. The digest is that of all lines before the last, with their ends: it finds damage and a missing end, and is no
//! protection against a forger. Forged records are found by opening each: they are bound to the subject's name.

pub(crate) mod export;
pub(crate) mod import;
mod reader;

use serde::{Deserialize, Serialize};
use thenar_store::Transferred;

use super::output::count;

/// The version that is written, and the only one that is read.
const VERSION: u32 = 1;
/// The longest line: room for thousands of records of one subject.
const MAX_LINE: usize = 16 << 20;

/// One line.
#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
enum Line {
    ThenarExport {
        version: u32,
    },
    Subject {
        name: String,
        enrolled_at: i64,
        records: Vec<String>,
    },
    Key {
        name: String,
        helper: String,
    },
    End {
        subjects: u64,
        records: u64,
        keys: u64,
        sha256: String,
    },
}

/// `2 subjects with 3 records and 1 key`.
fn counted(done: &Transferred) -> String {
    let subjects = count(done.subjects as usize, "subject");
    let records = count(done.records as usize, "record");
    let keys = count(done.keys as usize, "key");
    format!("{subjects} with {records} and {keys}")
}
