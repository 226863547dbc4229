//! The thread that runs every request, one after the other. dynoxide's methods are synchronous and
//! share one lock: called from a task they would hold up the caller's runtime, and on many threads
//! they would only wait for each other.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError, mpsc};

use bytes::Bytes;
use dynoxide::storage::Storage;
use dynoxide::{Database, DynoxideError};
use http::Response;
use tokio::sync::{oneshot, watch};

use super::folder::Folder;
use super::tokens::Tokens;
use super::{answer, operation, stream_records};

/// While requests queue up, readers of streams are told of so many writes at a time: a millisecond's.
const ANNOUNCED_AT_ONCE: usize = 16;

/// What the worker is asked to do.
pub(super) enum Job {
    /// An operation by its name, empty if the request named none.
    Answer {
        operation: String,
        body: Bytes,
        reply: oneshot::Sender<Response<Bytes>>,
    },
    Stop,
}

/// The database as it is now; another one after a panic.
#[derive(Clone)]
pub(super) struct Current(Arc<Mutex<Database>>);

impl Current {
    pub(super) fn new(database: Database) -> Self {
        Self(Arc::new(Mutex::new(database)))
    }

    pub(super) fn database(&self) -> Database {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn replace(&self, database: Database) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = database;
    }
}

pub(super) struct Worker {
    pub(super) folder: Arc<Folder>,
    pub(super) current: Current,
    pub(super) connection: Storage,
    pub(super) written: Arc<watch::Sender<i64>>,
}

impl Worker {
    /// Until [`Job::Stop`]; what came before it is answered.
    pub(super) fn run(self, jobs: &mpsc::Receiver<Job>) {
        let mut database = self.current.database();
        let mut tokens = Tokens::default();
        let mut unannounced = 0;
        loop {
            let job = match jobs.try_recv() {
                Ok(job) => job,
                Err(_nothing_yet) => {
                    if unannounced > 0 {
                        announce(&self.connection, &self.written);
                        unannounced = 0;
                    }
                    let Ok(job) = jobs.recv() else { return };
                    job
                }
            };
            let Job::Answer { operation, body, reply } = job else { return };
            // Nobody waits any more: as good as never sent.
            if reply.is_closed() {
                continue;
            }
            let response = self.answer(&mut database, &mut tokens, &operation, &body);
            let _nobody_waits = reply.send(response);
            if operation::writes(&operation) {
                unannounced += 1;
            }
            if unannounced >= ANNOUNCED_AT_ONCE {
                announce(&self.connection, &self.written);
                unannounced = 0;
            }
        }
    }

    fn answer(
        &self,
        database: &mut Database,
        tokens: &mut Tokens,
        name: &str,
        body: &[u8],
    ) -> Response<Bytes> {
        let mut ran = catch_unwind(AssertUnwindSafe(|| run(database, tokens, name, body)));
        // Something else panicked while it held the lock: this request has not begun.
        if let Ok(Some(Err(error))) = &ran
            && is_poisoned(error)
            && self.reopen(database)
        {
            ran = catch_unwind(AssertUnwindSafe(|| run(database, tokens, name, body)));
        }
        match ran {
            Ok(Some(result)) => answer::result(result),
            Ok(None) => answer::unknown_operation(),
            Err(_panic) => {
                tracing::error!(operation = name, "a request made the embedded DynamoDB panic");
                self.reopen(database);
                answer::panicked()
            }
        }
    }

    /// A panic leaves dynoxide's lock poisoned and perhaps a transaction open. A new connection has
    /// neither, and the file has everything that was committed.
    fn reopen(&self, database: &mut Database) -> bool {
        match self.folder.database() {
            Ok(reopened) => {
                *database = reopened.clone();
                self.current.replace(reopened);
                true
            }
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "cannot reopen the database");
                false
            }
        }
    }
}

/// Tells those who wait for stream records if there are new ones.
pub(super) fn announce(connection: &Storage, written: &watch::Sender<i64>) {
    match stream_records::newest(connection) {
        Ok(newest) => {
            written.send_if_modified(|known| {
                let grown = newest > *known;
                *known = newest.max(*known);
                grown
            });
        }
        // Whoever waits also polls now and then, so nothing is lost.
        Err(error) => tracing::warn!(%error, "cannot see the newest stream record"),
    }
}

fn is_poisoned(error: &DynoxideError) -> bool {
    matches!(error, DynoxideError::InternalServerError(text) if text.starts_with("Lock poisoned"))
}

fn run(
    database: &Database,
    tokens: &mut Tokens,
    name: &str,
    body: &[u8],
) -> Option<Result<Vec<u8>, DynoxideError>> {
    #[cfg(test)]
    if name == tests::PANIC {
        std::panic::resume_unwind(Box::new("asked to"));
    }
    operation::run(database, tokens, name, body)
}

#[cfg(test)]
pub(super) mod tests {
    /// An operation that only exists in unit tests.
    pub(crate) const PANIC: &str = "PanicForATest";
}
