//! Counts what still runs, so that a shutdown can wait for it.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Notify;

#[derive(Clone, Debug, Default)]
pub(crate) struct Tasks(Arc<Count>);

#[derive(Debug, Default)]
struct Count {
    running: AtomicUsize,
    finished: Notify,
}

/// One task that runs, until it is dropped.
#[derive(Debug)]
pub(crate) struct Running(Arc<Count>);

impl Tasks {
    pub(crate) fn begin(&self) -> Running {
        self.0.running.fetch_add(1, Ordering::AcqRel);
        Running(Arc::clone(&self.0))
    }

    pub(crate) fn running(&self) -> usize {
        self.0.running.load(Ordering::Acquire)
    }

    /// Returns once nothing runs.
    pub(crate) async fn finished(&self) {
        loop {
            let mut finished = pin!(self.0.finished.notified());
            // Before the count is read: what finishes in between is not missed.
            finished.as_mut().enable();
            if self.running() == 0 {
                return;
            }
            finished.await;
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.0.running.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.0.finished.notify_waiters();
        }
    }
}
