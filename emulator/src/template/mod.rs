//! A SAM or CloudFormation template, read into what the emulator serves: APIs, functions, tables.

mod spec;

pub use spec::*;
