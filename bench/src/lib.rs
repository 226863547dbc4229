//! Measures a Hubbub from outside, over the protocol that its clients speak.
//!
//! `generator` makes the load and checks every receipt. Nothing here links the server: whatever
//! speaks protocol.md can be measured.

pub mod generator;
