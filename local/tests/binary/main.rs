//! The built binary as a user has it: started, connected to, stopped, killed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod erase;
mod mistakes;
mod process;
mod restart;
mod stop;
mod tls;
mod token;
