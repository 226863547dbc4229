//! What the log says, and what it never says. In a process of its own: the subscriber is global.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use emulator::template::Options;
use emulator::{Emulator, Function, FunctionError, Template};
use futures_util::{SinkExt, StreamExt};
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::Message;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

const TEMPLATE: &str = "
Resources:
  Api:
    Type: AWS::Serverless::WebSocketApi
    Properties:
      StageName: dev
      RouteSelectionExpression: $request.body.action
      Routes:
        $connect: { FunctionArn: !GetAtt Handler.Arn }
        $disconnect: { FunctionArn: !GetAtt Handler.Arn }
        $default: { FunctionArn: !GetAtt Handler.Arn }
  Handler: { Type: AWS::Serverless::Function }
";

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Write::write(&mut *self.0.lock(), bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A function whose results repeat what the client sent, in every form that a parser refuses.
async fn answer(event: Value) -> Result<Value, FunctionError> {
    match event["body"].as_str().unwrap_or_default() {
        "" => Ok(json!({ "statusCode": 200 })),
        "fail" => Err(FunctionError::new("Error", &"the table is missing")),
        body if body.contains("text") => Ok(json!(body)),
        body if body.contains("status") => Ok(json!({ "statusCode": body })),
        body => Ok(json!({ "statusCode": 200, "body": { "nested": body } })),
    }
}

#[tokio::test]
async fn the_log_tells_what_happened_and_never_what_was_said() {
    let lines = Lines::default();
    let writer = lines.clone();
    let layer = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(move || writer.clone());
    let filter = Targets::new().with_target("emulator", LevelFilter::TRACE);
    tracing_subscriber::registry().with(layer.with_filter(filter)).init();

    let template = Template::read(TEMPLATE, &Options::default()).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let builder = Emulator::builder(template).function("Handler", Function::in_process(answer));
    let emulator = builder.start(listener).await.unwrap();
    let address = emulator.local_addr();
    let url = format!("ws://{address}/dev?token=SECRET");
    let (mut client, _) = tokio_tungstenite::connect_async(&url).await.unwrap();
    for body in ["SECRET text", "SECRET status", "SECRET other", "fail", r#"{"action":"SECRET text"}"#] {
        client.send(Message::text(body)).await.unwrap();
        let frame =
            tokio::time::timeout(Duration::from_secs(5), client.next()).await.unwrap().unwrap().unwrap();
        assert!(frame.into_text().unwrap().contains("Internal server error"));
    }
    let mut http = TcpStream::connect(address).await.unwrap();
    let forged = "POST /dev/@connections/a%0aERROR%20forged HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\
                  Content-Length: 6\r\n\r\nSECRET";
    http.write_all(forged.as_bytes()).await.unwrap();
    let mut discarded = Vec::new();
    http.read_to_end(&mut discarded).await.unwrap();
    client.close(None).await.unwrap();
    assert_eq!(emulator.shutdown(Duration::from_secs(5)).await.unfinished, 0);

    let log = String::from_utf8(lines.0.lock().clone()).unwrap();
    for said in
        ["connected connection=", "invoked function=Handler", "route=$default", "disconnected connection="]
    {
        assert!(log.contains(said), "{said}: {log}");
    }
    assert!(log.contains("the table is missing"), "a function's own error is there: {log}");
    assert!(!log.contains("SECRET"), "{log}");
    assert!(!log.contains("forged"), "{log}");
}
