//! Which erasures a stretch could not follow: somebody was erased whose messages of then were gone
//! already, so that they are still in its sums.
//!
//! An erasure is a random number that nobody can trace to a user. The same one twice is one, and a
//! day has those of its hours.

use std::collections::BTreeSet;

use super::binary::{Damaged, Reader, Writer};

/// Told apart at the most: 2 KB.
const AT_MOST: usize = 256;

/// Random numbers of erasures.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Erased(BTreeSet<u64>);

impl Erased {
    /// `false` where it is in already, and where there are too many.
    pub(super) fn insert(&mut self, erasure: u64) -> bool {
        self.0.len() < AT_MOST && self.0.insert(erasure)
    }

    pub(super) fn contains(&self, erasure: u64) -> bool {
        self.0.contains(&erasure)
    }

    pub(super) fn merge(&mut self, other: &Self) {
        for erasure in &other.0 {
            self.insert(*erasure);
        }
    }

    /// Different ones, at most 256.
    pub(super) fn count(&self) -> u64 {
        self.0.len() as u64
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        writer.length(self.0.len());
        self.0.iter().for_each(|erasure| writer.hash(*erasure));
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, Damaged> {
        let length = reader.length()?;
        (0..length).map(|_| reader.hash()).collect::<Result<_, _>>().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_erasure_is_one_however_often_it_is_noted_and_there_are_not_too_many() {
        let mut erased = Erased::default();
        assert!(erased.insert(7) && !erased.insert(7));
        let mut many = Erased::default();
        (0..1_000).for_each(|erasure| {
            many.insert(erasure);
        });
        erased.merge(&many);
        assert_eq!(erased.count(), 256);
        let mut writer = Writer::default();
        erased.write(&mut writer);
        assert_eq!(Erased::read(&mut Reader::new(&writer.finish())), Ok(erased));
    }
}
