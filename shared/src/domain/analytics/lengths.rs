//! How long messages are. A message has 1 to 1,000 characters, so all lengths fit into a histogram
//! of its own: quantiles are exact, they merge and can be taken back, and it takes less room than a
//! digest that estimates them.

use std::collections::BTreeMap;

use super::binary::{Damaged, Reader, Writer};

/// Messages by number of characters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Lengths(BTreeMap<u64, u64>);

impl Lengths {
    pub(super) fn add(&mut self, length: u64) {
        *self.0.entry(length).or_default() += 1;
    }

    pub(super) fn subtract(&mut self, length: u64) {
        if let Some(count) = self.0.get_mut(&length) {
            *count -= 1;
            if *count == 0 {
                self.0.remove(&length);
            }
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        for (length, count) in &other.0 {
            *self.0.entry(*length).or_default() += count;
        }
    }

    pub(super) fn messages(&self) -> u64 {
        self.0.values().sum()
    }

    pub(super) fn characters(&self) -> u64 {
        self.0.iter().map(|(length, count)| length * count).sum()
    }

    /// The smallest length that at least `percent` of all messages do not exceed; `None` of none.
    pub(super) fn percentile(&self, percent: u64) -> Option<u64> {
        let rank = (self.messages() * percent).div_ceil(100).max(1);
        let mut seen = 0;
        self.0.iter().find_map(|(length, count)| {
            seen += count;
            (seen >= rank).then_some(*length)
        })
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        writer.length(self.0.len());
        let mut from = 0;
        for (length, count) in &self.0 {
            writer.number(length - from);
            writer.number(*count);
            from = *length;
        }
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, Damaged> {
        let mut counts = BTreeMap::new();
        let mut length: u64 = 0;
        for _ in 0..reader.length()? {
            length = length.checked_add(reader.number()?).ok_or(Damaged)?;
            counts.insert(length, reader.number()?);
        }
        Ok(Self(counts))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_lengths_that_occurred() {
        let mut lengths = Lengths::default();
        assert_eq!(lengths.percentile(50), None);
        for length in [5, 1, 3, 2, 4] {
            lengths.add(length);
        }
        assert_eq!((lengths.percentile(50), lengths.percentile(95)), (Some(3), Some(5)));
        assert_eq!((lengths.percentile(0), lengths.percentile(100)), (Some(1), Some(5)));
        lengths.subtract(5);
        assert_eq!((lengths.messages(), lengths.characters()), (4, 10));
        let mut writer = Writer::default();
        lengths.write(&mut writer);
        assert_eq!(Lengths::read(&mut Reader::new(&writer.finish())), Ok(lengths));
    }
}
