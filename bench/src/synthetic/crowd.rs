//! Who speaks: regulars of all kinds of eagerness, and people who say one thing and are never seen
//! again, a third of all.

use super::random::Random;

/// Share of messages by people who are not seen again: one of eight is a third of the people.
const ONCE: f64 = 0.06;

#[derive(Clone, Debug)]
pub(super) struct Crowd {
    regulars: usize,
    strangers: usize,
}

impl Crowd {
    pub(super) fn new(regulars: usize) -> Self {
        Self { regulars, strangers: 0 }
    }

    pub(super) fn someone(&mut self, random: &mut Random) -> String {
        if random.chance(ONCE) {
            self.strangers += 1;
            return format!("guest{}", self.strangers);
        }
        format!("viewer{}", random.skewed(self.regulars, 2.0))
    }

    /// In a burst everybody is as likely to speak.
    pub(super) fn anyone(&mut self, random: &mut Random) -> String {
        if random.chance(2.0 * ONCE) {
            self.strangers += 1;
            return format!("guest{}", self.strangers);
        }
        format!("viewer{}", random.skewed(self.regulars, 1.2))
    }
}
