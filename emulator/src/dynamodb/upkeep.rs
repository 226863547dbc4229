//! The thread that does what DynamoDB does by itself in the background: removes expired items and
//! trims streams. dynoxide does neither unless told.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use dynoxide::DynoxideError;
use dynoxide::storage::Storage;
use tokio::sync::{oneshot, watch};

use super::stream_records;
use super::worker::{Current, announce};

/// AWS promises only "within a few days", so readers filter expired items anyway:
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html>
const SWEEP_EVERY: Duration = Duration::from_secs(60);
const TRIM_EVERY: Duration = Duration::from_secs(600);

/// What the thread is asked to do out of turn.
pub(super) enum Request {
    Sweep { reply: oneshot::Sender<Result<usize, DynoxideError>> },
    Stop,
}

pub(super) struct Upkeep {
    pub(super) current: Current,
    pub(super) connection: Storage,
    pub(super) written: Arc<watch::Sender<i64>>,
}

impl Upkeep {
    pub(super) fn run(self, requests: &mpsc::Receiver<Request>) {
        let mut sweep_at = Instant::now() + SWEEP_EVERY;
        // At once: a folder may have been left alone for days.
        let mut trim_at = Instant::now();
        loop {
            if Instant::now() >= trim_at {
                if let Err(error) = stream_records::trim(&self.connection, stream_records::RETENTION) {
                    tracing::warn!(%error, "cannot trim stream records");
                }
                trim_at = Instant::now() + TRIM_EVERY;
            }
            match requests.recv_timeout(sweep_at.min(trim_at).saturating_duration_since(Instant::now())) {
                Ok(Request::Sweep { reply }) => {
                    let _nobody_waits = reply.send(self.sweep());
                }
                Err(mpsc::RecvTimeoutError::Timeout) if Instant::now() >= sweep_at => {
                    if let Err(error) = self.sweep() {
                        tracing::warn!(%error, "cannot remove expired items");
                    }
                    sweep_at = Instant::now() + SWEEP_EVERY;
                }
                Err(mpsc::RecvTimeoutError::Timeout) => {}
                Ok(Request::Stop) | Err(mpsc::RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn sweep(&self) -> Result<usize, DynoxideError> {
        // dynoxide gives up its lock between pages to whoever waits for it.
        let database = self.current.database();
        let swept = catch_unwind(AssertUnwindSafe(|| database.sweep_ttl()));
        announce(&self.connection, &self.written);
        // The worker meets the poisoned lock at its next request and opens the database anew.
        swept.unwrap_or_else(|_panic| {
            Err(DynoxideError::InternalServerError("the sweep for expired items panicked".to_owned()))
        })
    }
}
