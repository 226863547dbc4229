//! The functions of an emulator by logical id, and how the gateway runs them: with a request id,
//! within their own timeout and the integration's, one log line each.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use indexmap::IndexMap;
use tokio::time::Instant;
use uuid::Uuid;

use crate::function::{Function, FunctionError, Invocation};
use crate::template::LogicalId;

/// The functions that were registered. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Functions(Arc<IndexMap<LogicalId, Target>>);

/// A function with the limits that the template gives it.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) name: LogicalId,
    /// For the Invoke API.
    pub(crate) function_name: String,
    pub(crate) function: Function,
    pub(crate) timeout: Duration,
}

/// Why an invocation has no result.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InvokeError {
    #[error(transparent)]
    Function(#[from] FunctionError),
    #[error("the integration did not answer within {} ms", .0.as_millis())]
    IntegrationTimeout(Duration),
}

impl Functions {
    pub(crate) fn new(targets: IndexMap<LogicalId, Target>) -> Self {
        Self(Arc::new(targets))
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Target> {
        self.0.get(name)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Target> {
        self.0.values()
    }

    /// By the function's own name, or by its logical id.
    pub(crate) fn named(&self, name: &str) -> Option<&Target> {
        self.0.values().find(|target| target.function_name == name).or_else(|| self.get(name))
    }
}

impl Target {
    /// Runs the function for as long as its own timeout lets it.
    pub(crate) async fn invoke(&self, payload: Bytes) -> Result<Bytes, FunctionError> {
        self.invoke_as(Invocation::new(payload, Uuid::new_v4().to_string())).await
    }

    /// The same with an invocation of the caller's.
    pub(crate) async fn invoke_as(&self, invocation: Invocation) -> Result<Bytes, FunctionError> {
        let request_id = invocation.request_id.clone();
        let (started, log_tail) = (Instant::now(), invocation.log_tail.clone());
        let result = self.function.invoke(invocation, self.timeout).await;
        let milliseconds = started.elapsed().as_secs_f64() * 1000.0;
        let status = if result.is_ok() { "ok" } else { "failed" };
        tracing::debug!(function = %self.name, %request_id, milliseconds, status, "invoked");
        // A process has a log of its own; what runs elsewhere has only this.
        if let Some(tail) = log_tail.filter(|tail| tail.bytes().is_empty()) {
            tail.line(&format!("START RequestId: {request_id} Version: $LATEST"));
            tail.line(&format!("END RequestId: {request_id}"));
            tail.line(&format!("REPORT RequestId: {request_id} Duration: {milliseconds:.2} ms"));
        }
        result
    }

    /// Runs the function and waits for it no longer than `patience`. AWS gives up waiting too and
    /// leaves the function running; its late result is dropped.
    pub(crate) async fn integrate(&self, payload: Bytes, patience: Duration) -> Result<Bytes, InvokeError> {
        if self.timeout <= patience && !self.function.keeps_time() {
            return Ok(self.invoke(payload).await?);
        }
        self.integrate_detached(payload, patience).await
    }

    /// The same for a caller that may be dropped while it waits: the function runs to its end.
    pub(crate) async fn integrate_detached(
        &self,
        payload: Bytes,
        patience: Duration,
    ) -> Result<Bytes, InvokeError> {
        let target = self.clone();
        let running = tokio::spawn(async move { target.invoke(payload).await });
        match tokio::time::timeout(patience, running).await {
            Ok(Ok(result)) => Ok(result?),
            Ok(Err(stopped)) => Err(FunctionError::new("Runtime.ExitError", &stopped).into()),
            Err(_elapsed) => Err(InvokeError::IntegrationTimeout(patience)),
        }
    }
}
