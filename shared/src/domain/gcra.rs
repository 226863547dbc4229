//! The rate limit: the generic cell rate algorithm. One number of state, the theoretical arrival
//! time (TAT), says all that a token bucket says, and one conditional update moves it.

use std::time::Duration;

use super::Timestamp;

/// A rate and a burst. Times are microseconds since the Unix epoch, so that rates over a thousand a
/// second do not round to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gcra {
    /// T, the time that one message takes up at the steady rate.
    interval_us: i64,
    /// τ, how far the TAT may be ahead of now: (burst − 1) · T.
    tolerance_us: i64,
}

/// What a limiter says to a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Let it through.
    Pass,
    /// Not before this time has passed.
    Wait(Duration),
}

impl Gcra {
    /// `None`, no limit, where either number is not above zero. Rates from one an hour to a million
    /// a second are told apart.
    pub fn new(per_second: f64, burst: u32) -> Option<Self> {
        if per_second.is_nan() || per_second <= 0.0 || burst == 0 {
            return None;
        }
        // `as` saturates and is exact enough in the range above.
        #[allow(clippy::cast_possible_truncation)]
        let interval_us = ((1_000_000.0 / per_second) as i64).clamp(1, 3_600_000_000);
        Some(Self { interval_us, tolerance_us: interval_us * i64::from(burst - 1) })
    }

    /// T in microseconds.
    pub fn interval_us(self) -> i64 {
        self.interval_us
    }

    /// The TAT of somebody who was idle and sends one message now.
    pub fn first_tat_us(self, now: Timestamp) -> i64 {
        now.as_millis() * 1000 + self.interval_us
    }

    /// The latest TAT at which a message passes now.
    pub fn latest_tat_us(self, now: Timestamp) -> i64 {
        now.as_millis() * 1000 + self.tolerance_us
    }

    /// Judges a message that comes while the TAT is `tat_us`.
    pub fn judge(self, tat_us: i64, now: Timestamp) -> Verdict {
        let early_us = tat_us - self.latest_tat_us(now);
        // Rounded up to whole milliseconds: who waits this long is let in.
        match u64::try_from(early_us) {
            Ok(early_us) if early_us > 0 => Verdict::Wait(Duration::from_millis(early_us.div_ceil(1000))),
            _ => Verdict::Pass,
        }
    }

    /// How long a TAT may matter at the most: after that time a stored one can be dropped.
    pub fn horizon(self) -> Duration {
        Duration::from_micros((self.tolerance_us + self.interval_us).unsigned_abs())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis).expect("a valid moment")
    }

    /// What the store does in conditional updates.
    fn send(gcra: Gcra, tat: &mut i64, now: Timestamp) -> Verdict {
        let verdict = gcra.judge(*tat, now);
        if verdict == Verdict::Pass {
            *tat = (*tat + gcra.interval_us()).max(gcra.first_tat_us(now));
        }
        verdict
    }

    #[test]
    fn a_burst_passes_and_the_next_one_waits_for_one_interval() {
        let gcra = Gcra::new(5.0, 10).expect("a limit");
        let mut tat = 0;
        for _ in 0..10 {
            assert_eq!(send(gcra, &mut tat, at(1_000_000)), Verdict::Pass);
        }
        assert_eq!(send(gcra, &mut tat, at(1_000_000)), Verdict::Wait(Duration::from_millis(200)));
        assert_eq!(send(gcra, &mut tat, at(1_000_200)), Verdict::Pass);
        assert_eq!(send(gcra, &mut tat, at(1_000_200)), Verdict::Wait(Duration::from_millis(200)));
    }

    #[test]
    fn zero_and_less_switch_the_limit_off() {
        assert_eq!(Gcra::new(0.0, 10), None);
        assert_eq!(Gcra::new(-1.0, 10), None);
        assert_eq!(Gcra::new(f64::NAN, 10), None);
        assert_eq!(Gcra::new(5.0, 0), None);
    }

    proptest! {
        #[test]
        fn nobody_sends_more_than_burst_plus_rate(
            per_second in 0.5f64..50.0,
            burst in 1u32..20,
            gaps in prop::collection::vec(0i64..400, 1..200),
        ) {
            let gcra = Gcra::new(per_second, burst).expect("a limit");
            let (mut tat, mut now, mut passed) = (0, 1_000_000, 0u32);
            for gap in gaps {
                now += gap;
                if send(gcra, &mut tat, at(now)) == Verdict::Pass {
                    passed += 1;
                }
            }
            let seconds = (now - 1_000_000) as f64 / 1000.0;
            prop_assert!(f64::from(passed) <= f64::from(burst) + per_second * seconds + 1.0);
        }

        #[test]
        fn who_waits_as_long_as_told_is_let_in(
            per_second in 0.5f64..2000.0,
            burst in 1u32..20,
            sent in 1u32..60,
        ) {
            let gcra = Gcra::new(per_second, burst).expect("a limit");
            let (mut tat, mut now) = (0, at(1_000_000));
            for _ in 0..sent {
                if let Verdict::Wait(wait) = send(gcra, &mut tat, now) {
                    now = now.plus(wait);
                    prop_assert_eq!(send(gcra, &mut tat, now), Verdict::Pass);
                }
            }
        }
    }
}
