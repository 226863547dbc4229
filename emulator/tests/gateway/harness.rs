//! An emulator on a port of its own whose functions log their events and answer as a test says.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use emulator::faults::{FaultPlan, Faults};
use emulator::template::Options;
use emulator::{Builder, Emulator, Function, FunctionError, Template};
use futures_util::{SinkExt, StreamExt};
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// Longer than anything here takes; a test that waits so long has failed.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

/// Awaits with a deadline.
pub(crate) async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(DEADLINE, future).await.expect("it takes too long")
}

/// The events that functions got, in order.
#[derive(Clone, Default)]
pub(crate) struct EventLog(Arc<(Mutex<Vec<Value>>, Notify)>);

impl EventLog {
    pub(crate) fn push(&self, event: Value) {
        self.0.0.lock().push(event);
        self.0.1.notify_waiters();
    }

    pub(crate) fn of_type(&self, event_type: &str) -> Vec<Value> {
        let is_of =
            |event: &&Value| event["requestContext"]["eventType"] == event_type && event["type"].is_null();
        self.0.0.lock().iter().filter(is_of).cloned().collect()
    }

    pub(crate) fn all(&self) -> Vec<Value> {
        self.0.0.lock().clone()
    }

    /// The first event of a type, once there is one.
    pub(crate) async fn first(&self, event_type: &str) -> Value {
        soon(async {
            loop {
                let changed = self.0.1.notified();
                if let Some(event) = self.of_type(event_type).into_iter().next() {
                    return event;
                }
                changed.await;
            }
        })
        .await
    }
}

pub(crate) type Answer = Result<Value, FunctionError>;

pub(crate) fn ok() -> Answer {
    Ok(json!({ "statusCode": 200 }))
}

pub(crate) fn fails(message: &str) -> Answer {
    Err(FunctionError::new("Error", &message))
}

/// A function that logs its event and answers at once.
pub(crate) fn function(
    log: &EventLog,
    answer: impl Fn(&Value) -> Answer + Send + Sync + 'static,
) -> Function {
    let log = log.clone();
    Function::new(move |invocation| {
        let event: Value = serde_json::from_slice(&invocation.payload).expect("an event is JSON");
        let answer = answer(&event).map(|value| Bytes::from(value.to_string()));
        log.push(event);
        std::future::ready(answer)
    })
}

pub(crate) struct Harness {
    pub(crate) emulator: Emulator,
    pub(crate) address: SocketAddr,
    pub(crate) log: EventLog,
}

impl Harness {
    /// An emulator of the template whose only function, `Handler`, answers as given.
    pub(crate) async fn start(
        template: &str,
        answer: impl Fn(&Value) -> Answer + Send + Sync + 'static,
    ) -> Self {
        Self::start_with(template, answer, |builder| builder).await
    }

    pub(crate) async fn start_with(
        template: &str,
        answer: impl Fn(&Value) -> Answer + Send + Sync + 'static,
        configure: impl FnOnce(Builder) -> Builder,
    ) -> Self {
        let log = EventLog::default();
        let handler = function(&log, answer);
        let template = Template::read(template, &Options::default()).unwrap_or_else(|e| panic!("{e}"));
        let builder = Emulator::builder(template).function("Handler", handler);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let emulator = configure(builder).start(listener).await.unwrap();
        let address = emulator.local_addr();
        Self { emulator, address, log }
    }

    /// The same, with faults.
    pub(crate) async fn start_with_faults(
        template: &str,
        answer: impl Fn(&Value) -> Answer + Send + Sync + 'static,
        plan: FaultPlan,
    ) -> Self {
        let faults = Faults::new(plan).unwrap();
        let parsed = Template::read(template, &Options::default()).unwrap_or_else(|e| panic!("{e}"));
        let log = EventLog::default();
        let functions = [("Handler".to_owned(), function(&log, answer))].into_iter().collect();
        let (_, handler) = faults.around(&parsed, functions).into_iter().next().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let builder = Emulator::builder(parsed).function("Handler", handler).faults(faults);
        let emulator = builder.start(listener).await.unwrap();
        let address = emulator.local_addr();
        Self { emulator, address, log }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("ws://{}{path}", self.address)
    }

