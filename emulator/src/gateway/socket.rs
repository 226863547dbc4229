//! An open connection's socket: a future that reads, writes, keeps the time limits and ends with
//! the connection. Small, and with no buffer of its own while nothing is pending, since it is most
//! of what an idle connection costs.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::Future;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

use super::connection::Connection;
use super::ending::Ending;
use super::message;
use crate::codec::{Close, Decoder, EncodedFrame, Incoming, Violation};
use crate::doubts::EndingCause;

/// What one read takes at most; a thread has one such buffer for all of its connections.
const SCRATCH_BYTES: usize = 64 * 1024;

/// Frames in one write.
const MAX_SLICES: usize = 64;

thread_local! {
    static SCRATCH: RefCell<Box<[u8]>> = RefCell::new(vec![0; SCRATCH_BYTES].into_boxed_slice());
}

/// Resolves to how the connection ended. By then the connection is in no registry.
pub(super) struct Socket<IO> {
    io: IO,
    connection: Arc<Connection>,
    decoder: Decoder,
    /// What has arrived and is not looked at yet: behind the handshake, or behind as many messages as may be
    /// handled at once.
    unread: Bytes,
    /// Taken from the outbox and not yet written.
    writing: VecDeque<Bytes>,
    /// Bytes of `writing` that the outbox counts; the handshake's answer is not among them.
    counted: usize,
    phase: Phase,
    timer: Pin<Box<Sleep>>,
}

enum Phase {
    Open,
    /// Our close frame is queued. Whatever still arrives is thrown away until the client closes too:
    /// dropping the socket with unread bytes would reset it, and the client would lose that frame.
    Closing {
        ending: Ending,
        /// The client's close frame is here as well, so the socket is ours to close (RFC 6455, 7.1.1).
        answered: bool,
        /// The client broke the protocol: its bytes mean nothing any more.
        deaf: bool,
        /// Everything is written and our side of the socket closed.
        shut: bool,
    },
}

impl<IO: AsyncRead + AsyncWrite + Unpin> Socket<IO> {
    /// `answer` is the 101, which leaves in one write with whatever was posted meanwhile; `None` if it
    /// is written already.
    pub(super) fn new(io: IO, connection: Arc<Connection>, answer: Option<Bytes>, unread: Bytes) -> Self {
        let timer = Box::pin(tokio::time::sleep_until(connection.deadline()));
        let decoder = connection.decoder();
        Self {
            io,
            connection,
            decoder,
            unread,
            writing: answer.into_iter().collect(),
            counted: 0,
            phase: Phase::Open,
            timer,
        }
    }

    /// From here on posts get 410. What was queued before still leaves.
    fn close(&mut self, ending: Ending, answered: bool) {
        self.connection.api.connections.remove(self.connection.id());
        self.take_queued();
        let frame = EncodedFrame::close(ending.code, if answered { "" } else { &ending.reason });
        self.writing.push_back(frame.into_wire());
        self.timer.as_mut().reset(Instant::now() + self.connection.api.limits.close_grace);
        self.phase = Phase::Closing { ending, answered, deaf: false, shut: false };
    }

    fn take_queued(&mut self) -> Option<Ending> {
        let before = self.writing.len();
        let ending = self.connection.outbox.take(&mut self.writing);
        self.counted += self.writing.iter().skip(before).map(Bytes::len).sum::<usize>();
        ending
    }

    fn poll_timer(&mut self, cx: &mut Context<'_>) -> Poll<Ending> {
        while self.timer.as_mut().poll(cx).is_ready() {
            match &self.phase {
                Phase::Closing { ending, .. } => return Poll::Ready(ending.clone()),
                Phase::Open => {
                    let deadline = self.connection.deadline();
                    if deadline <= Instant::now() {
                        let lifetime = || self.connection.api.doubts.ending(EndingCause::Lifetime);
                        let chosen = self.connection.is_too_old().then(lifetime).flatten();
                        self.close(chosen.unwrap_or(Ending::GOING_AWAY), false);
                    } else {
                        self.timer.as_mut().reset(deadline);
                    }
                }
            }
        }
        Poll::Pending
    }

    /// Writes until everything is out.
    fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if matches!(self.phase, Phase::Open)
            && let Some(ending) = self.take_queued()
        {
            // A fault that was wanted: no goodbye, and nothing more is written.
            if ending == Ending::LOST {
                return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
            }
            self.close(ending, false);
        }
        while !self.writing.is_empty() {
            let mut slices = [IoSlice::new(&[]); MAX_SLICES];
            let frames = self.writing.iter().take(MAX_SLICES);
            let used =
                slices.iter_mut().zip(frames).map(|(slice, frame)| *slice = IoSlice::new(frame)).count();
            let written = ready!(Pin::new(&mut self.io).poll_write_vectored(cx, &slices[..used]))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.advance(written);
        }
        // Of no use for TCP, but a TLS stream keeps bytes back until it is flushed.
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn advance(&mut self, mut written: usize) {
        let counted = written.min(self.counted);
        self.counted -= counted;
        self.connection.outbox.written(counted);
        while let Some(frame) = self.writing.front_mut() {
            if written < frame.len() {
                frame.advance(written);
                return;
            }
            written -= frame.len();
            self.writing.pop_front();
        }
    }

