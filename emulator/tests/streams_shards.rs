//! What the embedded engine's one endless shard cannot show: shards that end and have children, a
//! trimmed checkpoint, an expired iterator. Against a scripted stream, through the real SDK client.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

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

const ARN: &str = "arn:aws:dynamodb:eu-central-1:000000000000:table/scripted/stream/2026-01-01T00:00:00.000";
const SOON: Duration = Duration::from_secs(20);

#[derive(Clone, Default)]
struct Shard {
    parent: Option<&'static str>,
    closed: bool,
    /// Sequence numbers; what was trimmed is missing at the front.
    records: Vec<u64>,
    trimmed_up_to: u64,
}

/// A stream as DynamoDB serves it. Iterators are `shard/next sequence number/generation`.
#[derive(Clone, Default)]
struct Script(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    shards: HashMap<&'static str, Shard>,
    /// Iterators of earlier generations have expired.
    generation: u64,
    asked: Vec<String>,
}

impl Script {
    fn shard(&self, name: &'static str, shard: Shard) -> &Self {
        self.0.lock().unwrap().shards.insert(name, shard);
        self
    }

    fn change(&self, name: &'static str, change: impl FnOnce(&mut Shard)) {
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
                let record = |n: &u64| {
                    json!({ "eventID": n.to_string(), "eventName": "INSERT", "dynamodb": {
                        "Keys": { "pk": { "S": format!("key-{}", n % 5) } },
                        "SequenceNumber": n.to_string(), "ApproximateCreationDateTime": 1.8e9
                    } })
                };
                Ok(
                    json!({ "Records": page.iter().map(record).collect::<Vec<_>>(), "NextShardIterator": iterator }),
                )
            }
            other => panic!("{other}"),
        }
    }

    fn clients(&self) -> Clients {
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

type Seen = Arc<Mutex<Vec<u64>>>;

async fn start(script: &Script, from: StartingPosition, checkpoints: &Checkpoints, seen: &Seen) -> Mappings {
    let log = Arc::clone(seen);
    let function = Function::in_process(move |event: Value| {
        for record in event["Records"].as_array().unwrap() {
            log.lock().unwrap().push(record["dynamodb"]["SequenceNumber"].as_str().unwrap().parse().unwrap());
        }
        async { Ok::<_, String>(Value::Null) }
    });
    let settings = StreamEvent {
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
    };
    let mapping = Mapping::new("Function/Scripted", settings, "scripted", function, SOON);
    Mappings::start(&script.clients(), vec![mapping], checkpoints.clone(), None).await.unwrap()
}

async fn drained(mappings: &Mappings) {
    tokio::time::timeout(SOON, mappings.drained()).await.expect("the stream is not drained");
}

fn sorted(seen: &Seen) -> Vec<u64> {
    let mut seen = seen.lock().unwrap().clone();
    seen.sort_unstable();
    seen
}

fn closed(parent: Option<&'static str>, records: std::ops::Range<u64>) -> Shard {
    Shard { parent, closed: true, records: records.collect(), trimmed_up_to: 0 }
}

fn open(parent: Option<&'static str>, records: std::ops::Range<u64>) -> Shard {
    Shard { closed: false, ..closed(parent, records) }
}

#[tokio::test]
async fn a_shards_children_begin_when_it_is_delivered_to_its_end() {
    let (script, seen, checkpoints) = (Script::default(), Seen::default(), Checkpoints::in_memory());
    // Named so that a reader that goes by name begins with a child.
    script
        .shard("a-child", open(Some("c-parent"), 20..27))
        .shard("b-child", open(Some("c-parent"), 30..33))
        .shard("c-parent", closed(Some("gone-before"), 1..10));
    let mappings = start(&script, StartingPosition::TrimHorizon, &checkpoints, &seen).await;
    drained(&mappings).await;
    let order = seen.lock().unwrap().clone();
    assert_eq!(sorted(&seen), (1..10).chain(20..27).chain(30..33).collect::<Vec<_>>());
    let last_of_parent = order.iter().rposition(|n| *n < 10).unwrap();
    let first_of_children = order.iter().position(|n| *n >= 20).unwrap();
    assert!(last_of_parent < first_of_children, "{order:?}");

    script.change("b-child", |shard| {
        shard.records.push(33);
        shard.closed = true;
    });
    script.shard("d-grandchild", open(Some("b-child"), 40..42));
    drained(&mappings).await;
    // Whether the grandchild was there before the call ended is a race; the next call settles it.
    drained(&mappings).await;
    assert_eq!(sorted(&seen)[19..], [33, 40, 41]);
    mappings.shutdown(SOON).await;

    let mappings = start(&script, StartingPosition::TrimHorizon, &checkpoints, &seen).await;
    drained(&mappings).await;
    assert_eq!(sorted(&seen).len(), 22, "finished shards stay finished after a restart");
    mappings.shutdown(SOON).await;
}

#[tokio::test]
async fn an_expired_iterator_is_replaced_and_nothing_is_missed_or_repeated() {
    let (script, seen, checkpoints) = (Script::default(), Seen::default(), Checkpoints::in_memory());
    script.shard("only", open(None, 1..4));
    let mappings = start(&script, StartingPosition::TrimHorizon, &checkpoints, &seen).await;
    drained(&mappings).await;
    script.0.lock().unwrap().generation += 1;
    script.change("only", |shard| shard.records.extend(4..6));
    drained(&mappings).await;
    assert_eq!(sorted(&seen), (1..6).collect::<Vec<_>>());
    mappings.shutdown(SOON).await;
}

#[tokio::test]
async fn a_checkpoint_that_was_trimmed_away_falls_back_to_the_oldest_record() {
    let (script, seen, checkpoints) = (Script::default(), Seen::default(), Checkpoints::in_memory());
    script.shard("only", open(None, 1..4));
    let mappings = start(&script, StartingPosition::TrimHorizon, &checkpoints, &seen).await;
    drained(&mappings).await;
    mappings.shutdown(SOON).await;
    script.change("only", |shard| {
        shard.records = (50..53).collect();
        shard.trimmed_up_to = 49;
    });
    let mappings = start(&script, StartingPosition::TrimHorizon, &checkpoints, &seen).await;
    drained(&mappings).await;
    assert_eq!(sorted(&seen), [1, 2, 3, 50, 51, 52]);
    mappings.shutdown(SOON).await;
}

#[tokio::test]
async fn latest_is_the_end_of_the_shards_there_are_and_the_beginning_of_their_children() {
    let (script, seen, checkpoints) = (Script::default(), Seen::default(), Checkpoints::in_memory());
    script.shard("old", open(None, 1..4));
    let mappings = start(&script, StartingPosition::Latest, &checkpoints, &seen).await;
    script.change("old", |shard| {
        shard.records.push(4);
        shard.closed = true;
    });
    script.shard("young", open(Some("old"), 10..13));
    drained(&mappings).await;
    drained(&mappings).await;
    assert_eq!(sorted(&seen), [4, 10, 11, 12]);
    mappings.shutdown(SOON).await;
}

#[tokio::test(start_paused = true)]
async fn without_an_engine_that_tells_a_shard_is_asked_four_times_a_second() {
    let (script, seen, checkpoints) = (Script::default(), Seen::default(), Checkpoints::in_memory());
    script.shard("only", open(None, 1..2));
    let mappings = start(&script, StartingPosition::TrimHorizon, &checkpoints, &seen).await;
    drained(&mappings).await;
    script.0.lock().unwrap().asked.clear();
    tokio::time::sleep(Duration::from_secs(10)).await;
    let asked = script.0.lock().unwrap().asked.clone();
    assert!((38..=42).contains(&asked.len()), "{} requests in 10 s", asked.len());
    assert!(asked.iter().all(|operation| operation == "GetRecords"), "{asked:?}");
    mappings.shutdown(SOON).await;
}
