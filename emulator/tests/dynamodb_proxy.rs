//! Faults before a DynamoDB that is not the embedded one: an engine's port plays it, or what
//! `DYNAMODB_ENDPOINT` names, such as DynamoDB Local; where bytes matter, a server of a few lines does.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::types::AttributeValue;
use emulator::dynamodb::{Clients, Engine, Port, Proxy, create_tables, local_credentials};
use emulator::faults::{DynamoDbFault, DynamoDbRule, FaultPlan, Faults};
use emulator::template::{KeySchema, Table};
use parking_lot::Mutex;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const REGION: &str = "eu-central-1";
const DEADLINE: Duration = Duration::from_secs(10);

/// The other DynamoDB, with a table for the test.
struct Elsewhere {
    url: String,
    /// As the emulator itself asks: straight.
    own: Clients,
    table: String,
    /// If it is not the environment's.
    _served: Option<(Engine, Port)>,
}

impl Elsewhere {
    async fn start() -> Self {
        let (url, served) = match std::env::var("DYNAMODB_ENDPOINT") {
            Ok(url) => (url, None),
            Err(_) => {
                let engine = Engine::temporary().unwrap();
                let port = engine.open_port([127, 0, 0, 1].into(), 0).await.unwrap();
                (port.url(), Some((engine, port)))
            }
        };
        let own = Clients::at_endpoint(&url, REGION, local_credentials());
        let table = Table {
            name: format!("letters-{}", uuid::Uuid::new_v4()),
            attributes: vec![("to".to_owned(), "S".to_owned())],
            key: KeySchema { partition: "to".to_owned(), sort: None },
            global_indexes: Vec::new(),
            ttl_attribute: None,
            stream_view_type: Some("NEW_IMAGE".to_owned()),
        };
        create_tables(&own.dynamodb, [&table]).await.unwrap();
        Self { url, own, table: table.name, _served: served }
    }

    /// An application's clients: at the proxy's port, and in this process.
    async fn applications(&self, plan: FaultPlan) -> ([Clients; 2], Port) {
        let proxy = Proxy::new(&self.url, Faults::new(plan).unwrap()).unwrap();
        let in_process = Clients::of_proxy(&proxy, REGION, local_credentials());
        let port = open(&proxy).await;
        ([Clients::at_endpoint(&port.url(), REGION, local_credentials()), in_process], port)
    }

    async fn has(&self, to: &str) -> bool {
        let get = self.own.dynamodb.get_item().table_name(&self.table).consistent_read(true);
        get.key("to", text(to)).send().await.unwrap().item.is_some()
    }

    fn rule(&self, fault: DynamoDbFault, operation: &str) -> DynamoDbRule {
        DynamoDbRule {
            operation: Some(operation.to_owned()),
            table: Some(self.table.clone()),
            ..DynamoDbRule::new(fault)
        }
    }
}

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

fn plan(rule: DynamoDbRule) -> FaultPlan {
    FaultPlan { dynamodb: vec![rule], ..FaultPlan::default() }
}

async fn open(proxy: &Proxy) -> Port {
    proxy.open_port([127, 0, 0, 1].into(), 0).await.unwrap()
}

/// Without an SDK's retries, which would hide the fault.
async fn put(clients: &Clients, table: &str, to: &str) -> Result<(), Option<String>> {
    let once = aws_sdk_dynamodb::config::retry::RetryConfig::disabled();
    let config = clients.dynamodb.config().to_builder().retry_config(once).build();
    let put = aws_sdk_dynamodb::Client::from_conf(config).put_item().table_name(table).item("to", text(to));
    put.send().await.map(drop).map_err(|error| error.code().map(str::to_owned))
}

#[tokio::test]
async fn a_request_to_a_dynamodb_elsewhere_fails_as_its_plan_says() {
    let elsewhere = Elsewhere::start().await;
    let table = &elsewhere.table;
    for (name, fault, code, written) in [
        ("throttle", DynamoDbFault::Throttle, Some("ThrottlingException"), false),
        ("conflict", DynamoDbFault::Conflict, Some("TransactionConflictException"), false),
        ("internal", DynamoDbFault::Internal, Some("InternalServerError"), false),
        // Nobody is told anything, and it is written all the same.
        ("lost", DynamoDbFault::LoseReply, None, true),
    ] {
        let rule = DynamoDbRule { nth: vec![1, 2], ..elsewhere.rule(fault, "PutItem") };
        let ([at_port, in_process], _port) = elsewhere.applications(plan(rule)).await;
        for (way, clients) in [("port", &at_port), ("in-process", &in_process)] {
            let to = format!("{name}-{way}");
            assert_eq!(put(clients, table, &to).await, Err(code.map(str::to_owned)), "{to}");
            assert_eq!(elsewhere.has(&to).await, written, "{to}");
        }
        for clients in [&at_port, &in_process] {
            put(clients, table, "afterwards").await.unwrap();
        }
    }
    let late = elsewhere.rule(DynamoDbFault::Delay(50), "PutItem");
    let ([at_port, _], _port) = elsewhere.applications(plan(late)).await;
    let start = Instant::now();
    put(&at_port, table, "late").await.unwrap();
    assert!(start.elapsed() >= Duration::from_millis(50));
}

