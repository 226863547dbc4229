//! How many different things there were: exact while they are few, HyperLogLog (2^12 registers,
//! 2 KB) when they are many.
//!
//! The estimate is the composite one, which depends only on the registers: it is the same whatever
//! the order that things came in.

use std::collections::BTreeMap;

use datasketches::hll::{HllSketch, HllType, HllUnion};

use super::binary::{Damaged, Reader, Writer};
use super::estimate::Estimate;

/// 1.04 / √4096, doubled for 95 %.
/// <https://algo.inria.fr/flajolet/Publications/FlFuGaMe07.pdf>
const TWO_SIGMA: f64 = 2.0 * 1.04 / 64.0;
const LG_REGISTERS: u8 = 12;

/// A set of hashes, each with how often it was added.
#[derive(Clone, Debug)]
pub(super) enum Distinct {
    Exact(BTreeMap<u64, u64>),
    Sketch(Sketch),
}

#[derive(Clone, Debug)]
pub(super) struct Sketch(HllUnion);

impl Default for Distinct {
    fn default() -> Self {
        Self::Exact(BTreeMap::new())
    }
}

impl Distinct {
    pub(super) fn add(&mut self, hash: u64, count: u64, capacity: usize) {
        match self {
            Self::Exact(counts) => {
                *counts.entry(hash).or_default() += count;
                self.spill(capacity);
            }
            Self::Sketch(sketch) => sketch.add(hash),
        }
    }

    /// Takes back what was added; `false` where a sketch cannot.
    pub(super) fn subtract(&mut self, hash: u64, count: u64) -> bool {
        let Self::Exact(counts) = self else { return false };
        if let Some(known) = counts.get_mut(&hash) {
            *known = known.saturating_sub(count);
            if *known == 0 {
                counts.remove(&hash);
            }
        }
        true
    }

    /// Whether the thing was added; a sketch does not know, and says yes.
    pub(super) fn contains(&self, hash: u64) -> bool {
        match self {
            Self::Exact(counts) => counts.contains_key(&hash),
            Self::Sketch(_) => true,
        }
    }

    /// Takes a thing out, however often it was added; `false` where a sketch cannot.
    pub(super) fn remove(&mut self, hash: u64) -> bool {
        let Self::Exact(counts) = self else { return false };
        counts.remove(&hash);
        true
    }

    pub(super) fn merge(&mut self, other: &Self, capacity: usize) {
        match (&mut *self, other) {
            (Self::Exact(counts), Self::Exact(others)) => {
                for (hash, count) in others {
                    *counts.entry(*hash).or_default() += count;
                }
                self.spill(capacity);
            }
            (Self::Exact(counts), Self::Sketch(other)) => {
                let mut sketch = other.clone();
                counts.keys().for_each(|hash| sketch.add(*hash));
                *self = Self::Sketch(sketch);
            }
            (Self::Sketch(sketch), Self::Exact(others)) => others.keys().for_each(|hash| sketch.add(*hash)),
            (Self::Sketch(sketch), Self::Sketch(other)) => sketch.merge(other),
        }
    }

    fn spill(&mut self, capacity: usize) {
        if let Self::Exact(counts) = self
            && counts.len() > capacity
            && let Some(mut sketch) = Sketch::new()
        {
            counts.keys().for_each(|hash| sketch.add(*hash));
            *self = Self::Sketch(sketch);
        }
    }

