//! How often each of many things occurred: exact while they are few, and the most frequent ones
//! within a bound when they are many.
//!
//! Frequent items after Misra and Gries, in the form of Anderson et al. (2017), "A High-Performance
//! Algorithm for Identifying Frequent Items in Data Streams": when there are too many, the median
//! count is taken from all, and added to the error. With an error of 0 this is an exact map, so the
//! two need no separate types.

use std::collections::BTreeMap;

use super::binary::{Damaged, Reader, Writer};
use super::estimate::Estimate;

/// Counts by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Top {
    counts: BTreeMap<String, u64>,
    /// What a count can be too low by at the most.
    error: u64,
}

impl Top {
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.counts.keys().map(String::as_str)
    }

    pub(super) fn contains(&self, name: &str) -> bool {
        self.counts.contains_key(name)
    }

    pub(super) fn len(&self) -> usize {
        self.counts.len()
    }

    pub(super) fn add(&mut self, name: &str, count: u64, capacity: usize) {
        match self.counts.get_mut(name) {
            Some(known) => *known += count,
            None => {
                self.counts.insert(name.to_owned(), count);
                self.purge(capacity);
            }
        }
    }

    /// Takes back what was added. True counts stay within the bounds: with an error, a thing can
    /// have occurred more often than it is counted, never less.
    pub(super) fn subtract(&mut self, name: &str, count: u64) {
        if let Some(known) = self.counts.get_mut(name) {
            *known = known.saturating_sub(count);
            if *known == 0 {
                self.counts.remove(name);
            }
        }
    }

    /// Takes a thing out, however often it occurred.
    pub(super) fn forget(&mut self, name: &str) {
        self.counts.remove(name);
    }

    pub(super) fn merge(&mut self, other: &Self, capacity: usize) {
        for (name, count) in &other.counts {
            *self.counts.entry(name.clone()).or_default() += count;
        }
        self.error += other.error;
        self.purge(capacity);
    }

    fn purge(&mut self, capacity: usize) {
        while self.counts.len() > capacity {
            let mut counts: Vec<u64> = self.counts.values().copied().collect();
            let middle = counts.len() / 2;
            let (_, median, _) = counts.select_nth_unstable(middle);
            let median = *median;
            self.counts.retain(|_, count| {
                *count = count.saturating_sub(median);
                *count > 0
            });
            self.error += median;
        }
    }

    /// The most frequent ones, by their counts and then their names. With an error, something that is
    /// not among them occurred at most that often.
    pub(super) fn most(&self, limit: usize) -> Vec<(&str, Estimate)> {
        let mut all: Vec<(&str, u64)> = self.counts.iter().map(|(name, count)| (&**name, *count)).collect();
        all.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
        all.truncate(limit);
        let estimate = |count| match self.error {
            0 => Estimate::exact(count),
            error => Estimate { value: count + error, low: count, high: count + error },
        };
        all.into_iter().map(|(name, count)| (name, estimate(count))).collect()
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        writer.number(self.error);
        writer.length(self.counts.len());
        for (name, count) in &self.counts {
            writer.text(name);
            writer.number(*count);
        }
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, Damaged> {
        let error = reader.number()?;
        let mut counts = BTreeMap::new();
        for _ in 0..reader.length()? {
            counts.insert(reader.text()?.to_owned(), reader.number()?);
        }
        Ok(Self { counts, error })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn few_things_are_counted_exactly() {
        let mut top = Top::default();
        for name in ["a", "b", "a", "c", "a", "b"] {
            top.add(name, 1, 3);
        }
        assert_eq!(top.most(2), [("a", Estimate::exact(3)), ("b", Estimate::exact(2))]);
        assert_eq!((top.len(), top.error), (3, 0));
        top.subtract("b", 2);
        assert_eq!((top.len(), top.error), (2, 0));
    }

    proptest! {
        #[test]
        fn the_truth_is_within_the_bounds_however_the_counts_came_together(
            parts in proptest::collection::vec(proptest::collection::vec(0_u8..40, 0..60), 1..6),
        ) {
            let mut truth = BTreeMap::<String, u64>::new();
            let mut merged = Top::default();
            for part in parts {
                let mut top = Top::default();
                for thing in part {
                    // Some things are much more frequent than others.
                    let name = format!("{}", u32::from(thing).pow(2) / 40);
                    *truth.entry(name.clone()).or_default() += 1;
                    top.add(&name, 1, 8);
                }
                merged.merge(&top, 8);
            }
            prop_assert!(merged.counts.len() <= 8);
            let rows = merged.most(8);
            for (name, estimate) in &rows {
                let count = truth.get(*name).copied().unwrap_or(0);
                prop_assert!((estimate.low..=estimate.high).contains(&count), "{name}: {count} {estimate:?}");
            }
            for (name, count) in &truth {
                if !merged.contains(name) {
                    prop_assert!(*count <= merged.error, "{name} occurred {count} times and is not there");
                }
            }
            let mut writer = Writer::default();
            merged.write(&mut writer);
            prop_assert_eq!(Top::read(&mut Reader::new(&writer.finish())), Ok(merged));
        }
    }
}
