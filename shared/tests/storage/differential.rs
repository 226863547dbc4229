//! The same random operations on the embedded engine and on `DYNAMODB_ENDPOINT` (DynamoDB Local) give
//! the same results for the same capacity: what runs on one machine is what runs on AWS, and costs what
//! it costs there.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_dynamodb::config::ConfigBag;
use aws_sdk_dynamodb::config::interceptors::{
    AfterDeserializationInterceptorContextRef, BeforeTransmitInterceptorContextMut,
};
use aws_sdk_dynamodb::config::{Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint;
use aws_smithy_types::body::SdkBody;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use shared::domain::{
    ConnectionId, Feed, Gcra, MessageId, Nonce, Pace, Role, SettingsChange, Timestamp, Username,
};
use shared::storage::{Claim, Connection, HistoryCursor, MemberKey, MemberUpdate, Store, StoreError};

use crate::fixture::{Database, at, draft, endpoint, message, now, room, sequence, speaker, user};

const CASES: u32 = 24;

/// Small ranges, so that operations meet each other's rows.
#[derive(Clone, Debug)]
enum Operation {
    Connect(u8),
    Disconnect(u8),
    Present,
    Recipients,
    Sequence,
    SlowMode(u8),
    Put(u8),
    Get(u8),
    Newest(u8),
    Before(u8, u8),
    After(u8, u8),
    NonceFind(u8),
    NonceClaim(u8, u8),
    Rate(u16),
    /// A user's connections, and whether each is there.
    Member(u8, Vec<(u8, bool)>),
    Counts,
}

fn operation() -> impl Strategy<Value = Operation> {
    use Operation::*;
    let small = 0..4_u8;
    let number = 1..6_u8;
    prop_oneof![
        small.clone().prop_map(Connect),
        small.clone().prop_map(Disconnect),
        Just(Present),
        Just(Recipients),
        Just(Sequence),
        small.clone().prop_map(SlowMode),
        number.clone().prop_map(Put),
        number.clone().prop_map(Get),
        small.clone().prop_map(Newest),
        (number.clone(), small.clone()).prop_map(|(from, limit)| Before(from, limit)),
        (0..6_u8, small.clone()).prop_map(|(from, limit)| After(from, limit)),
        small.clone().prop_map(NonceFind),
        (small.clone(), number).prop_map(|(nonce, claim)| NonceClaim(nonce, claim)),
        (0..3_000_u16).prop_map(Rate),
        (small.clone(), proptest::collection::vec((small, any::<bool>()), 1..4))
            .prop_map(|(user, seen)| Member(user, seen)),
        Just(Counts),
    ]
}

/// Asks for the capacity of every request, and adds up what the answers say.
#[derive(Clone, Debug, Default)]
struct Capacity(Arc<Mutex<f64>>);

#[dyn_dispatch_hint]
impl Intercept for Capacity {
    fn name(&self) -> &'static str {
        "Capacity"
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request_mut();
        let mut body: serde_json::Value = serde_json::from_slice(request.body().bytes().unwrap_or(b"{}"))?;
        body["ReturnConsumedCapacity"] = "TOTAL".into();
        let body = serde_json::to_vec(&body)?;
        request.headers_mut().insert("content-length", body.len().to_string());
        *request.body_mut() = SdkBody::from(body);
        Ok(())
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let body = context.response().body().bytes().unwrap_or(b"{}");
        let body: serde_json::Value = serde_json::from_slice(body)?;
        let consumed = match &body["ConsumedCapacity"] {
            serde_json::Value::Array(tables) => tables.clone(),
            one => vec![one.clone()],
        };
        let units: f64 = consumed.iter().filter_map(|table| table["CapacityUnits"].as_f64()).sum();
        *self.0.lock().unwrap() += units;
        Ok(())
    }
}

/// A database, and what its answers said that they cost.
struct Side {
    store: Store,
    capacity: Capacity,
    _database: Database,
}

impl Side {
    fn new(database: Database) -> Self {
        let capacity = Capacity::default();
        let config = database.clients.dynamodb.config().to_builder().interceptor(capacity.clone()).build();
        let client = aws_sdk_dynamodb::Client::from_conf(config);
        Self { store: Store::new(client, database.tables.clone()), capacity, _database: database }
    }

    /// The result as text, and the capacity units it took.
    async fn run(&self, operation: &Operation, step: usize) -> (String, f64) {
        let later = at(now().as_millis() + i64::try_from(step).unwrap() * 1_000);
        let result = run(&self.store, operation, later).await;
        (result, std::mem::take(&mut *self.capacity.0.lock().unwrap()))
    }
}

/// DynamoDB Local charges nothing for keys of a batch that are not there, nor for a query that finds
/// nothing, and for a transaction less than the two units that each KB takes. AWS does, and so does the
/// embedded engine:
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html>.
fn costs_less_there(operation: &Operation) -> bool {
    use Operation::{After, Before, Counts, Disconnect, Member, Newest, Present, Recipients};
    // Its indexes follow their table, and a row that is in none yet costs no index write to delete.
    let through_an_index = matches!(operation, Disconnect(_) | Recipients);
    through_an_index
        || matches!(operation, Present | Counts | Newest(_) | Before(..) | After(..) | Member(..))
}

