//! The program `emulator`, from its command line to its end.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod elsewhere;
mod log;
mod managed;
mod mistakes;
mod program;
mod serves;
