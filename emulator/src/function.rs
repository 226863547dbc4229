//! A Lambda function as its callers see it: JSON in, JSON out, or a function error. Where the code
//! runs (in this process, in another one, behind an Invoke endpoint) is behind this type.

use std::fmt;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// One event on its way to a function.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// The event as JSON text.
    pub payload: Bytes,
    /// A UUID, new for every invocation (a retry of a stream batch included).
    pub request_id: String,
}

/// A function failed: what Lambda answers with `X-Amz-Function-Error` set.
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
}

type Reply = Pin<Box<dyn Future<Output = Result<Bytes, FunctionError>> + Send>>;

/// A function that can be invoked. Cheap to clone.
#[derive(Clone)]
pub struct Function(Arc<dyn Fn(Invocation) -> Reply + Send + Sync>);

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
        Self(Arc::new(move |invocation| Box::pin(handler(invocation))))
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
        let request_id = invocation.request_id.clone();
        // The handler may panic before it returns its future as well as inside of it.
        let running = AssertUnwindSafe(async { (self.0)(invocation).await }).catch_unwind();
        match tokio::time::timeout(timeout, running).await {
            Ok(Ok(result)) => result,
            Ok(Err(panic)) => Err(FunctionError::new("Runtime.Panic", &panic_message(&*panic))),
            Err(_elapsed) => Err(FunctionError::timed_out(&request_id, timeout)),
        }
    }
}

impl FunctionError {
    /// An error of this type whose message is `cause` as text.
    pub fn new(error_type: &str, cause: &dyn fmt::Display) -> Self {
        Self { error_type: error_type.to_owned(), error_message: cause.to_string() }
    }

    fn timed_out(request_id: &str, timeout: Duration) -> Self {
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
