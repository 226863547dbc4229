//! Faults between an SDK client and what answers it, where the real ones happen: below the SDK, so
//! that its signing, retries and time limits stay in play.
//!
//! ```ignore
//! let faults = Faults::over(engine.http_client());
//! faults.strike(first("PutItem").to("hubbub-messages"), Fault::LoseReply);
//! faults.strike(every("UpdateItem").with("ADD #sequence"), Fault::throttled());
//! faults.strike(nth(3, ANY), Fault::KillBefore);
//! ```
//!
//! Requests are carried out on a thread of tokio's blocking pool. While one of those is busy, paused
//! time stands still, so a test may pause time and still wait for a service on other threads.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use serde_json::{Value, json};
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, watch};
use tokio::task::spawn_blocking;

/// Every operation.
pub const ANY: &str = "";

/// What happens to a request.
#[derive(Clone, Debug)]
pub enum Fault {
    /// It is not carried out and answered with this status and body.
    Answer(u16, Value),
    /// It is carried out, then the connection breaks.
    LoseReply,
    /// It is not carried out, and nobody says so.
    NeverAnswer,
    /// It is on its way for this long before it is carried out.
    Delay(Duration),
    /// It is carried out when the semaphore has a permit, which it uses up.
    Await(Arc<Semaphore>),
    /// The caller dies before it is carried out.
    KillBefore,
    /// It is carried out, and the caller dies before the answer.
    KillAfter,
}

impl Fault {
    /// An error of DynamoDB's.
    pub fn error(status: u16, name: &str) -> Self {
        let kind = format!("com.amazonaws.dynamodb.v20120810#{name}");
        Self::Answer(status, json!({"__type": kind, "message": "injected"}))
    }

    /// Too much load for a partition.
    pub fn throttled() -> Self {
        Self::error(400, "ThrottlingException")
    }

    /// Something is wrong in DynamoDB.
    pub fn internal() -> Self {
        Self::error(500, "InternalServerError")
    }

    /// A transaction is cancelled because of one of its items.
    pub fn canceled(reason: &str) -> Self {
        Self::Answer(
            400,
            json!({
                "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
                "Message": "injected",
                "CancellationReasons": [{"Code": reason, "Message": "injected"}, {"Code": "None"}],
            }),
        )
    }
}

/// Which requests a fault strikes.
#[derive(Clone, Debug)]
pub struct Requests {
    operation: &'static str,
    containing: Vec<String>,
    /// The first and the last, counted from 1 among those that match.
    range: (usize, usize),
}

/// Every request of an operation, for example `PutItem`.
pub fn every(operation: &'static str) -> Requests {
    Requests { operation, containing: Vec::new(), range: (1, usize::MAX) }
}

/// The first request of an operation.
pub fn first(operation: &'static str) -> Requests {
    nth(1, operation)
}

/// The nth request of an operation, counted from 1.
pub fn nth(n: usize, operation: &'static str) -> Requests {
    Requests { range: (n, n), ..every(operation) }
}

/// The nth request of an operation and all after it.
pub fn from_nth(n: usize, operation: &'static str) -> Requests {
    Requests { range: (n, usize::MAX), ..every(operation) }
}

impl Requests {
    /// Of them, those that name this table.
    #[must_use]
    pub fn to(self, table: &str) -> Self {
        self.with(&format!("\"{table}\""))
    }

    /// Of them, those whose body has this text in it.
    #[must_use]
    pub fn with(mut self, text: &str) -> Self {
        self.containing.push(text.to_owned());
        self
    }

    fn include(&self, request: &Seen) -> bool {
        (self.operation == ANY || self.operation == request.operation)
            && self.containing.iter().all(|text| request.body.contains(text))
    }
}

/// A request as it was sent.
#[derive(Clone, Debug)]
struct Seen {
    operation: String,
    body: String,
}

/// A script of faults, and a count of what was asked. Cheap to clone; clones share everything.
#[derive(Clone)]
pub struct Faults(Arc<Shared>);

struct Shared {
    service: SharedHttpClient,
    state: Mutex<State>,
    killed: watch::Sender<bool>,
    answered: watch::Sender<usize>,
}

#[derive(Default)]
struct State {
    /// Each with the number of requests it has seen.
    rules: Vec<(Requests, Fault, usize)>,
    seen: Vec<Seen>,
}

impl fmt::Debug for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Faults")
    }
}

impl Faults {
    /// No faults yet, over what answers.
    pub fn over(service: SharedHttpClient) -> Self {
        Self(Arc::new(Shared {
            service,
            state: Mutex::default(),
            killed: watch::Sender::new(false),
            answered: watch::Sender::new(0),
        }))
    }

