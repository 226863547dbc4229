//! Why a message was not stored: the client's fault, or ours.

use shared::domain::Rejection;
use shared::event::WebSocketEvent;
use shared::reply::Failure;
use shared::storage::StoreError;

#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    #[error(transparent)]
    Rejected(#[from] Rejection),
    #[error("the message could not be stored")]
    Failed(#[from] Failure),
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
    pub(crate) fn into_rejection(self, event: &WebSocketEvent) -> Rejection {
        if let Self::Rejected(rejection) = self {
            return rejection;
        }
        event.request_context.log(&self);
        Rejection::Internal
    }
}
