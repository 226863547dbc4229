//! How many different things there were, in constant memory whatever their order: linear counting,
//! 4,096 places of which each thing takes one (Whang, Vander-Zanden, Taylor 1990).

const WORDS: usize = 64;
/// Different things cost 512 bytes at the most. Within 1 up to 90 of them, within 3 % up to 5,000,
/// which is all that one room's 1,000 messages a second can be in 5 seconds.
pub(super) const PLACES: usize = WORDS * 64;

/// Which places are taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Places([u64; WORDS]);

impl Default for Places {
    fn default() -> Self {
        Self([0; WORDS])
    }
}

impl Places {
    pub(super) fn take(&mut self, thing: &str) {
        self.take_place(fnv(thing) as usize % PLACES);
    }

    pub(super) fn take_place(&mut self, place: usize) {
        if let Some(word) = self.0.get_mut(place / 64) {
            *word |= 1 << (place % 64);
        }
    }

    /// The places, in order.
    pub(super) fn taken(&self) -> impl Iterator<Item = usize> + '_ {
        self.0.iter().enumerate().flat_map(|(n, word)| {
            let rest = std::iter::successors(Some(*word), |word| Some(word & word.wrapping_sub(1)));
            rest.take_while(|word| *word != 0).map(move |word| n * 64 + word.trailing_zeros() as usize)
        })
    }

    pub(super) fn taken_count(&self) -> u32 {
        self.0.iter().map(|word| word.count_ones()).sum()
    }

    /// The number of different things.
    pub(super) fn count(&self) -> u32 {
        let free = (PLACES as f64 - f64::from(self.taken_count())).max(0.5);
        (PLACES as f64 * (PLACES as f64 / free).ln()).round() as u32
    }
}

/// FNV-1a with a final mix: the state is stored, so the hash must be the same in every build.
fn fnv(text: &str) -> u64 {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325, step);
    let hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash ^ (hash >> 33)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count_of(things: u32) -> u32 {
        let mut places = Places::default();
        (0..things).for_each(|n| places.take(&format!("user{n}")));
        places.count()
    }

    #[test]
    fn few_are_counted_within_one_and_many_within_three_percent() {
        for few in 0..=90 {
            assert!(count_of(few).abs_diff(few) <= 1, "{few}: {}", count_of(few));
        }
        for many in [200, 1_000, 5_000] {
            let error = f64::from(count_of(many).abs_diff(many)) / f64::from(many);
            assert!(error <= 0.03, "{many}: {}", count_of(many));
        }
    }

    #[test]
    fn the_same_thing_again_is_no_other_thing() {
        let mut places = Places::default();
        (0..1_000).for_each(|_| places.take("spammer"));
        assert_eq!(places.count(), 1);
    }
}
