//! The load generator: one thread, one epoll instance, N connections in one room.
//!
//! It shares its cores with the server it measures, so everything on the receive path is there to
//! cost little: one `read` per wake-up of a socket, frames parsed in place, no JSON parser, no
//! allocation per receipt. It never reports a figure of a run in which a message was lost,
//! repeated or refused: those are errors.

mod connection;
pub mod frame;
mod handshake;
mod inbox;
mod latencies;
mod latency;
mod ledger;
pub mod message;
mod open;
mod receipts;
mod room;
mod saturation;
mod target;

pub use connection::ConnectionError;
pub use handshake::HandshakeError;
pub use latencies::{Latencies, Percentiles};
pub use latency::{Latency, LatencyPlan};
pub use ledger::{Missing, Totals, Violation};
pub use open::Opening;
pub use room::{GeneratorError, Room, RoomPlan};
pub use saturation::{Saturation, SaturationPlan, window};
pub use target::{Target, TargetError};