    /// Lets a fault happen to requests from now on. Of several for one request the first happens.
    pub fn strike(&self, requests: Requests, fault: Fault) {
        self.state().rules.push((requests, fault, 0));
    }

    /// Forgets all faults that were to happen.
    pub fn heal(&self) {
        self.state().rules.clear();
    }

    /// How many such requests were sent, each of the SDK's attempts counted.
    pub fn count(&self, requests: &Requests) -> usize {
        self.state().seen.iter().filter(|seen| requests.include(seen)).count()
    }

    /// Waits until this many requests have got their answer, or something in place of one.
    pub async fn answered(&self, requests: usize) {
        let mut answered = self.0.answered.subscribe();
        answered.wait_for(|answered| *answered >= requests).await.expect("the sender is in `self`");
    }

    /// The result of a caller, or `None` if it was killed before it had one.
    pub async fn until_killed<T>(&self, caller: impl Future<Output = T>) -> Option<T> {
        let mut killed = self.0.killed.subscribe();
        tokio::select! {
            biased;
            _ = killed.wait_for(|killed| *killed) => None,
            result = caller => Some(result),
        }
    }

    /// For SDK configurations.
    pub fn http_client(&self) -> SharedHttpClient {
        let faults = self.clone();
        http_client_fn(move |settings, components| {
            let service = faults.0.service.http_connector(settings, components);
            SharedHttpConnector::new(Faulty { service, faults: faults.clone() })
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn meet(&self, seen: Seen) -> Option<Fault> {
        let mut state = self.state();
        let mut met = None;
        for (requests, fault, count) in &mut state.rules {
            if requests.include(&seen) {
                *count += 1;
                let (first, last) = requests.range;
                if met.is_none() && (first..=last).contains(count) {
                    met = Some(fault.clone());
                }
            }
        }
        state.seen.push(seen);
        met
    }

    async fn die<T>(&self) -> T {
        self.0.killed.send_replace(true);
        std::future::pending().await
    }
}

#[derive(Debug)]
struct Faulty {
    service: SharedHttpConnector,
    faults: Faults,
}

impl HttpConnector for Faulty {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (service, faults) = (self.service.clone(), self.faults.clone());
        HttpConnectorFuture::new(async move {
            let answer = answer(&service, &faults, request).await;
            faults.0.answered.send_modify(|answered| *answered += 1);
            answer
        })
    }
}

async fn answer(
    service: &SharedHttpConnector,
    faults: &Faults,
    request: HttpRequest,
) -> Result<HttpResponse, ConnectorError> {
    if *faults.0.killed.borrow() {
        return std::future::pending().await;
    }
    match faults.meet(seen(&request)) {
        None => carry_out(service, request).await,
        Some(Fault::Answer(status, body)) => Ok(response(status, &body)),
        Some(Fault::LoseReply) => {
            carry_out(service, request).await?;
            Err(ConnectorError::io("the connection broke".into()))
        }
        Some(Fault::NeverAnswer) => std::future::pending().await,
        Some(Fault::Delay(delay)) => {
            tokio::time::sleep(delay).await;
            carry_out(service, request).await
        }
        Some(Fault::Await(permits)) => {
            permits.acquire().await.expect("the semaphore is never closed").forget();
            carry_out(service, request).await
        }
        Some(Fault::KillBefore) => faults.die().await,
        Some(Fault::KillAfter) => {
            carry_out(service, request).await?;
            faults.die().await
        }
    }
}

async fn carry_out(
    service: &SharedHttpConnector,
    request: HttpRequest,
) -> Result<HttpResponse, ConnectorError> {
    let answer = service.call(request);
    let runtime = Handle::current();
    spawn_blocking(move || runtime.block_on(answer)).await.expect("the service does not panic")
}

fn seen(request: &HttpRequest) -> Seen {
    let target = request.headers().get("x-amz-target").unwrap_or_default();
    let operation = target.rsplit_once('.').map_or(target, |(_service, operation)| operation).to_owned();
    let body = String::from_utf8_lossy(request.body().bytes().unwrap_or_default()).into_owned();
    Seen { operation, body }
}

fn response(status: u16, body: &Value) -> HttpResponse {
    let mut response =
        HttpResponse::new(status.try_into().expect("an HTTP status"), SdkBody::from(body.to_string()));
    response.headers_mut().insert("content-type", "application/x-amz-json-1.0");
    response
}
