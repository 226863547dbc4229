//! Which sequences are in, as ranges: a room's sequences come in runs, so a few numbers name
//! thousands of them.

use std::collections::BTreeMap;

use super::binary::{Damaged, Reader, Writer};

/// A set of sequences.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ranges {
    /// First to last, both in the set; no two of them touch.
    runs: BTreeMap<u64, u64>,
}

impl Ranges {
    /// Whether `sequence` is in.
    pub fn contains(&self, sequence: u64) -> bool {
        self.runs.range(..=sequence).next_back().is_some_and(|(_, last)| sequence <= *last)
    }

    /// Puts `sequence` in; `false` if it was in already.
    pub fn insert(&mut self, sequence: u64) -> bool {
        if self.contains(sequence) {
            return false;
        }
        let mut first = sequence;
        let mut last = sequence;
        let before = self.runs.range(..sequence).next_back().map(|(first, last)| (*first, *last));
        if let Some((start, end)) = before
            && end + 1 == sequence
        {
            first = start;
        }
        if let Some(next) = sequence.checked_add(1)
            && let Some(end) = self.runs.remove(&next)
        {
            last = end;
        }
        self.runs.insert(first, last);
        true
    }

    /// The lowest and the highest, if any is in.
    pub fn bounds(&self) -> Option<(u64, u64)> {
        let (first, _) = self.runs.first_key_value()?;
        let (_, last) = self.runs.last_key_value()?;
        Some((*first, *last))
    }

    /// How many are in.
    pub fn count(&self) -> u64 {
        self.runs.iter().map(|(first, last)| last - first + 1).sum()
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        writer.length(self.runs.len());
        let mut from = 0;
        for (first, last) in &self.runs {
            writer.number(first - from);
            writer.number(last - first);
            from = *last;
        }
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, Damaged> {
        let mut runs = BTreeMap::new();
        let mut from: u64 = 0;
        for _ in 0..reader.length()? {
            let first = from.checked_add(reader.number()?).ok_or(Damaged)?;
            let last = first.checked_add(reader.number()?).ok_or(Damaged)?;
            runs.insert(first, last);
            from = last;
        }
        Ok(Self { runs })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn ranges_are_a_set(sequences in proptest::collection::vec(1_u64..60, 0..80)) {
            let mut ranges = Ranges::default();
            let mut set = BTreeSet::new();
            for sequence in sequences {
                prop_assert_eq!(ranges.insert(sequence), set.insert(sequence));
            }
            for sequence in 0..62 {
                prop_assert_eq!(ranges.contains(sequence), set.contains(&sequence));
            }
            prop_assert_eq!(ranges.count(), set.len() as u64);
            prop_assert_eq!(ranges.bounds().map(|(first, _)| first), set.first().copied());
            prop_assert_eq!(ranges.bounds().map(|(_, last)| last), set.last().copied());
            let runs: Vec<_> = ranges.runs.iter().collect();
            prop_assert!(runs.windows(2).all(|pair| pair[0].1 + 1 < *pair[1].0), "runs touch: {:?}", runs);

            let mut writer = Writer::default();
            ranges.write(&mut writer);
            prop_assert_eq!(Ranges::read(&mut Reader::new(&writer.finish())), Ok(ranges));
        }
    }
}
