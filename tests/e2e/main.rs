//! Scenarios from end to end: real WebSockets and HTTP, the real functions, a real database, in one
//! process. Each has a hub of its own.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod any_template;
mod bad_frames;
mod bad_handshakes;
mod chat;
mod contract;
mod crowd;
mod delivery;
mod events;
mod history;
mod nonces;
mod origins;
mod presence;
mod rate_limit;
mod world;
