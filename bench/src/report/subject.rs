//! What is measured: a server that we start, or one that runs already.

use anyhow::Context;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::ReportOptions;
use crate::generator::Target;
use crate::server::{Launch, Server, Started, beside_us};

pub(super) enum Subject {
    Launched(Launch),
    Running { url: String, target: Target, pid: Option<u32> },
}

/// A server that accepts connections now.
pub(super) struct Up {
    pub(super) target: Target,
    /// Unknown for a server that somebody else runs, maybe elsewhere.
    pub(super) pid: Option<u32>,
    server: Option<Server>,
}

impl Subject {
    pub(super) fn new(options: &ReportOptions) -> anyhow::Result<Self> {
        if let Some(url) = &options.url {
            return Ok(Self::Running { url: url.clone(), target: Target::resolve(url)?, pid: options.pid });
        }
        let program = match &options.server {
            // Made absolute: the server starts in a folder of its own.
            Some(path) => path.canonicalize().with_context(|| format!("no server at {}", path.display()))?,
            None => beside_us()?,
        };
        let arguments = options.server_args.split_whitespace().map(str::to_owned).collect();
        Ok(Self::Launched(Launch { program, arguments }))
    }

    pub(super) fn starts(&self, options: &ReportOptions) -> u32 {
        match self {
            Self::Launched(_) => options.starts,
            Self::Running { .. } => 0,
        }
    }

    pub(super) fn up(&self, options: &ReportOptions, starts: &mut Vec<Started>) -> anyhow::Result<Up> {
        match self {
            Self::Running { target, pid, .. } => Ok(Up { target: target.clone(), pid: *pid, server: None }),
            Self::Launched(launch) => {
                let server = Server::start(launch, options.stall)?;
                starts.push(server.started);
                Ok(Up { target: server.target.clone(), pid: Some(server.pid()), server: Some(server) })
            }
        }
    }

    /// For people: no path, which would say more about the machine than about the server.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Running { url, .. } => url.clone(),
            Self::Launched(Launch { program, .. }) => {
                let name = program.file_name().unwrap_or_default().to_string_lossy().into_owned();
                format!("{name}, started on an empty database")
            }
        }
    }
}

impl Up {
    pub(super) fn down(self) -> anyhow::Result<()> {
        Ok(self.server.map_or(Ok(()), Server::stop)?)
    }
}

/// Lets us, and the servers we start, open as many files as the machine permits. Returns how many.
pub(super) fn raise_open_files() -> anyhow::Result<usize> {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum })
        .context("cannot raise the file limit")?;
    Ok(maximum.map_or(usize::MAX, |files| usize::try_from(files).unwrap_or(usize::MAX)))
}
