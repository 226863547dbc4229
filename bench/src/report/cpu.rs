//! Who used the cores between two moments: the server, the generator, or somebody else.

use std::io;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::process::{ProcessError, ProcessTree, machine_cpu, own_cpu};

/// CPU time used so far, by whom.
#[derive(Clone, Copy, Debug)]
pub(super) struct CpuSample {
    at: Instant,
    server: Option<Duration>,
    generator: Duration,
    machine: Duration,
}

/// Cores kept busy on average. Everything measured shares the machine with `others`.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Cores {
    pub server: Option<f64>,
    pub generator: f64,
    /// Everybody else, and a server whose process is unknown.
    pub others: f64,
}

impl CpuSample {
    pub(super) fn read(server: Option<u32>) -> io::Result<Self> {
        let read = || -> Result<Self, ProcessError> {
            let server = server.map(|pid| ProcessTree::of(pid)?.cpu()).transpose()?;
            Ok(Self { at: Instant::now(), server, generator: own_cpu()?, machine: machine_cpu()? })
        };
        read().map_err(io::Error::other)
    }

    /// CPU time of the server since `earlier`.
    pub(super) fn server_since(&self, earlier: &Self) -> Option<Duration> {
        Some(self.server?.saturating_sub(earlier.server?))
    }

    pub(super) fn cores_since(&self, earlier: &Self) -> Cores {
        let elapsed = (self.at - earlier.at).as_secs_f64().max(1e-9);
        let generator = (self.generator - earlier.generator).as_secs_f64() / elapsed;
        let server = self.server_since(earlier).map(|server| server.as_secs_f64() / elapsed);
        let machine = self.machine.saturating_sub(earlier.machine).as_secs_f64() / elapsed;
        // Ticks are counted at different places, so a quiet machine can come out slightly negative.
        let others = (machine - generator - server.unwrap_or(0.0)).max(0.0);
        Cores { server, generator, others }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn sample(at: Instant, [server, generator, machine]: [u64; 3]) -> CpuSample {
        let [server, generator, machine] = [server, generator, machine].map(Duration::from_millis);
        CpuSample { at, server: Some(server), generator, machine }
    }

    #[test]
    fn the_machines_time_is_split_between_server_generator_and_others() {
        let begun = Instant::now();
        let before = sample(begun, [500, 100, 9_000]);
        let after = sample(begun + Duration::from_secs(2), [2_000, 600, 12_500]);
        let Cores { server, generator, others } = after.cores_since(&before);
        assert_eq!((server, generator, others), (Some(0.75), 0.25, 0.75));
        assert_eq!(after.server_since(&before), Some(Duration::from_millis(1_500)));
    }

    #[test]
    fn an_unknown_server_counts_among_the_others() {
        let begun = Instant::now();
        let mut before = sample(begun, [0, 0, 0]);
        before.server = None;
        let after = sample(begun + Duration::from_secs(1), [700, 200, 1_000]);
        let Cores { server, generator, others } = after.cores_since(&before);
        assert_eq!((server, generator), (None, 0.2));
        assert!((others - 0.8).abs() < 1e-9);
    }
}
