//! Functions as processes, each through the Lambda Runtime API. The processes are this very program,
//! started by a `bootstrap` script; but for those of managed runtimes, whose tests skip themselves without `node`
//! and `python3`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod app;
mod code;
mod faults;
mod fixture;
mod gateway;
mod lifecycle;
mod node;
mod python;
mod runtime;
