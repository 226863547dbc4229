//! The two programs that `--lambda-endpoint` is made for, and one function in Rust that they run. `.ci/endpoints`
//! installs them; without it these tests say that they were skipped.

use std::fs::{copy, create_dir_all};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use futures_util::SinkExt;
use rustix::process::{Pid, Signal, kill_process_group};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::program::{DEADLINE, Program};
use crate::{Socket, folder, hears};

/// A program that runs the function, and all that it started.
struct Runner {
    child: Child,
}

impl Runner {
    async fn start(mut command: Command, port: u16) -> Self {
        let child = command.stdin(Stdio::null()).process_group(0).kill_on_drop(true).spawn().unwrap();
        let mut runner = Self { child };
        let listening = async {
            while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
                assert_eq!(runner.child.try_wait().unwrap(), None, "it ended");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(DEADLINE, listening).await.expect("it listens in time");
        runner
    }

    fn terminate(&self) {
        if let Some(id) = self.child.id() {
            kill_process_group(Pid::from_raw(i32::try_from(id).unwrap()).unwrap(), Signal::TERM).unwrap();
        }
    }

    async fn stop(mut self) {
        self.terminate();
        tokio::time::timeout(DEADLINE, self.child.wait()).await.expect("it ends in time").unwrap();
    }
}

impl Drop for Runner {
    fn drop(&mut self) {
        self.terminate();
    }
}

/// The function's folder where it can be built.
fn application() -> TempDir {
    let application = TempDir::new().unwrap();
    for part in ["src", "code"] {
        create_dir_all(application.path().join(part)).unwrap();
    }
    for file in ["Cargo.toml", "Cargo.lock", "src/main.rs", "template.yaml"] {
        copy(folder("fixtures/answers").join(file), application.path().join(file)).unwrap();
    }
    application
}

async fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port()
}

async fn connect(program: &Program) -> Socket {
    connect_async(program.address("Chat")).await.unwrap().0
}

async fn say(socket: &mut Socket, text: &str) {
    socket.send(Message::text(text)).await.unwrap();
}

/// What an Invoke call to the emulator answers.
async fn invoke(program: &Program, event: &str) -> String {
    let host = program.address("Lambda").trim_start_matches("http://");
    let length = event.len();
    let request = format!(
        "POST /2015-03-31/functions/Answers/invocations HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\
         Content-Length: {length}\r\n\r\n{event}"
    );
    let mut stream = TcpStream::connect(host).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    tokio::time::timeout(DEADLINE, stream.read_to_string(&mut answer)).await.unwrap().unwrap();
    answer
}

/// What works alike, whoever runs the function.
async fn a_conversation(program: &Program) {
    let refused = connect_async(format!("{}?refuse=1", program.address("Chat"))).await.unwrap_err();
    assert!(matches!(&refused, Error::Http(response) if response.status() == 401), "{refused:?}");
    let mut alice = connect(program).await;
    say(&mut alice, "hello").await;
    assert_eq!(hears(&mut alice).await, "here");
    say(&mut alice, "post").await;
    assert_eq!((hears(&mut alice).await, hears(&mut alice).await), ("posted".to_owned(), "200".to_owned()));
    say(&mut alice, "table").await;
    assert_eq!(hears(&mut alice).await, "local-People");
    for (failure, kind) in [("fail", "Lost"), ("raise", "KeyError")] {
        say(&mut alice, failure).await;
        assert!(hears(&mut alice).await.starts_with(r#"{"message": "Internal server error""#));
        let answer = invoke(program, &format!(r#"{{"body":"{failure}"}}"#)).await;
        assert!(answer.contains("x-amz-function-error") && answer.contains(kind), "{answer}");
    }
}

#[tokio::test]
async fn cargo_lambda_watch_runs_the_functions() {
    let Ok(cargo_lambda) = std::env::var("EMULATOR_TEST_CARGO_LAMBDA") else {
        eprintln!("skipped: needs cargo-lambda, which .ci/endpoints installs");
        return;
    };
    let application = application();
    let (port, at) = (free_port().await, |file: &str| application.path().join(file));
    let (endpoint, env_file) = (format!("http://127.0.0.1:{port}"), at("functions.env"));
    let arguments = ["--lambda-endpoint", &endpoint, "--write-env", env_file.to_str().unwrap()];
    let program = Program::start(&at("template.yaml"), &arguments).await;
    let mut command = Command::new(cargo_lambda);
    command.args(["lambda", "watch", "--invoke-address", "127.0.0.1", "--invoke-port", &port.to_string()]);
    command.arg("--env-file").arg(env_file).current_dir(application.path());
    // Its flag for that folder breaks its own question for the project's metadata.
    command.env("CARGO_TARGET_DIR", at("target"));
    let runner = Runner::start(command, port).await;
    a_conversation(&program).await;
    let (success, log) = program.stop().await;
    assert!(success, "{log}");
    runner.stop().await;
}

#[tokio::test]
async fn sam_local_start_lambda_runs_the_functions() {
    let (Ok(sam), Ok(bridge)) = (std::env::var("EMULATOR_TEST_SAM"), std::env::var("EMULATOR_TEST_BRIDGE"))
    else {
        eprintln!("skipped: needs SAM CLI and Docker, which .ci/endpoints installs");
        return;
    };
    let application = application();
    build(application.path()).await;
    for containers in [&[][..], &["--warm-containers", "LAZY"]] {
        let (port, at) = (free_port().await, |file: &str| application.path().join(file));
        let (endpoint, env_file) = (format!("http://127.0.0.1:{port}"), at("functions.json"));
        let arguments =
            ["--lambda-endpoint", &endpoint, "--host", &bridge, "--write-env", env_file.to_str().unwrap()];
        let program = Program::start(&at("template.yaml"), &arguments).await;
        let mut command = Command::new(&sam);
        command.args(["local", "start-lambda", "--skip-pull-image", "--port", &port.to_string()]);
        command.args(containers).arg("--env-vars").arg(env_file).current_dir(application.path());
        let runner = Runner::start(command, port).await;
        a_conversation(&program).await;
        let hung = async {
            let answer = invoke(&program, r#"{"body":"hang"}"#).await;
            assert!(
                answer.contains("x-amz-function-error") && answer.contains("Sandbox.Timedout"),
                "{answer}"
            );
        };
        let others = async {
            let mut bob = connect(&program).await;
            say(&mut bob, "hello").await;
            assert_eq!(hears(&mut bob).await, "here");
        };
        tokio::join!(hung, others);
        let (success, log) = program.stop().await;
        assert!(success, "{log}");
        runner.stop().await;
    }
}

/// As `sam build` would, into the template's `CodeUri`.
async fn build(application: &Path) {
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--locked", "--target-dir", "target"]).current_dir(application);
    assert!(cargo.status().await.unwrap().success());
    copy(application.join("target/debug/answers"), application.join("code/bootstrap")).unwrap();
}
