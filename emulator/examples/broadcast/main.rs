//! One room for everybody who connects, with its handlers in this process: what `handler.js` does, in Rust.
//! Shows how an emulator is made of a template and functions, and is what `bench/compare` measures.
//!
//! `cargo run --release -p emulator --example broadcast -- --port 8080`

use std::collections::BTreeSet;
use std::env;
use std::error::Error;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use emulator::{
    Connections, Emulator, EncodedFrame, Function, Limits, PostError, Template, template::Options,
};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

const TEMPLATE: &str = include_str!("template.yaml");

/// Who is there, and the number of the newest message.
struct Room {
    connections: Connections,
    here: Mutex<BTreeSet<String>>,
    sequence: AtomicU64,
}

impl Room {
    fn handle(&self, event: &Value) -> Result<Value, String> {
        let context = &event["requestContext"];
        let id = context["connectionId"].as_str().ok_or("an event without a connection")?;
        match context["routeKey"].as_str() {
            Some("$connect") => {
                self.here().insert(id.to_owned());
            }
            Some("$disconnect") => {
                self.here().remove(id);
            }
            _ => self.say(id, event["body"].as_str().unwrap_or_default())?,
        }
        Ok(json!({ "statusCode": 200 }))
    }

    fn say(&self, id: &str, body: &str) -> Result<(), String> {
        let said: Value = serde_json::from_str(body).map_err(|error| error.to_string())?;
        let sequence = self.sequence.fetch_add(1, Ordering::Relaxed) + 1;
        let chat = json!({ "type": "chat", "sequence": sequence, "content": said["content"] }).to_string();
        // Encoded once, however many receive it.
        let frame = EncodedFrame::text(chat.as_bytes());
        let mut here = self.here();
        here.retain(|other| !matches!(self.connections.post_frame(other, &frame), Err(PostError::Gone)));
        let ack = json!({ "type": "ack", "sequence": sequence }).to_string();
        self.connections.post(id, ack.as_bytes()).map_err(|error| error.to_string())
    }

    fn here(&self) -> std::sync::MutexGuard<'_, BTreeSet<String>> {
        self.here.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let port: u16 = match (arguments.next().as_deref(), arguments.next()) {
        (None, None) => 8080,
        (Some("--port"), Some(port)) => port.parse()?,
        _ => return Err("the only option is --port N".into()),
    };
    let connections = Connections::new();
    let room = Arc::new(Room {
        connections: connections.clone(),
        here: Mutex::default(),
        sequence: AtomicU64::new(0),
    });
    let function = Function::in_process(move |event: Value| {
        let answer = room.handle(&event);
        async move { answer }
    });
    let template = Template::read(TEMPLATE, &Options::default())?;
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    // Not AWS's 500 a second: how many there can be is to be measured.
    let limits = Limits { connects_per_second: u32::MAX, ..Limits::default() };
    let emulator = Emulator::builder(template)
        .connections(connections)
        .function("Room", function)
        .limits(limits)
        .start(listener)
        .await?;
    let mut stop = signal(SignalKind::terminate())?;
    stop.recv().await;
    emulator.shutdown(Duration::from_secs(5)).await;
    Ok(())
}
