//! What it takes to start a process of one function.

use std::path::PathBuf;
use std::time::Duration;

use indexmap::IndexMap;

use crate::gateway::Tasks;
use crate::template::LogicalId;

/// One function's program and all that its processes have in common.
#[derive(Debug)]
pub(super) struct Launch {
    pub(super) function: LogicalId,
    pub(super) arn: String,
    pub(super) program: PathBuf,
    pub(super) variables: IndexMap<String, String>,
    pub(super) memory_mb: u32,
    pub(super) timeout: Duration,
    /// Counts the processes that are there.
    pub(super) running: Tasks,
}
