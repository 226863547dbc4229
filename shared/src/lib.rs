//! The library behind Hubbub's functions.
//!
//! * [`domain`] — the rules, as values and functions of values
//! * [`protocol`] — the frames that clients send and get
//! * [`event`] — what API Gateway and DynamoDB Streams hand to a function
//! * [`storage`] — [`storage::Store`], the tables over the AWS SDK
//! * [`management`] — [`management::ManagementApi`], `@connections` over the AWS SDK
//! * [`identity`] — [`identity::Tokens`], who is asking
//! * [`expulsion`] — closing the connections of somebody who is banned
//! * [`fan_out`] — one frame to everybody in a room
//! * [`analytics`] — what is counted, read together
//! * [`presence`] — who is in which room, and telling the others
//! * [`whereabouts`] — one user's connections in a room
//! * [`refusal`], [`reply`] — how results and errors leave a function
//! * [`erasure`] — a user's wish to be forgotten
//! * [`meter`] — what one execution environment measures
//! * [`app`], [`config`], [`logging`] — what a function needs to start

pub mod analytics;
pub mod app;
pub mod config;
pub mod domain;
pub mod erasure;
pub mod event;
pub mod expulsion;
pub mod fan_out;
pub mod identity;
pub mod logging;
pub mod management;
pub mod meter;
pub mod presence;
pub mod protocol;
pub mod refusal;
pub mod reply;
pub mod storage;
pub mod whereabouts;

mod aws;

pub use app::{App, Door};
