//! A started program, and what it said.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

pub(crate) const DEADLINE: Duration = Duration::from_secs(30);

pub(crate) fn command(template: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_emulator"));
    command.arg("--template").arg(template).args(arguments);
    if !arguments.contains(&"--port") {
        command.args(["--port", "0"]);
    }
    for name in ["DYNAMODB_ENDPOINT", "AWS_REGION", "LOG_LEVEL"] {
        command.env_remove(name);
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    command
}

pub(crate) struct Program {
    pub(crate) child: Child,
    _stdout: Lines<BufReader<ChildStdout>>,
    pub(crate) greeting: Vec<String>,
}

impl Program {
    /// Starts it and waits until it is ready.
    pub(crate) async fn start(template: &Path, arguments: &[&str]) -> Self {
        Self::of(command(template, arguments)).await
    }

    /// [`Program::start`] with another environment.
    pub(crate) async fn of(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut greeting = Vec::new();
        let reading = async {
            while let Some(line) = stdout.next_line().await.unwrap() {
                let ready = line.starts_with("Ready.");
                greeting.push(line);
                if ready {
                    return true;
                }
            }
            false
        };
        let ready = tokio::time::timeout(DEADLINE, reading).await.expect("ready in time");
        assert!(ready, "it ended: {:?}", child.wait_with_output().await.unwrap());
        Self { child, _stdout: stdout, greeting }
    }

    /// The address behind a name of the greeting.
    pub(crate) fn address(&self, name: &str) -> &str {
        let prefix = format!("{name}  ");
        let line = self.greeting.iter().find_map(|line| line.strip_prefix(&prefix));
        let line = line.unwrap_or_else(|| panic!("no {name} in {:?}", self.greeting));
        line.split(' ').next().unwrap()
    }

    /// Stops it by SIGTERM; its status and what it logged.
    pub(crate) async fn stop(self) -> (bool, String) {
        let pid = Pid::from_raw(i32::try_from(self.child.id().unwrap()).unwrap()).unwrap();
        kill_process(pid, Signal::TERM).unwrap();
        let output = tokio::time::timeout(DEADLINE, self.child.wait_with_output()).await;
        let output = output.expect("it stops in time").unwrap();
        (output.status.success(), String::from_utf8(output.stderr).unwrap())
    }
}
