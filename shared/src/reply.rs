//! How results leave a function: the one place where errors become frames and Lambda results.

use serde::Serialize;

use crate::domain::{Invalid, Nonce, Rejection};
use crate::identity::{KeyError, TokenError};
use crate::logging::chain;
use crate::protocol::ErrorFrame;
use crate::storage::StoreError;

/// Our fault: the invocation fails, and Lambda's error metric counts it. Nothing of it reaches a
/// client.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The database did not do what it should.
    #[error("storage failed")]
    Store(#[from] StoreError),
    /// Events of a connection carry no identity: the template is not Hubbub's.
    #[error("the event has no authorizer context; $connect must have Hubbub's authorizer")]
    NoAuthorizer,
    /// An event that API Gateway would not send.
    #[error("the event is not valid")]
    Event(#[source] Invalid),
    /// Not enough randomness for an id.
    #[error("the system gave no random numbers: {0}")]
    Random(getrandom::Error),
    /// The authorizer's way to say 401: the message must be this word and nothing else.
    /// <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-lambda-auth.html>
    #[error("Unauthorized")]
    Unauthorized,
    /// No token can be verified.
    #[error("there are no keys to verify a token with")]
    Keys(#[source] KeyError),
    /// A frame could not be written.
    #[error("a reply could not be written as JSON")]
    Json(#[from] serde_json::Error),
}

/// What an `AWS_PROXY` integration answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Response {
    status_code: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<String>,
}

impl Response {
    /// Done, and nothing to say.
    pub fn ok() -> Self {
        Self { status_code: 200, body: None }
    }

    /// A frame for the client that asked, sent as the route response.
    pub fn frame(frame: &impl Serialize) -> Result<Self, Failure> {
        Ok(Self { status_code: 200, body: Some(serde_json::to_string(frame)?) })
    }

    /// An `error` frame for the client that asked.
    pub fn rejected(rejection: &Rejection, nonce: Option<&Nonce>) -> Result<Self, Failure> {
        Self::frame(&ErrorFrame::new(rejection, nonce))
    }

    /// On `$connect`: no WebSocket, this HTTP status instead.
    pub fn refused(status_code: u16, reason: &str) -> Self {
        let body = serde_json::json!({"message": reason}).to_string();
        Self { status_code, body: Some(body) }
    }

    /// The frame or body, if any.
    pub fn body(&self) -> Option<&str> {
        self.body.as_deref()
    }

    /// The HTTP status; on a message it decides nothing.
    pub fn status_code(&self) -> u16 {
        self.status_code
    }
}

impl From<TokenError> for Failure {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::Untrusted(_) => Self::Unauthorized,
            TokenError::Keys(error) => Self::Keys(error),
        }
    }
}

impl From<Failure> for lambda_runtime::Diagnostic {
    fn from(failure: Failure) -> Self {
        let error_type = match failure {
            Failure::Store(_) => "StorageFailure",
            Failure::NoAuthorizer => "NoAuthorizer",
            Failure::Event(_) => "InvalidEvent",
            Failure::Random(_) => "NoRandomness",
            Failure::Unauthorized => "Unauthorized",
            Failure::Keys(_) => "NoKeys",
            Failure::Json(_) => "InvalidReply",
        };
        Self { error_type: error_type.to_owned(), error_message: chain(&failure) }
    }
}
