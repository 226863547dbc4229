//! One socket: what waits to be written, and how far the conversation is.

use std::io::{self, Write};
use std::time::Duration;

use mio::net::TcpStream;

use super::frame::{Event, FrameError, FrameReader};
use super::handshake::{self, HandshakeError};

#[derive(Debug, thiserror::Error)]
pub enum ConnectionError {
    #[error("the connection failed")]
    Io(#[from] io::Error),
    #[error("the handshake failed")]
    Handshake(#[from] HandshakeError),
    #[error("the server broke the WebSocket protocol")]
    Frame(#[from] FrameError),
    #[error("the server closed the connection")]
    Ended,
    #[error("the server closed the connection with code {0}")]
    Closed(u16),
    #[error(transparent)]
    Violation(#[from] super::ledger::Violation),
}

pub(super) struct Connection {
    pub(super) stream: TcpStream,
    /// Bytes that the socket did not take yet.
    pub(super) outbox: Vec<u8>,
    pub(super) stage: Stage,
    /// When it began to connect.
    pub(super) begun: Duration,
}

pub(super) enum Stage {
    /// The beginning of the handshake's answer.
    Opening(Vec<u8>),
    Open(FrameReader),
    Ended,
}

impl Connection {
    /// Hands the connection what a read returned. `true` when it has just become open.
    pub(super) fn received(
        &mut self,
        bytes: &[u8],
        on: impl FnMut(Event<'_>) -> Result<(), ConnectionError>,
    ) -> Result<bool, ConnectionError> {
        match &mut self.stage {
            Stage::Open(reader) => reader.feed(bytes, on).map(|()| false),
            Stage::Ended => Ok(false),
            Stage::Opening(head) => {
                head.extend_from_slice(bytes);
                let Some(length) = handshake::response(head)? else { return Ok(false) };
                let mut reader = FrameReader::default();
                reader.feed(&head[length..], on)?;
                self.stage = Stage::Open(reader);
                Ok(true)
            }
        }
    }

    /// Writes what the socket takes; the rest waits for it to become writable.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        let mut written = 0;
        let outcome = loop {
            if written == self.outbox.len() {
                break Ok(());
            }
            match self.stream.write(&self.outbox[written..]) {
                Ok(0) => break Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => written += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // A socket that is still connecting says NotConnected.
                Err(error)
                    if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::NotConnected) =>
                {
                    break Ok(());
                }
                Err(error) => break Err(error),
            }
        };
        self.outbox.drain(..written);
        if self.outbox.is_empty() && !matches!(self.stage, Stage::Open(_)) {
            // Thousands of listeners never write again.
            self.outbox = Vec::new();
        }
        outcome
    }
}
