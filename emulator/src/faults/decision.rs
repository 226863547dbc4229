//! When a rule strikes: by number, by chance, or always. Each rule has its own dice, thrown once for
//! every request that it applies to, so neither other rules nor other requests change its fate.

use std::sync::atomic::{AtomicU64, Ordering};

/// The part of a rule that says when. Requests are counted from 1, those that the rule applies to.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct When {
    pub(super) probability: Option<f64>,
    pub(super) nth: Vec<u64>,
    pub(super) from: Option<u64>,
    pub(super) times: Option<u64>,
}

#[derive(Debug)]
pub(super) struct Decision {
    when: When,
    dice: u64,
    applied: AtomicU64,
    struck: AtomicU64,
}

impl When {
    /// What is wrong with it, if something is.
    pub(super) fn problem(&self) -> Option<&'static str> {
        if self.probability.is_some_and(|p| !(0.0..=1.0).contains(&p)) {
            return Some("a probability is a number from 0 to 1");
        }
        if self.nth.contains(&0) || self.from == Some(0) {
            return Some("requests are counted from 1");
        }
        (!self.nth.is_empty() && (self.probability.is_some() || self.from.is_some()))
            .then_some("`nth` says it all: leave `probability` and `from` out")
    }
}

impl Decision {
    pub(super) fn new(when: When, seed: u64, rule: u64) -> Self {
        let dice = mixed(seed ^ mixed(rule));
        Self { when, dice, applied: AtomicU64::new(0), struck: AtomicU64::new(0) }
    }

    /// Counts a request, and says whether it is struck.
    pub(super) fn strikes(&self) -> bool {
        let n = self.applied.fetch_add(1, Ordering::Relaxed) + 1;
        let strikes = match &self.when {
            When { nth, .. } if !nth.is_empty() => nth.contains(&n),
            When { from: Some(from), .. } if n < *from => false,
            When { probability: Some(p), .. } => {
                ((mixed(self.dice ^ n) >> 11) as f64) < p * (1_u64 << 53) as f64
            }
            _ => true,
        };
        let most = self.when.times.unwrap_or(u64::MAX);
        strikes
            && self
                .struck
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| (n < most).then_some(n + 1))
                .is_ok()
    }

    /// How many requests it applied to, and how many it struck.
    pub(super) fn counts(&self) -> (u64, u64) {
        (self.applied.load(Ordering::Relaxed), self.struck.load(Ordering::Relaxed))
    }
}

/// SplitMix64's finalizer: a test does not need a better one, nor another dependency.
fn mixed(seed: u64) -> u64 {
    let mut mixed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn struck(when: When, seed: u64) -> Vec<u64> {
        let decision = Decision::new(when, seed, 1);
        (1..=1000).filter(|_| decision.strikes()).collect()
    }

    #[test]
    fn a_rule_strikes_by_number_by_chance_or_always() {
        let nth = |nth: &[u64]| When { nth: nth.to_vec(), ..When::default() };
        assert_eq!(struck(nth(&[2, 5]), 0), [2, 5]);
        assert_eq!(struck(When { from: Some(999), ..When::default() }, 0), [999, 1000]);
        assert_eq!(struck(When { times: Some(2), ..When::default() }, 0), [1, 2]);
        assert_eq!(struck(When::default(), 0).len(), 1000);
        let chance = |p| When { probability: Some(p), ..When::default() };
        assert!(struck(chance(0.0), 0).is_empty());
        assert_eq!(struck(chance(1.0), 0).len(), 1000);
        let half = struck(chance(0.5), 0).len();
        assert!((450..550).contains(&half), "{half}");
    }

    #[test]
    fn the_same_seed_strikes_the_same_requests_and_another_does_not() {
        let chance = When { probability: Some(0.3), ..When::default() };
        assert_eq!(struck(chance.clone(), 7), struck(chance.clone(), 7));
        assert_ne!(struck(chance.clone(), 7), struck(chance, 8));
    }
}
