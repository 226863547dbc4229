//! The store against the embedded DynamoDB, or `DYNAMODB_ENDPOINT`, through the unmodified SDK; tables
//! for each test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod connections;
mod differential;
mod fixture;
mod history;
mod members;
mod messages;
mod moderation;
mod nonces;
mod paces;
mod room_settings;
mod sequences;
mod user_messages;
