//! Quiescence: the answer to "has everything written before now been delivered?".

use std::sync::Arc;

use tokio::sync::watch;

use super::consumer::Consumer;

/// Which shards one mapping reads, and who waits for them to be empty.
#[derive(Debug)]
pub(super) struct Drained {
    /// Grows with each wait; a reader that began a look after it and found nothing has caught up.
    wanted: watch::Sender<u64>,
    /// `None` until the stream's shards are known.
    consumers: watch::Sender<Option<Vec<Arc<Consumer>>>>,
}

impl Drained {
    pub(super) fn new() -> Self {
        Self { wanted: watch::Sender::new(0), consumers: watch::Sender::new(None) }
    }

    pub(super) fn wanted(&self) -> watch::Receiver<u64> {
        self.wanted.subscribe()
    }

    /// The shards that are read from now on. A shard that ended leaves when its children are here.
    pub(super) fn set_consumers(&self, consumers: Vec<Arc<Consumer>>) {
        self.consumers.send_replace(Some(consumers));
    }

    pub(super) fn consumers(&self) -> Vec<Arc<Consumer>> {
        self.consumers.borrow().clone().unwrap_or_default()
    }

    /// Has every reader look again. Who has caught up with the ticket began to look after this call.
    pub(super) fn want(&self) -> u64 {
        let mut ticket = 0;
        self.wanted.send_modify(|wanted| {
            *wanted += 1;
            ticket = *wanted;
        });
        ticket
    }

    /// Waits until every shard was read to its end after this call began, and what was read settled.
    pub(super) async fn reached(&self) {
        let ticket = self.want();
        let mut consumers = self.consumers.subscribe();
        loop {
            // The sender is ours, so waiting cannot fail.
            let known = consumers.wait_for(Option::is_some).await.map(|known| known.clone());
            for consumer in known.iter().flatten().flatten() {
                consumer.settled_after(ticket).await;
            }
            if !consumers.has_changed().unwrap_or(false) {
                return;
            }
        }
    }
}

/// Waits until the number in `progress` is at least `goal`.
pub(super) async fn reached(progress: &watch::Sender<u64>, goal: u64) {
    // The sender outlives the call, so waiting cannot fail. What it returns is a lock on the value,
    // which must not be kept.
    drop(progress.subscribe().wait_for(|value| *value >= goal).await);
}
