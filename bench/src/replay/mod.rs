//! `bench replay`: says a chat log again, through the real gateway and handlers, as the people who said
//! it; then reads what was stored and what was counted of it, and counts again itself, naively.
//!
//! Must not measure: it opens and closes connections as people come and go, on an async runtime.

mod command;
mod compare;
mod people;
mod plan;
mod post;
mod recount;
pub(crate) mod settle;

pub use command::{Outcome, ReplayOptions, run};
