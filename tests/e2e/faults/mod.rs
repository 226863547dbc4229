//! What happens when the database does not do what it should: the functions' handlers over the
//! embedded engine, with faults below the SDK. Time is paused: seconds of waiting take none.

mod analytics;
mod database;
mod deliveries;
mod members;
mod messages;
mod moderation;
mod storage_down;

pub(crate) use database::{Database, MESSAGES, Mailbox, NOON, config, event};
