//! Reads one shard and spreads its records over lanes. Waits for news rather than asking for it
//! where the engine can tell; asks as often as Lambda does where it cannot.

use std::time::Duration;

use aws_sdk_dynamodbstreams::error::{DisplayErrorContext, ProvideErrorMetadata};
use aws_sdk_dynamodbstreams::types::{Record, ShardIteratorType};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};

use super::consumer::{Consumer, End};
use super::event::entry;
use super::lane::Lane;
use super::sequence::SequenceNumber;
use super::source::Source;
use super::stream::{Position, Stream};
use super::turnover::Turn;
use crate::dynamodb::Written;

/// The most that `GetRecords` gives at once:
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_GetRecords.html>
const LIMIT: i32 = 1_000;

/// Lambda's base rate, four times a second for each shard:
/// <https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html>
const POLL_EVERY: Duration = Duration::from_millis(250);

/// With an engine that tells of news: how often to look all the same, and how soon after a look to
/// look again while it tells without end (so that a busy table costs few reads of many records).
const LOOK_ALL_THE_SAME: Duration = Duration::from_secs(5);
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(5);

/// How soon to see whether a full lane has room again.
const LOOK_FOR_ROOM: Duration = Duration::from_millis(50);
const AFTER_AN_ERROR: Duration = Duration::from_secs(1);

pub(super) struct Reader<'a> {
    source: &'a Source,
    stream: &'a Stream,
    consumer: &'a Consumer,
    position: Position,
    /// The iterator came, page after page, from the oldest record.
    from_oldest: bool,
    iterator: Option<String>,
    wanted: watch::Receiver<u64>,
    turns: watch::Receiver<Turn>,
    /// Of the shards that this one is among.
    turn: Turn,
    written: Option<Written>,
}

/// What one look at the shard brought.
enum Look {
    Records {
        count: usize,
    },
    Nothing,
    /// Closed, and nothing more to come.
    Ended,
    /// Look again from another position.
    Moved,
    Failed,
    Gone,
}

impl<'a> Reader<'a> {
    pub(super) fn new(source: &'a Source, stream: &'a Stream, consumer: &'a Consumer) -> Self {
        let lanes = source.checkpoints(consumer);
        let position = stream.position(&consumer.shard, &lanes);
        let (wanted, written) = (source.drained.wanted(), source.written.clone());
        let turns = source.turnover.watch();
        let turn = *turns.borrow();
        Self {
            source,
            stream,
            consumer,
            position,
            from_oldest: false,
            iterator: None,
            wanted,
            turns,
            turn,
            written,
        }
    }

    pub(super) async fn run(mut self) -> End {
        while !self.source.stop.is_requested() {
            let looked_at = Instant::now();
            let ticket = *self.wanted.borrow_and_update();
            self.move_back_for_lanes_with_room();
            // Only where all lanes have read equally far: that is where their children begin.
            if *self.turns.borrow_and_update() != self.turn && self.is_even() {
                return End::RolledOver;
            }
            if self.consumer.lanes.iter().all(Lane::is_missing_records) {
                self.wait(sleep(LOOK_FOR_ROOM)).await;
                continue;
            }
            let look = self.look().await;
            let full = self.consumer.lanes.iter().any(Lane::is_missing_records);
            match look {
                Look::Gone => return End::Gone,
                Look::Ended if !full => {
                    self.consumer.caught_up(u64::MAX);
                    return End::Finished;
                }
                Look::Moved => {}
                Look::Failed => self.wait(sleep(AFTER_AN_ERROR)).await,
                Look::Ended | Look::Nothing if full => self.wait(sleep(LOOK_FOR_ROOM)).await,
                Look::Ended | Look::Nothing => {
                    self.consumer.caught_up(ticket);
                    self.wait_for_news(looked_at).await;
                }
                Look::Records { count } if self.written.is_some() && count >= LIMIT as usize => {}
                Look::Records { .. } => {
                    let pace = if self.written.is_some() { LOOK_AGAIN_AFTER } else { POLL_EVERY };
                    self.wait(sleep_until(looked_at + pace)).await;
                }
            }
        }
        End::Stopped
    }

    fn is_even(&self) -> bool {
        let lanes = &self.consumer.lanes;
        let first = lanes.first().and_then(Lane::accepted);
        lanes.iter().all(|lane| !lane.is_missing_records() && lane.accepted() == first)
    }

    /// A lane that was full left records behind; the other lanes skip what they have already.
    fn move_back_for_lanes_with_room(&mut self) {
        let lowest = self.consumer.lanes.iter().filter_map(Lane::reread_from).min();
        if let Some(lowest) = lowest {
            self.position = Position::After(lowest);
            self.iterator = None;
        }
    }

