//! Measures a Hubbub from outside, over the protocol that its clients speak.
//!
//! `generator` makes the load and checks every receipt, `report` decides what is measured and shows
//! it, `server` starts and stops the process under test, `process` and `system_calls` read what it
//! cost. Nothing of that links the server: whatever speaks protocol.md can be measured.
//!
//! `chat_log` reads the logs of other programs, `synthetic` makes some; `moments` runs the detector of
//! `shared::domain`, which is pure, over them; `replay` says them again to a Hubbub and counts with; `soak` has
//! a crowd come and go for half an hour while things go wrong.

pub mod chat_log;
mod client;
pub mod generator;
pub mod moments;
pub mod process;
pub mod readme;
pub mod replay;
pub mod report;
pub mod server;
pub mod soak;
pub mod synthetic;
pub mod system_calls;
