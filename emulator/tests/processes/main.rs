//! Functions as processes, each through the Lambda Runtime API. The processes are this very program,
//! started by a `bootstrap` script: nothing else need be installed.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod faults;
mod fixture;
mod gateway;
mod lifecycle;
mod runtime;
