//! A template served: sockets, tables, streams, functions that another program runs.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use emulator::dynamodb::{Clients, local_credentials};
use emulator::invoke::InvokeApi;
use emulator::template::Options;
use emulator::{Emulator, Function, Template};
use futures_util::{SinkExt, StreamExt};
use parking_lot::Mutex;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;

use crate::program::{DEADLINE, Program};

const TEMPLATE: &str = "
Parameters: { Prefix: { Type: String, Default: none } }
Resources:
  Api:
    Type: AWS::Serverless::WebSocketApi
    Properties:
      StageName: dev
      RouteSelectionExpression: $request.body.action
      Routes: { $default: { FunctionArn: !GetAtt Worker.Arn, RouteResponseSelectionExpression: $default } }
  Response:
    Type: AWS::ApiGatewayV2::RouteResponse
    Properties: { ApiId: !Ref Api, RouteId: !Ref ApiDefaultRoute, RouteResponseKey: $default }
  Items:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: !Sub '${Prefix}-items'
      AttributeDefinitions: [{ AttributeName: id, AttributeType: S }]
      KeySchema: [{ AttributeName: id, KeyType: HASH }]
      BillingMode: PAY_PER_REQUEST
      StreamSpecification: { StreamViewType: NEW_IMAGE }
  Worker:
    Type: AWS::Serverless::Function
    Properties:
      Timeout: 10
      Events:
        Items: { Type: DynamoDB, Properties: { Stream: !GetAtt Items.StreamArn, StartingPosition: TRIM_HORIZON } }
";

pub(crate) type Events = Arc<Mutex<Vec<Value>>>;

