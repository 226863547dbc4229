//! A number and how sure it is.

/// The truth lies between `low` and `high` in 95 of 100 cases; where they are equal the number is
/// exact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Estimate {
    /// The best guess.
    pub value: u64,
    /// At least this.
    pub low: u64,
    /// At most this.
    pub high: u64,
}

impl Estimate {
    /// A number that was counted.
    pub fn exact(value: u64) -> Self {
        Self { value, low: value, high: value }
    }

    /// Whether there is no doubt.
    pub fn is_exact(self) -> bool {
        self.low == self.high
    }

    /// `self` without `part`, which is contained in it.
    #[must_use]
    pub fn without(self, part: Self) -> Self {
        Self {
            value: self.value.saturating_sub(part.value),
            low: self.low.saturating_sub(part.high),
            high: self.high.saturating_sub(part.low),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_is_as_unsure_as_both_together() {
        let all = Estimate { value: 100, low: 97, high: 103 };
        let part = Estimate { value: 40, low: 39, high: 41 };
        assert_eq!(all.without(part), Estimate { value: 60, low: 56, high: 64 });
        assert!(Estimate::exact(7).without(Estimate::exact(2)).is_exact());
    }
}
