//! What it takes to start a process of one function.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use indexmap::IndexMap;
use tempfile::TempDir;

use super::sources::Sources;
use crate::gateway::Tasks;
use crate::template::LogicalId;

/// What is run, and where.
#[derive(Clone, Debug)]
pub(super) struct Program {
    /// Absolute.
    pub(super) file: PathBuf,
    pub(super) arguments: Vec<OsString>,
    /// The folder of the function's code, in which it starts. Absolute.
    pub(super) folder: PathBuf,
    /// Variables that the template may replace.
    pub(super) variables: Vec<(&'static str, String)>,
    /// What is run, for people.
    pub(super) described: String,
    /// Its code, where processes are to be started again after a change.
    pub(super) sources: Option<Arc<Sources>>,
    /// Files that were written for it and go with the last process.
    pub(super) _files: Option<Arc<TempDir>>,
}

/// One function's program and all that its processes have in common.
#[derive(Debug)]
pub(super) struct Launch {
    pub(super) function: LogicalId,
    pub(super) arn: String,
    pub(super) program: Program,
    pub(super) variables: IndexMap<String, String>,
    pub(super) memory_mb: u32,
    pub(super) timeout: Duration,
    /// Counts the processes that are there.
    pub(super) running: Tasks,
}
