//! Measures a Hubbub from outside, over the protocol that its clients speak.
//!
//! `generator` makes the load and checks every receipt, `report` decides what is measured and shows
//! it, `server` starts and stops the process under test, `process` and `system_calls` read what it
//! cost. Nothing here links the server: whatever speaks protocol.md can be measured.

pub mod generator;
pub mod process;
pub mod readme;
pub mod report;
pub mod server;
pub mod system_calls;
