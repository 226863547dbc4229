//! The Invoke API: served, and called where another program runs the functions.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod client;
mod fixture;
mod server;
