//! A histogram of durations: constant memory and cost, a relative error of at most 0.1 %.

use std::time::Duration;

use hdrhistogram::{CreationError, Histogram};
use serde::{Deserialize, Serialize};

/// Longest duration told apart; longer ones count as this one. A stall ends the run long before.
const LONGEST: Duration = Duration::from_secs(60);

#[derive(Clone, Debug)]
pub struct Latencies(Histogram<u64>);

/// In milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Percentiles {
    pub p50: f64,
    pub p95: f64,
    pub p99: f64,
    pub max: f64,
    pub samples: u64,
}

impl Latencies {
    pub fn new() -> Result<Self, CreationError> {
        Histogram::new_with_bounds(1, LONGEST.as_nanos() as u64, 3).map(Self)
    }

    pub fn record(&mut self, duration: Duration) {
        self.0.saturating_record(duration.as_nanos() as u64);
    }

    pub fn clear(&mut self) {
        self.0.reset();
    }

    /// `None` without samples: a percentile of nothing is not zero.
    pub fn percentiles(&self) -> Option<Percentiles> {
        let at = |quantile| milliseconds(self.0.value_at_quantile(quantile));
        (!self.0.is_empty()).then(|| Percentiles {
            p50: at(0.50),
            p95: at(0.95),
            p99: at(0.99),
            max: milliseconds(self.0.max()),
            samples: self.0.len(),
        })
    }
}

fn milliseconds(nanoseconds: u64) -> f64 {
    nanoseconds as f64 / 1e6
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn percentiles_of_a_known_distribution_are_right_within_a_tenth_of_a_percent() {
        let mut latencies = Latencies::new().unwrap();
        // 0.01 ms to 100 ms in equal steps, in an order that is not sorted.
        for step in 0..10_000_u64 {
            latencies.record(Duration::from_micros((step * 7_919 % 10_000 + 1) * 10));
        }
        let found = latencies.percentiles().unwrap();
        for (found, expected) in [(found.p50, 50.0), (found.p95, 95.0), (found.p99, 99.0), (found.max, 100.0)]
        {
            assert!((found - expected).abs() <= expected * 0.001, "{found} instead of {expected}");
        }
        assert_eq!(found.samples, 10_000);
    }

    #[test]
    fn no_samples_have_no_percentiles() {
        let mut latencies = Latencies::new().unwrap();
        latencies.record(Duration::from_millis(1));
        latencies.clear();
        assert_eq!(latencies.percentiles(), None);
    }

    #[test]
    fn what_lasts_longer_than_the_histogram_counts_as_its_longest() {
        let mut latencies = Latencies::new().unwrap();
        latencies.record(Duration::from_secs(3_600));
        assert!(latencies.percentiles().unwrap().p50 >= 60_000.0);
    }
}
