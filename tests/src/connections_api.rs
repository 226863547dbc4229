//! An `@connections` API whose answers are written down beforehand, on a real socket: what it
//! answers is sent to the byte, so it can also answer what no HTTP library would.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// What a post is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// These bytes.
    Bytes(&'static str),
    /// The connection is reset.
    Reset,
    /// Nothing, ever.
    Silence,
}

impl Answer {
    /// Accepted.
    pub const OK: Self = Self::Bytes("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    /// As AWS says it: an empty body, and the name in a header.
    pub const GONE: Self =
        Self::Bytes("HTTP/1.1 410 Gone\r\nx-amzn-errortype: GoneException\r\ncontent-length: 0\r\n\r\n");
    /// Only the status.
    pub const BARE_GONE: Self = Self::Bytes("HTTP/1.1 410 Gone\r\ncontent-length: 0\r\n\r\n");
    /// Too much.
    pub const THROTTLED: Self = Self::Bytes(
        "HTTP/1.1 429 Too Many Requests\r\nx-amzn-errortype: LimitExceededException\r\n\
         content-length: 0\r\n\r\n",
    );
    /// Something is wrong in there.
    pub const INTERNAL: Self =
        Self::Bytes("HTTP/1.1 500 Internal Server Error\r\ncontent-length: 2\r\n\r\n{}");
    /// Not HTTP.
    pub const GARBAGE: Self = Self::Bytes("\u{1}\u{2}\u{3} what?\r\n\r\n");
}

/// A post that came in.
#[derive(Clone, Debug)]
pub struct Post {
    /// The connection's id as it stood in the path.
    pub id: String,
    /// The whole path.
    pub path: String,
    /// The frame.
    pub frame: String,
    /// What it was answered.
    pub answer: Answer,
}

/// The API. It stops when it is dropped.
#[derive(Debug)]
pub struct ConnectionsApi {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    _tasks: JoinSet<()>,
}

#[derive(Debug, Default)]
struct State {
    scripts: HashMap<String, Vec<Answer>>,
    posts: Vec<Post>,
}

impl ConnectionsApi {
    /// On a free loopback port. Everybody is there.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound listener has one");
        let state = Arc::<Mutex<State>>::default();
        let mut tasks = JoinSet::new();
        tasks.spawn(accept(listener, state.clone()));
        Self { address, state, _tasks: tasks }
    }

    /// The endpoint, stage included.
    pub fn endpoint(&self) -> String {
        format!("http://{}/ws", self.address)
    }

    /// Posts to a connection are answered so, one after the other; the last answer stays.
    pub fn script(&self, id: &str, answers: &[Answer]) {
        self.state.lock().unwrap().scripts.insert(id.to_owned(), answers.to_vec());
    }

    /// All posts to a connection so far.
    pub fn posts(&self, id: &str) -> Vec<Post> {
        self.state.lock().unwrap().posts.iter().filter(|post| post.id == id).cloned().collect()
    }

    /// The frames that a connection got.
    pub fn delivered(&self, id: &str) -> Vec<String> {
        let posts = self.posts(id).into_iter().filter(|post| post.answer == Answer::OK);
        posts.map(|post| post.frame).collect()
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

async fn serve(mut stream: TcpStream, state: &Mutex<State>) -> io::Result<()> {
    let mut buffer = Vec::new();
    loop {
        let Some((path, frame)) = request(&mut stream, &mut buffer).await? else { return Ok(()) };
        let answer = state.lock().unwrap().answer(path, frame);
        match answer {
            Answer::Bytes(bytes) => stream.write_all(bytes.as_bytes()).await?,
            Answer::Reset => return stream.set_zero_linger(),
            Answer::Silence => std::future::pending().await,
        }
    }
}

impl State {
    fn answer(&mut self, path: String, frame: String) -> Answer {
        let id = path.rsplit('/').next().unwrap_or_default().replace("%3D", "=");
        let earlier = self.posts.iter().filter(|post| post.id == id).count();
        let script = self.scripts.get(&id).map_or(&[Answer::OK][..], Vec::as_slice);
        let answer = *script.get(earlier).or(script.last()).expect("a script has an answer");
        self.posts.push(Post { id, path, frame, answer });
        answer
    }
}

/// Path and body of the next request; `None` at the end of the connection.
async fn request(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> io::Result<Option<(String, String)>> {
    loop {
        let mut headers = [httparse::EMPTY_HEADER; 64];
        let mut head = httparse::Request::new(&mut headers);
        let parsed = head.parse(buffer).map_err(io::Error::other)?;
        if let httparse::Status::Complete(body) = parsed {
            let length = head.headers.iter().find(|h| h.name.eq_ignore_ascii_case("content-length"));
            let length = length.map_or(Ok(0), |h| String::from_utf8_lossy(h.value).parse());
            let end = body + length.map_err(io::Error::other)?;
            if buffer.len() >= end {
                let path = head.path.unwrap_or_default().to_owned();
                let frame = String::from_utf8_lossy(&buffer[body..end]).into_owned();
                buffer.drain(..end);
                return Ok(Some((path, frame)));
            }
        }
        if stream.read_buf(buffer).await? == 0 {
            return Ok(None);
        }
    }
}
