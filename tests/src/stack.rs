//! A Hubbub by its addresses: this process's, another one's, or a deployed one's.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client as HttpClient;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

use crate::{Client, Refused};

/// No expectation waits longer than this.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Where clients connect.
#[derive(Clone, Debug)]
pub struct Stack {
    web_socket: String,
    http: String,
    token: Option<String>,
}

impl Stack {
    /// A Hubbub on this machine.
    pub fn at(address: SocketAddr) -> Self {
        Self { web_socket: format!("ws://{address}/ws"), http: format!("http://{address}"), token: None }
    }

    /// The same for somebody who shows this token with everything they do.
    #[must_use]
    pub fn bearing(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self.clone() }
    }

    /// The WebSocket URL.
    pub fn web_socket(&self) -> &str {
        &self.web_socket
    }

    /// A client in the room `global`.
    pub async fn connect(&self, user: &str) -> Client {
        self.connect_to("global", user).await
    }

    /// A client in a room.
    pub async fn connect_to(&self, room: &str, user: &str) -> Client {
        let query = format!("room={room}&userId={user}&username={user}");
        self.try_connect(&query).await.expect("the handshake is accepted")
    }

    /// A client with this query string, or the HTTP status that refused it.
    pub async fn try_connect(&self, query: &str) -> Result<Client, Refused> {
        self.connect_with(query, &[]).await
    }

    /// A client with further headers on its handshake.
    pub async fn connect_with(&self, query: &str, headers: &[(&str, &str)]) -> Result<Client, Refused> {
        let mut url = format!("{}?{query}", self.web_socket);
        if let Some(token) = &self.token {
            url = format!("{url}&token={token}");
        }
        Client::open(&url, headers).await
    }

    /// `GET`, with status and JSON body.
    pub async fn get(&self, path: &str) -> (StatusCode, Value) {
        let (status, body) = self.request("GET", path, &[], "").await;
        let json = serde_json::from_slice(&body);
        (status, json.unwrap_or_else(|_| panic!("{path} did not answer with JSON: {body:?}")))
    }

    /// Any HTTP request to a path.
    pub async fn request(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> (StatusCode, Bytes) {
        let response = self.send(self.request_to(method, path, headers, body)).await;
        (response.status(), response.into_body())
    }

    /// The headers of the answer to any HTTP request without a body.
    pub async fn headers(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> HeaderMap {
        self.send(self.request_to(method, path, headers, "")).await.into_parts().0.headers
    }

    fn request_to(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Request<Full<Bytes>> {
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.http));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        request.body(Full::from(body.to_owned())).unwrap()
    }

    async fn send(&self, request: Request<Full<Bytes>>) -> Response<Bytes> {
        let client = HttpClient::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
        let answer = async {
            let (parts, body) = client.request(request).await.expect("an HTTP answer").into_parts();
            Response::from_parts(parts, body.collect().await.expect("a whole body").to_bytes())
        };
        tokio::time::timeout(PATIENCE, answer).await.expect("an HTTP answer in time")
    }

    /// All messages of a room, read page by page from the beginning.
    pub async fn history(&self, room: &str) -> Vec<Value> {
        let mut all = Vec::new();
        let mut after = Some(0);
        while let Some(cursor) = after {
            let (status, page) =
                self.get(&format!("/api/rooms/{room}/messages?limit=200&after={cursor}")).await;
            assert_eq!(status, StatusCode::OK, "{page}");
            all.extend(page["messages"].as_array().unwrap().iter().cloned());
            after = page["next"].as_u64();
        }
        all
    }

    /// Open connections, as `/health` counts them.
    pub async fn clients(&self) -> u64 {
        let (_, health) = self.get("/health").await;
        health["clients"].as_u64().unwrap_or_else(|| panic!("no clients in {health}"))
    }

    /// Waits until `/health` counts this many open connections.
    pub async fn expect_clients(&self, expected: u64) {
        eventually(&format!("{expected} clients"), async || {
            let clients = self.clients().await;
            (clients == expected).then_some(()).ok_or(clients)
        })
        .await;
    }
}

/// Looks again and again until `look` gives a value; panics with the last thing seen otherwise.
pub async fn eventually<T, E: std::fmt::Debug>(what: &str, mut look: impl AsyncFnMut() -> Result<T, E>) -> T {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        match look().await {
            Ok(value) => return value,
            Err(seen) if tokio::time::Instant::now() > deadline => {
                panic!("{what} did not come about: {seen:?}")
            }
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}
