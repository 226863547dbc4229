//! What `handler.js` does, in Rust: as a Lambda where a runtime API is, and otherwise as an emulator that has it
//! in its own process. `bench/compare` measures both.
//!
//! `cargo run --release -p emulator --example echo -- --port 8080`

use std::env;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use emulator::{Emulator, Function, Limits, Template, template::Options};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

const TEMPLATE: &str = include_str!("template.yaml");

static SEQUENCE: AtomicU64 = AtomicU64::new(0);

fn echo(event: &Value) -> Result<Value, Error> {
    let said: Value = serde_json::from_str(event["body"].as_str().ok_or("an event without a body")?)?;
    let sequence = SEQUENCE.fetch_add(1, Ordering::Relaxed) + 1;
    let chat = json!({ "type": "chat", "sequence": sequence, "content": said["content"] });
    let ack = json!({ "type": "ack", "sequence": sequence });
    Ok(json!({ "statusCode": 200, "body": format!("{chat}\n{ack}") }))
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    if env::var_os("AWS_LAMBDA_RUNTIME_API").is_some() {
        return lambda_runtime::run(service_fn(
            |event: LambdaEvent<Value>| async move { echo(&event.payload) },
        ))
        .await;
    }
    let mut arguments = env::args().skip(1);
    let port: u16 = match (arguments.next().as_deref(), arguments.next()) {
        (None, None) => 8080,
        (Some("--port"), Some(port)) => port.parse()?,
        _ => return Err("the only option is --port N".into()),
    };
    let function =
        Function::in_process(|event: Value| async move { echo(&event).map_err(|error| error.to_string()) });
    let template = Template::read(TEMPLATE, &Options::default())?;
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    // Not AWS's 500 a second: how many there can be is to be measured.
    let limits = Limits { connects_per_second: u32::MAX, ..Limits::default() };
    let emulator =
        Emulator::builder(template).function("Echo", function).limits(limits).start(listener).await?;
    let mut stop = signal(SignalKind::terminate())?;
    stop.recv().await;
    emulator.shutdown(Duration::from_secs(5)).await;
    Ok(())
}
