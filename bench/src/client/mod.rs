//! A user as a program: a WebSocket, and the HTTP API. For replays and soaks, which are people who come
//! and go; what measures one room under load has the `generator`.

mod connection;
mod http;

pub(crate) use connection::{Answer, Connection, OpenError};
pub(crate) use http::{HttpApi, HttpError};
