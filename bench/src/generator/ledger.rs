//! What was sent and what came back: every message reaches every connection exactly once and is
//! acknowledged exactly once, or the run ends with an error instead of a figure.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::ops::Sub;
use std::time::Duration;

use super::latencies::Latencies;
use super::message::Marker;
use super::receipts::{MAX_IN_FLIGHT, Receipt, Receipts};

#[derive(Debug, thiserror::Error)]
pub enum Violation {
    #[error("connection {connection} received message {message} twice")]
    Duplicate { connection: usize, message: u32 },
    #[error("connection {connection} received message {message}, which is not on its way")]
    Unsent { connection: usize, message: u32 },
    #[error("connection {connection} received a message whose content is not what was sent")]
    Mangled { connection: usize },
    #[error("the server refused a message: {0}")]
    Refused(String),
    #[error("the server sent the sender something that is not JSON")]
    NotJson(#[source] serde_json::Error),
    #[error("a copy or an ack came without the room's sequence")]
    NoSequence,
    #[error("{unmatched} sequences of the room have not exactly one copy and one ack ({example} is one)")]
    Unmatched { unmatched: usize, example: u64 },
}

/// What is still owed when nothing arrives any more.
#[derive(Debug)]
pub struct Missing {
    pub acks: u64,
    /// The oldest message that lacks receipts, how many, and a connection that lacks it.
    pub receipts: Option<(u32, u32, usize)>,
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "missing acks: {}", self.acks)?;
        if let Some((message, receipts, connection)) = self.receipts {
            write!(
                f,
                "; missing receipts of message {message}: {receipts}, one of them on connection {connection}"
            )?;
        }
        Ok(())
    }
}

/// Totals since the connections were opened; two of them make a rate.
#[derive(Clone, Copy, Debug, Default)]
pub struct Totals {
    /// Receipts: one message on one connection.
    pub deliveries: u64,
    /// Messages that the server says are stored.
    pub acks: u64,
    /// Text frames that held a delivery, and the bytes of their payloads.
    pub frames: u64,
    pub frame_bytes: u64,
}

impl Sub for Totals {
    type Output = Self;

    fn sub(self, earlier: Self) -> Self {
        Self {
            deliveries: self.deliveries - earlier.deliveries,
            acks: self.acks - earlier.acks,
            frames: self.frames - earlier.frames,
            frame_bytes: self.frame_bytes - earlier.frame_bytes,
        }
    }
}

#[derive(Debug)]
pub(super) struct Ledger {
    connections: Vec<Receipts>,
    /// Receipts still owed for each message from `oldest` on.
    owed: VecDeque<u32>,
    oldest: u32,
    finished: u64,
    sent: u32,
    /// When the newest message was sent. An ack does not name a message of ours, so its latency
    /// means something only while one message is on its way.
    last_sent: Duration,
    /// By the room's sequence: one up for the sender's copy, one down for the ack, gone at zero.
    unmatched: HashMap<u64, i32>,
    pub(super) totals: Totals,
    pub(super) receipt: Latencies,
    pub(super) last_receipt: Latencies,
    pub(super) ack: Latencies,
}

impl Ledger {
    pub(super) fn new(connections: usize) -> Result<Self, hdrhistogram::CreationError> {
        Ok(Self {
            connections: vec![Receipts::default(); connections],
            owed: VecDeque::new(),
            oldest: 0,
            finished: 0,
            sent: 0,
            last_sent: Duration::ZERO,
            unmatched: HashMap::new(),
            totals: Totals::default(),
            receipt: Latencies::new()?,
            last_receipt: Latencies::new()?,
            ack: Latencies::new()?,
        })
    }

    /// Notes that one more message leaves.
    pub(super) fn send(&mut self, now: Duration) -> Marker {
        let marker = Marker { message: self.sent, sent_at: now };
        self.sent += 1;
        self.last_sent = now;
        self.owed.push_back(self.connections.len() as u32);
        marker
    }

    pub(super) fn sent(&self) -> u32 {
        self.sent
    }

    /// Messages that lack a receipt or an ack.
    pub(super) fn in_flight(&self) -> u64 {
        u64::from(self.sent).saturating_sub(self.finished.min(self.totals.acks))
    }

    /// Whether one more message keeps within `window`, and within what [`Receipts`] can tell apart.
    pub(super) fn may_send(&self, window: u32) -> bool {
        self.in_flight() < u64::from(window) && self.sent - self.oldest < MAX_IN_FLIGHT
    }

    pub(super) fn received(
        &mut self,
        connection: usize,
        now: Duration,
        marker: Marker,
    ) -> Result<(), Violation> {
        let Marker { message, sent_at } = marker;
        let owed = match self.connections[connection].record(message) {
            Receipt::Duplicate => return Err(Violation::Duplicate { connection, message }),
            Receipt::First if message < self.sent => self.owed.get_mut((message - self.oldest) as usize),
            Receipt::First | Receipt::Unsent => None,
        };
        let owed = owed.ok_or(Violation::Unsent { connection, message })?;
        *owed -= 1;
        let finished = *owed == 0;
        let latency = now.saturating_sub(sent_at);
        self.totals.deliveries += 1;
        self.receipt.record(latency);
        if finished {
            self.finished += 1;
            self.last_receipt.record(latency);
            while self.owed.front() == Some(&0) {
                self.owed.pop_front();
                self.oldest += 1;
            }
        }
        Ok(())
    }

    pub(super) fn acknowledged(&mut self, now: Duration, sequence: u64) {
        self.totals.acks += 1;
        self.ack.record(now.saturating_sub(self.last_sent));
        self.matched(sequence, -1);
    }

    /// The sender's own copy says which sequence of the room its message became.
    pub(super) fn copied(&mut self, sequence: u64) {
        self.matched(sequence, 1);
    }

    fn matched(&mut self, sequence: u64, step: i32) {
        let balance = self.unmatched.entry(sequence).or_default();
        *balance += step;
        if *balance == 0 {
            self.unmatched.remove(&sequence);
        }
    }

    pub(super) fn missing(&self) -> Missing {
        let receipts = self.owed.front().and_then(|owed| {
            let connection = self.connections.iter().position(|receipts| !receipts.has(self.oldest))?;
            Some((self.oldest, *owed, connection))
        });
        Missing { acks: u64::from(self.sent).saturating_sub(self.totals.acks), receipts }
    }

    /// To be called when nothing is in flight: acks and copies must have named the same sequences.
    pub(super) fn settle(&self) -> Result<(), Violation> {
        match self.unmatched.keys().min() {
            None => Ok(()),
            Some(&example) => Err(Violation::Unmatched { unmatched: self.unmatched.len(), example }),
        }
    }

    pub(super) fn clear_latencies(&mut self) {
        self.receipt.clear();
        self.last_receipt.clear();
        self.ack.clear();
    }
}

#[cfg(test)]
#[path = "ledger_tests.rs"]
mod tests;
