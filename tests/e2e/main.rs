//! Scenarios from end to end: real WebSockets and HTTP, the real functions, a real database, in one
//! process. Each has a hub of its own.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod analytics;
mod any_template;
mod bad_frames;
mod bad_handshakes;
mod banned_readers;
mod chaos;
mod chat;
mod consumer_stopped;
mod contract;
mod costs;
mod crowd;
mod delivery;
mod description;
mod erasure;
mod events;
mod fan_out;
mod faults;
mod history;
mod identity;
mod logs;
mod moderation;
mod moments;
mod nonces;
mod notices;
mod origins;
mod path_escapes;
mod presence;
mod private;
mod random;
mod rate_limit;
mod resume;
mod room_rules;
mod rooms_api;
mod sweep;
mod user_messages;
mod world;
