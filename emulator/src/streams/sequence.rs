//! Sequence numbers: decimal numbers of 21 to 40 digits, too large for an integer type. They order
//! the records of one shard and say nothing across shards.

use std::cmp::Ordering;
use std::fmt;

use serde::{Deserialize, Serialize};

/// A record's sequence number as the stream spells it, compared by value.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct SequenceNumber(String);

impl SequenceNumber {
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    fn digits(&self) -> &str {
        self.0.trim_start_matches('0')
    }
}

impl Ord for SequenceNumber {
    fn cmp(&self, other: &Self) -> Ordering {
        let (ours, theirs) = (self.digits(), other.digits());
        ours.len().cmp(&theirs.len()).then_with(|| ours.cmp(theirs))
    }
}

impl PartialOrd for SequenceNumber {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for SequenceNumber {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for SequenceNumber {}

impl fmt::Display for SequenceNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequence_numbers_compare_by_value() {
        let ascending = ["9", "000000000000000000010", "400000000000000499660", "1000000000000000000000"];
        for pair in ascending.windows(2) {
            assert!(SequenceNumber::new(pair[0]) < SequenceNumber::new(pair[1]), "{pair:?}");
        }
        assert_eq!(SequenceNumber::new("0010"), SequenceNumber::new("10"));
    }
}