    /// Reads once. Ready with `Some` if the connection is over.
    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Option<Ending>> {
        if !self.unread.is_empty() {
            let unread = std::mem::take(&mut self.unread);
            let rest = self.received(&unread);
            self.unread = unread.slice(unread.len() - rest..);
            return Poll::Ready(None);
        }
        SCRATCH.with_borrow_mut(|scratch| {
            let mut buffer = ReadBuf::new(scratch);
            let result = ready!(Pin::new(&mut self.io).poll_read(cx, &mut buffer));
            let received = buffer.filled();
            if result.is_err() || received.is_empty() {
                return Poll::Ready(Some(match &self.phase {
                    Phase::Open => Ending::LOST,
                    Phase::Closing { ending, .. } => ending.clone(),
                }));
            }
            let rest = self.received(received);
            self.unread = Bytes::copy_from_slice(&received[received.len() - rest..]);
            Poll::Ready(None)
        })
    }

    /// Returns how many of the bytes have to wait, because so many messages are being handled.
    fn received(&mut self, mut bytes: &[u8]) -> usize {
        loop {
            let is_open = match &mut self.phase {
                Phase::Open if self.connection.is_busy() => return bytes.len(),
                Phase::Open => true,
                Phase::Closing { deaf: true, .. } => return 0,
                Phase::Closing { .. } => false,
            };
            match self.decoder.next(&mut bytes) {
                Ok(None) => return 0,
                Ok(Some(Incoming::Close(close))) => {
                    self.received_close(close);
                    return 0;
                }
                Ok(Some(_)) if !is_open => {}
                Ok(Some(Incoming::Text(body))) => message::spawn(&self.connection, body),
                Ok(Some(Incoming::Ping(payload))) => self.received_ping(&payload),
                Ok(Some(Incoming::Pong)) => {}
                Err(violation) => {
                    self.violated(violation);
                    return 0;
                }
            }
        }
    }

    fn received_ping(&self, payload: &[u8]) {
        let limits = &self.connection.api.limits;
        if limits.pings_keep_alive {
            self.connection.touch();
        }
        let pong = EncodedFrame::pong(payload).into_wire();
        if self.connection.outbox.push(pong, limits.outbound_bytes).is_err() {
            tracing::debug!(connection = %self.connection.id(), "a client that reads nothing loses a pong");
        }
    }

    fn received_close(&mut self, close: Close) {
        match &mut self.phase {
            Phase::Open => self.close(Ending::by_client(close), true),
            Phase::Closing { answered, .. } => *answered = true,
        }
    }

    fn violated(&mut self, violation: Violation) {
        if matches!(self.phase, Phase::Open) {
            tracing::debug!(connection = %self.connection.id(), %violation, "closing a connection");
            self.close(self.connection.api.doubts.violated(violation), false);
        }
        if let Phase::Closing { deaf, .. } = &mut self.phase {
            *deaf = true;
        }
        // Whatever it holds of a message will not be needed.
        self.decoder = Decoder::default();
    }
}

impl<IO: AsyncRead + AsyncWrite + Unpin> Future for Socket<IO> {
    type Output = Ending;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Ending> {
        let this = self.get_mut();
        this.connection.outbox.register(cx.waker());
        loop {
            if let Poll::Ready(ending) = this.poll_timer(cx) {
                return Poll::Ready(ending);
            }
            let flushed = this.poll_write(cx);
            match (&mut this.phase, flushed) {
                (Phase::Open, Poll::Ready(Err(_))) => {
                    this.connection.api.connections.remove(this.connection.id());
                    return Poll::Ready(Ending::LOST);
                }
                (Phase::Closing { ending, .. }, Poll::Ready(Err(_))) => return Poll::Ready(ending.clone()),
                (Phase::Closing { ending, answered, shut, .. }, Poll::Ready(Ok(()))) => {
                    if !*shut {
                        let finished = ready!(Pin::new(&mut this.io).poll_shutdown(cx));
                        *shut = true;
                        *answered |= finished.is_err();
                    }
                    if *answered {
                        return Poll::Ready(ending.clone());
                    }
                }
                _ => {}
            }
            if matches!(this.phase, Phase::Open) && this.connection.is_busy() {
                return Poll::Pending;
            }
            match ready!(this.poll_read(cx)) {
                None => {}
                Some(ending) => {
                    this.connection.api.connections.remove(this.connection.id());
                    return Poll::Ready(ending);
                }
            }
        }
    }
}
