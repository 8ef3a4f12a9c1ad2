//! What `eval keys` says: as text for people, and the same figures for machines.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use thenar_eval::Sample;
use thenar_eval::keys::{Attacker, Choice, Code, Regeneration};

use super::super::super::args::EvalKeys;
use super::super::super::output::count;
use super::closely::Closely;
use super::measured::Length;

/// Images of a list.
#[derive(Clone, Copy, Serialize)]
pub(super) struct Counts {
    samples: usize,
    failed: usize,
}

impl Counts {
    pub(super) fn of<T>(samples: &[Sample<T>]) -> Self {
        Self {
            samples: samples.len(),
            failed: samples.iter().filter(|s| s.data.is_none()).count(),
        }
    }
}

/// All there is to tell.
pub(super) struct Found<'a> {
    pub args: &'a EvalKeys,
    /// Numbers of a feature.
    pub numbers: usize,
    pub gallery: Counts,
    pub probes: Counts,
    pub rejected: BTreeMap<String, u64>,
    pub model: Option<String>,
    pub attacker: Attacker,
    pub wanted: f64,
    pub lengths: &'a [Length],
    pub closely: &'a [Closely],
    pub recommended: Option<Choice>,
}

impl Serialize for Found<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(None)?;
        let images = &self.args.images;
        map.serialize_entry("gallery_list", &images.gallery)?;
        map.serialize_entry("probe_list", &images.probe)?;
        map.serialize_entry("together", &images.together)?;
        map.serialize_entry("model", &self.model)?;
        map.serialize_entry("numbers", &self.numbers)?;
        map.serialize_entry("gallery", &self.gallery)?;
        map.serialize_entry("probes", &self.probes)?;
        map.serialize_entry("rejected", &self.rejected)?;
        map.serialize_entry("assumed", &self.attacker)?;
        map.serialize_entry("wanted", &self.wanted)?;
        map.serialize_entry("lengths", self.lengths)?;
        map.serialize_entry("codes", self.closely)?;
        map.serialize_entry("recommended", &self.recommended)?;
        map.end()
    }
}

impl Display for Found<'_> {
    fn fmt(&self, to: &mut Formatter<'_>) -> fmt::Result {
        let together = match self.args.images.together {
            true => ", each of all images of a palm",
            false => "",
        };
        let (gallery, probes) = (self.gallery, self.probes);
        writeln!(
            to,
            "{}{together}, {}; {} and {} failed to acquire and are in no rate",
            count(gallery.samples, "enrolment"),
            count(probes.samples, "probe"),
            gallery.failed,
            probes.failed
        )?;
        self.distances(to)?;
        self.codes(to)?;
        for code in self.closely {
            self.closely(to, code)?;
        }
        self.recommendation(to)
    }
}

