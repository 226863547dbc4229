//! The event loop around the connections of one room.

use std::io::{self, Read};
use std::mem;
use std::time::{Duration, Instant};

use mio::{Events, Poll};

use super::connection::{Connection, ConnectionError, Stage};
use super::frame::{self, Event};
use super::inbox::{self, SENDER};
use super::ledger::{Ledger, Missing};
use super::message::Markers;
use super::{Target, Violation};

/// One read takes up to this many bytes: about 600 merged chat messages.
const READ_BYTES: usize = 256 * 1024;
/// Sockets served per call to epoll.
const EVENTS: usize = 1_024;
/// How often a stall is looked for while nothing arrives.
pub(super) const STALL_CHECK: Duration = Duration::from_millis(20);
/// How long a repeated delivery is waited for after the last one that was owed.
const AFTERMATH: Duration = Duration::from_millis(200);

#[derive(Debug, thiserror::Error)]
pub enum GeneratorError {
    #[error("connection {connection}")]
    Connection {
        connection: usize,
        #[source]
        source: ConnectionError,
    },
    #[error("the event loop failed")]
    Io(#[from] io::Error),
    #[error("nothing arrived for {waited:?}; {missing}")]
    Stalled { waited: Duration, missing: Missing },
    #[error("{open} of {wanted} connections are open after {waited:?} without a new one")]
    NotOpen { open: usize, wanted: usize, waited: Duration },
    #[error("frames still arrive after {0:?}, so nothing measured now would be an idle figure")]
    NotQuiet(Duration),
    #[error("the receipts do not add up")]
    Violation(#[from] Violation),
    #[error("the measured time was too short for a single sample")]
    Empty,
    #[error("cannot make a histogram")]
    Histogram(#[from] hdrhistogram::CreationError),
}

/// What is the same for every phase of a room.
#[derive(Clone, Debug)]
pub struct RoomPlan {
    pub target: Target,
    /// The room's name; must be new, or history and others would be in it.
    pub room: String,
    /// Tells this run's messages from those of any other.
    pub run: u32,
    pub connections: usize,
    /// Bytes of a message's content.
    pub payload: usize,
    /// How long nothing may arrive, while something is owed, before the run is an error.
    pub stall: Duration,
}

/// N open connections. Dropping it drops the sockets; [`Room::close`] ends them as a client should.
pub struct Room {
    pub(super) plan: RoomPlan,
    pub(super) poll: Poll,
    events: Events,
    /// The sockets of one turn, and whether their other end has finished writing.
    ready: Vec<(usize, bool)>,
    pub(super) connections: Vec<Connection>,
    /// How long each handshake took, in the order in which they ended.
    pub(super) opened: Vec<Duration>,
    ended: usize,
    closing: bool,
    pub(super) ledger: Ledger,
    markers: Markers,
    buffer: Box<[u8]>,
    /// Text or frames that are being put together.
    scratch: Vec<u8>,
    epoch: Instant,
    /// Totals, and when they last changed or nothing was owed.
    progress: (u64, Duration),
}

impl Room {
    pub(super) fn new(plan: RoomPlan) -> Result<Self, GeneratorError> {
        Ok(Self {
            poll: Poll::new()?,
            events: Events::with_capacity(EVENTS),
            ready: Vec::with_capacity(EVENTS),
            connections: Vec::with_capacity(plan.connections),
            opened: Vec::with_capacity(plan.connections),
            ended: 0,
            closing: false,
            ledger: Ledger::new(plan.connections)?,
            markers: Markers::new(plan.run, plan.payload),
            buffer: vec![0; READ_BYTES].into_boxed_slice(),
            scratch: Vec::new(),
            epoch: Instant::now(),
            progress: (0, Duration::ZERO),
            plan,
        })
    }

    /// The generator's clock, on which the stamps of messages are.
    pub(super) fn now(&self) -> Duration {
        self.epoch.elapsed()
    }

    /// Waits up to `timeout` for sockets and serves all that are ready. `false` if none was.
    pub(super) fn turn(&mut self, timeout: Duration) -> Result<bool, GeneratorError> {
        match self.poll.poll(&mut self.events, Some(timeout)) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(error.into()),
            _ => {}
        }
        let mut ready = mem::take(&mut self.ready);
        ready.clear();
        ready.extend(self.events.iter().map(|event| (event.token().0, event.is_read_closed())));
        for &(connection, read_closed) in &ready {
            self.serve(connection, read_closed)
                .map_err(|source| GeneratorError::Connection { connection, source })?;
        }
        self.ready = ready;
        Ok(!self.ready.is_empty())
    }

    /// Like [`Room::turn`], but an error when something has been owed for too long.
    pub(super) fn turn_or_stall(&mut self, timeout: Duration) -> Result<(), GeneratorError> {
        self.turn(timeout)?;
        let (now, totals) = (self.now(), self.ledger.totals);
        let count = totals.deliveries + totals.acks;
        if count > self.progress.0 || self.ledger.in_flight() == 0 {
            self.progress = (count, now);
        }
        let waited = now.saturating_sub(self.progress.1);
        if waited < self.plan.stall {
            return Ok(());
        }
        Err(GeneratorError::Stalled { waited, missing: self.ledger.missing() })
    }

    fn serve(&mut self, index: usize, read_closed: bool) -> Result<(), ConnectionError> {
        let Self { connections, ledger, markers, buffer, scratch, closing, .. } = self;
        let connection = &mut connections[index];
        if !connection.outbox.is_empty() {
            connection.flush()?;
        }
        loop {
            let count = match connection.stream.read(buffer) {
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                // The first event of a socket says that it is connected, not that it has bytes.
                Err(error)
                    if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::NotConnected) =>
                {
                    return Ok(());
                }
                Err(error) if error.kind() == io::ErrorKind::ConnectionReset && *closing => 0,
                Err(error) => return Err(error.into()),
            };
            if count == 0 {
                if !*closing {
                    return Err(ConnectionError::Ended);
                }
                if !matches!(mem::replace(&mut connection.stage, Stage::Ended), Stage::Ended) {
                    self.ended += 1;
                }
                return Ok(());
            }
            let now = self.epoch.elapsed();
            let opened = connection.received(&buffer[..count], |event| {
                match event {
                    Event::Text(text) if !*closing => inbox::text(markers, ledger, index, now, text)?,
                    Event::Ping(payload) => frame::write_pong(payload, count as u32, scratch),
                    Event::Close(code) if !*closing => {
                        return Err(code.map_or(ConnectionError::Ended, ConnectionError::Closed));
                    }
                    Event::Text(_) | Event::Pong | Event::Close(_) => {}
                }
                Ok(())
            })?;
            if opened {
                self.opened.push(now.saturating_sub(connection.begun));
            }
            if !scratch.is_empty() {
                connection.outbox.append(scratch);
                connection.flush()?;
            }
            // A read that left room in the buffer has emptied the socket (epoll(7), question 9), so
            // asking once more would only cost a system call; unless the end is waiting, for which
            // no new event comes.
            if count < buffer.len() && !read_closed {
                return Ok(());
            }
        }
    }

    /// Puts one message into the sender's outbox. [`Room::flush`] sends it.
    pub(super) fn post(&mut self) -> Result<(), GeneratorError> {
        let marker = self.ledger.send(self.epoch.elapsed());
        self.scratch.clear();
        self.markers.write(marker, &mut self.scratch)?;
        // An odd multiplier makes every key of a run different.
        let key = marker.message.wrapping_mul(0x9E37_79B1);
        frame::write_text(&self.scratch, key, &mut self.connections[SENDER].outbox);
        self.scratch.clear();
        Ok(())
    }

    pub(super) fn flush(&mut self) -> Result<(), GeneratorError> {
        let flushed = self.connections[SENDER].flush();
        flushed.map_err(|error| GeneratorError::Connection { connection: SENDER, source: error.into() })
    }

    /// Serves the sockets for `time`, whatever arrives.
    pub(super) fn watch(&mut self, time: Duration) -> Result<(), GeneratorError> {
        let until = self.now() + time;
        while let Some(left) = until.checked_sub(self.now()) {
            self.turn(left)?;
        }
        Ok(())
    }

    /// Waits for everything owed, and a little longer for what is too much.
    pub(super) fn drain(&mut self) -> Result<(), GeneratorError> {
        while self.ledger.in_flight() > 0 {
            self.turn_or_stall(STALL_CHECK)?;
        }
        self.watch(AFTERMATH)?;
        Ok(self.ledger.settle()?)
    }

    /// Waits until nothing has arrived for `quiet`; an error if that does not come within `limit`.
    pub fn wait_until_quiet(&mut self, quiet: Duration, limit: Duration) -> Result<(), GeneratorError> {
        let begun = self.now();
        while self.turn(quiet)? {
            if self.now() - begun > limit {
                return Err(GeneratorError::NotQuiet(limit));
            }
        }
        Ok(())
    }

    /// Says goodbye on every connection and waits up to `limit` for the server to hang up; what is
    /// open after that is dropped. Returns how many the server ended.
    pub fn close(mut self, limit: Duration) -> Result<usize, GeneratorError> {
        self.closing = true;
        for (index, connection) in self.connections.iter_mut().enumerate() {
            frame::write_close(index as u32, &mut connection.outbox);
            // A server that is gone already has ended the connection, which is what is wanted.
            if connection.flush().is_err() && !matches!(connection.stage, Stage::Ended) {
                connection.stage = Stage::Ended;
                self.ended += 1;
            }
        }
        let until = self.now() + limit;
        while self.ended < self.connections.len()
            && let Some(left) = until.checked_sub(self.now())
        {
            self.turn(left)?;
        }
        Ok(self.ended)
    }
}
