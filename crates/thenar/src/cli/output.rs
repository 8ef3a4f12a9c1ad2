//! Results on stdout, everything else on stderr.
//!
//! With `--json` each command prints one object on stdout. Rates are fractions, distances the share that differing bits have of the
//! probe's weight.
//!
//! | command | keys |
//! |---|---|
//! | `enroll`, `renew` | `subject`, `photos` (count), `quality` (list of 0–100, null for ROIs), `token` (`collection`, `own` or `held`), `contract` |
//! | `verify` | `subject`, `match`, `threshold_fmr`, and the keys of a score: `fmr`, `fmr_text`, `fmr_extrapolated`, `distance` |
//! | `identify` | `candidates` (list of `subject`, `fpir` and the keys of a score), `searched`, `skipped_own_token`, `skipped_contract`, `threshold_fmr`, `threshold_fpir` |
//! | `compare` | `match`, `threshold_fmr` and the keys of a score |
//! | `list` | `subjects` (list of `subject`, `records`, `enrolled_at` in seconds since 1970) |
//! | `revoke` | `subject`, `revoked` |
//! | `rotate` | `records`, `epoch`, `outside` (whether the store key is kept outside the keyring) |
//! | `export`, `import` | `subjects`, `records`, `keys` (counts); `export` also `file` |
//! | `key new`, `key recover` | `name`, `kind`, `public`, `private_file` (null when none was asked for); `key recover` also `recovered` |
//! | `key public` | `name`, `kind`, `public` |
//! | `key identity` | `name`, `recipient`, `identity` |
//! | `key check` | `name`, `version`, `kind`, `public`, `contract`, `of_this_program`, `code` (`n`, `k`, `t`), `copies`, `cost` (`memory_kib`, `passes`, `lanes`), `device_secret`, `failures`, `recovered` (null without photos) |
//! | `key renew` | `name`, `kind`, `public`, `old_public`; as `sign` when the key did not come back |
//! | `key list` | `keys` (list of `name`, `kind`, `public`, `device_secret`) |
//! | `key remove` | `name`, `removed` |
//! | `sign` | `name`, `namespace`, and `file` or, on stdout, `signature`; `name` and `recovered` (false) when the key did not come back |
//! | `verify-signature` | `file`, `valid`, `namespace`, `kind`, `fingerprint`; `signer` (null for a plain key) or `reason` |
//! | `ssh-agent` | `name`, `socket`, `minutes`, once it listens; as `sign` when the key did not come back |
//! | `roi` | `file`, `width`, `height`, `presence`, `side`, `side_confidence`, `key_points`, `confidence`, `pose`, `corners`, `quality`, `problem`, `advice`; `error` when the photo is not good enough |
//! | `synth` | `folder`, `images` |
//! | `explain` | `folder`, `files` (list of `stage`, `file`), `problem` |
//! | `bench` | `runs` (list of `cores`, `stages` (list of `stage`, `ms`, `calls`), `against` (list of `stage`, `ms`, `other`, `other_ms`, `threads`, `ratio`)), `cold_compare` (`ms`, `peak_mb`) |
//! | `eval run` | the content of `report.json`, see `thenar_eval::Report`; with level-1 bits also `stated_fmr` (list of `fmr`, `distance`, `observed_fmr`, `false_matches`, `fnmr`, `false_non_matches`); with `--tokens other` `linked` (see `thenar_eval::PalmLinkage`; null when there are too few palms to tell); of hashes `keys` (`bits`, `corrected`, `recovered`, `genuine`, `false_recoveries`, `impostor`); `rejected` (photos by problem), where there are any; `baseline` (see `thenar_eval::baseline::Comparison`), where asked for |
//! | `eval keys` | the content of `report.json`: `gallery_list`, `probe_list`, `together`, `model`, `numbers`, `gallery` and `probes` (`samples`, `failed`), `rejected`, `assumed` (see `thenar_eval::keys::Attacker`), `wanted`, `lengths` (list of `bits`, `copies`, `failed`, `wrong_bits` (`Distances`), `bias` (`Bias`), `published_rule` (`n`, `k`, `t`), `recommended` (`Choice`)), `codes` (list of `code`, `copies`, `keys` (`Regeneration`), `told`, `linking`, `strength` (`Strength`)), `recommended` (`Choice`; null when no code reaches the rate) |
//! | `eval protocol check`, `eval protocol make` | `setting`, `lists`, `pairs`; `check` also `findings` (list of `kind`, `count`, `examples`) |
//! | `eval scores` | the content of `report.json`, or `systems`, a list of these; `dev_eval` (see `thenar_eval::DevEval`) and `baseline`, where asked for |
//! | `eval protocol import` | `data`, `about`, `split`, `findings`; of bob `lists` (list of `file`, `samples`) |
//! | `eval protocol bob` | `folder`, `train`, `gallery`, `probe` (counts) |
//! | `eval calibrate` | `file`, `images`, `failed`, `impostors` |
//!
//! An error is `{"error": {"kind", "message"}}` on stdout, and the message on stderr too. Of kind `rejected` it also has
//! `file`, `problem`, `advice` and `quality`; of kind `attempts`, `failures` and `wait_seconds`.

