//! The detector behind the open buckets: takes closed ones in order, one every five seconds.

use super::baseline::Baseline;
use super::bucket::Closed;
use super::candidate::Candidate;
use super::moment::Moment;
use super::signal::Pair;
use super::tuning::{COOL_DOWN, COOL_DOWN_HALF, FORGET, ON};

/// Closed buckets that are kept: a moment can have begun two before the one that shows it.
pub(super) const KEPT: usize = 2;
/// A bucket before the one that shows a moment belongs to it from this multiple of the usual on.
const RISING: f64 = 1.5;

#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct State {
    pub(super) baseline: Baseline,
    /// The last ones, oldest first.
    pub(super) recent: Vec<Closed>,
    pub(super) candidate: Option<Candidate>,
    /// What earlier moments add to the threshold still.
    pub(super) raised: f64,
    /// Silent buckets in a row.
    pub(super) silent: i64,
}

impl State {
    /// Whether nothing is known, yet or after a long silence: silence then changes nothing.
    pub(super) fn is_blank(&self) -> bool {
        self.baseline.seen == 0
    }

    pub(super) fn close(&mut self, bucket: Closed) -> Option<Moment> {
        if bucket.messages == 0 {
            self.silent = self.silent.saturating_add(1);
            if self.silent >= FORGET {
                let moment = self.candidate.take().and_then(|candidate| candidate.moment());
                *self = Self::default();
                return moment;
            }
        } else {
            self.silent = 0;
        }
        let pair = Pair::new(self.recent.last(), &bucket);
        let score = self.baseline.score(&pair);
        let found = self.judge(&bucket, score);
        self.baseline.follow(&pair, self.candidate.is_some());
        self.raised *= 0.5_f64.powf(1.0 / COOL_DOWN_HALF);
        if self.recent.len() == KEPT {
            self.recent.remove(0);
        }
        self.recent.push(bucket);
        found
    }

    fn judge(&mut self, bucket: &Closed, score: f64) -> Option<Moment> {
        let on = ON + self.raised;
        if let Some(candidate) = &mut self.candidate {
            let over = candidate.goes_on(bucket, score, on);
            if !over {
                return None;
            }
            let moment = candidate.moment();
            self.candidate = None;
            self.raised += COOL_DOWN;
            return moment;
        }
        if score >= on {
            let usual = self.baseline.chatters;
            let rising = |bucket: &&Closed| f64::from(bucket.chatters) >= RISING * usual;
            let before = self.recent.iter().rev().take_while(rising).count();
            let mut led = self.recent.split_off(self.recent.len() - before);
            led.push(bucket.clone());
            self.candidate = Candidate::begin(&led, usual, score);
            led.pop();
            self.recent.append(&mut led);
        }
        None
    }
}
