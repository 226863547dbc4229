//! The processes of one function: which is free, and when to start another.

use std::sync::Arc;

use bytes::Bytes;
use parking_lot::Mutex;
use tokio::sync::{Notify, Semaphore};

use super::launch::Launch;
use super::process::Process;
use crate::function::{FunctionError, Invocation};

#[derive(Debug)]
pub(super) struct Pool {
    launch: Arc<Launch>,
    /// A permit for each event that may be handled at once.
    concurrency: Semaphore,
    /// A permit for each process, of whatever function, that may be starting at once.
    starting: Arc<Semaphore>,
    /// The one that was used last is used first: the others stay as cold as they are.
    idle: Mutex<Idle>,
    freed: Notify,
}

#[derive(Debug, Default)]
struct Idle {
    processes: Vec<Process>,
    /// Of the code that these processes have loaded.
    generation: u64,
    closed: bool,
}

impl Pool {
    pub(super) fn new(launch: Launch, concurrency: usize, starting: Arc<Semaphore>) -> Self {
        let concurrency = Semaphore::new(concurrency.min(Semaphore::MAX_PERMITS));
        Self { launch: Arc::new(launch), concurrency, starting, idle: Mutex::default(), freed: Notify::new() }
    }

    /// For people.
    pub(super) fn program(&self) -> &str {
        &self.launch.program.described
    }

    /// Handles one event. At the limit it is refused at once, as Lambda refuses it.
    pub(super) async fn invoke(&self, invocation: Invocation) -> Result<Bytes, FunctionError> {
        let Ok(_permit) = self.concurrency.try_acquire() else { return Err(throttled()) };
        // A process may end after its answer, as Node.js does by an error that nobody caught. What was given
        // to it before that is known goes to another one; to a new one at last.
        loop {
            let mut process = self.acquire(&invocation.request_id).await?;
            let Some(result) = process.invoke(invocation.clone()).await else { continue };
            if process.is_usable() {
                self.give_back(process);
            }
            return result;
        }
    }

    /// A process that is free, or a new one, whichever is there first.
    async fn acquire(&self, request_id: &str) -> Result<Process, FunctionError> {
        let generation = match &self.launch.program.sources {
            Some(sources) => sources.generation().await,
            None => 0,
        };
        loop {
            if let Some(process) = self.take_idle(generation)? {
                return Ok(process);
            }
            tokio::select! {
                () = self.freed.notified() => {}
                permit = self.starting.acquire() => {
                    let Ok(_permit) = permit else { return Err(throttled()) };
                    return Process::start(&self.launch, generation, request_id).await;
                }
            }
        }
    }

    fn take_idle(&self, generation: u64) -> Result<Option<Process>, FunctionError> {
        let mut idle = self.idle.lock();
        if idle.closed {
            return Err(FunctionError::refused("ServiceException", &"the emulator stops"));
        }
        if idle.generation < generation {
            idle.generation = generation;
            idle.processes.clear();
        }
        // Those that died in the meantime are dropped here.
        while let Some(process) = idle.processes.pop() {
            if process.is_usable() {
                return Ok(Some(process));
            }
        }
        Ok(None)
    }

    fn give_back(&self, process: Process) {
        let mut idle = self.idle.lock();
        if !idle.closed && process.generation() >= idle.generation {
            idle.processes.push(process);
            self.freed.notify_one();
        }
    }

    /// Kills the processes that are free; the others go when their events are done with.
    pub(super) fn close(&self) {
        let mut idle = self.idle.lock();
        idle.closed = true;
        idle.processes.clear();
    }
}

fn throttled() -> FunctionError {
    FunctionError::refused("TooManyRequestsException", &"Rate Exceeded.")
}
