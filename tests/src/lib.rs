//! People who use Hubbub over its public contract: WebSocket frames and HTTP. Scenarios are told
//! with them, against whatever answers at a [`Stack`]'s addresses.
//!
//! Everything here panics where an expectation is not met: it is the vocabulary of tests.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod client;
pub mod connections_api;
pub mod faults;
pub mod http_server;
pub mod keys;
pub mod meter;
mod stack;
pub mod token;

pub use client::{Client, Refused};
pub use stack::{Stack, eventually};
pub use token::token;

/// An `Authorization` header of the form that AWS SDKs send; nothing on one machine verifies it.
pub const SIGNED_BY_NOBODY: &str = "AWS4-HMAC-SHA256 \
    Credential=local/20261124/us-east-1/execute-api/aws4_request, SignedHeaders=host;x-amz-date, \
    Signature=0000000000000000000000000000000000000000000000000000000000000000";
