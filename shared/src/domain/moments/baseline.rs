//! What is usual in a room: running mean and variance of the root of its excited chatters, and how
//! they talk. The root makes a count's spread about the same whatever its height, and tames a burst.

use super::signal::{Pair, Shares};
use super::tuning::{
    CLIP, INSIDE, LEAST_BOOST, LEAST_CHATTERS, LEAST_DEVIATION, LEAST_RATIO, LEAST_REACTING, LEAST_SHARE,
    MEMORY, MOST_BOOST, REACTION_WEIGHT, REPEAT_WEIGHT, WARM_UP,
};

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Baseline {
    /// Buckets folded in, as far as it matters.
    pub(super) seen: u32,
    /// Of the root of excited chatters per bucket.
    pub(super) mean: f64,
    pub(super) variance: f64,
    /// Mean of chatters per bucket.
    pub(super) chatters: f64,
    pub(super) shares: Shares,
}

impl Baseline {
    /// How unusual a pair is, in standard deviations weighted by how people talk; 0 where too little
    /// is known, or too few people speak, for it to be a moment at all.
    pub(super) fn score(&self, pair: &Pair) -> f64 {
        let few = pair.chatters < LEAST_CHATTERS
            || pair.excited < LEAST_RATIO * self.mean * self.mean
            || pair.excited < Pair::excited(pair.chatters, LEAST_REACTING * pair.chatters);
        if self.seen < WARM_UP || few {
            return 0.0;
        }
        let deviation = self.variance.sqrt().max(LEAST_DEVIATION).max(LEAST_SHARE * self.mean);
        let boost = pair.shares.map_or(1.0, |shares| {
            let reactions = REACTION_WEIGHT * (shares.reactions - self.shares.reactions);
            let repeats = REPEAT_WEIGHT * (shares.repeats - self.shares.repeats);
            // Who repeats only themselves excites nobody.
            let excitement = reactions + repeats;
            let excitement = if excitement > 0.0 { excitement * pair.people } else { excitement };
            (1.0 + excitement).clamp(LEAST_BOOST, MOST_BOOST)
        });
        (pair.excited.sqrt() - self.mean) / deviation * boost
    }

    /// Follows a pair, slowly `inside` a moment, and never far at once.
    pub(super) fn follow(&mut self, pair: &Pair, inside: bool) {
        let usual = (1.0 / f64::from(self.seen + 1)).max(1.0 / MEMORY);
        let weight = if inside { usual * INSIDE } else { usual };
        let off = pair.excited.sqrt() - self.mean;
        let deviation = self.variance.sqrt().max(LEAST_DEVIATION);
        let off = if self.seen == 0 { off } else { off.clamp(-CLIP * deviation, CLIP * deviation) };
        // The first bucket is the mean; its distance from nothing is no variance.
        let spread = if self.seen == 0 { 0.0 } else { weight * off * off };
        self.mean += weight * off;
        self.variance = (1.0 - weight) * (self.variance + spread);
        self.chatters += weight * (pair.chatters - self.chatters);
        if let Some(shares) = pair.shares {
            self.shares.reactions += weight * (shares.reactions - self.shares.reactions);
            self.shares.repeats += weight * (shares.repeats - self.shares.repeats);
        }
        self.seen = self.seen.saturating_add(1).min(MEMORY as u32);
    }
}

#[cfg(test)]
mod tests {
    use super::super::tuning::ON;
    use super::*;

    fn pair(chatters: f64) -> Pair {
        Pair { chatters, excited: chatters, people: 1.0, shares: None }
    }

    fn used_to(chatters: f64) -> Baseline {
        let mut baseline = Baseline::default();
        (0..100).for_each(|_| baseline.follow(&pair(chatters), false));
        baseline
    }

    #[test]
    fn one_burst_moves_what_is_usual_by_a_little() {
        let mut baseline = used_to(9.0);
        (0..6).for_each(|_| baseline.follow(&pair(100.0), true));
        assert!(baseline.mean.powi(2) < 9.5, "{}", baseline.mean.powi(2));
    }

    #[test]
    fn a_room_that_grows_is_followed_within_half_an_hour() {
        let mut baseline = used_to(9.0);
        (0..360).for_each(|_| baseline.follow(&pair(36.0), false));
        assert!(baseline.mean.powi(2) > 30.0, "{}", baseline.mean.powi(2));
    }

    #[test]
    fn nothing_is_unusual_in_a_room_that_is_not_known_yet_or_with_a_handful_of_people() {
        let mut new = Baseline::default();
        new.follow(&pair(1.0), false);
        assert!(new.score(&pair(50.0)) < 0.1);
        assert!(used_to(0.1).score(&pair(3.5)) < 0.1);
        // What is unusual is a matter of multiples where many people speak, and of chance where few do.
        assert!(used_to(9.0).score(&pair(64.0)) > ON && used_to(9.0).score(&pair(50.0)) < ON);
        assert!(used_to(400.0).score(&pair(2_800.0)) > ON && used_to(400.0).score(&pair(2_200.0)) < ON);
        assert!(used_to(0.25).score(&pair(5.0)) > ON);
        // Of a hundred who vote or answer nobody reacts.
        let vote = Pair { excited: Pair::excited(100.0, 1.0), ..pair(100.0) };
        assert!(used_to(1.0).score(&vote) < 0.1);
    }
}
