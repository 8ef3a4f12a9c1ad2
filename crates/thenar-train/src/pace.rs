//! How long steps take.

use std::time::Duration;

/// Mean time per step since it was last taken.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    waited: Duration,
    worked: Duration,
    steps: u32,
}

impl Pace {
    /// Counts a step that waited so long for its batch and then took so long.
    pub(crate) fn add(&mut self, waited: Duration, worked: Duration) {
        self.waited += waited;
        self.worked += worked;
        self.steps += 1;
    }

    /// Milliseconds per step spent waiting for data and working.
    pub(crate) fn take(&mut self) -> (f64, f64) {
        let steps = f64::from(self.steps.max(1));
        let ms = |d: Duration| 1e3 * d.as_secs_f64() / steps;
        let pace = (ms(self.waited), ms(self.worked));
        *self = Self::default();
        pace
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_means_over_the_steps_since_they_were_taken() {
        let mut pace = Pace::default();
        let ms = Duration::from_millis;
        pace.add(ms(10), ms(100));
        pace.add(ms(30), ms(200));
        let (waited, worked) = pace.take();
        assert!((waited - 20.0).abs() < 1e-9 && (worked - 150.0).abs() < 1e-9);
        assert_eq!(pace.take(), (0.0, 0.0));
    }
}
