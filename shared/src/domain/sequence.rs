//! The place of a message in its room.

use std::fmt;

use super::Invalid;

/// Starts at 1 and grows by 1 within a room. At most 2^53 − 1, so that JavaScript reads it exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sequence(u64);

impl Sequence {
    /// JavaScript's `Number.MAX_SAFE_INTEGER`.
    pub const MAX: u64 = (1 << 53) - 1;

    /// Refuses 0 and what is over [`Sequence::MAX`]; `field` is the name that the caller's client
    /// knows the number by.
    pub fn new(field: &'static str, number: u64) -> Result<Self, Invalid> {
        if (1..=Self::MAX).contains(&number) {
            Ok(Self(number))
        } else {
            Err(Invalid::new(field, "must be a whole number from 1 to 9007199254740991"))
        }
    }

    /// The number.
    pub fn get(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Sequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sequence_is_a_number_that_javascript_can_hold() {
        assert_eq!(Sequence::new("after", 1).map(Sequence::get), Ok(1));
        assert_eq!(Sequence::new("after", Sequence::MAX).map(Sequence::get), Ok(Sequence::MAX));
        assert!(Sequence::new("after", 0).is_err());
        assert!(Sequence::new("after", Sequence::MAX + 1).is_err());
    }
}
