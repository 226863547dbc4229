//! Opens a room's connections, a bounded number of handshakes at a time.

use std::io;
use std::time::Duration;

use mio::net::TcpStream;
use mio::{Interest, Token};
use serde::{Deserialize, Serialize};

use super::connection::{Connection, ConnectionError, Stage};
use super::handshake;
use super::latencies::Latencies;
use super::room::STALL_CHECK;
use super::{GeneratorError, Percentiles, Room, RoomPlan};

/// Handshakes on their way at once (performance-peers.md, section 2.1): enough to keep a server
/// busy, few enough for the listen queue of any.
const HANDSHAKES: usize = 32;

/// How fast the connections opened. Wall clock.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Opening {
    pub connections: usize,
    pub seconds: f64,
    pub per_second: f64,
    /// From the first packet to the 101.
    pub handshake: Percentiles,
}

impl Room {
    /// Opens all connections of `plan`, each as a user of its own.
    pub fn open(plan: RoomPlan) -> Result<(Self, Opening), GeneratorError> {
        let mut room = Self::new(plan)?;
        let wanted = room.plan.connections;
        let begun = room.now();
        let mut progress = (0, begun);
        while room.opened.len() < wanted {
            while room.connections.len() < wanted.min(room.opened.len() + HANDSHAKES) {
                let connection = room.connections.len();
                room.begin(connection).map_err(|error| GeneratorError::Connection {
                    connection,
                    source: ConnectionError::Io(error),
                })?;
            }
            room.turn(STALL_CHECK)?;
            let (open, now) = (room.opened.len(), room.now());
            if open > progress.0 {
                progress = (open, now);
            } else if now - progress.1 > room.plan.stall {
                return Err(GeneratorError::NotOpen { open, wanted, waited: now - progress.1 });
            }
        }
        let elapsed = (room.now() - begun).max(Duration::from_nanos(1)).as_secs_f64();
        let mut handshakes = Latencies::new()?;
        for handshake in room.opened.drain(..) {
            handshakes.record(handshake);
        }
        let handshake = handshakes.percentiles().ok_or(GeneratorError::Empty)?;
        let opening =
            Opening { connections: wanted, seconds: elapsed, per_second: wanted as f64 / elapsed, handshake };
        Ok((room, opening))
    }

    fn begin(&mut self, index: usize) -> io::Result<()> {
        let begun = self.now();
        let mut stream = TcpStream::connect(self.plan.target.address)?;
        // Without this a small frame waits for the ack of the one before it.
        stream.set_nodelay(true)?;
        // Both at once and only once: edge-triggered, a socket never has to be registered again.
        self.poll.registry().register(&mut stream, Token(index), Interest::READABLE | Interest::WRITABLE)?;
        let mut outbox = Vec::new();
        handshake::request(&self.plan.target, &self.plan.room, index, &mut outbox);
        self.connections.push(Connection { stream, outbox, stage: Stage::Opening(Vec::new()), begun });
        Ok(())
    }
}
