//! A stream as DynamoDB serves it, by script: shards, their parents, and the records in them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_dynamodb::config::{BehaviorVersion, Region};
use bytes::Bytes;
use emulator::Function;
use emulator::dynamodb::{Clients, local_credentials};
use emulator::sdk::in_process;
use emulator::streams::{Checkpoints, Mapping, Mappings};
use emulator::template::{StartingPosition, StreamEvent};
use serde_json::{Value, json};

pub(super) const ARN: &str =
    "arn:aws:dynamodb:eu-central-1:000000000000:table/scripted/stream/2026-01-01T00:00:00.000";
pub(super) const SOON: Duration = Duration::from_secs(20);

#[derive(Clone, Default)]
pub(super) struct Shard {
    pub(super) parent: Option<&'static str>,
    pub(super) closed: bool,
    /// Sequence numbers; what was trimmed is missing at the front.
    pub(super) records: Vec<u64>,
    pub(super) trimmed_up_to: u64,
}

/// A stream as DynamoDB serves it. Iterators are `shard/next sequence number/generation`.
#[derive(Clone, Default)]
pub(super) struct Script(pub(super) Arc<Mutex<State>>);

#[derive(Default)]
pub(super) struct State {
    shards: HashMap<&'static str, Shard>,
    /// Iterators of earlier generations have expired.
    pub(super) generation: u64,
    pub(super) asked: Vec<String>,
    /// The second to which a record's number is added for the time of its creation. Without it all are of
    /// one second that is to come.
    pub(super) epoch: Option<u64>,
}

impl Script {
    pub(super) fn shard(&self, name: &'static str, shard: Shard) -> &Self {
        self.0.lock().unwrap().shards.insert(name, shard);
        self
    }

    pub(super) fn change(&self, name: &'static str, change: impl FnOnce(&mut Shard)) {
        change(self.0.lock().unwrap().shards.get_mut(name).unwrap());
    }

    fn answer(&self, target: &str, request: &Value) -> Result<Value, &'static str> {
        let mut state = self.0.lock().unwrap();
        let operation = target.rsplit_once('.').unwrap().1;
        state.asked.push(operation.to_owned());
        match operation {
            "DescribeTable" => Ok(json!({ "Table": {
                "TableName": "scripted", "LatestStreamArn": ARN,
                "KeySchema": [{ "AttributeName": "pk", "KeyType": "HASH" }],
                "StreamSpecification": { "StreamEnabled": true, "StreamViewType": "KEYS_ONLY" }
            } })),
            "DescribeStream" => {
                // One shard on each page, so that reading one page would miss some.
                let mut names: Vec<_> = state.shards.keys().copied().collect();
                names.sort_unstable();
                let after = request["ExclusiveStartShardId"].as_str();
                let next = names.iter().position(|name| after.is_none_or(|after| *name > after)).unwrap();
                let shard = &state.shards[names[next]];
                let last = (next + 1 < names.len()).then_some(names[next]);
                Ok(json!({ "StreamDescription": {
                    "StreamArn": ARN, "LastEvaluatedShardId": last,
                    "Shards": [{ "ShardId": names[next], "ParentShardId": shard.parent }]
                } }))
            }
            "GetShardIterator" => {
                let name = request["ShardId"].as_str().unwrap();
                let shard = state.shards.get(name).ok_or("ResourceNotFoundException")?;
                let next = match request["ShardIteratorType"].as_str().unwrap() {
                    "TRIM_HORIZON" => 0,
                    "LATEST" => shard.records.last().map_or(0, |last| last + 1),
                    "AFTER_SEQUENCE_NUMBER" => {
                        let after: u64 = request["SequenceNumber"].as_str().unwrap().parse().unwrap();
                        if after < shard.trimmed_up_to {
                            return Err("TrimmedDataAccessException");
                        }
                        after + 1
                    }
                    other => panic!("{other}"),
                };
                Ok(json!({ "ShardIterator": format!("{name}/{next}/{}", state.generation) }))
            }
            "GetRecords" => {
                let iterator: Vec<&str> = request["ShardIterator"].as_str().unwrap().split('/').collect();
                let [name, next, generation] = iterator[..] else { panic!("{iterator:?}") };
                if generation.parse::<u64>().unwrap() < state.generation {
                    return Err("ExpiredIteratorException");
                }
                let shard = state.shards.get(name).ok_or("ResourceNotFoundException")?;
                let next: u64 = next.parse().unwrap();
                // Two at a time, and a closed shard says so only after its last record.
                let page: Vec<u64> = shard.records.iter().copied().filter(|n| *n >= next).take(2).collect();
                let after = page.last().map_or(next, |last| last + 1);
                let over = shard.closed && page.is_empty();
                let iterator = (!over).then(|| format!("{name}/{after}/{}", state.generation));
                let created = |n: u64| state.epoch.map_or(1_800_000_000, |epoch| epoch + n);
                let record = |n: &u64| {
                    json!({ "eventID": n.to_string(), "eventName": "INSERT", "dynamodb": {
                        "Keys": { "pk": { "S": format!("key-{}", n % 5) } },
                        "SequenceNumber": n.to_string(), "ApproximateCreationDateTime": created(*n)
                    } })
                };
                Ok(
                    json!({ "Records": page.iter().map(record).collect::<Vec<_>>(), "NextShardIterator": iterator }),
                )
            }
            other => panic!("{other}"),
        }
    }

    pub(super) fn clients(&self) -> Clients {
        let script = self.clone();
        let http_client = in_process(move |request: http::Request<Bytes>| {
            let target = request.headers()["x-amz-target"].to_str().unwrap().to_owned();
            let body: Value = serde_json::from_slice(request.body()).unwrap();
            let (status, body) = match script.answer(&target, &body) {
                Ok(answer) => (200, answer),
                Err(code) => (400, json!({ "__type": format!("com.amazonaws.dynamodb#{code}") })),
            };
            let response = http::Response::builder().status(status).body(Bytes::from(body.to_string()));
            async { response.unwrap() }
        });
        let dynamodb = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-central-1"))
            .credentials_provider(local_credentials())
            .endpoint_url("http://scripted")
            .http_client(http_client.clone());
        let streams = aws_sdk_dynamodbstreams::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-central-1"))
            .credentials_provider(local_credentials())
            .endpoint_url("http://scripted")
            .http_client(http_client);
        Clients {
            dynamodb: aws_sdk_dynamodb::Client::from_conf(dynamodb.build()),
            streams: aws_sdk_dynamodbstreams::Client::from_conf(streams.build()),
        }
    }
}

