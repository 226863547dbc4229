//! Hubbub on one machine: the emulator, a DynamoDB and Hubbub's functions, wired together.
//!
//! The functions are the ones that run on AWS, and so are the protocol and the database requests;
//! what differs is where those requests go. [`Hub`] is all of it; the binary adds a terminal.

mod database;
mod environment;
mod erase;
mod functions;
mod hub;
mod left_behind;
mod limits;
mod management;
mod options;
mod page;
mod processes;
mod token;

pub use environment::Environment;
pub use erase::{EraseOptions, erase};
pub use hub::{Hub, Stopped};
pub use limits::raise_file_limit;
pub use options::{Command, CommandLine, Functions, Options};
pub use token::{TokenOptions, TokenRole, mint};
