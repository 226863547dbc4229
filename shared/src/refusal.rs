//! Why what a client asked for was not done: the client's fault, or ours.

use crate::domain::Rejection;
use crate::event::WebSocketEvent;
use crate::reply::Failure;
use crate::storage::StoreError;

/// Told to the client as an `error` frame either way.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The client's fault.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// Ours.
    #[error("what a client asked for could not be done")]
    Failed(#[from] Failure),
    /// Ours too.
    #[error("the message was not stored in time")]
    TooSlow,
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

impl Refusal {
    /// What the client is told. A fault of ours is logged here, once, and told as `internal`: with
    /// a failed invocation the client would get API Gateway's own frame, which names no nonce to
    /// try again with.
    pub fn into_rejection(self, event: &WebSocketEvent) -> Rejection {
        if let Self::Rejected(rejection) = self {
            return rejection;
        }
        event.request_context.log(&self);
        Rejection::Internal
    }
}