impl Found<'_> {
    /// As Table 2 of the palm-hash key paper.
    fn distances(&self, to: &mut Formatter<'_>) -> fmt::Result {
        writeln!(
            to,
            "\nWrong bits of a codeword, by the nearest view of a probe"
        )?;
        writeln!(
            to,
            "{:>6} {:>6}  {:>18}  {:>18}  {:>7}  code by the paper's rule",
            "bits", "copies", "genuine", "impostor", "EER %"
        )?;
        for length in self.lengths {
            let (size, wrong) = (length.size, length.wrong_bits);
            let spread =
                |s: thenar_eval::keys::Spread| format!("{} {:.1} {}", s.min, s.mean, s.max);
            writeln!(
                to,
                "{:>6} {:>6}  {:>18}  {:>18}  {:>7.3}  {}",
                size.bits,
                size.copies,
                spread(wrong.genuine),
                spread(wrong.impostor),
                100.0 * wrong.eer,
                length.published_rule.map_or("none".into(), name)
            )?;
        }
        writeln!(
            to,
            "Fewest, mean and most; copies: numbers of the feature that keep a bit. The paper's rule: t as the distance of equal \
             error,\nor as the most genuine wrong bits where nothing overlaps."
        )
    }

    fn codes(&self, to: &mut Formatter<'_>) -> fmt::Result {
        writeln!(
            to,
            "\nThe code of each length that leaves most work, keys back in at least {} % (lower 95 % limit), never for a stranger",
            percent(self.wanted)
        )?;
        for length in self.lengths {
            let size = length.size;
            write!(to, "{:>6} {:>6}  ", size.bits, size.copies)?;
            match &length.recommended {
                None => writeln!(to, "none")?,
                Some(choice) => writeln!(
                    to,
                    "{:16} {}, {} of {} strangers; palm {}",
                    name(choice.code),
                    back(&choice.keys),
                    choice.keys.false_back,
                    choice.keys.impostor,
                    between(choice.palm_bits, choice.palm_bits_at_most)
                )?,
            }
        }
        Ok(())
    }

    fn closely(&self, to: &mut Formatter<'_>, code: &Closely) -> fmt::Result {
        let (keys, told, linking) = (&code.keys, &code.told, &code.linking);
        let bias = self.lengths.iter().find(|l| l.size == code.coded.size);
        let bias = bias.and_then(|length| length.bias);
        writeln!(
            to,
            "\n{}, {} numbers for each bit",
            name(code.code),
            code.copies
        )?;
        writeln!(to, "  comes back        {}", back(keys))?;
        writeln!(
            to,
            "  for strangers     {} of {} comparisons, {} of {} pairs of palms: FMR at most {:.1e} (95 %)",
            keys.false_back, keys.impostor, keys.false_pairs, keys.pairs, keys.limit_95
        )?;
        writeln!(
            to,
            "  record tells      {} bits of the palm hash ({} if it were not masked); with the passphrase {} of {}, and {:.0} about \
             which numbers are large",
            told.record, told.without_mask, told.with_passphrase, told.of, told.places
        )?;
        match bias {
            None => writeln!(to, "  signs tell        not measured: too few palms")?,
            Some(bias) => writeln!(
                to,
                "  signs tell        at least {:.1} of {} bits, with the passphrase: {:.1} % of signs and {:.1} % of bits guessed from {} \
                 palms on {}, never fewer than {} wrong",
                bias.told,
                code.code.k,
                100.0 * bias.signs,
                100.0 * bias.bits,
                bias.taught,
                bias.guessed,
                bias.fewest_wrong
            )?,
        }
        writeln!(
            to,
            "  records linked    {} of {} pairs of one palm, {} of {} of two; by chance {:.2}",
            linking.linked,
            linking.pairs,
            linking.strangers_linked,
            linking.strangers,
            linking.expected_by_chance
        )?;
        self.work(to, code)
    }

    fn work(&self, to: &mut Formatter<'_>, code: &Closely) -> fmt::Result {
        let (strength, assumed) = (&code.strength, &self.attacker);
        let (palm, passphrase) = (strength.palm_bits, assumed.passphrase_bits);
        writeln!(
            to,
            "  palm              {}; were all comparisons independent, {:.1} known",
            between(palm, strength.palm_bits_at_most),
            strength
                .fmr_bits_of_comparisons
                .min(strength.palm_bits_at_most)
        )?;
        let seconds = &strength.seconds;
        for (stolen, bits, seconds) in [
            ("record", strength.bits, seconds.record),
            ("with passphrase", palm, seconds.record_and_passphrase),
            ("with palm", passphrase, seconds.record_and_palm),
        ] {
            let time = duration(seconds);
            writeln!(to, "  {stolen:17} {bits:.1} bits: {time} to try all")?;
        }
        writeln!(
            to,
            "  Assumed: {passphrase} bits of passphrase; in a second {} passphrases and {} palms are tried.",
            assumed.guesses_per_second, assumed.palms_per_second
        )
    }

    fn recommendation(&self, to: &mut Formatter<'_>) -> fmt::Result {
        if self.args.recommend.is_none() {
            return Ok(());
        }
        let wanted = percent(self.wanted);
        match &self.recommended {
            None => writeln!(
                to,
                "\nNo code gives the key back in {wanted} % (lower 95 % limit) and never to a stranger. Enrol more photos of a palm \
                 together, or ask for less."
            ),
            Some(choice) => writeln!(
                to,
                "\nRecommended for {wanted} %: {}, {} numbers for each bit. It leaves {} to whoever has record and passphrase.",
                name(choice.code),
                choice.copies,
                between(choice.palm_bits, choice.palm_bits_at_most)
            ),
        }
    }
}

/// `(n, k, t)`.
fn name(code: Code) -> String {
    format!("({}, {}, {})", code.n, code.k, code.t)
}

fn percent(rate: f64) -> String {
    let text = format!("{:.4}", 100.0 * rate);
    text.trim_end_matches('0').trim_end_matches('.').into()
}

/// `98.28 % (5897 of 6000) [97.70 .. 98.80]`.
fn back(keys: &Regeneration) -> String {
    let [low, high] = keys.interval_95.map(|rate| 100.0 * rate);
    format!(
        "{:.2} % ({} of {}) [{low:.2} .. {high:.2}]",
        100.0 * keys.rate,
        keys.back,
        keys.genuine
    )
}

/// `15.9 bits known, 50.8 at most`.
fn between(known: f64, at_most: f64) -> String {
    format!("{known:.1} bits known, {at_most:.1} at most")
}

/// In the unit that suits.
fn duration(seconds: f64) -> String {
    const UNITS: [(f64, &str); 5] = [
        (1e6 * 31_557_600.0, "million years"),
        (31_557_600.0, "years"),
        (86_400.0, "days"),
        (3_600.0, "hours"),
        (60.0, "minutes"),
    ];
    let unit = UNITS.iter().find(|unit| seconds >= unit.0);
    match unit {
        Some((length, unit)) if seconds / length < 1e6 => format!("{:.1} {unit}", seconds / length),
        Some((length, unit)) => format!("{:.0e} {unit}", seconds / length),
        None if seconds < 0.01 => "less than 0.01 s".into(),
        None => format!("{seconds:.2} s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_in_the_unit_that_suits() {
        for (seconds, text) in [
            (1e-4, "less than 0.01 s"),
            (0.0625, "0.06 s"),
            (90.0, "1.5 minutes"),
            (7_200.0, "2.0 hours"),
            (864_000.0, "10.0 days"),
            (3.15576e9, "100.0 years"),
            (3.15576e25, "1e12 million years"),
        ] {
            assert_eq!(duration(seconds), text);
        }
        assert_eq!(
            (percent(0.95), percent(0.999)),
            ("95".into(), "99.9".into())
        );
    }
}