/// Errors are compared as such: their texts are each engine's own.
fn show<T: Debug>(result: Result<T, StoreError>) -> String {
    match result {
        Ok(value) => format!("{value:?}"),
        Err(_) => "an error".to_owned(),
    }
}

async fn run(store: &Store, operation: &Operation, now: Timestamp) -> String {
    let global = room("global");
    let id = |n: u8| ConnectionId::new(format!("c{n}"));
    let nonce = |n: u8| Nonce::parse(&format!("n{n}")).unwrap();
    let alice = speaker("c1", "alice");
    match operation {
        Operation::Connect(n) => {
            let connection = Connection {
                speaker: speaker(&format!("c{n}"), &format!("u{}", n % 2)),
                feed: Feed::Chat,
                connected_at: now,
            };
            show(store.connection_put(&connection).await)
        }
        Operation::Disconnect(n) => show(store.connection_delete(&id(*n)).await),
        Operation::Present => show(store.connections_present(&[id(0), id(1), id(2), id(3)]).await),
        Operation::Recipients => {
            let page = store.room_connections(&global, now, None).await;
            show(page.map(|page| (format!("{:?}", page.recipients), page.next.is_none())))
        }
        Operation::Sequence => {
            show(store.room_sequence_next(&global, &store.room_rules_last_seen(&global)).await)
        }
        Operation::SlowMode(seconds) => {
            let slow_mode = Some(Duration::from_secs((*seconds).into()));
            let change = SettingsChange { slow_mode, ..SettingsChange::default() };
            show(store.room_settings_change(&global, &change).await)
        }
        Operation::Put(n) => {
            // Sizes on both sides of a capacity unit.
            let content = "x".repeat(usize::from(*n) * 190);
            show(store.message_put(&message((*n).into(), &content, at(1_795_509_060_000)), None).await)
        }
        Operation::Get(n) => show(store.message_get(&global, sequence((*n).into())).await),
        Operation::Newest(limit) => page(store, HistoryCursor::Newest, *limit, now).await,
        Operation::Before(from, limit) => {
            page(store, HistoryCursor::Before(sequence((*from).into())), *limit, now).await
        }
        Operation::After(from, limit) => page(store, HistoryCursor::After((*from).into()), *limit, now).await,
        Operation::NonceFind(n) => show(store.nonce_find(&alice, &nonce(*n), now).await),
        Operation::NonceClaim(n, claim) => {
            let claim = Claim {
                message_id: MessageId::new(at(1_795_509_060_000), [*claim; 10]),
                sequence: sequence((*claim).into()),
                timestamp: now,
            };
            show(store.nonce_claim(&alice, &nonce(*n), claim, None, now).await)
        }
        Operation::Rate(millis) => {
            let rules = store.room_rules_last_seen(&global);
            let pace = Pace::new(Gcra::new(1.0, 2), &rules, Role::Viewer, &draft("hello").content);
            let now = at(now.as_millis() + i64::from(*millis));
            show(store.pace_take(&global, &alice.user_id, &pace, now).await)
        }
        Operation::Member(n, seen) => {
            let key = MemberKey { room_id: global, user_id: user(&format!("u{n}")), feed: Feed::Chat };
            let row = store.member_get(&key).await.unwrap();
            let observed: BTreeMap<_, _> = seen.iter().map(|(n, there)| (id(*n), *there)).collect();
            let Some(change) = row.member.reconcile(&observed) else { return format!("{row:?}") };
            let profile = Some((Username::parse("somebody").unwrap(), Role::Viewer));
            let before = format!("{row:?}");
            let written = store.members_write(&[MemberUpdate { row, change, profile }], 0, now).await;
            format!("{before} {}", show(written))
        }
        Operation::Counts => {
            format!("{} {}", show(store.room_counts(&global).await), show(store.service_connections().await))
        }
    }
}

async fn page(store: &Store, cursor: HistoryCursor, limit: u8, now: Timestamp) -> String {
    show(store.message_page(&room("global"), cursor, usize::from(limit) + 1, now).await)
}

#[test]
#[ignore = "compares with another database: `.ci/dynamodb-local` has one"]
fn both_databases_answer_alike_and_cost_alike() {
    let url = endpoint().expect("DYNAMODB_ENDPOINT names the database to compare with");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let config =
        Config { cases: CASES, max_shrink_iters: 200, failure_persistence: None, ..Config::default() };
    let operations = proptest::collection::vec(operation(), 1..40);
    let outcome = TestRunner::new(config).run(&operations, |operations| {
        runtime.block_on(async {
            let ours = Side::new(Database::embedded().await);
            let theirs = Side::new(Database::at(&url).await);
            for (step, operation) in operations.iter().enumerate() {
                let (our_result, our_cost) = ours.run(operation, step).await;
                let (their_result, their_cost) = theirs.run(operation, step).await;
                prop_assert_eq!(our_result, their_result, "{:?} at step {}", operation, step);
                prop_assert!(
                    our_cost == their_cost || costs_less_there(operation) && their_cost < our_cost,
                    "{operation:?} at step {step} takes {our_cost} here and {their_cost} there"
                );
            }
            Ok(())
        })
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
}
