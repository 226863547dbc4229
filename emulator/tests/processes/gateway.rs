//! What a WebSocket client sees of all that.

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use emulator::Emulator;
use emulator::invoke::InvokeApi;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::app::{App, installed};
use crate::fixture::{DEADLINE, Fixture, Running};

async fn start(fixture: &Fixture) -> (Running, Emulator) {
    let running = fixture.start();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let builder = Emulator::builder(fixture.template.clone()).function("Worker", running.function.clone());
    let emulator = builder.start(listener).await.unwrap();
    (running, emulator)
}

#[tokio::test]
async fn a_message_is_answered_by_a_process_and_a_crash_by_an_error_frame() {
    let (running, emulator) = start(&Fixture::new("")).await;
    let url = format!("ws://{}/dev", emulator.local_addr());
    let (mut socket, _) = tokio::time::timeout(DEADLINE, connect_async(url)).await.unwrap().unwrap();
    for (event, expected) in [
        (json!({ "hello": 1 }), ""),
        (json!({ "do": "exit" }), "Internal server error"),
        (json!({ "hello": 2 }), ""),
    ] {
        // The handler sees the gateway's event, in which the frame is a text.
        let frame = event.to_string();
        socket.send(Message::text(frame.clone())).await.unwrap();
        let answer = tokio::time::timeout(DEADLINE, socket.next()).await.unwrap().unwrap().unwrap();
        let answer = answer.into_text().unwrap();
        if expected.is_empty() {
            assert_eq!(serde_json::from_str::<Value>(&answer).unwrap(), event);
        } else {
            assert!(answer.contains(expected), "{answer}");
        }
    }
    socket.close(None).await.unwrap();
    emulator.shutdown(Duration::from_secs(5)).await;
    assert_eq!(running.processes.shutdown(Duration::from_secs(5)).await, 0);
}

#[tokio::test]
async fn a_connect_that_lambda_refuses_is_answered_with_500() {
    let mut fixture = Fixture::new("");
    fixture.settings.concurrency = 0;
    let (_running, emulator) = start(&fixture).await;
    match connect_async(format!("ws://{}/dev", emulator.local_addr())).await {
        Err(Error::Http(response)) => assert_eq!(response.status(), 500),
        other => panic!("{other:?}"),
    }
}

/// An Invoke call of the worker: the head's lines in lower case, and the body.
async fn call(emulator: &Emulator, headers: &str, event: &Value) -> (String, Value) {
    let (address, event) = (emulator.local_addr(), event.to_string());
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let request = format!(
        "POST /2015-03-31/functions/worker-of-mine/invocations?Qualifier=live HTTP/1.1\r\nHost: {address}\r\n\
         Connection: close\r\nContent-Length: {}\r\n{headers}\r\n{event}",
        event.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    tokio::time::timeout(DEADLINE, stream.read_to_string(&mut answer)).await.unwrap().unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), serde_json::from_str(body).unwrap())
}

async fn invokable(fixture: &Fixture) -> (Running, Emulator) {
    let running = fixture.start();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let builder = Emulator::builder(fixture.template.clone()).function("Worker", running.function.clone());
    (running, builder.invoke_api(InvokeApi::default()).start(listener).await.unwrap())
}

#[tokio::test]
async fn a_caller_who_asks_gets_the_end_of_the_log() {
    let (_running, emulator) = invokable(&Fixture::new("")).await;
    let (head, _) = call(&emulator, "X-Amz-Log-Type: Tail\r\n", &json!({ "do": "say" })).await;
    let log = log_of(&head);
    let lines: Vec<&str> = log.lines().collect();
    assert!(lines[0].starts_with("START RequestId: ") && lines[0].ends_with(" Version: $LATEST"), "{log}");
    // The two are read from two pipes.
    assert!(lines[1..3].contains(&"a line on stdout") && lines[1..3].contains(&"a line on stderr"), "{log}");
    assert!(lines[3].starts_with("END RequestId: ") && lines[4].starts_with("REPORT RequestId: "), "{log}");
    let (head, _) = call(&emulator, "", &json!({ "do": "say" })).await;
    assert!(!head.contains("x-amz-log-result"), "{head}");
}

fn log_of(head: &str) -> String {
    let log = head.lines().find_map(|line| line.strip_prefix("x-amz-log-result: ")).unwrap();
    String::from_utf8(BASE64_STANDARD.decode(log).unwrap()).unwrap()
}

#[tokio::test]
async fn an_event_starts_once_in_the_log_though_the_first_process_for_it_has_ended() {
    if !installed("node") {
        return;
    }
    let code = "
exports.handler = async (event) => {
  if (event.do === 'crash') setImmediate(() => { throw new Error('of the event before'); });
  return process.pid;
};";
    let app = App::of("nodejs20.x", "app.handler", &[("app.js", code)]);
    let functions = app.start();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let builder =
        Emulator::builder(app.template.clone()).function("Worker", functions.by_id["Worker"].clone());
    let emulator = builder.invoke_api(InvokeApi::default()).start(listener).await.unwrap();
    for _ in 0..10 {
        let (_, crashed) = call(&emulator, "", &json!({ "do": "crash" })).await;
        // At once: nobody knows yet that the process will not ask for another event.
        let (head, pid) = call(&emulator, "X-Amz-Log-Type: Tail\r\n", &json!({ "do": "" })).await;
        assert_ne!(pid, crashed);
        let log = log_of(&head);
        for (line, times) in [("START RequestId: ", 1), ("END RequestId: ", 1), ("of the event before", 0)] {
            assert_eq!(log.matches(line).count(), times, "{line}: {log}");
        }
    }
}

#[tokio::test]
async fn a_client_context_reaches_the_function() {
    let (_running, emulator) = invokable(&Fixture::new("")).await;
    let context = BASE64_STANDARD.encode(r#"{"custom":{"a":"b"}}"#);
    let header = format!("X-Amz-Client-Context: {context}\r\n");
    let (_, told) = call(&emulator, &header, &json!({ "do": "tell" })).await;
    assert_eq!(told["context"], r#"{"custom":{"a":"b"}}"#);
    let (_, told) = call(&emulator, "", &json!({ "do": "tell" })).await;
    assert_eq!(told["context"], Value::Null);
    for bad in ["e30".to_owned(), BASE64_STANDARD.encode("text"), BASE64_STANDARD.encode(vec![b' '; 3000])] {
        let header = format!("X-Amz-Client-Context: {bad}\r\n");
        let (head, body) = call(&emulator, &header, &json!({})).await;
        assert!(head.starts_with("HTTP/1.1 400 "), "{head}");
        assert_eq!(body["Message"], "Client context must be a valid Base64-encoded JSON object.");
    }
}