    pub(crate) async fn connect(&self, path: &str) -> Client {
        self.try_connect(path).await.unwrap_or_else(|e| panic!("{e}"))
    }

    pub(crate) async fn try_connect(&self, path: &str) -> Result<Client, tungstenite::Error> {
        Client::connect(self.url(path)).await
    }

    /// The status with which a handshake is refused.
    pub(crate) async fn refusal(&self, path: &str) -> u16 {
        match self.try_connect(path).await {
            Err(tungstenite::Error::Http(response)) => response.status().as_u16(),
            Err(other) => panic!("{other}"),
            Ok(_) => panic!("the handshake was accepted"),
        }
    }

    /// The id of the only connection that `$connect` has seen so far.
    pub(crate) async fn connection_id(&self) -> String {
        let event = self.log.first("CONNECT").await;
        event["requestContext"]["connectionId"].as_str().unwrap().to_owned()
    }

    /// Sends bytes and reads until the server closes.
    pub(crate) async fn exchange(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        soon(stream.read_to_end(&mut answer)).await.unwrap();
        String::from_utf8(answer).unwrap()
    }

    /// One HTTP request on a socket of its own: status, head, body.
    pub(crate) async fn http(
        &self,
        method: &str,
        path: &str,
        headers: &str,
        body: &str,
    ) -> (u16, String, String) {
        let length = body.len();
        let answer = self
            .exchange(&format!(
                "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n{body}",
                self.address
            ))
            .await;
        let (head, body) = answer.split_once("\r\n\r\n").expect("an HTTP answer");
        let status = head.split(' ').nth(1).and_then(|s| s.parse().ok()).expect("a status");
        (status, head.to_ascii_lowercase(), body.to_owned())
    }
}

/// A polite WebSocket client.
#[derive(Debug)]
pub(crate) struct Client {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Client {
    pub(crate) async fn connect(request: impl IntoClientRequest + Unpin) -> Result<Self, tungstenite::Error> {
        let (socket, _response) = soon(connect_async(request)).await?;
        Ok(Self { socket })
    }

    pub(crate) async fn send(&mut self, text: &str) {
        self.send_message(Message::text(text)).await;
    }

    pub(crate) async fn send_message(&mut self, message: Message) {
        self.socket.send(message).await.unwrap();
    }

    pub(crate) async fn next(&mut self) -> Message {
        soon(self.socket.next()).await.expect("a frame").unwrap()
    }

    /// The next text frame.
    pub(crate) async fn text(&mut self) -> String {
        match self.next().await {
            Message::Text(text) => text.as_str().to_owned(),
            other => panic!("not a text: {other:?}"),
        }
    }

    /// The close frame's code and reason; what comes before is passed over.
    pub(crate) async fn closed(&mut self) -> (u16, String) {
        loop {
            match soon(self.socket.next()).await {
                Some(Ok(Message::Close(Some(CloseFrame { code, reason })))) => {
                    return (code.into(), reason.as_str().to_owned());
                }
                Some(Ok(Message::Close(None))) => return (1005, String::new()),
                Some(Ok(_)) => {}
                Some(Err(error)) => panic!("closed without a close frame: {error}"),
                None => panic!("closed without a close frame"),
            }
        }
    }

    /// Whether the socket ends without a close frame.
    pub(crate) async fn is_cut(&mut self) -> bool {
        loop {
            match soon(self.socket.next()).await {
                Some(Ok(Message::Close(_))) => return false,
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return true,
            }
        }
    }

    pub(crate) async fn close(&mut self, frame: Option<CloseFrame>) {
        self.socket.close(frame).await.unwrap();
        while let Some(Ok(_)) = soon(self.socket.next()).await {}
    }
}
