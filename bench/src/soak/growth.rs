//! Whether a server's memory stays flat: what it took in the middle third of the time against what it
//! took in the last. The first third is when caches fill.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::interval;

use crate::process::{ProcessError, ProcessTree};

const EVERY: Duration = Duration::from_secs(2);

/// Resident bytes, every two seconds.
#[derive(Debug)]
pub(super) struct Watch {
    samples: Arc<Mutex<Result<Vec<u64>, ProcessError>>>,
    task: JoinHandle<()>,
}

/// Means of a third each, in bytes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Growth {
    pub(super) middle: f64,
    pub(super) last: f64,
    pub(super) most: u64,
}

impl Watch {
    pub(super) fn begin(pid: u32) -> Self {
        let samples = Arc::new(Mutex::new(Ok(Vec::new())));
        let task = tokio::spawn({
            let samples = Arc::clone(&samples);
            async move {
                let mut ticks = interval(EVERY);
                loop {
                    ticks.tick().await;
                    let resident = ProcessTree::of(pid).and_then(|tree| tree.resident());
                    let mut samples = samples.lock().unwrap_or_else(PoisonError::into_inner);
                    match (samples.as_mut(), resident) {
                        (Ok(samples), Ok(resident)) => samples.push(resident),
                        (_, Err(error)) => {
                            *samples = Err(error);
                            return;
                        }
                        (Err(_), Ok(_)) => return,
                    }
                }
            }
        });
        Self { samples, task }
    }

    /// `None` if the time was too short for three thirds.
    pub(super) fn end(self) -> Result<Option<Growth>, ProcessError> {
        self.task.abort();
        let mut samples = self.samples.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *samples, Ok(Vec::new())).map(|samples| Growth::of(&samples))
    }
}

impl Growth {
    fn of(samples: &[u64]) -> Option<Self> {
        let third = samples.len() / 3;
        let mean = |part: &[u64]| part.iter().sum::<u64>() as f64 / part.len() as f64;
        if third == 0 {
            return None;
        }
        let (middle, last) = samples[third..].split_at(samples.len() - 2 * third);
        Some(Self { middle: mean(middle), last: mean(last), most: *samples.iter().max()? })
    }

    /// 0.1: a tenth more.
    pub(super) fn relative(self) -> f64 {
        self.last / self.middle - 1.0
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn filling_caches_are_no_growth_and_a_leak_is() {
        let filling = [10, 60, 100, 100, 100, 100, 100, 100, 100];
        assert!(Growth::of(&filling).unwrap().relative().abs() < 1e-9);
        let leaking: Vec<u64> = (0..90).map(|at| 100 + at).collect();
        assert!(Growth::of(&leaking).unwrap().relative() > 0.1);
        assert_eq!(Growth::of(&leaking).unwrap().most, 189);
        assert_eq!(Growth::of(&[1, 2]), None);
    }
}