#[tokio::test]
async fn a_conflicting_transaction_elsewhere_names_the_item_that_is_in_the_way() {
    let elsewhere = Elsewhere::start().await;
    let rule = DynamoDbRule { nth: vec![1], ..elsewhere.rule(DynamoDbFault::Conflict, "TransactWriteItems") };
    let ([application, _], _port) = elsewhere.applications(plan(rule)).await;
    let write = |to: &str| {
        let put = aws_sdk_dynamodb::types::Put::builder().table_name(&elsewhere.table).item("to", text(to));
        aws_sdk_dynamodb::types::TransactWriteItem::builder().put(put.build().unwrap()).build()
    };
    let transaction =
        || application.dynamodb.transact_write_items().transact_items(write("a")).transact_items(write("b"));
    let error = transaction().send().await.unwrap_err();
    assert_eq!(error.code(), Some("TransactionCanceledException"));
    assert!(error.message().unwrap().contains("[TransactionConflict, None]"), "{error:?}");
    assert!(!elsewhere.has("a").await);
    transaction().send().await.unwrap();
    assert!(elsewhere.has("a").await && elsewhere.has("b").await);
}

#[tokio::test]
async fn the_same_seed_strikes_the_same_requests_here_as_on_the_embedded_dynamodb() {
    let elsewhere = Elsewhere::start().await;
    let chance = |seed: u64| {
        let rule = elsewhere.rule(DynamoDbFault::Throttle, "PutItem");
        FaultPlan { seed, ..plan(DynamoDbRule { probability: Some(0.5), ..rule }) }
    };
    let struck = async |clients: &Clients| {
        let mut struck = Vec::new();
        for n in 0..32 {
            struck.push(put(clients, &elsewhere.table, &n.to_string()).await.is_err());
        }
        struck
    };
    let ([at_port, _], _port) = elsewhere.applications(chance(7)).await;
    let here = struck(&at_port).await;
    assert!(here.contains(&true) && here.contains(&false));

    let engine = Engine::temporary().unwrap();
    let table = Table {
        name: elsewhere.table.clone(),
        attributes: vec![("to".to_owned(), "S".to_owned())],
        key: KeySchema { partition: "to".to_owned(), sort: None },
        global_indexes: Vec::new(),
        ttl_attribute: None,
        stream_view_type: None,
    };
    create_tables(&Clients::of_engine(&engine).dynamodb, [&table]).await.unwrap();
    let embedded = Clients::of_engine_with(&engine, &Faults::new(chance(7)).unwrap());
    assert_eq!(struck(&embedded).await, here);
    let ([other, _], _port) = elsewhere.applications(chance(8)).await;
    assert_ne!(struck(&other).await, here);
}

/// As on the embedded DynamoDB: an application may read streams too.
#[tokio::test]
async fn an_applications_stream_reads_pass_the_proxy_and_meet_its_faults() {
    let elsewhere = Elsewhere::start().await;
    let rule = DynamoDbRule {
        operation: Some("GetRecords".to_owned()),
        nth: vec![1],
        ..DynamoDbRule::new(DynamoDbFault::Throttle)
    };
    let ([application, _], _port) = elsewhere.applications(plan(rule)).await;
    put(&application, &elsewhere.table, "anna").await.unwrap();
    let once = aws_sdk_dynamodbstreams::config::retry::RetryConfig::disabled();
    let config = application.streams.config().to_builder().retry_config(once).build();
    let streams = aws_sdk_dynamodbstreams::Client::from_conf(config);
    let listed = streams.list_streams().table_name(&elsewhere.table).send().await.unwrap();
    let arn = listed.streams()[0].stream_arn().unwrap();
    let stream = streams.describe_stream().stream_arn(arn).send().await.unwrap().stream_description.unwrap();
    let iterator =
        streams.get_shard_iterator().stream_arn(arn).shard_id(stream.shards()[0].shard_id().unwrap());
    let iterator = iterator.shard_iterator_type("TRIM_HORIZON".into()).send().await.unwrap().shard_iterator;
    let read = || streams.get_records().set_shard_iterator(iterator.clone()).send();
    assert_eq!(read().await.unwrap_err().code(), Some("ThrottlingException"));
    let records = read().await.unwrap().records.unwrap();
    let keys = records[0].dynamodb().unwrap().keys().unwrap();
    assert_eq!(keys["to"].as_s().unwrap(), "anna");
}

/// A server that answers everything alike, and what it was asked.
async fn recorder(answer: &'static str) -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let asked = Arc::<Mutex<Vec<String>>>::default();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let log = Arc::clone(&asked);
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = String::new();
            while !is_whole(&request) {
                let mut part = [0; 4096];
                let read = stream.read(&mut part).await.unwrap();
                assert!(read > 0, "cut off: {request}");
                request.push_str(std::str::from_utf8(&part[..read]).unwrap());
            }
            log.lock().push(request);
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    (address, asked)
}

