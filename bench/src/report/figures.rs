//! What a report holds. This is also the form of `--json`; units are in the names.

use serde::{Deserialize, Serialize};

use super::cpu::Cores;
use super::provenance::Machine;
use crate::generator::{Latency, Opening, Percentiles};
use crate::server::Started;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Report {
    pub date: String,
    pub commit: String,
    pub command: String,
    /// Figures of a debug build are for trying out only.
    pub debug_build: bool,
    pub subject: String,
    pub machine: Machine,
    /// Bytes of a message's content.
    pub payload: usize,
    /// Only for a server that we started.
    pub start: Option<Start>,
    pub idle: Idle,
    pub rooms: Vec<RoomFigures>,
}

/// From exec, on an empty database. Wall clock.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Start {
    pub starts: usize,
    pub listening_ms_median: f64,
    pub accepted_ms_median: f64,
    pub accepted_ms_least: f64,
    pub accepted_ms_most: f64,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Idle {
    pub opening: Opening,
    /// The number asked for, where the file limit allowed only fewer.
    pub connections_asked: Option<usize>,
    pub resident_bytes_before: Option<u64>,
    pub resident_bytes_per_connection: Option<f64>,
    pub server_cpu_us_per_connect: Option<f64>,
    pub cores: Cores,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RoomFigures {
    pub connections: usize,
    pub latency: Latency,
    pub saturation: Saturated,
    pub system_calls: SystemCallFigures,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Saturated {
    /// Messages in flight.
    pub window: u32,
    pub seconds: f64,
    pub deliveries: u64,
    pub stored_messages: u64,
    pub deliveries_per_second: f64,
    pub stored_messages_per_second: f64,
    /// Against the server's own CPU time, whatever else the machine did.
    pub stored_messages_per_server_cpu_second: Option<f64>,
    pub server_cpu_us_per_delivery: Option<f64>,
    /// Below one when the server merges messages into one frame.
    pub frames_per_delivery: f64,
    pub bytes_per_delivery: f64,
    /// With the whole window in flight.
    pub receipt_ms: Percentiles,
    pub cores: Cores,
}

/// Counted under a load of its own.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SystemCallFigures {
    PerDelivery(f64),
    Skipped(String),
}

impl Start {
    pub(super) fn of(starts: &[Started]) -> Option<Self> {
        let sorted = |of: fn(&Started) -> f64| {
            let mut times: Vec<f64> = starts.iter().map(of).collect();
            times.sort_by(f64::total_cmp);
            times
        };
        let (listening, accepted) = (sorted(|start| start.listening), sorted(|start| start.accepted));
        Some(Self {
            starts: starts.len(),
            listening_ms_median: median(&listening)?,
            accepted_ms_median: median(&accepted)?,
            accepted_ms_least: *accepted.first()?,
            accepted_ms_most: *accepted.last()?,
        })
    }
}

fn median(sorted: &[f64]) -> Option<f64> {
    let upper = sorted.get(sorted.len() / 2)?;
    let lower = sorted.get((sorted.len() - 1) / 2)?;
    Some((lower + upper) / 2.0)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_start_is_the_median_and_shows_its_spread() {
        let starts = [30.0, 10.0, 20.0, 40.0].map(|accepted| Started { listening: accepted / 2.0, accepted });
        let start = Start::of(&starts).unwrap();
        assert_eq!((start.listening_ms_median, start.accepted_ms_median), (12.5, 25.0));
        assert_eq!((start.accepted_ms_least, start.accepted_ms_most, start.starts), (10.0, 40.0, 4));
        assert_eq!(Start::of(&starts[..1]).unwrap().accepted_ms_median, 30.0);
        assert!(Start::of(&[]).is_none());
    }
}
