//! Latency at a low rate: one message on its way, the next one after all its receipts and its ack.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::room::STALL_CHECK;
use super::{GeneratorError, Percentiles, Room};

/// Pause between two messages (performance-peers.md, section 2.1), so that the work after one does
/// not delay the next.
const PAUSE: Duration = Duration::from_millis(5);
/// Messages before the measured ones: first uses of code, caches and buffers.
const WARM_UP: u32 = 20;

#[derive(Clone, Copy, Debug)]
pub struct LatencyPlan {
    /// Ends after this time or this many messages, whichever is first; at least one is measured.
    pub time: Duration,
    pub messages: u32,
}

/// Milliseconds from the moment a message was handed to the socket. Wall clock.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Latency {
    pub messages: u32,
    /// To each receipt.
    pub receipt: Percentiles,
    /// To the last receipt of a message.
    pub last_receipt: Percentiles,
    pub ack: Percentiles,
}

impl Room {
    pub fn measure_latency(&mut self, plan: LatencyPlan) -> Result<Latency, GeneratorError> {
        for _ in 0..WARM_UP {
            self.post_alone()?;
        }
        self.ledger.clear_latencies();
        let (begun, first) = (self.now(), self.ledger.sent());
        loop {
            self.post_alone()?;
            if self.now() - begun >= plan.time || self.ledger.sent() - first >= plan.messages {
                break;
            }
        }
        self.drain()?;
        Ok(Latency {
            messages: self.ledger.sent() - first,
            receipt: self.ledger.receipt.percentiles().ok_or(GeneratorError::Empty)?,
            last_receipt: self.ledger.last_receipt.percentiles().ok_or(GeneratorError::Empty)?,
            ack: self.ledger.ack.percentiles().ok_or(GeneratorError::Empty)?,
        })
    }

    fn post_alone(&mut self) -> Result<(), GeneratorError> {
        self.post()?;
        self.flush()?;
        while self.ledger.in_flight() > 0 {
            self.turn_or_stall(STALL_CHECK)?;
        }
        self.watch(PAUSE)
    }
}
