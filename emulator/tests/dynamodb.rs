//! The embedded engine as its users meet it: through unmodified SDK clients, in a folder, on a port.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_dynamodbstreams::types::{OperationType, Record, ShardIteratorType};
use emulator::dynamodb::{Clients, Engine, EngineError, TableError, create_tables, local_credentials};
use emulator::faults::{DynamoDbFault, DynamoDbRule, FaultPlan, Faults};
use emulator::template::{GlobalIndex, KeySchema, Table};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

fn letters() -> Table {
    let key = |partition: &str, sort: Option<&str>| KeySchema {
        partition: partition.to_owned(),
        sort: sort.map(str::to_owned),
    };
    Table {
        name: "letters-table".to_owned(),
        attributes: vec![
            ("to".to_owned(), "S".to_owned()),
            ("number".to_owned(), "N".to_owned()),
            ("from".to_owned(), "S".to_owned()),
        ],
        key: key("to", Some("number")),
        global_indexes: vec![GlobalIndex {
            name: "from-index".to_owned(),
            key: key("from", Some("number")),
            projection_type: "INCLUDE".to_owned(),
            non_key_attributes: vec!["subject".to_owned()],
        }],
        ttl_attribute: Some("expiresAt".to_owned()),
        stream_view_type: Some("NEW_AND_OLD_IMAGES".to_owned()),
    }
}

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

fn number(value: impl ToString) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

async fn put(clients: &Clients, to: &str, n: u32, expires_at: u64) {
    let put = clients.dynamodb.put_item().table_name("letters-table").item("to", text(to));
    let put = put.item("number", number(n)).item("from", text("alice")).item("expiresAt", number(expires_at));
    put.send().await.unwrap();
}

async fn count(clients: &Clients) -> i32 {
    clients.dynamodb.scan().table_name("letters-table").limit(100).send().await.unwrap().count
}

async fn stream_records(clients: &Clients) -> Vec<Record> {
    let streams = clients.streams.list_streams().table_name("letters-table").send().await.unwrap();
    let arn = streams.streams()[0].stream_arn().unwrap().to_owned();
    let stream = clients.streams.describe_stream().stream_arn(&arn).send().await.unwrap();
    let shard = stream.stream_description.unwrap().shards()[0].shard_id().unwrap().to_owned();
    let iterator = clients
        .streams
        .get_shard_iterator()
        .stream_arn(&arn)
        .shard_id(shard)
        .shard_iterator_type(ShardIteratorType::TrimHorizon)
        .send()
        .await
        .unwrap();
    let records = clients.streams.get_records().set_shard_iterator(iterator.shard_iterator);
    records.limit(100).send().await.unwrap().records.unwrap()
}

fn in_a_year() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() + 365 * 24 * 3600
}

#[tokio::test]
async fn tables_are_made_once_and_found_again() {
    let engine = Engine::temporary().unwrap();
    let clients = Clients::of_engine(&engine);
    for _again in 0..2 {
        create_tables(&clients.dynamodb, [&letters()]).await.unwrap();
    }
    put(&clients, "bob", 1, in_a_year()).await;
    let by_sender = clients.dynamodb.query().table_name("letters-table").index_name("from-index");
    let by_sender = by_sender.key_condition_expression("#from = :from");
    let by_sender = by_sender
        .expression_attribute_names("#from", "from")
        .expression_attribute_values(":from", text("alice"));
    assert_eq!(by_sender.limit(10).send().await.unwrap().count, 1);
    let ttl = clients.dynamodb.describe_time_to_live().table_name("letters-table").send().await.unwrap();
    assert_eq!(ttl.time_to_live_description.unwrap().attribute_name.unwrap(), "expiresAt");
}

