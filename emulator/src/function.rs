//! A Lambda function as its callers see it: JSON in, JSON out, or a function error. Where the code
//! runs (in this process, in another one, behind an Invoke endpoint) is behind this type.

use std::fmt;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::invoke::LogTail;

/// One event on its way to a function.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// The event as JSON text.
    pub payload: Bytes,
    /// A UUID, new for every invocation (a retry of a stream batch included).
    pub request_id: String,
    /// `X-Amz-Client-Context` of an Invoke call: JSON text.
    pub client_context: Option<String>,
    /// Where what is logged goes as well, if the caller wants it.
    pub log_tail: Option<LogTail>,
}

impl Invocation {
    /// An event with an id, as gateways and streams send it.
    pub fn new(payload: impl Into<Bytes>, request_id: impl Into<String>) -> Self {
        Self { payload: payload.into(), request_id: request_id.into(), client_context: None, log_tail: None }
    }
}

/// The largest event and the largest result, 6 MB.
/// <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>
pub(crate) const MAX_PAYLOAD_BYTES: usize = 6 * 1024 * 1024;

/// A function failed: what Lambda answers with `X-Amz-Function-Error` set. Or, if
/// [`FunctionError::is_refusal`], it was not run at all: what Lambda answers with an HTTP status.
///
/// `Display` is for logs; the caller of the gateway never sees it.
#[derive(Clone, Debug, thiserror::Error, Serialize)]
#[serde(rename_all = "camelCase")]
#[error("{error_type}: {error_message}")]
pub struct FunctionError {
    /// For example `Runtime.ExitError`, or the name of the handler's own error.
    pub error_type: String,
    /// Exactly `Unauthorized` makes a gateway answer 401 where the function is an authorizer.
    pub error_message: String,
    /// Lambda refused the call.
    #[serde(skip)]
    refusal: bool,
    /// The error as the function's runtime sent it, with a stack trace for example.
    #[serde(skip)]
    document: Option<Bytes>,
}

type Reply = Pin<Box<dyn Future<Output = Result<Bytes, FunctionError>> + Send>>;

/// A function that can be invoked. Cheap to clone.
#[derive(Clone)]
pub struct Function {
    run: Arc<dyn Fn(Invocation) -> Reply + Send + Sync>,
    keeps_time: bool,
    place: Arc<str>,
    counts: Arc<Counts>,
}

/// What became of a function's invocations since the start, by whomever they were.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) running: AtomicU64,
    pub(crate) succeeded: AtomicU64,
    pub(crate) failed: AtomicU64,
    /// Not run at all: throttled, for example.
    pub(crate) refused: AtomicU64,
}

/// One invocation that runs, until it is dropped.
struct Running<'c>(&'c Counts);

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Function")
    }
}

impl Function {
    /// A function over raw payloads.
    pub fn new<F, Fut>(handler: F) -> Self
    where
        F: Fn(Invocation) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Bytes, FunctionError>> + Send + 'static,
    {
        Self {
            run: Arc::new(move |invocation| Box::pin(handler(invocation))),
            keeps_time: false,
            place: "in process".into(),
            counts: Arc::default(),
        }
    }

    /// The same, ended by its caller when its timeout has passed.
    pub(crate) fn within_its_timeout(self) -> Self {
        Self { keeps_time: false, ..self }
    }

    /// Says where the code runs, for people.
    pub(crate) fn in_place(self, place: &str) -> Self {
        Self { place: place.into(), ..self }
    }

    pub(crate) fn place(&self) -> &str {
        &self.place
    }

    pub(crate) fn counts(&self) -> &Counts {
        &self.counts
    }

    /// A function that ends by itself when its timeout has passed, and knows better than its caller
    /// from when on it counts: a process that starts first is given its time for that.
    pub(crate) fn keeping_time<F, Fut>(handler: F) -> Self
    where
        F: Fn(Invocation) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Bytes, FunctionError>> + Send + 'static,
    {
        Self { keeps_time: true, ..Self::new(handler) }
    }

    /// Whether it may run for longer than its timeout, or nobody knows.
    pub(crate) fn keeps_time(&self) -> bool {
        self.keeps_time
    }

