//! A table's stream as it is found: its ARN, its shards, and where a mapping begins in them.

use std::collections::HashMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_sdk_dynamodb::types::KeyType;
use aws_sdk_dynamodbstreams::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodbstreams::types::ShardIteratorType;

use super::checkpoints::Checkpoints;
use super::mapping::MappingError;
use super::sequence::SequenceNumber;
use crate::dynamodb::Clients;
use crate::template::StartingPosition;

/// Lambda's poller sees every shard that was not deleted; so does one page after the other of this.
const SHARDS_PER_PAGE: i32 = 100;

/// The stream that one mapping follows.
#[derive(Debug)]
pub(super) struct Stream {
    pub(super) arn: String,
    pub(super) partition_key: String,
    /// When the mapping began, if it began at `LATEST`: where only the oldest record is left to begin
    /// at, what was written before is passed over.
    pub(super) since: Option<SystemTime>,
    /// For a mapping that begins now at `LATEST`: where that is, by shard.
    pub(super) latest: HashMap<String, String>,
}

/// A shard and the one it was split from.
#[derive(Clone, Debug)]
pub(super) struct Shard {
    pub(super) id: String,
    pub(super) parent: Option<String>,
}

/// Where to begin reading in a shard.
#[derive(Clone, Debug)]
pub(super) enum Position {
    /// An iterator that was made before.
    At(String),
    After(SequenceNumber),
    /// `TRIM_HORIZON`
    Oldest,
}

impl Stream {
    /// Finds the stream of `table` and takes up `mapping`'s checkpoints in it. What is written after
    /// this returns is delivered, whatever the starting position.
    pub(super) async fn open(
        clients: &Clients,
        checkpoints: &Checkpoints,
        mapping: &str,
        table: &str,
        starting_position: StartingPosition,
    ) -> Result<Self, MappingError> {
        let described = clients.dynamodb.describe_table().table_name(table).send().await;
        let description = match described {
            Ok(output) => output.table,
            Err(error) if error.as_service_error().is_some_and(|e| e.is_resource_not_found_exception()) => {
                None
            }
            Err(error) => return Err(failed(mapping, "DescribeTable", error)),
        };
        let (mapping_name, table_name) = (mapping.to_owned(), table.to_owned());
        let Some(description) = description else {
            return Err(MappingError::NoTable { mapping: mapping_name, table: table_name });
        };
        let enabled = description.stream_specification().is_some_and(|stream| stream.stream_enabled);
        let Some(arn) = description.latest_stream_arn.clone().filter(|_| enabled) else {
            return Err(MappingError::NoStream { mapping: mapping_name, table: table_name });
        };
        let hash_key = description.key_schema().iter().find(|element| element.key_type == KeyType::Hash);
        let partition_key = hash_key.map(|element| element.attribute_name.clone()).unwrap_or_default();

        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let resumed = checkpoints.resume(mapping, &arn, now);
        let at_latest = starting_position == StartingPosition::Latest;
        let began = UNIX_EPOCH + Duration::from_secs(resumed.unwrap_or(now));
        let since = at_latest.then_some(began);
        let mut stream = Self { arn, partition_key, since, latest: HashMap::new() };
        if at_latest && resumed.is_none() {
            for shard in stream.shards(clients).await.map_err(|e| failed(mapping, "DescribeStream", e))? {
                let iterator = clients
                    .streams
                    .get_shard_iterator()
                    .stream_arn(&stream.arn)
                    .shard_id(&shard.id)
                    .shard_iterator_type(ShardIteratorType::Latest)
                    .send()
                    .await
                    .map_err(|e| failed(mapping, "GetShardIterator", e))?;
                stream.latest.extend(iterator.shard_iterator.map(|iterator| (shard.id, iterator)));
            }
        }
        Ok(stream)
    }

    /// All shards that the stream has now.
    pub(super) async fn shards(
        &self,
        clients: &Clients,
    ) -> Result<Vec<Shard>, SdkError<aws_sdk_dynamodbstreams::operation::describe_stream::DescribeStreamError>>
    {
        let mut shards = Vec::new();
        let mut start = None;
        loop {
            let page = clients.streams.describe_stream().stream_arn(&self.arn).limit(SHARDS_PER_PAGE);
            let page = page.set_exclusive_start_shard_id(start).send().await?;
            let Some(description) = page.stream_description else { return Ok(shards) };
            for shard in description.shards() {
                if let Some(id) = shard.shard_id.clone() {
                    shards.push(Shard { id, parent: shard.parent_shard_id.clone() });
                }
            }
            start = description.last_evaluated_shard_id;
            if start.is_none() {
                return Ok(shards);
            }
        }
    }

    /// Where to begin in `shard`, given its lanes' checkpoints.
    pub(super) fn position(&self, shard: &str, lanes: &[Option<SequenceNumber>]) -> Position {
        match (lanes.iter().min(), self.latest.get(shard)) {
            // Every lane has one; those that are further skip what they have.
            (Some(Some(lowest)), _) => Position::After(lowest.clone()),
            (_, Some(iterator)) => Position::At(iterator.clone()),
            _ => Position::Oldest,
        }
    }
}

fn failed<E, R>(mapping: &str, operation: &'static str, error: SdkError<E, R>) -> MappingError
where
    E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    let message = DisplayErrorContext(error).to_string();
    MappingError::Request { mapping: mapping.to_owned(), operation, message }
}
