//! Functions as processes: unmodified `bootstrap` programs, and handlers in Node.js and Python, that ask
//! for their events through the Lambda Runtime API, as they do on AWS.
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>
//!
//! A process handles one event at a time. More are started on demand, up to a limit, and a process
//! that died or ran out of time is replaced when the next event comes. Knows nothing about gateways
//! and streams: what comes out is a [`Function`].

mod environment;
mod launch;
mod layers;
mod output;
mod pool;
mod process;
mod program;
mod report;
mod runtime_api;
mod runtimes;
mod sources;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use indexmap::IndexMap;
use tokio::sync::Semaphore;

use crate::function::{Function, FunctionError};
use crate::gateway::Tasks;
use crate::template::{LogicalId, Template};

pub use environment::{Endpoints, Environment};
pub use program::ProgramError;
pub use runtimes::Interpreters;

use launch::Launch;
use pool::Pool;
use program::Found;
use runtimes::Runtimes;

/// Events that one function may be handling at once, those included that wait for a process: what an
/// AWS account has by default. There will be fewer processes, because only a few start at a time and
/// an event takes whichever is free first.
/// <https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html>
pub const DEFAULT_CONCURRENCY: usize = 1000;

/// How the functions of a template become processes.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where the programs are: `.aws-sam/build`, cargo-lambda's `target/lambda`, or cargo's
    /// `target/debug`.
    pub build_dir: PathBuf,
    /// The folder that paths in the template are relative to.
    pub template_dir: PathBuf,
    /// The folder where the emulator keeps its own data, if it keeps any. What it writes there is nobody's code.
    pub data: Option<PathBuf>,
    /// What runs functions of managed runtimes.
    pub interpreters: Interpreters,
    /// Events that one function may be handling at once; more are throttled.
    pub concurrency: usize,
    /// What the processes find in their environment besides the template's variables.
    pub environment: Environment,
}

impl Settings {
    /// Whether a function of the template is a handler that an interpreter of this machine will run.
    pub fn run_handlers(&self, template: &Template) -> bool {
        let runtimes = Runtimes::new(self);
        template.functions.iter().any(|(id, spec)| program::is_interpreted(self, &runtimes, id, spec))
    }
}

/// The functions of a template, each a pool of processes. Dropped, its processes are killed as soon
/// as nobody can invoke them any more; [`Processes::shutdown`] waits for that.
#[derive(Debug)]
pub struct Processes {
    pools: IndexMap<LogicalId, Arc<Pool>>,
    /// Functions that cannot run here, and why.
    nowhere: IndexMap<LogicalId, String>,
    running: Tasks,
}

impl Processes {
    /// Finds the program of every function. None is started before its first event.
    pub fn new(template: &Template, settings: &Settings) -> Result<Self, ProgramError> {
        let running = Tasks::default();
        // Programs that start at the same moment only slow each other down, and while they do, one
        // that is there already may become free.
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let starting = Arc::new(Semaphore::new(cores));
        let (mut pools, mut nowhere) = (IndexMap::new(), IndexMap::new());
        let mut runtimes = Runtimes::new(settings);
        for (id, spec) in &template.functions {
            let mut program = match program::find(settings, &mut runtimes, id, spec)? {
                Found::Program(program) => *program,
                Found::Nothing(why) => {
                    tracing::warn!("the function {id} fails whenever it is invoked: {why}");
                    nowhere.insert(id.clone(), why);
                    continue;
                }
            };
            layers::add(&mut program, settings, runtimes.built(), id, spec);
            let launch = Launch {
                function: id.clone(),
                arn: format!(
                    "arn:aws:lambda:{}:{}:function:{}",
                    template.region, template.account_id, spec.name
                ),
                variables: settings.environment.of_function(template, id, spec, &program),
                program,
                memory_mb: spec.memory_mb,
                timeout: spec.timeout,
                running: running.clone(),
            };
            let pool = Pool::new(launch, settings.concurrency, Arc::clone(&starting));
            pools.insert(id.clone(), Arc::new(pool));
        }
        Ok(Self { pools, nowhere, running })
    }

    /// The functions by their logical ids.
    pub fn functions(&self) -> impl Iterator<Item = (LogicalId, Function)> {
        let run = self.pools.iter().map(|(id, pool)| {
            let place = format!("processes of {}", pool.program());
            let pool = Arc::clone(pool);
            let function = Function::keeping_time(move |invocation| {
                let pool = Arc::clone(&pool);
                async move { pool.invoke(invocation).await }
            });
            (id.clone(), function.in_place(&place))
        });
        run.chain(self.nowhere.iter().map(|(id, why)| {
            let error = FunctionError::new("Runtime.InvalidEntrypoint", why);
            let function = Function::new(move |_| std::future::ready(Err(error.clone())));
            (id.clone(), function.in_place("nowhere"))
        }))
    }

    /// Starts nothing more, ends every process and waits until they are gone, but no longer than
    /// `deadline`. Returns how many were still there then. Events that are being handled are cut off:
    /// shut their callers down first.
    pub async fn shutdown(self, deadline: Duration) -> usize {
        for pool in self.pools.values() {
            pool.close();
        }
        // Running out of time is what the return value says.
        let _in_time = tokio::time::timeout(deadline, self.running.finished()).await;
        self.running.running()
    }
}