use std::io::Write;

use serde_json::{Value, json};
use thenar::Score;
use thenar_net::calibration::describe;

use super::error::CliError;

/// Where a command talks to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    json: bool,
    quiet: bool,
}

impl Output {
    pub(crate) const fn new(json: bool, quiet: bool) -> Self {
        Self { json, quiet }
    }

    /// Whether stdout is for machines.
    pub(crate) const fn is_json(&self) -> bool {
        self.json
    }

    /// Whether stderr is for errors only.
    pub(crate) const fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// The result: `text` for people or `value` for machines.
    pub(crate) fn result(&self, text: &str, value: &Value) {
        if self.json {
            self.json(value);
        } else {
            self.text(text);
        }
    }

    /// Lines on stdout, whatever was asked for.
    pub(crate) fn text(&self, text: &str) {
        // A reader that has gone away has read enough.
        let _ = writeln!(std::io::stdout(), "{}", text.trim_end_matches('\n'));
    }

    /// An object on stdout, whatever was asked for.
    pub(crate) fn json(&self, value: &Value) {
        // Objects with text keys always have a JSON form.
        self.text(&serde_json::to_string_pretty(value).unwrap_or_default());
    }

    /// Something worth knowing, on stderr.
    pub(crate) fn note(&self, text: &str) {
        if !self.quiet {
            let _ = writeln!(std::io::stderr(), "thenar: {text}");
        }
    }

    /// A photo that is not good enough, with what was found in it all the same.
    pub(crate) fn rejected(&self, error: &CliError, found: &Value) {
        if self.json {
            self.json(found);
        }
        let _ = writeln!(std::io::stderr(), "thenar: error: {error}");
    }

    /// Why the command failed.
    pub(crate) fn error(&self, error: &CliError) {
        if matches!(error, CliError::Reported(_)) {
            return;
        }
        if self.json {
            self.json(&error.to_json());
        }
        let _ = writeln!(std::io::stderr(), "thenar: error: {error}");
    }
}

/// Bytes as small hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// `1 record`, `2 records`.
pub(crate) fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// Adds the keys of a score to an object.
pub(crate) fn with_score(mut object: Value, score: &Score) -> Value {
    object["fmr"] = json!(score.fmr);
    object["fmr_text"] = json!(describe(score.fmr));
    object["fmr_extrapolated"] = json!(score.extrapolated);
    object["distance"] = json!(score.distance);
    object
}

/// `match at FMR 1 in 1,000,000`, or why it is none.
pub(crate) fn decision(score: &Score, threshold: f64) -> String {
    if score.matches(threshold) {
        format!("match at {score}")
    } else {
        format!("no match ({score}; a match needs {})", describe(threshold))
    }
}
