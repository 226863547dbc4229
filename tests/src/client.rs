//! Somebody at the other end of a WebSocket.

use std::collections::VecDeque;

use futures_util::{SinkExt, StreamExt};
use http::StatusCode;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use crate::stack::PATIENCE;

/// An open connection. What comes in is kept until it is asked for.
#[derive(Debug)]
pub struct Client {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    inbox: VecDeque<Value>,
}

/// The HTTP answer to a handshake that was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Its status.
    pub status: StatusCode,
    /// Its body.
    pub body: String,
}

impl Client {
    pub(crate) async fn open(url: &str, headers: &[(&str, &str)]) -> Result<Self, Refused> {
        let mut request = url.into_client_request().expect("a WebSocket URL");
        for (name, value) in headers {
            let name: http::HeaderName = name.parse().expect("a header name");
            request.headers_mut().insert(name, value.parse().expect("a header value"));
        }
        let connecting = tokio_tungstenite::connect_async(request);
        match timeout(PATIENCE, connecting).await.expect("the handshake ends in time") {
            Ok((socket, _)) => Ok(Self { socket, inbox: VecDeque::new() }),
            Err(Error::Http(response)) => {
                let body = response.body().clone().unwrap_or_default();
                Err(Refused { status: response.status(), body: String::from_utf8_lossy(&body).into_owned() })
            }
            Err(error) => panic!("the handshake failed: {error}"),
        }
    }

    /// Says something to the room and returns the ack.
    pub async fn say(&mut self, content: &str) -> Value {
        self.send(&json!({"action": "sendMessage", "content": content})).await;
        self.expect("ack").await
    }

    /// Says something under a nonce, again and again while the service answers `internal`, as a
    /// client should. Returns the ack, and how often it had to be repeated.
    pub async fn say_until_stored(&mut self, content: &str, nonce: &str) -> (Value, usize) {
        let frame = json!({"action": "sendMessage", "content": content, "nonce": nonce});
        for repeated in 0.. {
            self.send(&frame).await;
            let answer = loop {
                let is_answer = |frame: &Value| {
                    frame["nonce"] == nonce && (frame["type"] == "ack" || frame["type"] == "error")
                };
                if let Some(at) = self.inbox.iter().position(is_answer) {
                    break self.inbox.remove(at).unwrap();
                }
                self.receive("an answer").await;
            };
            if answer["type"] == "ack" {
                return (answer, repeated);
            }
            assert_eq!(answer["code"], "internal", "{answer}");
        }
        unreachable!("a message is stored or the test runs out of patience")
    }

    /// Sends a JSON frame.
    pub async fn send(&mut self, frame: &Value) {
        self.send_text(&frame.to_string()).await;
    }

    /// Sends a text frame, JSON or not.
    pub async fn send_text(&mut self, text: &str) {
        self.send_raw(Message::text(text)).await;
    }

    /// Sends a binary frame.
    pub async fn send_binary(&mut self, data: &[u8]) {
        self.send_raw(Message::binary(data.to_vec())).await;
    }

    async fn send_raw(&mut self, message: Message) {
        self.socket.send(message).await.expect("the frame can be sent");
    }

    /// The next frame of a type; frames of other types stay in the inbox.
    pub async fn expect(&mut self, kind: &str) -> Value {
        loop {
            if let Some(at) = self.inbox.iter().position(|frame| frame["type"] == kind) {
                return self.inbox.remove(at).unwrap();
            }
            self.receive(kind).await;
        }
    }

    /// The next `ack` or `error`.
    pub async fn expect_answer(&mut self) -> Value {
        loop {
            let is_answer = |frame: &Value| frame["type"] == "ack" || frame["type"] == "error";
            if let Some(at) = self.inbox.iter().position(is_answer) {
                return self.inbox.remove(at).unwrap();
            }
            self.receive("an answer").await;
        }
    }

    /// The chat message with this content.
    pub async fn expect_message(&mut self, content: &str) -> Value {
        loop {
            let wanted = |frame: &Value| frame["type"] == "chat" && frame["content"] == content;
            if let Some(at) = self.inbox.iter().position(wanted) {
                return self.inbox.remove(at).unwrap();
            }
            self.receive(content).await;
        }
    }

    /// The next `error` frame, which must have this code.
    pub async fn expect_error(&mut self, code: &str) -> Value {
        let error = self.expect("error").await;
        assert_eq!(error["code"], code, "{error}");
        error
    }

    /// Everything that came in so far but notices of presence, which come when they come: whatever
    /// was on its way before this call is in it.
    pub async fn drain(&mut self) -> Vec<Value> {
        let mut frames = self.drain_all().await;
        frames.retain(|frame| !["join", "leave", "presence"].iter().any(|kind| frame["type"] == *kind));
        frames
    }

    /// Everything that came in so far.
    pub async fn drain_all(&mut self) -> Vec<Value> {
        self.send(&json!({"action": "ping"})).await;
        while !self.inbox.iter().any(|frame| frame["type"] == "pong") {
            self.receive("pong").await;
        }
        let frames: Vec<_> = self.inbox.drain(..).collect();
        frames.into_iter().filter(|frame| frame["type"] != "pong").collect()
    }

    /// Reads to the server's close frame and returns its code.
    pub async fn expect_close(&mut self) -> u16 {
        loop {
            match timeout(PATIENCE, self.socket.next()).await.expect("a close frame in time") {
                Some(Ok(Message::Close(Some(CloseFrame { code, .. })))) => return code.into(),
                Some(Ok(Message::Close(None))) => return 1005,
                Some(Ok(_)) => {}
                other => panic!("the connection ended without a close frame: {other:?}"),
            }
        }
    }

    /// Leaves with a close frame.
    pub async fn leave(self) {
        self.leave_with(None).await;
    }

    /// Leaves with a close frame that gives a reason.
    pub async fn leave_saying(self, reason: &str) {
        self.leave_with(Some(CloseFrame { code: CloseCode::Normal, reason: reason.into() })).await;
    }

    async fn leave_with(mut self, frame: Option<CloseFrame>) {
        self.socket.close(frame).await.expect("a close frame can be sent");
        // The server's answer ends the stream.
        while let Ok(Some(Ok(_))) = timeout(PATIENCE, self.socket.next()).await {}
    }

    /// The network goes away: no close frame, and nothing that arrives is answered.
    pub fn vanish(self) {
        drop(self.socket);
    }

    async fn receive(&mut self, wanted: &str) {
        let next = timeout(PATIENCE, self.socket.next());
        let next = next.await.unwrap_or_else(|_| panic!("{wanted} did not come; there is {:?}", self.inbox));
        match next {
            // One frame holds one or more objects, a line each.
            Some(Ok(Message::Text(text))) => {
                let frames = text.lines().map(|line| {
                    serde_json::from_str(line).unwrap_or_else(|_| panic!("a frame is not JSON: {text}"))
                });
                self.inbox.extend(frames);
            }
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
            other => panic!("{wanted} did not come but {other:?}; there is {:?}", self.inbox),
        }
    }
}
