//! Saturation: a closed window of messages is kept on its way, and what gets through is counted.

use std::io;
use std::time::Duration;

use super::room::STALL_CHECK;
use super::{GeneratorError, Percentiles, Room, Totals};

/// Messages on their way in a room of `connections` (performance-peers.md, section 2.1): about 4,000
/// deliveries, and never so few that the server waits for us or so many that buffers overflow.
pub fn window(connections: usize) -> u32 {
    (4_000 / connections.max(1)).clamp(2, 128) as u32
}

#[derive(Clone, Copy, Debug)]
pub struct SaturationPlan {
    /// At most [`u128::BITS`]; more is cut to that.
    pub window: u32,
    /// Under load, before anything is counted.
    pub warm_up: Duration,
    /// Ends after this time or this many messages, whichever is first.
    pub time: Duration,
    pub messages: u32,
}

/// Counts between two edges of the measured time, `S` being whatever the caller read at each.
#[derive(Clone, Copy, Debug)]
pub struct Saturation<S> {
    pub elapsed: Duration,
    /// What came between the edges.
    pub totals: Totals,
    pub edges: (S, S),
    /// To each receipt, in milliseconds, with the whole window on its way.
    pub receipt: Percentiles,
}

impl Room {
    /// `edge` is called when the measured time begins and when it ends; it stops the generator for
    /// as long as it takes, but not the server.
    pub fn saturate<S>(
        &mut self,
        plan: &SaturationPlan,
        mut edge: impl FnMut() -> io::Result<S>,
    ) -> Result<Saturation<S>, GeneratorError> {
        let limit = self.ledger.sent().saturating_add(plan.messages);
        self.press(plan.window, plan.warm_up, limit)?;
        self.ledger.clear_latencies();
        // The clock and the totals are read after the edge both times, so that what the edge itself
        // costs is not in one of them only.
        let (first, from, before) = (edge()?, self.now(), self.ledger.totals);
        self.press(plan.window, plan.time, limit)?;
        let (last, to, after) = (edge()?, self.now(), self.ledger.totals);
        let receipt = self.ledger.receipt.percentiles();
        // A loss is found here, and explains better than an empty histogram why nothing came.
        self.drain()?;
        let receipt = receipt.ok_or(GeneratorError::Empty)?;
        Ok(Saturation { elapsed: to - from, totals: after - before, edges: (first, last), receipt })
    }

    fn press(&mut self, window: u32, time: Duration, limit: u32) -> Result<(), GeneratorError> {
        let until = self.now() + time;
        while self.now() < until && self.ledger.sent() < limit {
            while self.ledger.may_send(window) && self.ledger.sent() < limit {
                self.post()?;
            }
            self.flush()?;
            self.turn_or_stall(STALL_CHECK)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_shrinks_with_the_room_within_its_bounds() {
        let windows = [0, 1, 10, 40, 100, 1_000, 5_000].map(window);
        assert_eq!(windows, [128, 128, 128, 100, 40, 4, 2]);
    }
}
