//! Which messages one connection has received: exact, in 32 bytes.
//!
//! At most [`MAX_IN_FLIGHT`] messages are unfinished at any time, and whatever is older has reached
//! every connection. So a connection needs to remember only a sliding window of that many bits.

/// Most messages that may be on their way at once: the bits of a window.
pub(super) const MAX_IN_FLIGHT: u32 = u128::BITS;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Receipt {
    First,
    Duplicate,
    /// Newer than anything that can be on its way.
    Unsent,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Receipts {
    /// Everything below has arrived.
    next: u32,
    /// Bit `n` stands for message `next + n`; bit 0 is never set.
    ahead: u128,
}

impl Receipts {
    pub(super) fn record(&mut self, message: u32) -> Receipt {
        let Some(offset) = message.checked_sub(self.next) else { return Receipt::Duplicate };
        if offset >= MAX_IN_FLIGHT {
            return Receipt::Unsent;
        }
        if self.ahead & 1 << offset != 0 {
            return Receipt::Duplicate;
        }
        self.ahead |= 1 << offset;
        let arrived = self.ahead.trailing_ones();
        self.next += arrived;
        self.ahead = self.ahead.checked_shr(arrived).unwrap_or(0);
        Receipt::First
    }

    pub(super) fn has(&self, message: u32) -> bool {
        match message.checked_sub(self.next) {
            None => true,
            Some(offset) => offset < MAX_IN_FLIGHT && self.ahead & 1 << offset != 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_window_remembers_what_a_set_would(order in prop::collection::vec(0_u32..MAX_IN_FLIGHT, 0..400)) {
            let (mut receipts, mut set) = (Receipts::default(), HashSet::new());
            for message in order {
                let expected = if set.insert(message) { Receipt::First } else { Receipt::Duplicate };
                prop_assert_eq!(receipts.record(message), expected);
            }
            for message in 0..MAX_IN_FLIGHT {
                prop_assert_eq!(receipts.has(message), set.contains(&message));
            }
        }
    }

    #[test]
    fn a_full_window_slides_as_a_whole() {
        let mut receipts = Receipts::default();
        for message in (0..MAX_IN_FLIGHT).rev() {
            assert_eq!(receipts.record(message), Receipt::First);
        }
        assert_eq!(receipts.record(MAX_IN_FLIGHT - 1), Receipt::Duplicate);
        assert_eq!(receipts.record(2 * MAX_IN_FLIGHT), Receipt::Unsent);
        assert_eq!(receipts.record(MAX_IN_FLIGHT), Receipt::First);
    }
}
