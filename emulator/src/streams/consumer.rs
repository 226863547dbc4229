//! One shard of one mapping: a reader that fills lanes and a task per lane that empties it.

use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::JoinSet;

use super::drained::reached;
use super::due::{self, Due};
use super::lane::Lane;
use super::reader::Reader;
use super::source::Source;
use super::stream::Stream;
use super::turnover::Turn;
use super::window::{Purpose, Windows};

/// The lanes of a shard that is being read.
#[derive(Debug)]
pub(super) struct Consumer {
    pub(super) shard: String,
    /// Which of the turnovers made its virtual shards.
    pub(super) turn: Turn,
    pub(super) lanes: Vec<Lane>,
    caught_up: watch::Sender<u64>,
}

/// Why a shard is read no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// It is closed, and everything in it was delivered.
    Finished,
    /// Others were asked for in its place: what was read was delivered, and the rest is theirs.
    RolledOver,
    /// The mappings shut down.
    Stopped,
    /// The stream is gone, with its table.
    Gone,
}

impl Consumer {
    pub(super) fn new(shard: String, turn: Turn, lanes: Vec<Lane>) -> Self {
        Self { shard, turn, lanes, caught_up: watch::Sender::new(0) }
    }

    /// The reader found nothing more, in a look that began after `ticket` was wanted.
    pub(super) fn caught_up(&self, ticket: u64) {
        self.caught_up.send_if_modified(|known| {
            let grown = ticket > *known;
            *known = ticket.max(*known);
            grown
        });
    }

    pub(super) async fn has_caught_up(&self, ticket: u64) {
        reached(&self.caught_up, ticket).await;
    }

    pub(super) async fn settled_after(&self, ticket: u64) {
        self.has_caught_up(ticket).await;
        for lane in &self.lanes {
            lane.settled_so_far().await;
        }
    }

    pub(super) async fn run(self: Arc<Self>, source: Arc<Source>, stream: Arc<Stream>) -> End {
        let mut lanes = JoinSet::new();
        for index in 0..self.lanes.len() {
            let windows = source.windows(&self, index, &stream);
            lanes.spawn(Arc::clone(&self).empty(index, windows, Arc::clone(&source)));
        }
        let end = Reader::new(&source, &stream, &self).run().await;
        if end == End::Gone {
            // Its records are gone too, as far as anybody can tell.
            lanes.abort_all();
        }
        let is_over = matches!(end, End::Finished | End::RolledOver);
        if is_over {
            self.lanes.iter().for_each(Lane::close);
        }
        let mut emptied = true;
        while let Some(lane) = lanes.join_next().await {
            emptied &= lane.unwrap_or_else(|error| {
                if error.is_panic() {
                    tracing::error!(mapping = source.name, shard = self.shard, "a lane panicked");
                }
                false
            });
        }
        if is_over && !emptied {
            return End::Stopped;
        }
        end
    }

    /// Delivers the records of one lane until it is closed and empty (`true`), or until the stop.
    async fn empty(self: Arc<Self>, index: usize, mut windows: Option<Windows>, source: Arc<Source>) -> bool {
        let lane = &self.lanes[index];
        loop {
            let due = async {
                match &mut windows {
                    None => due::in_lane(lane, source.batching).await,
                    Some(windows) => {
                        due::in_windows(windows, lane, source.batching, &self, &source.drained).await
                    }
                }
            };
            let due = tokio::select! { () = source.stop.requested() => return false, due = due => due };
            let batch = match due {
                Due::Batch(batch) => batch,
                Due::Nothing => return true,
                Due::EndOfWindow => {
                    let Some(windows) = &mut windows else { continue };
                    if !source.delivery.hand_over(Purpose::Final, &self.shard, windows, &source.stop).await {
                        return false;
                    }
                    source.settle(&self, index, None, None);
                    continue;
                }
            };
            let mut settled = 0;
            let progress = |count: usize, windows: Option<&Windows>| {
                let last = &batch[count - 1].sequence;
                let done = lane.settle(last, count - settled, count == batch.len());
                settled = count;
                source.settle(&self, index, done, windows.and_then(Windows::open));
            };
            source.delivery.deliver(&self.shard, &batch, windows.as_mut(), &source.stop, progress).await;
            if settled < batch.len() {
                return false;
            }
        }
    }
}
