//! One shard of one mapping: a reader that fills lanes and a task per lane that empties it.

use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::JoinSet;

use super::drained::reached;
use super::lane::Lane;
use super::reader::Reader;
use super::source::Source;
use super::stream::Stream;

/// The lanes of a shard that is being read.
#[derive(Debug)]
pub(super) struct Consumer {
    pub(super) shard: String,
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
    pub(super) fn new(shard: String, lanes: Vec<Lane>) -> Self {
        Self { shard, lanes, caught_up: watch::Sender::new(0) }
    }

    /// The reader found nothing more, in a look that began after `ticket` was wanted.
    pub(super) fn caught_up(&self, ticket: u64) {
        self.caught_up.send_if_modified(|known| {
            let grown = ticket > *known;
            *known = ticket.max(*known);
            grown
        });
    }

    pub(super) async fn settled_after(&self, ticket: u64) {
        reached(&self.caught_up, ticket).await;
        for lane in &self.lanes {
            lane.settled_so_far().await;
        }
    }

    pub(super) async fn run(self: Arc<Self>, source: Arc<Source>, stream: Arc<Stream>) -> End {
        let mut lanes = JoinSet::new();
        for index in 0..self.lanes.len() {
            lanes.spawn(Arc::clone(&self).empty(index, Arc::clone(&source)));
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
    async fn empty(self: Arc<Self>, index: usize, source: Arc<Source>) -> bool {
        let lane = &self.lanes[index];
        loop {
            let batch = tokio::select! {
                () = source.stop.requested() => return false,
                batch = lane.next_batch(source.batching) => batch,
            };
            let Some(batch) = batch else { return true };
            let mut settled = 0;
            let progress = |count: usize| {
                let last = &batch[count - 1].sequence;
                let done = lane.settle(last, count - settled, count == batch.len());
                settled = count;
                if let Some(done) = done {
                    source.checkpoint(&self, index, done);
                }
            };
            source.delivery.deliver(&self.shard, &batch, &source.stop, progress).await;
            if settled < batch.len() {
                return false;
            }
        }
    }
}
