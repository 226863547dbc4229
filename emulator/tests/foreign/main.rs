//! Applications and SDKs of other languages, unmodified. `tests/foreign/run` installs what they need;
//! without it these tests say that they were skipped.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]

mod clients;
mod endpoints;
#[path = "../program/program.rs"]
mod program;

use std::path::{Path, PathBuf};
use std::process::Stdio;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use program::{DEADLINE, Program};

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(name)
}

/// A program that finds the emulator's services as AWS SDKs find them; `None`, and a word about it,
/// where its SDK is not installed.
fn foreign(program: &str, installed: &str, (management, dynamodb): (&str, &str)) -> Option<Command> {
    let Ok(packages) = std::env::var(installed) else {
        eprintln!("skipped: needs {program} with packages, which tests/foreign/run installs");
        return None;
    };
    let mut command = Command::new(program);
    command
        .env("PYTHONPATH", format!("{packages}:{}", folder("fixtures/python-chat").display()))
        .envs(["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"].map(|name| (name, "local")))
        .envs(["AWS_REGION", "AWS_DEFAULT_REGION"].map(|name| (name, "us-east-1")))
        .env("TABLE", "local-People")
        .env("AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI", management)
        .env("AWS_ENDPOINT_URL_DYNAMODB", dynamodb)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true);
    Some(command)
}

const PYTHON: (&str, &str) = ("python3", "EMULATOR_TEST_PYTHONPATH");
const NODE: (&str, &str) = ("node", "EMULATOR_TEST_NODE_MODULES");

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

async fn hears(socket: &mut Socket) -> String {
    let message = tokio::time::timeout(DEADLINE, socket.next()).await.expect("a message in time");
    message.unwrap().unwrap().into_text().unwrap().as_str().to_owned()
}

/// The application, and the Invoke endpoint in front of it.
struct App {
    program: Program,
    _endpoint: Child,
}

impl App {
    async fn start() -> Option<Self> {
        // Each wants the other's address: both ports are chosen first, and not among those that the system
        // gives to whoever asks for any.
        let mut next = 20_000 + std::process::id() % 1_000 * 10;
        let mut free = async || loop {
            next += 1;
            if TcpListener::bind(format!("127.0.0.1:{next}")).await.is_ok() {
                return next;
            }
        };
        let (port, gateway, dynamodb) = (free().await, free().await, free().await);
        let management = format!("http://127.0.0.1:{gateway}/prod");
        let addresses = (&*management, &*format!("http://127.0.0.1:{dynamodb}"));
        let mut command = foreign(PYTHON.0, PYTHON.1, addresses)?;
        let template = folder("fixtures/python-chat/template.yaml");
        let (url, gateway, dynamodb) =
            (format!("http://127.0.0.1:{port}"), gateway.to_string(), dynamodb.to_string());
        let arguments = ["--lambda-endpoint", &url, "--port", &gateway, "--dynamodb-port", &dynamodb];
        let program = Program::start(&template, &arguments).await;
        let mut endpoint = command
            .arg(folder("foreign/invoke_endpoint.py"))
            .arg(port.to_string())
            .args(["Join=app.join", "Leave=app.leave", "Say=app.say"])
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(endpoint.stdout.take().unwrap()).lines();
        let line = tokio::time::timeout(DEADLINE, lines.next_line()).await.expect("it listens in time");
        assert_eq!(line.unwrap().as_deref(), Some("listening"));
        Some(Self { program, _endpoint: endpoint })
    }

    async fn connect(&self) -> Socket {
        connect_async(self.program.address("Chat")).await.unwrap().0
    }
}

