//! What a WebSocket client sees of all that.

use std::time::Duration;

use emulator::Emulator;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::{Error, Message};

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
