//! A `local` of its own process.

use std::process::Stdio;
use std::time::Duration;

use tests::Stack;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A running server; killed when dropped.
pub(crate) struct Process {
    pub(crate) stack: Stack,
    pub(crate) greeting: String,
    child: Child,
    stdout: Lines<BufReader<ChildStdout>>,
}

/// How a server ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) output: String,
}

pub(crate) fn command(arguments: &[&str], environment: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_local"));
    // What the tester's shell has set must not decide the outcome.
    for name in [
        "PORT",
        "DYNAMODB_ENDPOINT",
        "AUTH_SECRET",
        "AUTH_SECRET_PREVIOUS",
        "AUTH_SECRET_ARN",
        "AUTH_ISSUER",
        "AUTH_AUDIENCE",
        "JWKS_URL",
        "JWKS_FILE",
        "ALLOWED_ORIGINS",
        "LOG_LEVEL",
    ] {
        command.env_remove(name);
    }
    command.args(arguments).envs(environment.iter().copied()).kill_on_drop(true);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs a command that ends by itself.
pub(crate) async fn run(arguments: &[&str], environment: &[(&str, &str)]) -> Ended {
    let output = timeout(PATIENCE, command(arguments, environment).output()).await;
    let output = output.expect("the process ends by itself").unwrap();
    let text = [output.stdout, output.stderr].concat();
    Ended { code: output.status.code(), output: String::from_utf8(text).unwrap() }
}

impl Process {
    pub(crate) async fn start(arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let mut child = command(&[&["--port", "0"], arguments].concat(), environment).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut greeting = String::new();
        let mut address = None;
        while !greeting.contains("Ctrl-C") {
            let Some(line) =
                timeout(PATIENCE, stdout.next_line()).await.expect("a greeting in time").unwrap()
            else {
                let mut errors = String::new();
                child.stderr.take().unwrap().read_to_string(&mut errors).await.unwrap();
                panic!("the server ended: {errors}");
            };
            address = address.or_else(|| line.split_once("ws://")?.1.split_once("/ws")?.0.parse().ok());
            greeting += &line;
            greeting.push('\n');
        }
        let address = address.unwrap_or_else(|| panic!("no address in {greeting}"));
        Self { stack: Stack::at(address), greeting, child, stdout }
    }

    /// SIGKILL.
    pub(crate) async fn kill(mut self) {
        timeout(PATIENCE, self.child.kill()).await.expect("a killed process ends").unwrap();
    }

    /// Sends a signal by name, `TERM` or `INT`.
    pub(crate) async fn signal(&self, name: &str) {
        let pid = self.child.id().expect("the server is running").to_string();
        let sent = Command::new("kill").args(["-s", name, &pid]).status().await.unwrap();
        assert!(sent.success());
    }

    /// Waits for the end.
    pub(crate) async fn ended(mut self) -> Ended {
        let status = timeout(PATIENCE, self.child.wait()).await.expect("the server ends").unwrap();
        let mut output = String::new();
        while let Some(line) = self.stdout.next_line().await.unwrap() {
            output += &line;
            output.push('\n');
        }
        Ended { code: status.code(), output }
    }
}
