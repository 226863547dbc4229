//! A WebSocket client without manners: sends any bytes, shows every frame.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::harness::soon;

pub(crate) const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
/// The answer to `KEY` that RFC 6455 gives in section 1.3.
pub(crate) const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/// A handshake with more headers.
pub(crate) fn handshake(address: SocketAddr, target: &str, headers: &str) -> String {
    format!(
        "GET {target} HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\n{headers}\r\n"
    )
}

pub(crate) struct RawClient {
    pub(crate) stream: TcpStream,
    /// The head of the answer to the handshake.
    pub(crate) answer: String,
}

impl RawClient {
    pub(crate) async fn connect(address: SocketAddr, target: &str) -> Self {
        Self::connect_with(address, &handshake(address, target, "")).await
    }

    pub(crate) async fn connect_with(address: SocketAddr, request: &str) -> Self {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n") {
            answer.push(soon(stream.read_u8()).await.unwrap());
        }
        Self { stream, answer: String::from_utf8(answer).unwrap() }
    }

    pub(crate) async fn send(&mut self, first: u8, payload: &[u8]) {
        self.stream.write_all(&frame(first, payload)).await.unwrap();
    }

    /// The next frame: its first byte and its payload; `None` once the server closed.
    pub(crate) async fn next(&mut self) -> Option<(u8, Vec<u8>)> {
        let first = soon(self.stream.read_u8()).await.ok()?;
        let length = match self.stream.read_u8().await.unwrap() {
            126 => usize::from(self.stream.read_u16().await.unwrap()),
            127 => usize::try_from(self.stream.read_u64().await.unwrap()).unwrap(),
            short => usize::from(short),
        };
        let mut payload = vec![0; length];
        soon(self.stream.read_exact(&mut payload)).await.unwrap();
        Some((first, payload))
    }

    /// The code of the close frame, which must be the next one, with nothing but the end behind it.
    pub(crate) async fn close_code(&mut self) -> u16 {
        let (first, payload) = self.next().await.expect("a close frame");
        assert_eq!(first, 0x88);
        assert!(self.next().await.is_none(), "the server closes after its close frame");
        u16::from_be_bytes([payload[0], payload[1]])
    }
}

/// A masked frame.
pub(crate) fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    const MASK: [u8; 4] = [1, 2, 3, 4];
    let mut wire = vec![first];
    match u16::try_from(payload.len()) {
        Ok(short @ 0..=125) => wire.push(0x80 | short as u8),
        Ok(long) => {
            wire.push(0x80 | 126);
            wire.extend(long.to_be_bytes());
        }
        Err(_) => {
            wire.push(0x80 | 127);
            wire.extend((payload.len() as u64).to_be_bytes());
        }
    }
    wire.extend(MASK);
    wire.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    wire
}