fn is_whole(request: &str) -> bool {
    let Some((head, body)) = request.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    body.len() >= length.map_or(0, |length| length.parse().unwrap())
}

async fn exchange(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    tokio::time::timeout(DEADLINE, stream.read_to_string(&mut answer)).await.unwrap().unwrap();
    answer
}

const SIGNED: &str = "Authorization: AWS4-HMAC-SHA256 Credential=local/20261129/eu-central-1/dynamodb\r\n";

/// Never struck: its one request does not come.
fn harmless() -> Faults {
    Faults::new(plan(DynamoDbRule { nth: vec![u64::MAX], ..DynamoDbRule::new(DynamoDbFault::Internal) }))
        .unwrap()
}

#[tokio::test]
async fn what_no_fault_befalls_is_passed_on_as_it_came() {
    // A status, headers and a body in parts that no DynamoDB would send.
    let (address, asked) = recorder(
        "HTTP/1.1 218 Fine\r\nX-Amz-Crc32: 12345\r\nX-Twice: a\r\nX-Twice: b\r\nContent-Encoding: x-own\r\n\
         Connection: close, X-Near\r\nX-Near: 1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
    )
    .await;
    let served = open(&Proxy::new(&format!("http://{address}/base/"), harmless()).unwrap()).await;
    let port = served.address();
    for target in ["DynamoDB_20120810.GetItem", "DynamoDBStreams_20120810.GetRecords", "Some_1.Thing"] {
        let request = format!(
            "POST /path?query=1 HTTP/1.1\r\nHost: {port}\r\nX-Amz-Target: {target}\r\n{SIGNED}\
             Content-Type: application/x-amz-json-1.0\r\nAccept-Encoding: gzip\r\nX-Twice: a\r\nX-Twice: b\r\n\
             Connection: close, X-Near\r\nX-Near: 1\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n{{\"a\"\r\n4\r\n:1 }}\r\n0\r\n\r\n"
        );
        let answer = exchange(port, &request).await;
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 218 "), "{answer}");
        for line in ["x-amz-crc32: 12345", "x-twice: a", "x-twice: b", "content-encoding: x-own"] {
            assert!(head.contains(line), "{line}: {answer}");
        }
        assert_eq!(body, "abcde", "{answer}");

        let asked = asked.lock().pop().unwrap();
        let (head, body) = asked.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("POST /base/path?query=1 HTTP/1.1\r\n"), "{asked}");
        let credential = SIGNED.trim_end().replacen('A', "a", 1);
        for line in [
            &*format!("host: {address}"),
            &*format!("x-amz-target: {target}"),
            &*credential,
            "content-type: application/x-amz-json-1.0",
            "accept-encoding: gzip",
            "x-twice: a\r\nx-twice: b",
            "content-length: 8",
        ] {
            assert!(head.contains(line), "{line}: {asked}");
        }
        assert_eq!(body, "{\"a\":1 }");
        for near in [&answer, &asked] {
            assert!(!near.contains("x-near") && !near.contains("transfer-encoding"), "{near}");
        }
    }
}

#[tokio::test]
async fn no_web_page_gets_through_the_proxy() {
    let (address, asked) =
        recorder("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}").await;
    let served = open(&Proxy::new(&format!("http://{address}"), harmless()).unwrap()).await;
    let port = served.address();
    let request = |method: &str, headers: &str| {
        format!(
            "{method} / HTTP/1.1\r\nHost: {port}\r\nConnection: close\r\nContent-Length: 2\r\n\
             X-Amz-Target: DynamoDB_20120810.ListTables\r\n{headers}\r\n{{}}"
        )
    };
    let origin = "Origin: http://evil.example\r\n";
    for (method, headers, status) in [
        ("POST", format!("{SIGNED}{origin}"), "403"),
        ("OPTIONS", origin.to_owned(), "403"),
        ("POST", String::new(), "400"),
        ("GET", SIGNED.to_owned(), "404"),
    ] {
        let answer = exchange(port, &request(method, &headers)).await.to_ascii_lowercase();
        assert!(answer.starts_with(&format!("http/1.1 {status}")), "{answer}");
        assert!(!answer.contains("access-control-allow"), "{answer}");
    }
    assert_eq!(*asked.lock(), Vec::<String>::new());
    let answer = exchange(port, &request("POST", SIGNED)).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[tokio::test]
async fn a_dynamodb_elsewhere_that_does_not_answer_is_unavailable() {
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", nobody.local_addr().unwrap());
    drop(nobody);
    let proxy = Proxy::new(&url, harmless()).unwrap();
    let clients = Clients::of_proxy(&proxy, REGION, local_credentials());
    assert_eq!(put(&clients, "letters", "anna").await, Err(Some("ServiceUnavailable".to_owned())));
    let request = format!("POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{SIGNED}\r\n");
    let answer = exchange(open(&proxy).await.address(), &request).await;
    assert!(
        answer.starts_with("HTTP/1.1 503")
            && answer.contains(&format!("{url} does not answer"))
            && answer.contains("refused"),
        "{answer}"
    );
}