#[tokio::test]
async fn an_application_in_python_runs_unmodified() {
    let Some(app) = App::start().await else { return };
    let (mut alice, mut bob) = (app.connect().await, app.connect().await);
    alice.send(Message::text(r#"{"action":"say","text":"hello"}"#)).await.unwrap();
    assert_eq!((hears(&mut alice).await, hears(&mut bob).await), ("hello".to_owned(), "hello".to_owned()));
    alice.send(Message::text(r#"{"action":"shout"}"#)).await.unwrap();
    assert!(hears(&mut alice).await.starts_with(r#"{"message": "Forbidden""#));
    bob.close(None).await.unwrap();
    alice.send(Message::text(r#"{"action":"say","text":"alone"}"#)).await.unwrap();
    assert_eq!(hears(&mut alice).await, "alone");
    let (success, log) = app.program.stop().await;
    assert!(success, "{log}");
}

#[tokio::test]
async fn chats_in_node_and_python_with_their_sdks_run_right_away() {
    for ((_, installed), chat, search, packages, say) in [
        (NODE, "node-chat", "NODE_PATH", "node_modules", json!({ "action": "sendmessage", "data": "hello" })),
        (
            NODE,
            "node-chat-v2",
            "NODE_PATH",
            "node_modules",
            json!({ "action": "sendmessage", "data": "hello" }),
        ),
        (PYTHON, "python-chat", "PYTHONPATH", "", json!({ "action": "say", "text": "hello" })),
    ] {
        let Ok(folder_of_packages) = std::env::var(installed) else {
            eprintln!("skipped: {chat} needs packages, which tests/foreign/run installs");
            continue;
        };
        let mut command = program::command(&folder("fixtures").join(chat).join("template.yaml"), &[]);
        command.env(search, Path::new(&folder_of_packages).join(packages));
        let program = Program::of(command).await;
        let connect = async || connect_async(program.address("Chat")).await.unwrap().0;
        let (mut alice, mut bob) = (connect().await, connect().await);
        for _ in 0..2 {
            alice.send(Message::text(say.to_string())).await.unwrap();
            assert_eq!(
                (hears(&mut alice).await, hears(&mut bob).await),
                ("hello".to_owned(), "hello".to_owned())
            );
        }
        bob.close(None).await.unwrap();
        // Whom it cannot reach makes no message fail: that would be a frame for Alice.
        for _ in 0..3 {
            alice.send(Message::text(say.to_string())).await.unwrap();
            assert_eq!(hears(&mut alice).await, "hello");
        }
        let (success, log) = program.stop().await;
        assert!(success, "{log}");
    }
}

/// What a script makes of a connection that is read from, and of one that is not.
async fn outcomes(script: &str, (program, installed): (&str, &str), tls: bool) -> Option<Value> {
    // Without functions: `$connect` accepts everybody, and the ids come from the gateway's frames.
    let folder_of_template = tempfile::TempDir::new().unwrap();
    let template = folder_of_template.path().join("template.yaml");
    std::fs::write(&template, "
Resources:
  Chat: { Type: AWS::ApiGatewayV2::Api, Properties: { ProtocolType: WEBSOCKET, RouteSelectionExpression: $request.body.action } }
  Stage: { Type: AWS::ApiGatewayV2::Stage, Properties: { ApiId: !Ref Chat, StageName: prod } }
").unwrap();
    let emulator = Program::start(&template, if tls { &["--tls"] } else { &[] }).await;
    let management = emulator.address("Chat @connections");
    // What code that builds `https://{domainName}/{stage}` itself would call.
    let management = if tls { management.replacen("http://", "https://", 1) } else { management.to_owned() };
    let mut command = foreign(program, installed, (&management, emulator.address("DynamoDB")))?;
    if tls {
        let ca = emulator.address("CA");
        command.env("AWS_CA_BUNDLE", ca).env("NODE_EXTRA_CA_CERTS", ca);
    }
    let connect = async || {
        let (mut socket, _) = connect_async(emulator.address("Chat")).await.unwrap();
        socket.send(Message::text("who am I?")).await.unwrap();
        let frame: Value = serde_json::from_str(&hears(&mut socket).await).unwrap();
        (socket, frame["connectionId"].as_str().unwrap().to_owned())
    };
    let ((mut reader, known), (_never_read, slow)) = (connect().await, connect().await);
    let run = command.arg(folder("foreign").join(script)).args([known, slow]).output();
    let output = tokio::time::timeout(DEADLINE, run).await.expect("an end in time").unwrap();
    assert_eq!(hears(&mut reader).await, "hello");
    Some(serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}")))
}

/// `malformed` is an exception that the SDKs' models of this API do not have: each has a general one,
/// with the service's name for it.
fn expected(malformed: &str) -> Value {
    json!({
        "post": "ok",
        "get": "ok",
        "gone": "GoneException",
        "malformed": malformed,
        "large": "PayloadTooLargeException",
        "slow": "LimitExceededException",
        "delete": "ok",
        "deleted": "GoneException",
    })
}

#[tokio::test]
async fn boto3_recognises_every_outcome_by_its_type() {
    let Some(outcomes) = outcomes("boto3_client.py", PYTHON, false).await else { return };
    assert_eq!(outcomes, expected("ClientError BadRequestException"));
}

#[tokio::test]
async fn the_javascript_sdk_recognises_every_outcome_by_its_type() {
    let Some(outcomes) = outcomes("sdk_v3_client.mjs", NODE, false).await else { return };
    assert_eq!(outcomes, expected("ApiGatewayManagementApiServiceException BadRequestException"));
}

#[tokio::test]
async fn both_sdks_trust_the_authority_and_call_over_tls() {
    for (script, language, malformed) in [
        ("boto3_client.py", PYTHON, "ClientError BadRequestException"),
        ("sdk_v3_client.mjs", NODE, "ApiGatewayManagementApiServiceException BadRequestException"),
    ] {
        let Some(outcomes) = outcomes(script, language, true).await else { continue };
        assert_eq!(outcomes, expected(malformed));
    }
}
