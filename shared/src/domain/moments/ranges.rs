//! Which sequence numbers were folded in, so that a repeated message changes nothing.

/// Sorted ranges, both ends included, that neither touch nor overlap. A room's numbers come nearly in
/// order, so there are few.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Ranges(Vec<(u64, u64)>);

impl Ranges {
    /// `false` if the number was there already.
    pub(super) fn insert(&mut self, number: u64) -> bool {
        let next = self.0.partition_point(|(first, _)| *first <= number);
        if next > 0 && self.0[next - 1].1 >= number {
            return false;
        }
        let joins_before = next > 0 && self.0[next - 1].1.checked_add(1) == Some(number);
        let joins_after = self.0.get(next).is_some_and(|(first, _)| number.checked_add(1) == Some(*first));
        match (joins_before, joins_after) {
            (true, true) => {
                self.0[next - 1].1 = self.0[next].1;
                self.0.remove(next);
            }
            (true, false) => self.0[next - 1].1 = number,
            (false, true) => self.0[next].0 = number,
            (false, false) => self.0.insert(next, (number, number)),
        }
        true
    }

    /// Forgets the numbers below `floor`.
    pub(super) fn forget_below(&mut self, floor: u64) {
        self.0.retain_mut(|(first, last)| {
            *first = (*first).max(floor);
            *first <= *last
        });
    }

    pub(super) fn iter(&self) -> impl ExactSizeIterator<Item = (u64, u64)> + '_ {
        self.0.iter().copied()
    }

    /// As stored; `false` if it is no continuation of what is there.
    pub(super) fn push(&mut self, first: u64, last: u64) -> bool {
        let follows = first <= last && self.0.last().is_none_or(|(_, before)| *before < first);
        if follows {
            self.0.push((first, last));
        }
        follows
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn ranges_hold_what_a_set_of_numbers_holds(numbers in prop::collection::vec(0u64..60, 0..80), floor in 0u64..60) {
            let (mut ranges, mut set) = (Ranges::default(), BTreeSet::new());
            for number in numbers {
                prop_assert_eq!(ranges.insert(number), set.insert(number));
            }
            ranges.forget_below(floor);
            set.retain(|number| *number >= floor);
            let listed: Vec<u64> = ranges.iter().flat_map(|(first, last)| first..=last).collect();
            prop_assert_eq!(listed, set.into_iter().collect::<Vec<_>>());
            let gaps = ranges.0.windows(2).all(|pair| pair[0].1 + 1 < pair[1].0);
            prop_assert!(gaps, "{:?} touch", ranges);
        }
    }
}