#[tokio::test]
async fn a_table_that_differs_from_the_template_is_named_with_the_difference() {
    let engine = Engine::temporary().unwrap();
    let clients = Clients::of_engine(&engine);
    create_tables(&clients.dynamodb, [&letters()]).await.unwrap();

    let mut other_key = letters();
    other_key.key.sort = None;
    let mut other_index = letters();
    other_index.global_indexes[0].projection_type = "ALL".to_owned();
    other_index.global_indexes[0].non_key_attributes.clear();
    let mut no_index = letters();
    no_index.global_indexes.clear();
    let mut no_stream = letters();
    no_stream.stream_view_type = None;
    let mut other_ttl = letters();
    other_ttl.ttl_attribute = Some("deadline".to_owned());
    let cases = [
        (other_key, "the key is to (S) + number (N), the template says to (S)"),
        (other_index, "from-index: from (S) + number (N), INCLUDE [subject]"),
        (no_index, "the template says empty"),
        (no_stream, "the stream is NEW_AND_OLD_IMAGES, the template says off"),
        (other_ttl, "items expire by expiresAt, the template says deadline"),
    ];
    for (table, difference) in cases {
        let error = create_tables(&clients.dynamodb, [&table]).await.unwrap_err();
        assert!(matches!(error, TableError::Differs { .. }), "{error}");
        let message = error.to_string();
        assert!(message.contains("letters-table") && message.contains(difference), "{message}");
        assert!(message.contains("Delete the table"), "{message}");
    }
}

#[tokio::test]
async fn data_and_stream_are_there_after_closing_and_opening_again() {
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::open(folder.path()).unwrap();
    let clients = Clients::of_engine(&engine);
    create_tables(&clients.dynamodb, [&letters()]).await.unwrap();
    put(&clients, "bob", 1, in_a_year()).await;
    engine.close().await;

    let error = clients.dynamodb.list_tables().send().await.unwrap_err();
    assert_eq!(error.into_service_error().code(), Some("EngineClosed"));

    let engine = Engine::open(folder.path()).unwrap();
    let clients = Clients::of_engine(&engine);
    create_tables(&clients.dynamodb, [&letters()]).await.unwrap();
    assert_eq!(count(&clients).await, 1);
    assert_eq!(stream_records(&clients).await.len(), 1);
}

#[tokio::test]
async fn a_folder_has_one_owner_and_the_second_is_told_who() {
    let folder = tempfile::tempdir().unwrap();
    let first = Engine::open(folder.path()).unwrap();
    let error = Engine::open(folder.path()).unwrap_err();
    let EngineError::InUse { folder: named, process } = &error else { panic!("{error}") };
    assert_eq!(named, folder.path());
    assert_eq!(*process, Some(std::process::id()));
    first.close().await;
    Engine::open(folder.path()).unwrap();
}