pub(super) type Seen = Arc<Mutex<Vec<u64>>>;

pub(super) async fn start(
    script: &Script,
    from: StartingPosition,
    checkpoints: &Checkpoints,
    seen: &Seen,
) -> Mappings {
    let log = Arc::clone(seen);
    let function = Function::in_process(move |event: Value| {
        for record in event["Records"].as_array().unwrap() {
            log.lock().unwrap().push(record["dynamodb"]["SequenceNumber"].as_str().unwrap().parse().unwrap());
        }
        async { Ok::<_, String>(Value::Null) }
    });
    let mapping = Mapping::new("Function/Scripted", settings(from), "scripted", function, SOON);
    Mappings::start(&script.clients(), vec![mapping], checkpoints.clone(), None).await.unwrap()
}

pub(super) fn settings(from: StartingPosition) -> StreamEvent {
    StreamEvent {
        table: "Scripted".to_owned(),
        starting_position: from,
        batch_size: 100,
        batching_window: Duration::ZERO,
        parallelization_factor: 1,
        maximum_retry_attempts: None,
        maximum_record_age: None,
        bisect_on_function_error: false,
        report_batch_item_failures: false,
        filters: Vec::new(),
        on_failure: None,
        tumbling_window: None,
    }
}

pub(super) async fn drained(mappings: &Mappings) {
    tokio::time::timeout(SOON, mappings.drained()).await.expect("the stream is not drained");
}

pub(super) fn sorted(seen: &Seen) -> Vec<u64> {
    let mut seen = seen.lock().unwrap().clone();
    seen.sort_unstable();
    seen
}

pub(super) fn closed(parent: Option<&'static str>, records: std::ops::Range<u64>) -> Shard {
    Shard { parent, closed: true, records: records.collect(), trimmed_up_to: 0 }
}

pub(super) fn open(parent: Option<&'static str>, records: std::ops::Range<u64>) -> Shard {
    Shard { closed: false, ..closed(parent, records) }
}