    /// A Rust handler of this process: its event is read from the payload and its result written
    /// as JSON, as `lambda_runtime` does it. An event that cannot be read is a function error.
    pub fn in_process<E, R, Err, F, Fut>(handler: F) -> Self
    where
        E: DeserializeOwned,
        R: Serialize,
        Err: fmt::Display,
        F: Fn(E) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<R, Err>> + Send + 'static,
    {
        Self::new(move |invocation| {
            let event = serde_json::from_slice::<E>(&invocation.payload);
            let running = event.map(&handler);
            async move {
                let result = running.map_err(|e| FunctionError::new("Runtime.UnmarshalError", &e))?;
                let value = result.await.map_err(|e| FunctionError::new("HandlerError", &e))?;
                serde_json::to_vec(&value)
                    .map(Bytes::from)
                    .map_err(|e| FunctionError::new("Runtime.MarshalError", &e))
            }
        })
    }

    /// Runs the function to its end. A panic or the passing of `timeout` fails this invocation and
    /// nothing else.
    pub async fn invoke(&self, invocation: Invocation, timeout: Duration) -> Result<Bytes, FunctionError> {
        let running = Running::begin(&self.counts);
        let result = self.run(invocation, timeout).await;
        let count = match &result {
            Ok(_) => &running.0.succeeded,
            Err(error) if error.is_refusal() => &running.0.refused,
            Err(_) => &running.0.failed,
        };
        count.fetch_add(1, Ordering::Relaxed);
        result
    }

    async fn run(&self, invocation: Invocation, timeout: Duration) -> Result<Bytes, FunctionError> {
        let request_id = invocation.request_id.clone();
        // The handler may panic before it returns its future as well as inside of it.
        let running = AssertUnwindSafe(async { (self.run)(invocation).await }).catch_unwind();
        let ended =
            if self.keeps_time { Ok(running.await) } else { tokio::time::timeout(timeout, running).await };
        match ended {
            Ok(Ok(result)) => result,
            Ok(Err(panic)) => Err(FunctionError::new("Runtime.Panic", &panic_message(&*panic))),
            Err(_elapsed) => Err(FunctionError::timed_out(&request_id, timeout)),
        }
    }
}

impl<'c> Running<'c> {
    fn begin(counts: &'c Counts) -> Self {
        counts.running.fetch_add(1, Ordering::Relaxed);
        Self(counts)
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::Relaxed);
    }
}

impl FunctionError {
    /// An error of this type whose message is `cause` as text.
    pub fn new(error_type: &str, cause: &dyn fmt::Display) -> Self {
        Self {
            error_type: error_type.to_owned(),
            error_message: cause.to_string(),
            refusal: false,
            document: None,
        }
    }

    /// The call was refused and the function not run: `error_type` is an exception of the Invoke
    /// API, `TooManyRequestsException` for example.
    pub fn refused(error_type: &str, cause: &dyn fmt::Display) -> Self {
        Self { refusal: true, ..Self::new(error_type, cause) }
    }

    /// Whether the function was not run at all.
    pub fn is_refusal(&self) -> bool {
        self.refusal
    }

    /// An error as a runtime reports it: a type in a header, and an object that is kept as it is.
    pub(crate) fn of_runtime(kind: Option<&str>, document: Bytes) -> Self {
        let parsed: Value = serde_json::from_slice(&document).unwrap_or_default();
        let text = |key: &str| parsed.get(key).and_then(Value::as_str);
        let error_type = text("errorType").or(kind).unwrap_or("Unknown");
        let error = Self::new(error_type, &text("errorMessage").unwrap_or("the function gave no message"));
        Self { document: parsed.is_object().then_some(document), ..error }
    }

    /// What an Invoke call answers: `errorMessage`, `errorType` and whatever else the runtime said.
    pub(crate) fn payload(&self) -> Bytes {
        let own = || serde_json::to_vec(self).unwrap_or_default().into();
        self.document.clone().unwrap_or_else(own)
    }

    pub(crate) fn timed_out(request_id: &str, timeout: Duration) -> Self {
        let seconds = timeout.as_secs_f64();
        Self::new(
            "Sandbox.Timedout",
            &format!("RequestId: {request_id} Error: Task timed out after {seconds:.2} seconds"),
        )
    }
}

fn panic_message(panic: &(dyn std::any::Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(|s| (*s).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "the handler panicked".to_owned())
}
