//! Lambda's Invoke API, from both sides: served to functions and programs that call functions, and
//! called where another program runs the functions.
//! <https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html>

mod asynchronous;
mod client;
mod log_tail;
mod server;
mod verdict;

use std::time::Duration;

pub(crate) use asynchronous::run_to_the_end;
pub use client::at_endpoint;
pub use log_tail::LogTail;
pub(crate) use server::{answer, result};

/// Between these is a function's name.
const PREFIX: &str = "/2015-03-31/functions/";
const SUFFIX: &str = "/invocations";

/// How the Invoke API treats events that nobody waits for (`InvocationType: Event`).
#[derive(Clone, Copy, Debug)]
pub struct InvokeApi {
    /// How often a function that failed is tried again. AWS: 2 unless set otherwise.
    /// <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html>
    pub retries: u32,
    /// The time before the first retry; it doubles. AWS: a minute.
    pub first_delay: Duration,
}

impl Default for InvokeApi {
    fn default() -> Self {
        Self { retries: 2, first_delay: Duration::from_secs(1) }
    }
}
