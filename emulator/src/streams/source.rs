//! One mapping at work: finds the shards of its stream, reads each, and begins with the children of
//! a shard when the shard is delivered to its end.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodbstreams::error::{DisplayErrorContext, ProvideErrorMetadata};
use tokio::task::JoinSet;

use super::checkpoints::Checkpoints;
use super::consumer::{Consumer, End};
use super::delivery::Delivery;
use super::drained::Drained;
use super::filter::Filters;
use super::lane::{Batching, Lane};
use super::mapping::MappingError;
use super::sequence::SequenceNumber;
use super::stop::Stop;
use super::stream::{Shard, Stream};
use super::turnover::Turnover;
use super::window::{Window, Windows};
use crate::dynamodb::{Clients, Written};
use crate::template::StartingPosition;

/// A shard's children are looked for when it ends; this is for whatever else may happen.
const LOOK_FOR_SHARDS: Duration = Duration::from_secs(60);
const AFTER_AN_ERROR: Duration = Duration::from_secs(1);

/// What the tasks of one mapping share.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) name: String,
    pub(super) table_name: String,
    pub(super) starting_position: StartingPosition,
    pub(super) parallelization_factor: usize,
    pub(super) batching: Batching,
    pub(super) filters: Filters,
    pub(super) delivery: Delivery,
    pub(super) clients: Clients,
    pub(super) saved: Checkpoints,
    pub(super) written: Option<Written>,
    pub(super) stop: Stop,
    pub(super) drained: Drained,
    pub(super) turnover: Turnover,
}

impl Source {
    /// The mapping's stream as it is now.
    pub(super) async fn open(&self) -> Result<Stream, MappingError> {
        let (clients, saved) = (&self.clients, &self.saved);
        Stream::open(clients, saved, &self.name, &self.table_name, self.starting_position).await
    }

    pub(super) fn checkpoints(&self, consumer: &Consumer) -> Vec<Option<SequenceNumber>> {
        self.saved.lanes(&self.name, &consumer.shard, consumer.lanes.len())
    }

    /// Nothing up to `done` is of concern to the lane.
    pub(super) fn checkpoint(&self, consumer: &Consumer, lane: usize, done: SequenceNumber) {
        self.saved.lane_done(&self.name, &consumer.shard, consumer.lanes.len(), lane, done);
    }

    /// The lane's records up to `done`, if it has come further, are delivered, and `window` is open.
    pub(super) fn settle(
        &self,
        consumer: &Consumer,
        lane: usize,
        done: Option<SequenceNumber>,
        window: Option<&Window>,
    ) {
        let lanes = consumer.lanes.len();
        self.saved.lane_settled(&self.name, &consumer.shard, lanes, lane, done, window.cloned());
    }

    /// The window that an earlier run left open in a lane.
    pub(super) fn open_window(&self, consumer: &Consumer, lane: usize) -> Option<Window> {
        self.saved.window(&self.name, &consumer.shard, consumer.lanes.len(), lane)
    }

    /// The tumbling windows of a lane, if the mapping has some. With them a lane is a virtual shard, and
    /// each turnover makes others.
    pub(super) fn windows(&self, consumer: &Consumer, lane: usize, stream: &Stream) -> Option<Windows> {
        let length = self.delivery.settings.tumbling_window?;
        let shard_id = format!("{}-{}-{lane}", consumer.shard, consumer.turn.generation);
        Some(Windows::new(length, shard_id, stream.arn.clone(), self.open_window(consumer, lane)))
    }

    /// Until the stop. A table that goes and comes back has a new stream, which is followed then.
    pub(super) async fn run(self: Arc<Self>, mut stream: Stream) {
        while self.follow(Arc::new(stream)).await == End::Gone {
            tracing::warn!(mapping = self.name, table = self.table_name, "the stream is gone");
            self.drained.set_consumers(Vec::new());
            stream = loop {
                tokio::select! {
                    () = self.stop.requested() => return,
                    () = tokio::time::sleep(AFTER_AN_ERROR) => {}
                }
                if let Ok(stream) = self.open().await {
                    break stream;
                }
            };
        }
    }

    async fn follow(self: &Arc<Self>, stream: Arc<Stream>) -> End {
        let mut running = HashMap::new();
        let mut tasks = JoinSet::new();
        // Rolled over, and their children not yet begun: whoever waits for quiet waits for them too.
        let mut rolled: Vec<Arc<Consumer>> = Vec::new();
        loop {
            let again_after = match stream.shards(&self.clients).await {
                Ok(shards) => {
                    self.begin(&shards, &stream, &mut running, &mut tasks);
                    rolled.drain(..).for_each(|parent| parent.caught_up(u64::MAX));
                    LOOK_FOR_SHARDS
                }
                Err(error) if error.code() == Some("ResourceNotFoundException") => return End::Gone,
                Err(error) => {
                    let error = DisplayErrorContext(error);
                    tracing::warn!(mapping = self.name, %error, "cannot see the shards of the stream");
                    AFTER_AN_ERROR
                }
            };
            let ended = tokio::select! {
                Some(ended) = tasks.join_next() => Some(ended),
                () = tokio::time::sleep(again_after) => None,
                () = self.stop.requested() => {
                    while tasks.join_next().await.is_some() {}
                    return End::Stopped;
                }
            };
            match ended {
                None | Some(Ok((_, End::Stopped))) => {}
                Some(Ok((_, End::Gone))) => return End::Gone,
                Some(Ok((shard, End::Finished))) => {
                    self.saved.shard_finished(&self.name, &shard);
                    running.remove(&shard);
                }
                Some(Ok((shard, End::RolledOver))) => {
                    self.saved.set_turn(&self.name, self.turnover.turned());
                    rolled.extend(running.remove(&shard));
                }
                Some(Err(error)) => {
                    tracing::error!(mapping = self.name, %error, "a shard's task panicked");
                    return End::Gone;
                }
            }
        }
    }

    /// Begins with every shard that is not running or finished and whose parent is not in the way.
    fn begin(
        self: &Arc<Self>,
        shards: &[Shard],
        stream: &Arc<Stream>,
        running: &mut HashMap<String, Arc<Consumer>>,
        tasks: &mut JoinSet<(String, End)>,
    ) {
        let ids: Vec<String> = shards.iter().map(|shard| shard.id.clone()).collect();
        self.saved.keep_only(&self.name, &ids);
        let finished = |shard: &str| self.saved.is_finished(&self.name, shard);
        for shard in shards {
            let parent_first = shard.parent.as_ref().is_some_and(|p| ids.contains(p) && !finished(p));
            if parent_first || finished(&shard.id) || running.contains_key(&shard.id) {
                continue;
            }
            let turn = self.turnover.present();
            let count = turn.shards * self.parallelization_factor.max(1);
            let lanes = self.saved.lanes(&self.name, &shard.id, count);
            let lanes = lanes.into_iter().map(Lane::new).collect();
            let consumer = Arc::new(Consumer::new(shard.id.clone(), turn, lanes));
            running.insert(shard.id.clone(), Arc::clone(&consumer));
            let (source, stream) = (Arc::clone(self), Arc::clone(stream));
            tasks.spawn(async move { (consumer.shard.clone(), consumer.run(source, stream).await) });
        }
        self.drained.set_consumers(running.values().cloned().collect());
    }
}