#[tokio::test]
async fn expired_items_leave_by_the_sweep_with_the_services_name_on_it() {
    let engine = Engine::temporary().unwrap();
    let clients = Clients::of_engine(&engine);
    create_tables(&clients.dynamodb, [&letters()]).await.unwrap();
    put(&clients, "bob", 1, 1).await;
    put(&clients, "bob", 2, in_a_year()).await;
    assert_eq!(count(&clients).await, 2, "an expired item is visible until the sweep, as on AWS");
    assert_eq!(engine.sweep_expired().await.unwrap(), 1);
    assert_eq!(count(&clients).await, 1);

    let records = stream_records(&clients).await;
    let removal = records.last().unwrap();
    assert_eq!(removal.event_name, Some(OperationType::Remove));
    let identity = removal.user_identity.as_ref().unwrap();
    assert_eq!(identity.r#type.as_deref(), Some("Service"));
    assert_eq!(identity.principal_id.as_deref(), Some("dynamodb.amazonaws.com"));
}

#[tokio::test]
async fn a_new_table_does_not_begin_with_the_records_of_its_predecessor() {
    let engine = Engine::temporary().unwrap();
    let clients = Clients::of_engine(&engine);
    create_tables(&clients.dynamodb, [&letters()]).await.unwrap();
    put(&clients, "bob", 1, in_a_year()).await;
    clients.dynamodb.delete_table().table_name("letters-table").send().await.unwrap();
    create_tables(&clients.dynamodb, [&letters()]).await.unwrap();
    assert_eq!(stream_records(&clients).await.len(), 0);
}

#[tokio::test]
async fn readers_of_streams_are_woken_by_stream_records_and_by_nothing_else() {
    let engine = Engine::temporary().unwrap();
    let clients = Clients::of_engine(&engine);
    let mut quiet = letters();
    quiet.name = "quiet-table".to_owned();
    quiet.stream_view_type = None;
    create_tables(&clients.dynamodb, [&letters(), &quiet]).await.unwrap();
    let mut written = engine.written();
    // What creating tables may have told.
    tokio::time::timeout(Duration::from_millis(50), written.changed()).await.unwrap_err();

    let put_quiet = clients.dynamodb.put_item().table_name("quiet-table").item("to", text("bob"));
    put_quiet.item("number", number(1)).item("from", text("alice")).send().await.unwrap();
    count(&clients).await;
    tokio::time::timeout(Duration::from_millis(50), written.changed()).await.unwrap_err();

    put(&clients, "bob", 1, in_a_year()).await;
    tokio::time::timeout(Duration::from_secs(5), written.changed()).await.unwrap();
}

#[tokio::test(flavor = "current_thread")]
async fn a_slow_request_does_not_hold_up_its_callers_runtime() {
    let engine = Engine::temporary().unwrap();
    let clients = Clients::of_engine(&engine);
    create_tables(&clients.dynamodb, [&letters()]).await.unwrap();
    for n in 0..60 {
        let put = clients.dynamodb.put_item().table_name("letters-table").item("to", text("bob"));
        let put = put.item("number", number(n)).item("from", text("alice"));
        put.item("body", text(&"x".repeat(100_000))).send().await.unwrap();
    }
    // The filter reads every page and returns nothing, so all of the time is the engine's.
    let slow = async {
        for _ in 0..5 {
            let scan = clients.dynamodb.scan().table_name("letters-table").filter_expression("body = :no");
            scan.expression_attribute_values(":no", text("no")).send().await.unwrap();
        }
    };
    let ticks = std::sync::atomic::AtomicU32::new(0);
    let clock = async {
        loop {
            tokio::time::sleep(Duration::from_millis(1)).await;
            ticks.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        }
    };
    tokio::select! { () = slow => {}, () = clock => {} }
    assert!(ticks.into_inner() >= 5, "the timer stood still");
}

async fn served(engine: &Engine, talk: impl AsyncFnOnce(std::net::SocketAddr)) {
    let port = engine.open_port([127, 0, 0, 1].into(), 0).await.unwrap();
    let talk = async {
        Box::pin(talk(port.address())).await;
        port.close().await;
    };
    tokio::time::timeout(Duration::from_secs(20), talk).await.unwrap();
}

async fn raw(address: std::net::SocketAddr, head: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("{head}host: {address}\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{{}}");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn other_processes_use_the_port_and_wake_readers_too() {
    let engine = Engine::temporary().unwrap();
    let mut written = engine.written();
    served(&engine, async |address| {
        let clients = Clients::at_endpoint(&format!("http://{address}"), "eu-central-1", local_credentials());
        create_tables(&clients.dynamodb, [&letters()]).await.unwrap();
        put(&clients, "bob", 1, in_a_year()).await;
        assert_eq!(stream_records(&clients).await.len(), 1);
        tokio::time::timeout(Duration::from_secs(5), written.changed()).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_web_page_cannot_use_the_port() {
    let engine = Engine::temporary().unwrap();
    const LIST: &str = "POST / HTTP/1.1\r\nx-amz-target: DynamoDB_20120810.ListTables\r\n\
        content-type: application/x-amz-json-1.0\r\n";
    const SIGNED: &str = "authorization: AWS4-HMAC-SHA256 Credential=local\r\n";
    served(&engine, async |address| {
        let page = raw(address, &format!("{LIST}{SIGNED}origin: http://evil.example\r\n")).await;
        assert!(page.starts_with("HTTP/1.1 403"), "{page}");
        assert!(!page.to_lowercase().contains("access-control-allow"), "{page}");
        let preflight = raw(address, "OPTIONS / HTTP/1.1\r\norigin: http://evil.example\r\n").await;
        assert!(preflight.starts_with("HTTP/1.1 403"), "{preflight}");
        let unsigned = raw(address, LIST).await;
        assert!(unsigned.contains("MissingAuthenticationTokenException"), "{unsigned}");
        let signed = raw(address, &format!("{LIST}{SIGNED}")).await;
        assert!(signed.starts_with("HTTP/1.1 200"), "{signed}");
    })
    .await;
}

#[tokio::test]
async fn a_request_fails_as_its_plan_says_in_process_and_on_the_port() {
    for (fault, code, written) in [
        (DynamoDbFault::Throttle, Some("ThrottlingException"), false),
        (DynamoDbFault::Conflict, Some("TransactionConflictException"), false),
        (DynamoDbFault::Internal, Some("InternalServerError"), false),
        // Nobody is told anything, and it is written all the same.
        (DynamoDbFault::LoseReply, None, true),
    ] {
        let rule = DynamoDbRule {
            operation: Some("PutItem".to_owned()),
            table: Some("letters-table".to_owned()),
            nth: vec![1, 2],
            ..DynamoDbRule::new(fault)
        };
        let plan = FaultPlan { dynamodb: vec![rule], ..FaultPlan::default() };
        let (engine, faults) = (Engine::temporary().unwrap(), Faults::new(plan).unwrap());
        let own = Clients::of_engine(&engine);
        create_tables(&own.dynamodb, [&letters()]).await.unwrap();
        let port = engine.open_faulty_port(&faults, [127, 0, 0, 1].into(), 0).await.unwrap();
        let at_port = Clients::at_endpoint(&port.url(), "local", local_credentials());
        for (n, clients) in [(1, &Clients::of_engine_with(&engine, &faults)), (2, &at_port)] {
            let once = aws_sdk_dynamodb::config::retry::RetryConfig::disabled();
            let config = clients.dynamodb.config().to_builder().retry_config(once).build();
            let client = aws_sdk_dynamodb::Client::from_conf(config);
            let put = client.put_item().table_name("letters-table").item("to", text("anna"));
            let error = put.item("number", number(n)).send().await.unwrap_err();
            assert_eq!(error.code(), code, "{fault:?}: {error:?}");
            // The emulator's own requests are spared.
            let found = own.dynamodb.get_item().table_name("letters-table");
            let found = found.key("to", text("anna")).key("number", number(n)).send().await.unwrap();
            assert_eq!(found.item.is_some(), written, "{fault:?}");
        }
        put(&at_port, "anna", 3, 0).await;
    }
}

#[tokio::test]
async fn a_conflicting_transaction_names_the_item_that_is_in_the_way() {
    let rule = DynamoDbRule { nth: vec![1], ..DynamoDbRule::new(DynamoDbFault::Conflict) };
    let faults = Faults::new(FaultPlan { dynamodb: vec![rule], ..FaultPlan::default() }).unwrap();
    let engine = Engine::temporary().unwrap();
    create_tables(&Clients::of_engine(&engine).dynamodb, [&letters()]).await.unwrap();
    let clients = Clients::of_engine_with(&engine, &faults);
    let write = |n: u32| {
        let put = aws_sdk_dynamodb::types::Put::builder().table_name("letters-table");
        let put = put.item("to", text("anna")).item("number", number(n)).build().unwrap();
        aws_sdk_dynamodb::types::TransactWriteItem::builder().put(put).build()
    };
    let transaction =
        || clients.dynamodb.transact_write_items().transact_items(write(1)).transact_items(write(2));
    let error = transaction().send().await.unwrap_err().into_service_error();
    let aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError::TransactionCanceledException(
        cancelled,
    ) = error
    else {
        panic!("{error:?}")
    };
    let codes: Vec<_> = cancelled.cancellation_reasons().iter().map(|reason| reason.code()).collect();
    assert_eq!(codes, [Some("TransactionConflict"), Some("None")]);
    transaction().send().await.unwrap();
}