/// The other program: it runs the function and keeps its events.
pub(crate) async fn lambda() -> (Emulator, Events) {
    let events = Events::default();
    let log = Arc::clone(&events);
    let worker = Function::new(move |invocation| {
        let event: Value = serde_json::from_slice(&invocation.payload).unwrap();
        // Both would be too much: a message's result has no member but the known ones.
        let answer = if event["Records"].is_array() {
            json!({ "state": { "last": "secret" } })
        } else {
            json!({ "statusCode": 200, "body": event["body"] })
        };
        log.lock().push(event);
        std::future::ready(Ok(Bytes::from(answer.to_string())))
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let template = Template::read(TEMPLATE, &Options::default()).unwrap_or_else(|e| panic!("{e}"));
    let builder = Emulator::builder(template).function("Worker", worker).invoke_api(InvokeApi::default());
    (builder.start(listener).await.unwrap(), events)
}

pub(crate) fn template() -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("template.yaml");
    std::fs::write(&path, TEMPLATE).unwrap();
    (folder, path)
}

pub(crate) async fn put(endpoint: &str, id: &str) {
    let clients = Clients::at_endpoint(endpoint, "us-east-1", local_credentials());
    let id = aws_sdk_dynamodb::types::AttributeValue::S(id.to_owned());
    let put = clients.dynamodb.put_item().table_name("mine-items").item("id", id);
    put.send().await.unwrap_or_else(|e| panic!("{e:?}"));
}

pub(crate) async fn expect_record(events: &Events, id: &str) {
    let seen = || {
        let all = events.lock();
        all.iter()
            .filter_map(|event| event["Records"].as_array())
            .flatten()
            .any(|record| record["dynamodb"]["Keys"]["id"]["S"] == id)
    };
    let arrived = async {
        while !seen() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(DEADLINE, arrived).await.unwrap_or_else(|_| panic!("no record of {id}"));
}

#[tokio::test]
async fn a_template_is_served_with_its_sockets_tables_and_streams() {
    let (lambda, events) = lambda().await;
    let (_folder, path) = template();
    let endpoint = format!("http://{}", lambda.local_addr());
    let program =
        Program::start(&path, &["--lambda-endpoint", &endpoint, "--parameter", "Prefix=mine"]).await;

    let (mut socket, _) = connect_async(program.address("Api")).await.unwrap();
    socket.send(Message::text("hello")).await.unwrap();
    let answer = tokio::time::timeout(DEADLINE, socket.next()).await.unwrap().unwrap().unwrap();
    assert_eq!(answer, Message::text("hello"));

    put(program.address("DynamoDB"), "one").await;
    expect_record(&events, "one").await;
    let (success, log) = program.stop().await;
    assert!(success, "{log}");
    for line in [
        "connected connection=",
        "message connection=",
        "invoked function=Worker",
        "disconnected connection=",
    ] {
        assert!(log.contains(line), "{line}: {log}");
    }
    assert!(!log.contains("\u{1b}["), "no colours where no terminal is: {log}");
    let close = tokio::time::timeout(DEADLINE, socket.next()).await.unwrap().unwrap().unwrap();
    assert!(matches!(close, Message::Close(Some(frame)) if u16::from(frame.code) == 1001));
}

#[tokio::test]
async fn what_functions_elsewhere_need_is_shown_and_written() {
    let (folder, path) = template();
    let (sam, cargo) = (folder.path().join("env.json"), folder.path().join("env"));
    for file in [&sam, &cargo] {
        let arguments =
            ["--parameter", "Prefix=mine", "--lambda-endpoint", "http://127.0.0.1:9", "--write-env"];
        let reach = ["--functions-reach", "host.docker.internal"];
        let arguments = [&arguments[..], &[file.to_str().unwrap()], &reach].concat();
        let program = Program::start(&path, &arguments).await;
        assert_eq!(program.address("Functions"), "http://127.0.0.1:9");
        let dynamodb = program.address("DynamoDB").replace("127.0.0.1", "host.docker.internal");
        let management = program.address("Api @connections").replace("127.0.0.1", "host.docker.internal");
        let written = std::fs::read_to_string(file).unwrap();
        for (name, value) in [
            ("AWS_ENDPOINT_URL_DYNAMODB", dynamodb),
            ("AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI", management),
        ] {
            assert!(program.greeting.contains(&format!("  {name}={value}")), "{:?}", program.greeting);
            let found = match *file == sam {
                true => serde_json::from_str::<Value>(&written).unwrap()["Worker"][name] == *value,
                false => written.lines().any(|line| line == format!("{name}='{value}'")),
            };
            assert!(found, "{name}: {written}");
        }
        let (success, log) = program.stop().await;
        assert!(success, "{log}");
        let dropped = "SAM passes AWS_ENDPOINT_URL_DYNAMODB on only where a template declares it";
        assert_eq!(log.contains(dropped), *file == sam, "{log}");
    }
}

#[tokio::test]
async fn with_a_data_folder_tables_and_checkpoints_outlive_the_program() {
    let (lambda, events) = lambda().await;
    let (folder, path) = template();
    let endpoint = format!("http://{}", lambda.local_addr());
    let data = folder.path().join("data");
    let arguments =
        ["--lambda-endpoint", &endpoint, "--parameter", "Prefix=mine", "--data", data.to_str().unwrap()];
    for id in ["one", "two"] {
        let program = Program::start(&path, &arguments).await;
        put(program.address("DynamoDB"), id).await;
        expect_record(&events, id).await;
        program.stop().await;
    }
    let records = events.lock().iter().filter_map(|e| e["Records"].as_array()).map(Vec::len).sum::<usize>();
    assert_eq!(records, 2, "the second start goes on where the first one stopped");
}

pub(crate) async fn state(program: &Program) -> Value {
    request(program, "GET", "").await
}

/// What a path below `/_emulator` answers.
async fn request(program: &Program, method: &str, path: &str) -> Value {
    let host = program.address("Lambda").trim_start_matches("http://");
    let mut stream = TcpStream::connect(host).await.unwrap();
    let request = format!("{method} /_emulator{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    tokio::time::timeout(DEADLINE, stream.read_to_string(&mut answer)).await.unwrap().unwrap();
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    serde_json::from_str(body).unwrap_or_else(|_| panic!("{answer}"))
}

#[tokio::test]
async fn limits_are_those_of_the_flags() {
    let (lambda, _events) = lambda().await;
    let (_folder, path) = template();
    let endpoint = format!("http://{}", lambda.local_addr());
    let flags = ["--idle-timeout", "7", "--lifetime", "8", "--connects-per-second", "9", "--serial"];
    let program = Program::start(&path, &[&["--lambda-endpoint", &endpoint], &flags[..]].concat()).await;
    let limits = &state(&program).await["limits"];
    for (name, value) in
        [("idleMs", 7_000), ("lifetimeMs", 8_000), ("connectsPerSecond", 9), ("messagesInFlight", 1)]
    {
        assert_eq!(limits[name], value, "{name}: {limits}");
    }
}

#[tokio::test]
async fn the_state_shows_tables_and_how_far_each_stream_is_read() {
    let (lambda, events) = lambda().await;
    let (_folder, path) = template();
    let endpoint = format!("http://{}", lambda.local_addr());
    let program =
        Program::start(&path, &["--lambda-endpoint", &endpoint, "--parameter", "Prefix=mine"]).await;
    put(program.address("DynamoDB"), "one").await;
    expect_record(&events, "one").await;
    // A lane has a position once its batch is answered.
    let positions = async {
        loop {
            let state = state(&program).await;
            assert_eq!(state["tables"][0]["name"], "mine-items");
            assert_eq!(state["functions"][0]["runs"], format!("at {endpoint}"));
            let mapping = &state["mappings"][0];
            assert_eq!((&mapping["name"], &mapping["table"]), (&json!("Worker/Items"), &json!("mine-items")));
            let lanes = mapping["shards"][0]["lanes"].as_array().unwrap();
            if lanes.iter().all(|lane| lane["position"].is_string() && lane["waiting"] == 0) {
                return lanes.len();
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    assert_eq!(tokio::time::timeout(DEADLINE, positions).await.expect("positions"), 2);
}

#[tokio::test]
async fn the_state_shows_a_tumbling_window_and_nothing_of_what_is_in_it() {
    let (lambda, _events) = lambda().await;
    let (_folder, path) = template();
    let windowed = TEMPLATE.replace("StartingPosition:", "TumblingWindowInSeconds: 900, StartingPosition:");
    std::fs::write(&path, windowed).unwrap();
    let endpoint = format!("http://{}", lambda.local_addr());
    let program =
        Program::start(&path, &["--lambda-endpoint", &endpoint, "--parameter", "Prefix=mine"]).await;
    put(program.address("DynamoDB"), "one").await;
    let window = async {
        loop {
            let state = state(&program).await;
            assert_eq!(state["mappings"][0]["tumblingWindowInSeconds"], 900);
            let lanes = state["mappings"][0]["shards"][0]["lanes"].as_array().unwrap();
            if let Some(window) = lanes.iter().map(|lane| &lane["window"]).find(|window| window.is_object()) {
                assert!(!state.to_string().contains("secret"), "{state}");
                return window.clone();
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let window = tokio::time::timeout(DEADLINE, window).await.expect("a window");
    assert_eq!(window["stateBytes"], json!({ "last": "secret" }).to_string().len());
    assert!(window["end"].as_str().unwrap() > window["start"].as_str().unwrap(), "{window}");
}

#[tokio::test]
async fn shards_are_split_over_http() {
    let (lambda, _events) = lambda().await;
    let (_folder, path) = template();
    let endpoint = format!("http://{}", lambda.local_addr());
    let program =
        Program::start(&path, &["--lambda-endpoint", &endpoint, "--parameter", "Prefix=mine"]).await;
    for (path, answer) in [
        ("/shards/Worker/Items/split", json!({ "virtualShards": 4 })),
        ("/shards/Worker/roll", json!({ "virtualShards": 4 })),
        ("/shards/Nobody/roll", json!({ "message": "there is no mapping Nobody" })),
    ] {
        assert_eq!(request(&program, "POST", path).await, answer);
    }
    let split = async {
        loop {
            let mapping = &state(&program).await["mappings"][0];
            if mapping["virtualShards"] == 4 && mapping["shards"][0]["lanes"].as_array().unwrap().len() == 4 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(DEADLINE, split).await.expect("four shards");
}

#[tokio::test]
async fn a_plan_kills_the_emulator_after_the_function_and_before_the_answer() {
    let (lambda, events) = lambda().await;
    let (folder, path) = template();
    let endpoint = format!("http://{}", lambda.local_addr());
    let faults = folder.path().join("faults.toml");
    std::fs::write(&faults, "[[function]]\nroute = \"$default\"\nfault = \"kill-after\"\nnth = 2\n").unwrap();
    let faults = faults.to_str().unwrap();
    let mut program = Program::start(&path, &["--lambda-endpoint", &endpoint, "--faults", faults]).await;
    let (mut socket, _) = connect_async(program.address("Api")).await.unwrap();
    socket.send(Message::text("first")).await.unwrap();
    let answer = tokio::time::timeout(DEADLINE, socket.next()).await.unwrap().unwrap().unwrap();
    assert_eq!(answer, Message::text("first"));
    socket.send(Message::text("last")).await.unwrap();
    let end = tokio::time::timeout(DEADLINE, socket.next()).await.unwrap();
    assert!(!matches!(end, Some(Ok(_))), "{end:?}");
    assert_eq!(events.lock().last().unwrap()["body"], "last");
    let status = tokio::time::timeout(DEADLINE, program.child.wait()).await.unwrap().unwrap();
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(9));
}
