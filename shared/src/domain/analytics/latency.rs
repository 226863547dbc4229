//! How long deliveries take, as a histogram that merges: buckets whose ends are 5 % apart, so that
//! every quantile is within 2.5 % of the truth.

use std::collections::BTreeMap;
use std::time::Duration;

/// The end of a bucket is this many times its beginning.
const GROWTH: f64 = 1.05;
/// Everything below, in milliseconds, is in bucket 0.
const SMALLEST_MS: f64 = 0.05;
/// Everything from about 70 s on is in the last bucket.
const LAST: u16 = 290;

/// Deliveries by bucket.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Latencies(BTreeMap<u16, u64>);

impl Latencies {
    /// Adds one.
    pub fn record(&mut self, latency: Duration) {
        self.add(bucket(latency.as_secs_f64() * 1000.0), 1);
    }

    /// Adds to a bucket; what is no bucket counts as the last one.
    pub fn add(&mut self, bucket: u16, count: u64) {
        *self.0.entry(bucket.min(LAST)).or_default() += count;
    }

    /// Buckets and their counts.
    pub fn buckets(&self) -> impl Iterator<Item = (u16, u64)> {
        self.0.iter().map(|(bucket, count)| (*bucket, *count))
    }

    /// All of them.
    pub fn count(&self) -> u64 {
        self.0.values().sum()
    }

    /// Adds those of another one.
    pub fn merge(&mut self, other: &Self) {
        other.buckets().for_each(|(bucket, count)| self.add(bucket, count));
    }

    /// Milliseconds that `percent` of all do not exceed, within 2.5 %; `None` of none.
    pub fn percentile_ms(&self, percent: u64) -> Option<f64> {
        let rank = (self.count() * percent).div_ceil(100).max(1);
        let mut seen = 0;
        self.0.iter().find_map(|(bucket, count)| {
            seen += count;
            (seen >= rank).then(|| middle_ms(*bucket))
        })
    }
}

fn bucket(ms: f64) -> u16 {
    if ms <= SMALLEST_MS {
        return 0;
    }
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // `as` saturates
    let bucket = ((ms / SMALLEST_MS).ln() / GROWTH.ln()).floor() as u16;
    bucket.saturating_add(1).min(LAST)
}

/// The middle of a bucket, rounded to a hundredth.
fn middle_ms(bucket: u16) -> f64 {
    let end = SMALLEST_MS * GROWTH.powi(i32::from(bucket));
    let middle = if bucket == 0 { end } else { end / GROWTH.sqrt() };
    (middle * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_within_their_bound() {
        let mut latencies = Latencies::default();
        assert_eq!(latencies.percentile_ms(50), None);
        (1..=1_000).for_each(|ms| latencies.record(Duration::from_millis(ms)));
        for percent in [1_u32, 50, 95, 99, 100] {
            let truth = f64::from(percent * 10);
            let found = latencies.percentile_ms(percent.into()).expect("some");
            assert!((found / truth - 1.0).abs() < 0.026, "p{percent}: {found}");
        }
    }

    #[test]
    fn extremes_are_counted_too() {
        let mut latencies = Latencies::default();
        latencies.record(Duration::ZERO);
        latencies.record(Duration::MAX);
        latencies.add(u16::MAX, 1);
        assert_eq!(latencies.buckets().collect::<Vec<_>>(), [(0, 1), (LAST, 2)]);
        let mut twice = latencies.clone();
        twice.merge(&latencies);
        assert_eq!(twice.count(), 6);
    }
}
