//! What happens when the database does not do what it should: the functions' handlers over the
//! embedded engine, with faults below the SDK. Time is paused: seconds of waiting take none.

mod analytics;
pub(crate) mod database;
mod deliveries;
mod elsewhere;
mod erasure;
mod firsts;
mod latency;
pub(crate) mod members;
mod messages;
mod moderation;
mod notices;
mod storage_down;
mod sweep;

pub(crate) use database::{Database, MESSAGES, Mailbox, NOON, at, config, event};