    async fn look(&mut self) -> Look {
        let iterator = match self.iterator.take() {
            Some(iterator) => iterator,
            None => match self.iterator_at_position().await {
                Ok(iterator) => iterator,
                Err(look) => return look,
            },
        };
        let page =
            self.source.clients.streams.get_records().shard_iterator(iterator).limit(LIMIT).send().await;
        let page = match page {
            Ok(page) => page,
            Err(error) => {
                let code = error.code().map(str::to_owned);
                return self.failed(code.as_deref(), "GetRecords", &DisplayErrorContext(error));
            }
        };
        let records = page.records.unwrap_or_default();
        self.distribute(&records);
        self.iterator = page.next_shard_iterator;
        match (records.len(), &self.iterator) {
            (_, None) => Look::Ended,
            (0, Some(_)) => Look::Nothing,
            (count, Some(_)) => Look::Records { count },
        }
    }

    async fn iterator_at_position(&mut self) -> Result<String, Look> {
        let request = self.source.clients.streams.get_shard_iterator();
        let request = request.stream_arn(&self.stream.arn).shard_id(&self.consumer.shard);
        self.from_oldest = matches!(self.position, Position::Oldest);
        let request = match &self.position {
            Position::At(iterator) => {
                let iterator = iterator.clone();
                // An iterator is good for a quarter of an hour, and then the oldest record is the
                // only place that misses nothing.
                self.position = Position::Oldest;
                return Ok(iterator);
            }
            Position::After(sequence) => request
                .shard_iterator_type(ShardIteratorType::AfterSequenceNumber)
                .sequence_number(sequence.as_str()),
            Position::Oldest => request.shard_iterator_type(ShardIteratorType::TrimHorizon),
        };
        match request.send().await {
            Ok(output) => output.shard_iterator.ok_or(Look::Ended),
            Err(error) => {
                let code = error.code().map(str::to_owned);
                Err(self.failed(code.as_deref(), "GetShardIterator", &DisplayErrorContext(error)))
            }
        }
    }

    /// What to do about an error. The next look makes a new iterator at the position.
    fn failed(&mut self, code: Option<&str>, operation: &str, error: &dyn std::fmt::Display) -> Look {
        let (mapping, shard) = (&self.source.name, &self.consumer.shard);
        match code {
            Some("ExpiredIteratorException") => Look::Moved,
            Some("ResourceNotFoundException") => Look::Gone,
            // The stream keeps a day. A checkpoint of another engine is no sequence number here.
            Some("TrimmedDataAccessException" | "ValidationException")
                if matches!(self.position, Position::After(_)) =>
            {
                tracing::warn!(
                    mapping,
                    shard,
                    "the checkpoint is not in the stream any more: reading from its oldest record"
                );
                self.position = Position::Oldest;
                Look::Moved
            }
            Some("LimitExceededException") => Look::Failed,
            _ => {
                tracing::warn!(mapping, shard, %error, "{operation} failed and is tried again");
                Look::Failed
            }
        }
    }

    fn distribute(&mut self, records: &[Record]) {
        let lanes = &self.consumer.lanes;
        for record in records {
            let Some((entry, value)) = entry(record, &self.stream.arn, &self.stream.partition_key) else {
                continue;
            };
            let before_the_mapping =
                self.from_oldest && self.stream.since.is_some_and(|since| entry.created < since);
            if before_the_mapping || !self.source.filters.pass(&value) {
                continue;
            }
            let lane = usize::try_from(entry.key_hash % lanes.len() as u64).unwrap_or_default();
            lanes[lane].offer(entry);
        }
        let last = records.iter().rev().find_map(|record| record.dynamodb.as_ref()?.sequence_number.clone());
        let Some(last) = last.map(SequenceNumber::new) else { return };
        for (index, lane) in lanes.iter().enumerate() {
            if let Some(done) = lane.pass(&last) {
                self.source.checkpoint(self.consumer, index, done);
            }
        }
        self.position = Position::After(last);
    }

    async fn wait_for_news(&mut self, looked_at: Instant) {
        let Some(mut written) = self.written.take() else {
            return self.wait(sleep_until(looked_at + POLL_EVERY)).await;
        };
        let news = async {
            sleep_until(looked_at + LOOK_AGAIN_AFTER).await;
            tokio::select! { () = written.changed() => {}, () = sleep(LOOK_ALL_THE_SAME) => {} }
        };
        self.wait(news).await;
        self.written = Some(written);
    }

    /// Waits, but not longer than until the stop, or until somebody wants to know of the end.
    async fn wait(&mut self, time: impl Future<Output = ()>) {
        tokio::select! {
            () = time => {}
            () = self.source.stop.requested() => {}
            Ok(()) = self.wanted.changed() => {}
            Ok(()) = self.turns.changed() => {}
        }
    }
}
