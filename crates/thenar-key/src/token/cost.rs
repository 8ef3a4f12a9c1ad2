//! What a passphrase costs who guesses it.

use std::time::Duration;

use super::TokenError;

/// The cost of Argon2id. Stored in every record, so it can grow later without losing old keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Memory in KiB, from 8 per lane to [`Cost::MAX_MEMORY_KIB`].
    pub memory_kib: u32,
    /// Passes over the memory, 1…[`Cost::MAX_PASSES`].
    pub passes: u32,
    /// Lanes, 1…[`Cost::MAX_LANES`]. This implementation works through them on one thread.
    pub lanes: u32,
}

impl Cost {
    /// 64 MiB, three passes, one lane: the second recommendation of RFC 9106 with the lanes that one thread can use.
    pub const DEFAULT: Self = Self {
        memory_kib: 64 * 1024,
        passes: 3,
        lanes: 1,
    };
    /// Most memory that a record may ask for: 1 GiB.
    pub const MAX_MEMORY_KIB: u32 = 1024 * 1024;
    /// Most passes that a record may ask for.
    pub const MAX_PASSES: u32 = 16;
    /// Most lanes that a record may ask for.
    pub const MAX_LANES: u32 = 16;

    /// What [`Self::calibrated`] does not go beyond, so that a phone can still make what a desk made: 256 MiB.
    const MOST_CALIBRATED_KIB: u32 = 256 * 1024;

    /// The cost whose derivation takes `target` or up to a third longer on this machine, between [`Cost::DEFAULT`] and 256 MiB with
    /// [`Cost::MAX_PASSES`]. Memory grows first, because it is what an attacker's hardware has least of.
    ///
    /// `time` measures one derivation; it is asked twice for the default cost and the shorter answer taken, since
    /// whatever else the machine did meanwhile would only lower the cost.
    ///
    /// # Errors
    /// Those of `time`.
    pub fn calibrated<E>(
        target: Duration,
        mut time: impl FnMut(Self) -> Result<Duration, E>,
    ) -> Result<Self, E> {
        let least = Self::DEFAULT;
        let taken = time(least)?.min(time(least)?);
        let mut factor = target.as_secs_f64() / taken.as_secs_f64().max(1e-6);
        let mut cost = least;
        while factor >= 2.0 && cost.memory_kib < Self::MOST_CALIBRATED_KIB {
            cost.memory_kib *= 2;
            factor /= 2.0;
        }
        let passes = (f64::from(least.passes) * factor).ceil();
        cost.passes = (passes as u32).clamp(least.passes, Self::MAX_PASSES);
        Ok(cost)
    }

    /// Checks the limits, so that a hostile record cannot ask for hours or for all memory.
    ///
    /// # Errors
    /// A parameter is out of its range.
    pub fn check(&self) -> Result<(), TokenError> {
        let within = |what, found, min, max| match (min..=max).contains(&found) {
            true => Ok(()),
            false => Err(TokenError::Cost {
                what,
                found,
                min,
                max,
            }),
        };
        within("lanes", self.lanes, 1, Self::MAX_LANES)?;
        within("passes", self.passes, 1, Self::MAX_PASSES)?;
        within(
            "memory (KiB)",
            self.memory_kib,
            8 * self.lanes,
            Self::MAX_MEMORY_KIB,
        )
    }
}

impl Default for Cost {
    fn default() -> Self {
        Self::DEFAULT
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use proptest::prelude::*;

    use super::*;

    /// A machine that works through so many MiB in a second.
    fn calibrated(speed: f64) -> (Cost, f64) {
        let seconds = |cost: Cost| f64::from(cost.memory_kib * cost.passes) / 1024.0 / speed;
        let mut busy = true;
        let cost = Cost::calibrated(Duration::from_millis(500), |cost| {
            let disturbed = if std::mem::replace(&mut busy, false) {
                3.0
            } else {
                1.0
            };
            Ok::<_, Infallible>(Duration::from_secs_f64(seconds(cost) * disturbed))
        });
        let cost = cost.unwrap();
        (cost, seconds(cost))
    }

    proptest! {
        #[test]
        fn a_calibrated_cost_takes_half_a_second_to_two_thirds(speed in 385.0..8_190.0_f64) {
            let (cost, seconds) = calibrated(speed);
            prop_assert!((0.5..0.5 * 4.0 / 3.0 + 1e-6).contains(&seconds), "{cost:?} takes {seconds} s");
            prop_assert!(cost.check().is_ok());
            prop_assert!(cost.memory_kib == 256 * 1024 || cost.passes <= 6);
        }
    }

    #[test]
    fn a_slow_machine_gets_the_default_and_a_very_fast_one_the_most() {
        assert_eq!(calibrated(100.0).0, Cost::DEFAULT);
        let most = Cost {
            memory_kib: 256 * 1024,
            passes: Cost::MAX_PASSES,
            lanes: 1,
        };
        assert_eq!(calibrated(1e9).0, most);
    }

    #[test]
    fn what_fails_in_measuring_is_told() {
        let failed = Cost::calibrated(Duration::from_secs(1), |_| Err("no memory"));
        assert_eq!(failed, Err("no memory"));
    }
}
