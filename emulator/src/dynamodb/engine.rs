//! The embedded engine: opens a folder, answers SDK clients, closes. It decides which threads there
//! are; what they do is theirs.

use std::fmt;
use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;

use aws_smithy_runtime_api::client::http::SharedHttpClient;
use bytes::Bytes;
use dynoxide::DynoxideError;
use http::{Request, Response};
use tokio::sync::{oneshot, watch};

use super::folder::Folder;
use super::upkeep::{self, Upkeep};
use super::worker::{Current, Job, Worker};
use super::{Port, answer, stream_records};
use crate::faults::{Faults, LostReply};
use crate::sdk;

/// Why an engine cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// One process owns a folder at a time. Others reach its data through the owner's port.
    #[error("the DynamoDB data in {} is in use by {}", folder.display(), owner(*process))]
    InUse {
        /// The data folder.
        folder: PathBuf,
        /// The owner's process id, if it could be read.
        process: Option<u32>,
    },
    /// The folder cannot be made, locked or used.
    #[error("cannot use the data folder {}", folder.display())]
    Folder {
        /// The data folder.
        folder: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The database file cannot be opened: it is damaged, or of a newer version of dynoxide.
    #[error("cannot open the database file {}", file.display())]
    Database {
        /// The file.
        file: PathBuf,
        /// What the engine says.
        source: Box<DynoxideError>,
    },
    /// The system gives no thread.
    #[error("cannot start the engine's threads")]
    Threads(#[source] std::io::Error),
    /// The engine is closed.
    #[error("the embedded DynamoDB is closed")]
    Closed,
    /// A sweep for expired items failed.
    #[error("cannot remove expired items")]
    Sweep(#[source] Box<DynoxideError>),
}

fn owner(process: Option<u32>) -> String {
    process.map_or_else(|| "another process".to_owned(), |id| format!("process {id}"))
}

/// Wakes when a stream record has been written, to any table. Coalesces: waiting once after many
/// writes is enough.
#[derive(Clone, Debug)]
pub struct Written(watch::Receiver<i64>);

impl Written {
    /// Returns at once if something was written since the last call. Never returns again after the
    /// engine is closed.
    pub async fn changed(&mut self) {
        if self.0.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// A DynamoDB in this process.
///
/// What was answered survives the death of the process (`kill -9`), though not the loss of power
/// within the last moments. Dropping it waits for the requests that are under way, milliseconds.
pub struct Engine {
    jobs: Jobs,
    upkeep: mpsc::Sender<upkeep::Request>,
    written: watch::Receiver<i64>,
    threads: Vec<JoinHandle<()>>,
    // Last: unlocked, and removed if temporary, after the threads have ended.
    folder: Arc<Folder>,
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").field("folder", &self.folder.path()).finish_non_exhaustive()
    }
}

impl Engine {
    /// Opens the data in `folder`, which is created if need be, and becomes its one owner.
    pub fn open(folder: &Path) -> Result<Self, EngineError> {
        Self::start(Folder::open(folder)?)
    }

    /// An engine whose folder goes with it. On disk all the same: trimming needs a second connection.
    pub fn temporary() -> Result<Self, EngineError> {
        Self::start(Folder::temporary()?)
    }

    fn start(folder: Folder) -> Result<Self, EngineError> {
        let folder = Arc::new(folder);
        let current = Current::new(folder.database()?);
        let connection = folder.connection()?;
        let newest = stream_records::newest(&connection).unwrap_or_default();
        let (written, seen) = watch::channel(newest);
        let written = Arc::new(written);

        let worker =
            Worker { folder: folder.clone(), current: current.clone(), connection, written: written.clone() };
        let upkeep = Upkeep { current, connection: folder.connection()?, written };
        let (jobs, job_queue) = mpsc::channel();
        let (upkeep_requests, upkeep_queue) = mpsc::channel();
        // Complete before the first thread: if the second cannot be had, dropping this ends the first.
        let mut engine =
            Self { jobs: Jobs(jobs), upkeep: upkeep_requests, written: seen, threads: Vec::new(), folder };
        engine.spawn("dynamodb", move || worker.run(&job_queue))?;
        engine.spawn("dynamodb-upkeep", move || upkeep.run(&upkeep_queue))?;
        Ok(engine)
    }

    fn spawn(&mut self, name: &str, run: impl FnOnce() + Send + 'static) -> Result<(), EngineError> {
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(run);
        self.threads.push(thread.map_err(EngineError::Threads)?);
        Ok(())
    }

    /// Where the data is.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// For SDK configurations (`.http_client(..)`): requests of DynamoDB and of DynamoDB Streams,
    /// whatever their endpoint, are answered by this engine. [`super::Clients`] does the rest.
    pub fn http_client(&self) -> SharedHttpClient {
        let jobs = self.jobs.clone();
        sdk::in_process(move |request| {
            let jobs = jobs.clone();
            async move { jobs.answer(request).await }
        })
    }

    /// The same, for an application whose requests meet faults.
    pub fn faulty_http_client(&self, faults: &Faults) -> SharedHttpClient {
        let (jobs, faults) = (self.jobs.clone(), faults.clone());
        sdk::breakable(move |request| {
            let (jobs, faults) = (jobs.clone(), faults.clone());
            async move { jobs.answer_with(&faults, request).await }
        })
    }

    /// Serves other processes of this machine at a [`Port`]. Requests of web pages (any `Origin`) and
    /// requests without a signature's form are refused; signatures are not verified.
    pub async fn open_port(&self, host: IpAddr, port: u16) -> io::Result<Port> {
        self.open_faulty_port(&Faults::none(), host, port).await
    }

    /// The same, for applications whose requests meet faults.
    pub async fn open_faulty_port(&self, faults: &Faults, host: IpAddr, port: u16) -> io::Result<Port> {
        let (jobs, faults) = (self.jobs.clone(), faults.clone());
        let answer = move |request| {
            let (jobs, faults) = (jobs.clone(), faults.clone());
            async move { jobs.answer_with(&faults, request).await }
        };
        Port::open(host, port, answer).await
    }

    /// Wakes the readers of streams.
    pub fn written(&self) -> Written {
        Written(self.written.clone())
    }

    /// Removes the expired items now, as happens once a minute, and returns their number.
    pub async fn sweep_expired(&self) -> Result<usize, EngineError> {
        let (reply, swept) = oneshot::channel();
        self.upkeep.send(upkeep::Request::Sweep { reply }).map_err(|_gone| EngineError::Closed)?;
        swept.await.map_err(|_gone| EngineError::Closed)?.map_err(|e| EngineError::Sweep(Box::new(e)))
    }

    /// Answers what was asked so far, writes everything to the database file and frees the folder.
    /// SDK clients that are still around get an error named `EngineClosed`.
    pub async fn close(self) {
        // The threads are joined away from the runtime's own; it fails only if that one is shut down,
        // and then `drop` has run all the same.
        let _dropped = tokio::task::spawn_blocking(move || drop(self)).await;
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // A thread that is gone already needs no telling.
        let _gone = self.jobs.0.send(Job::Stop);
        let _gone = self.upkeep.send(upkeep::Request::Stop);
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!("a thread of the embedded DynamoDB panicked");
            }
        }
    }
}

/// The way to the worker.
#[derive(Clone)]
pub(super) struct Jobs(mpsc::Sender<Job>);

impl Jobs {
    pub(super) async fn answer(&self, request: Request<Bytes>) -> Response<Bytes> {
        let (reply, response) = oneshot::channel();
        let operation = answer::operation(request.headers()).unwrap_or_default().to_owned();
        if self.0.send(Job::Answer { operation, body: request.into_body(), reply }).is_err() {
            return answer::closed();
        }
        response.await.unwrap_or_else(|_stopped| answer::closed())
    }

    pub(super) async fn answer_with(
        &self,
        faults: &Faults,
        request: Request<Bytes>,
    ) -> Result<Response<Bytes>, LostReply> {
        let operation = answer::operation(request.headers()).unwrap_or_default().to_owned();
        let body = request.body().clone();
        faults.on_dynamodb(&operation, &body, self.answer(request)).await
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::super::worker::tests::PANIC;
    use super::*;

    async fn ask(engine: &Engine, operation: &str, body: &'static str) -> (u16, String) {
        let request = Request::builder()
            .header("x-amz-target", format!("DynamoDB_20120810.{operation}"))
            .body(Bytes::from(body))
            .unwrap();
        let response = engine.jobs.answer(request).await;
        (response.status().as_u16(), String::from_utf8(response.into_body().to_vec()).unwrap())
    }

    #[tokio::test]
    async fn a_panic_fails_its_request_and_the_data_stays() {
        let engine = Engine::temporary().unwrap();
        let table = r#"{"TableName":"survivors","BillingMode":"PAY_PER_REQUEST",
            "AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"}],
            "KeySchema":[{"AttributeName":"pk","KeyType":"HASH"}]}"#;
        assert_eq!(ask(&engine, "CreateTable", table).await.0, 200);
        let (status, body) = ask(&engine, PANIC, "{}").await;
        assert_eq!(status, 500);
        assert!(body.contains("InternalServerError"), "{body}");
        let (status, body) = ask(&engine, "ListTables", "{}").await;
        assert_eq!(status, 200);
        assert!(body.contains("survivors"), "{body}");
    }

    #[tokio::test]
    async fn an_operation_that_does_not_exist_is_unknown() {
        let engine = Engine::temporary().unwrap();
        let (status, body) = ask(&engine, "MakeCoffee", "{}").await;
        assert_eq!(status, 400);
        assert!(body.contains("UnknownOperationException"), "{body}");
    }

    #[tokio::test]
    async fn a_body_that_is_no_request_is_refused_and_not_a_failure() {
        let engine = Engine::temporary().unwrap();
        for body in ["", "{", "[]", "null", "\u{0}", r#"{"TableName":5}"#, r#"{"TableName":"nope","Key":7}"#]
        {
            let (status, answer) = ask(&engine, "GetItem", body).await;
            assert_eq!(status, 400, "{body}: {answer}");
        }
        let deep = r#"{"TableName":"nope","Key":{"pk":"#.to_owned() + &r#"{"L":["#.repeat(5_000);
        let request = Request::builder().header("x-amz-target", "DynamoDB_20120810.GetItem");
        let response = engine.jobs.answer(request.body(Bytes::from(deep)).unwrap()).await;
        assert_eq!(response.status().as_u16(), 400);
    }

    #[tokio::test]
    async fn a_closed_engine_says_so() {
        let engine = Engine::temporary().unwrap();
        let jobs = engine.jobs.clone();
        engine.close().await;
        let response = jobs.answer(Request::new(Bytes::new())).await;
        assert_eq!(response.headers()["x-amzn-errortype"], "EngineClosed");
    }
}
