//! Something that answers HTTP requests as a test says: an identity provider, Secrets Manager.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// It stops when it is dropped.
#[derive(Debug)]
pub struct HttpServer {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    _tasks: JoinSet<()>,
}

/// What a request is answered.
#[derive(Clone, Debug)]
pub struct Answered {
    /// The status, 200 for example.
    pub status: u16,
    /// Headers besides the length.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

impl Answered {
    /// 200 with a body.
    pub fn ok(body: impl Into<String>) -> Self {
        Self { status: 200, headers: Vec::new(), body: body.into() }
    }

    /// Another status, without a body.
    pub fn status(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: String::new() }
    }

    /// With a header more.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }
}

type Answer = dyn Fn(&str) -> Answered + Send + Sync;

struct State {
    answer: Arc<Answer>,
    requests: usize,
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State").field("requests", &self.requests).finish_non_exhaustive()
    }
}

impl HttpServer {
    /// On a free loopback port; each request is answered by its body.
    pub async fn start(answer: impl Fn(&str) -> Answered + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound listener has one");
        let state = Arc::new(Mutex::new(State { answer: Arc::new(answer), requests: 0 }));
        let mut tasks = JoinSet::new();
        tasks.spawn(accept(listener, state.clone()));
        Self { address, state, _tasks: tasks }
    }

    /// From now on something else is answered.
    pub fn answer(&self, answer: impl Fn(&str) -> Answered + Send + Sync + 'static) {
        self.state.lock().unwrap().answer = Arc::new(answer);
    }

    /// Without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Requests so far.
    pub fn requests(&self) -> usize {
        self.state.lock().unwrap().requests
    }
}

async fn accept(listener: TcpListener, state: Arc<Mutex<State>>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let state = state.clone();
        connections.spawn(async move {
            // A client that goes away in the middle of a request needs no answer.
            let _gone = serve(stream, &state).await;
        });
    }
}

/// One request for each connection.
async fn serve(mut stream: TcpStream, state: &Mutex<State>) -> std::io::Result<()> {
    let mut buffer = Vec::new();
    let body = loop {
        let mut headers = [httparse::EMPTY_HEADER; 64];
        let mut head = httparse::Request::new(&mut headers);
        if let httparse::Status::Complete(start) = head.parse(&buffer).map_err(std::io::Error::other)? {
            let length = head.headers.iter().find(|h| h.name.eq_ignore_ascii_case("content-length"));
            let length = length.map_or(Ok(0), |h| String::from_utf8_lossy(h.value).parse());
            let end = start + length.map_err(std::io::Error::other)?;
            if buffer.len() >= end {
                break String::from_utf8_lossy(&buffer[start..end]).into_owned();
            }
        }
        if stream.read_buf(&mut buffer).await? == 0 {
            return Ok(());
        }
    };
    let answer = {
        let mut state = state.lock().unwrap();
        state.requests += 1;
        state.answer.clone()
    };
    let Answered { status, headers, body } = answer(&body);
    let mut response =
        format!("HTTP/1.1 {status} Test\r\nconnection: close\r\ncontent-length: {}\r\n", body.len());
    for (name, value) in headers {
        response += &format!("{name}: {value}\r\n");
    }
    response += "\r\n";
    response += &body;
    stream.write_all(response.as_bytes()).await?;
    stream.shutdown().await
}
