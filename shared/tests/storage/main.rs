//! The store against the embedded DynamoDB, through the unmodified SDK; a database for each test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod connections;
mod fixture;
mod history;
mod members;
mod messages;
mod nonces;
mod rate_limits;
mod sequences;