    pub(super) fn estimate(&self) -> Estimate {
        match self {
            Self::Exact(counts) => Estimate::exact(counts.len() as u64),
            Self::Sketch(sketch) => sketch.estimate(),
        }
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        match self {
            Self::Exact(counts) => {
                writer.byte(0);
                writer.length(counts.len());
                for (hash, count) in counts {
                    writer.hash(*hash);
                    writer.number(*count);
                }
            }
            Self::Sketch(sketch) => {
                writer.byte(1);
                writer.bytes(&sketch.0.to_sketch(HllType::Hll4).serialize());
            }
        }
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, Damaged> {
        match reader.byte()? {
            0 => {
                let mut counts = BTreeMap::new();
                for _ in 0..reader.length()? {
                    counts.insert(reader.hash()?, reader.number()?);
                }
                Ok(Self::Exact(counts))
            }
            1 => {
                let stored = HllSketch::deserialize(reader.bytes()?).map_err(|_| Damaged)?;
                let mut sketch = Sketch::new().ok_or(Damaged)?;
                sketch.0.update(&stored);
                Ok(Self::Sketch(sketch))
            }
            _ => Err(Damaged),
        }
    }
}

/// Equal where they say the same.
impl PartialEq for Distinct {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Exact(counts), Self::Exact(others)) => counts == others,
            (Self::Sketch(_), Self::Sketch(_)) => self.estimate() == other.estimate(),
            _ => false,
        }
    }
}

impl Sketch {
    /// `None` is impossible: the number of registers is a valid one.
    fn new() -> Option<Self> {
        HllUnion::new(LG_REGISTERS).ok().map(Self)
    }

    fn add(&mut self, hash: u64) {
        self.0.update_value(hash);
    }

    fn merge(&mut self, other: &Self) {
        self.0.update(&other.0.to_sketch(HllType::Hll8));
    }

    fn estimate(&self) -> Estimate {
        within(self.0.composite_estimate())
    }
}

/// The bounds of a sum of sketches, of which some may be exact.
#[allow(clippy::cast_precision_loss)] // numbers of users are far below 2^53
pub(super) fn bounds(sum: u64) -> Estimate {
    within(sum as f64)
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // `as` saturates
fn within(estimate: f64) -> Estimate {
    Estimate {
        value: estimate.round() as u64,
        low: (estimate / (1.0 + TWO_SIGMA)).floor() as u64,
        high: (estimate / (1.0 - TWO_SIGMA)).ceil() as u64,
    }
}

#[cfg(test)]
mod tests {
    use super::super::hash;
    use super::*;

    fn of(things: impl Iterator<Item = u32>, capacity: usize) -> Distinct {
        let mut distinct = Distinct::default();
        things.for_each(|thing| distinct.add(hash::stable(&thing.to_string()), 1, capacity));
        distinct
    }

    fn again(distinct: &Distinct) -> Distinct {
        let mut writer = Writer::default();
        distinct.write(&mut writer);
        Distinct::read(&mut Reader::new(&writer.finish())).expect("readable")
    }

    #[test]
    fn few_things_are_counted_and_can_be_taken_back() {
        let mut few = of((0..50).chain(0..50), 64);
        assert_eq!(few.estimate(), Estimate::exact(50));
        assert!(few.subtract(hash::stable("7"), 1));
        assert_eq!(few.estimate(), Estimate::exact(50));
        assert!(few.subtract(hash::stable("7"), 1));
        assert_eq!(few.estimate(), Estimate::exact(49));
        assert_eq!(again(&few), few);
    }

    #[test]
    fn an_estimate_does_not_depend_on_the_order_or_the_parts() {
        let whole = of(0..20_000, 64);
        assert!(!whole.estimate().is_exact());
        let backwards = of((0..20_000).rev(), 64);
        let mut parts = of(0..10, 64);
        parts.merge(&again(&of(5_000..20_000, 64)), 64);
        parts.merge(&of(0..7_000, 64), 64);
        parts = again(&parts);
        assert_eq!(whole.estimate(), backwards.estimate());
        assert_eq!(whole.estimate(), parts.estimate());
    }

    #[test]
    fn the_truth_is_within_the_bounds_in_95_of_100_cases() {
        let within = (0..200_u32).filter(|trial| {
            let from = trial * 1_000_000;
            let Estimate { low, high, .. } = of(from..from + 5_000, 64).estimate();
            (low..=high).contains(&5_000)
        });
        assert!(within.count() >= 190);
    }
}
