//! One process: started, initialized, given one event after another, and killed with all that it
//! started. Dropping it kills it.

use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;

use super::launch::Launch;
use super::output;
use super::report::{Memory, Report};
use super::runtime_api::{Call, Desk, Init};
use crate::clock::Timestamp;
use crate::function::{FunctionError, Invocation};

/// What a program may take to ask for its first event before the function's own timeout begins.
/// <https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html>
const INIT_TIMEOUT: Duration = Duration::from_secs(10);

/// How often the memory of a process is looked at while it handles an event.
const MEMORY_CHECK: Duration = Duration::from_millis(100);

/// How far a process's output may be behind its answer, for callers who want it.
const OUTPUT_BEHIND: Duration = Duration::from_millis(20);

#[derive(Debug)]
pub(super) struct Process {
    launch: Arc<Launch>,
    /// Of the code that it has loaded.
    generation: u64,
    pid: u32,
    calls: mpsc::Sender<Call>,
    ended: watch::Receiver<Option<String>>,
    /// Until the first report.
    init: Option<Duration>,
    usable: bool,
    tail: output::Tail,
    /// Dropped, the process is killed.
    _alive: oneshot::Sender<()>,
}

impl Process {
    /// Starts a process and waits until it asks for its first event.
    pub(super) async fn start(
        launch: &Arc<Launch>,
        generation: u64,
        request_id: &str,
    ) -> Result<Self, FunctionError> {
        let started = Instant::now();
        let cannot = |error: std::io::Error| {
            let program = launch.program.file.display();
            FunctionError::new("Runtime.InvalidEntrypoint", &format!("{program} cannot be started: {error}"))
        };
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(cannot)?;
        let runtime_api = listener.local_addr().map_err(cannot)?;
        let mut command = Command::new(&launch.program.file);
        command
            .args(&launch.program.arguments)
            .current_dir(&launch.program.folder)
            .env_clear()
            .envs(&launch.variables)
            .env("AWS_LAMBDA_RUNTIME_API", runtime_api.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // A group of its own: Ctrl-C in the terminal is the emulator's, and what a `bootstrap`
            // script starts is found again.
            .process_group(0)
            .kill_on_drop(true);
        let mut child = command.spawn().map_err(cannot)?;
        let pid = child.id().unwrap_or_default();
        let tail = output::Tail::default();
        if let Some(stdout) = child.stdout.take() {
            tokio::spawn(output::log(launch.function.clone(), Arc::clone(&tail), stdout));
        }
        if let Some(stderr) = child.stderr.take() {
            tokio::spawn(output::log(launch.function.clone(), Arc::clone(&tail), stderr));
        }

        let (calls, queue) = mpsc::channel(1);
        let (init, mut progress) = watch::channel(Init::Starting);
        let desk = Desk::new(launch.arn.clone(), Arc::clone(&tail), queue, init);
        let (alive, dropped) = oneshot::channel();
        let (end, ended) = watch::channel(None);
        let running = launch.running.begin();
        tokio::spawn(async move {
            end.send_replace(Some(supervise(child, desk.serve(listener), dropped).await));
            drop(running);
        });

        let launch = Arc::clone(launch);
        let mut process =
            Self { launch, generation, pid, calls, ended, init: None, usable: true, tail, _alive: alive };
        let patience = INIT_TIMEOUT + process.launch.timeout;
        let settled =
            async { progress.wait_for(|init| !matches!(init, Init::Starting)).await.ok().map(|i| i.clone()) };
        tokio::select! {
            biased;
            Some(init) = settled => match init {
                Init::Failed(error) => return Err(error),
                Init::Starting | Init::Ready => {}
            },
            error = exit(&mut process.ended, request_id) => return Err(error),
            () = tokio::time::sleep(patience) => return Err(FunctionError::timed_out(request_id, patience)),
        }
        process.init = Some(started.elapsed());
        Ok(process)
    }

    /// Hands it an event and waits for the answer, for as long as the function's timeout allows. `None` if
    /// it had come to its end after an earlier event, and never asked for this one.
    pub(super) async fn invoke(&mut self, invocation: Invocation) -> Option<Result<Bytes, FunctionError>> {
        let (started, timeout) = (Instant::now(), self.launch.timeout);
        let (pid, memory_mb) = (self.pid, self.launch.memory_mb);
        let request_id = invocation.request_id.clone();
        let wanted = invocation.log_tail.clone();
        let deadline = Timestamp::now().0 + i64::try_from(timeout.as_millis()).unwrap_or(i64::MAX / 2);
        let (answer, answered) = oneshot::channel();
        let taken = Arc::new(AtomicBool::new(false));
        let call = Call { invocation, deadline, answer, taken: Arc::clone(&taken) };
        // Usable again only if it answers.
        self.usable = false;
        let mut status = Some("error");
        let result = if self.calls.try_send(call).is_ok() {
            tokio::select! {
                biased;
                Ok(answer) = answered => {
                    (self.usable, status) = (true, None);
                    answer
                }
                error = exit(&mut self.ended, &request_id) => Err(error),
                () = tokio::time::sleep(timeout) => {
                    status = Some("timeout");
                    Err(FunctionError::timed_out(&request_id, timeout))
                }
                () = outgrown(pid, memory_mb) => {
                    Err(exited(&request_id, "signal: killed"))
                }
            }
        } else {
            Err(exit(&mut self.ended, &request_id).await)
        };
        if self.ended.borrow().is_some() && self.init.is_none() && !taken.load(Ordering::Relaxed) {
            return None;
        }
        let report = Report {
            request_id: &request_id,
            duration: started.elapsed(),
            init: self.init.take(),
            memory_mb,
            peak_bytes: Memory::of(pid).map(|memory| memory.peak),
            status,
        };
        tracing::info!(function = self.launch.function, "{report}");
        if let Some(tail) = wanted {
            // What it printed comes another way than its answer, and may be behind it.
            tokio::time::sleep(OUTPUT_BEHIND).await;
            *self.tail.lock() = None;
            tail.line(&format!("END RequestId: {request_id}\n{report}"));
        }
        Some(result)
    }

    pub(super) fn generation(&self) -> u64 {
        self.generation
    }

    /// Whether it can be given another event.
    pub(super) fn is_usable(&self) -> bool {
        self.usable && self.ended.borrow().is_none()
    }
}

/// Runs a process to its end, its own or ours, and says how it ended.
async fn supervise(
    mut child: Child,
    serving: impl Future<Output = ()>,
    dropped: oneshot::Receiver<()>,
) -> String {
    let group = child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
    let status = tokio::select! {
        status = child.wait() => Some(status),
        // It never gets a value: an error says that the process is not wanted any more.
        _not_wanted = dropped => None,
        () = serving => None,
    };
    // Before the process is reaped in the second case, so that the group is certainly still its own.
    // In the first, what it started may be left, and the group lives for as long as that does.
    if let Some(group) = group
        && let Err(error) = kill_process_group(group, Signal::KILL)
        && error != rustix::io::Errno::SRCH
    {
        tracing::warn!(%error, "a function's process cannot be killed");
    }
    let status = match status {
        Some(status) => status,
        None => child.wait().await,
    };
    status.map_or_else(|error| error.to_string(), describe)
}

/// As Lambda words it: `exit status 1`, `signal: killed`.
fn describe(status: ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt;
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit status {code}"),
        (None, Some(9)) => "signal: killed".to_owned(),
        (None, Some(signal)) => format!("signal: {signal}"),
        (None, None) => status.to_string(),
    }
}

/// The error of an event whose process ended, as soon as it does.
async fn exit(ended: &mut watch::Receiver<Option<String>>, request_id: &str) -> FunctionError {
    let how = match ended.wait_for(Option::is_some).await {
        Ok(how) => how.clone().unwrap_or_default(),
        Err(_supervisor_is_gone) => "the emulator stops".to_owned(),
    };
    exited(request_id, &how)
}

fn exited(request_id: &str, how: &str) -> FunctionError {
    let message = format!("RequestId: {request_id} Error: Runtime exited with error: {how}");
    FunctionError::new("Runtime.ExitError", &message)
}

/// Returns when the process has more memory than its function may have. Never where that cannot be
/// known.
async fn outgrown(pid: u32, memory_mb: u32) {
    let limit = u64::from(memory_mb) * 1024 * 1024;
    loop {
        tokio::time::sleep(MEMORY_CHECK).await;
        if Memory::of(pid).is_some_and(|memory| memory.resident > limit) {
            return;
        }
    }
}
