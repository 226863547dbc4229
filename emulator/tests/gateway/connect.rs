//! The handshake: what runs before the 101, and what a client sees instead of it.

use std::time::Duration;

use aws_lambda_events::apigw::ApiGatewayWebsocketProxyRequest;
use bytes::Bytes;
use emulator::{Connections, Function, FunctionError, PostError};
use parking_lot::Mutex;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::{Notify, Semaphore};

use crate::TEMPLATE;
use crate::harness::{Answer, Harness, fails, ok, soon};
use crate::raw::{ACCEPT, KEY, RawClient, handshake};

#[tokio::test]
async fn the_functions_status_decides_and_is_passed_on() {
    let next: Arc<Mutex<Answer>> = Arc::new(Mutex::new(ok()));
    let answer = Arc::clone(&next);
    let harness = Harness::start(TEMPLATE, move |_| answer.lock().clone()).await;
    for status in [200, 201, 299] {
        *next.lock() = Ok(json!({ "statusCode": status }));
        harness.connect("/dev").await;
    }
    for status in [301, 400, 401, 403, 501] {
        *next.lock() = Ok(json!({ "statusCode": status }));
        assert_eq!(harness.refusal("/dev").await, status);
    }
    for malformed in [Value::Null, json!("ok"), json!({}), json!({ "statusCode": 200, "extra": 1 })] {
        *next.lock() = Ok(malformed.clone());
        assert_eq!(harness.refusal("/dev").await, 502, "{malformed}");
    }
    *next.lock() = fails("broken");
    assert_eq!(harness.refusal("/dev").await, 502);
}

#[tokio::test]
async fn a_refusals_body_is_the_functions_and_never_a_frame() {
    let harness =
        Harness::start(TEMPLATE, |_| Ok(json!({ "statusCode": 418, "body": "short and stout" }))).await;
    let answer = harness.exchange(&handshake(harness.address, "/dev", "")).await;
    assert!(answer.starts_with("HTTP/1.1 418 "), "{answer}");
    assert!(answer.ends_with("\r\n\r\nshort and stout"), "{answer}");

    let harness = Harness::start(TEMPLATE, |event| match event["requestContext"]["eventType"].as_str() {
        Some("CONNECT") => Ok(json!({ "statusCode": 200, "body": "welcome" })),
        _ => Ok(json!({ "statusCode": 200, "body": "asked" })),
    });
    let harness = harness.await;
    let mut client = harness.connect("/dev").await;
    client.send(r#"{"action":"ask"}"#).await;
    assert_eq!(client.text().await, "asked", "the body of $connect is no message");
}

#[tokio::test]
async fn a_function_that_hangs_is_a_502_and_a_slow_integration_a_504() {
    let hangs = || Function::new(|_| std::future::pending::<Result<Bytes, FunctionError>>());
    let template = "
Resources:
  Api:
    Type: AWS::Serverless::WebSocketApi
    Properties:
      StageName: dev
      RouteSelectionExpression: $request.body.action
      Routes: { $connect: { FunctionArn: !GetAtt Handler.Arn, IntegrationTimeout: INTEGRATION } }
  Handler: { Type: AWS::Serverless::Function, Properties: { Timeout: 1 } }
";
    for (milliseconds, status) in [("29000", 502), ("50", 504)] {
        let template = template.replace("INTEGRATION", milliseconds);
        let harness = Harness::start_with(&template, |_| ok(), |b| b.function("Handler", hangs())).await;
        assert_eq!(harness.refusal("/dev").await, status);
    }
}

#[tokio::test]
async fn without_a_connect_route_the_handshake_is_accepted_and_default_is_not_asked() {
    let template = TEMPLATE.replace("        $connect: { FunctionArn: !GetAtt Handler.Arn }\n", "");
    let harness = Harness::start(&template, |_| fails("not to be called")).await;
    harness.connect("/dev").await;
    assert!(harness.log.of_type("CONNECT").is_empty());
}

#[tokio::test]
async fn what_is_no_handshake_of_a_stage_is_refused_before_any_function_runs() {
    let harness = Harness::start(TEMPLATE, |_| ok()).await;
    for path in ["/", "/other", "/dev/more", "/DEV"] {
        assert_eq!(harness.refusal(path).await, 403, "{path}");
    }
    let address = harness.address;
    for (change, to, status) in [
        ("Sec-WebSocket-Version: 13", "Sec-WebSocket-Version: 8", "426 "),
        ("Sec-WebSocket-Version: 13\r\n", "", "426 "),
        (KEY, "short", "400 "),
        (&format!("Sec-WebSocket-Key: {KEY}\r\n"), "", "400 "),
        ("GET", "POST", "403 "),
        ("Upgrade: websocket\r\n", "", "426 "),
        ("HTTP/1.1", "HTP/1.1", "400 "),
    ] {
        let request =
            handshake(address, "/dev", "").replacen(change, to, 1).replace("\r\n\r\n", "\r\nX: y\r\n\r\n");
        let request = request.replace("Connection: Upgrade", "Connection: close, Upgrade");
        let answer = harness.exchange(&request).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{change} -> {to}: {answer}");
    }
    assert!(harness.log.all().is_empty());
}

#[tokio::test]
async fn the_101_is_written_as_the_service_writes_it() {
    let harness = Harness::start(TEMPLATE, |_| ok()).await;
    let client = RawClient::connect(harness.address, "/dev").await;
    let mut lines: Vec<&str> = client.answer.lines().collect();
    assert!(lines.remove(1).starts_with("Date: "));
    let accept = format!("sec-websocket-accept: {ACCEPT}");
    assert_eq!(
        lines,
        ["HTTP/1.1 101 Switching Protocols", "Connection: upgrade", "upgrade: websocket", &accept, ""]
    );
}

#[tokio::test]
async fn only_the_function_chooses_a_subprotocol() {
    let harness = Harness::start(TEMPLATE, |event| {
        let offered = event["headers"]["Sec-WebSocket-Protocol"].as_str().unwrap_or_default();
        match offered.contains("v2") {
            true => {
                Ok(json!({ "statusCode": 200, "multiValueHeaders": { "sec-websocket-PROTOCOL": ["v2"] } }))
            }
            false => Ok(json!({ "statusCode": 200, "headers": { "Set-Cookie": "a=b" } })),
        }
    })
    .await;
    let offer = |protocols: &str| {
        handshake(harness.address, "/dev", &format!("Sec-WebSocket-Protocol: {protocols}\r\n"))
    };
    let chosen = RawClient::connect_with(harness.address, &offer("v1, v2")).await;
    assert!(chosen.answer.contains("\r\nsec-websocket-protocol: v2\r\n"), "{}", chosen.answer);
    let none = RawClient::connect_with(harness.address, &offer("v1")).await;
    assert!(none.answer.starts_with("HTTP/1.1 101 "));
    assert!(!none.answer.to_lowercase().contains("protocol: "), "{}", none.answer);
    assert!(!none.answer.to_lowercase().contains("cookie"), "other headers are not copied");
}

#[tokio::test]
async fn a_header_that_would_break_the_answer_is_a_502() {
    let evil = json!({ "statusCode": 200, "headers": { "Sec-WebSocket-Protocol": "a\r\nX-Evil: b" } });
    let harness = Harness::start(TEMPLATE, move |_| Ok(evil.clone())).await;
    assert_eq!(harness.refusal("/dev").await, 502);
}

#[tokio::test]
async fn posts_before_the_101_find_nobody() {
    let connections = Connections::new();
    let (posts, seen) = (connections.clone(), Arc::new(Mutex::new(None)));
    let result = Arc::clone(&seen);
    let answer = move |event: &Value| {
        let id = event["requestContext"]["connectionId"].as_str().unwrap();
        *result.lock() = Some(posts.post(id, b"too early"));
        ok()
    };
    let harness = Harness::start_with(TEMPLATE, answer, |b| b.connections(connections)).await;
    harness.connect("/dev").await;
    assert_eq!(*seen.lock(), Some(Err(PostError::Gone)));
}

#[tokio::test]
async fn a_client_that_leaves_during_connect_is_never_disconnected() {
    let (entered, proceed) = (Arc::new(Notify::new()), Arc::new(Semaphore::new(0)));
    let (entering, may_proceed) = (Arc::clone(&entered), Arc::clone(&proceed));
    let handler = Function::new(move |_| {
        let (entering, may_proceed) = (Arc::clone(&entering), Arc::clone(&may_proceed));
        async move {
            entering.notify_one();
            let _permit = may_proceed.acquire().await;
            Ok(Bytes::from_static(br#"{"statusCode":200}"#))
        }
    });
    let harness = Harness::start_with(TEMPLATE, |_| ok(), |b| b.function("Handler", handler)).await;
    let mut stream = TcpStream::connect(harness.address).await.unwrap();
    stream.write_all(handshake(harness.address, "/dev", "").as_bytes()).await.unwrap();
    soon(entered.notified()).await;
    drop(stream);
    proceed.add_permits(100);
    let connections = harness.emulator.connections().clone();
    let summary = harness.emulator.shutdown(crate::harness::DEADLINE).await;
    assert_eq!((summary.closed, summary.unfinished), (0, 0));
    assert!(connections.is_empty());
    assert_eq!(proceed.available_permits(), 100, "only $connect ran");
}

#[tokio::test]
async fn the_connect_event_is_the_services() {
    let harness = Harness::start(TEMPLATE, |_| ok()).await;
    let headers = "X-b: 2\r\nauthorization: Bearer t\r\nx-A: 1\r\nx-a: 3\r\nUser-Agent: test/1\r\n";
    RawClient::connect_with(
        harness.address,
        &handshake(harness.address, "/dev?room=a%20b&tag=1&tag=2", headers),
    )
    .await;
    let event = harness.log.first("CONNECT").await;

    assert_eq!(
        keys(&event),
        [
            "headers",
            "multiValueHeaders",
            "queryStringParameters",
            "multiValueQueryStringParameters",
            "requestContext",
            "isBase64Encoded"
        ]
    );
    assert_eq!(
        keys(&event["headers"]),
        [
            "authorization",
            "Host",
            "Sec-WebSocket-Key",
            "Sec-WebSocket-Version",
            "User-Agent",
            "x-A",
            "X-Amzn-Trace-Id",
            "X-b",
            "X-Forwarded-For",
            "X-Forwarded-Port",
            "X-Forwarded-Proto"
        ]
    );
    assert_eq!(
        (&event["headers"]["x-A"], &event["multiValueHeaders"]["x-A"]),
        (&json!("3"), &json!(["1", "3"]))
    );
    assert_eq!(event["headers"]["X-Forwarded-For"], "127.0.0.1");
    assert_eq!(event["queryStringParameters"], json!({ "room": "a b", "tag": "2" }));
    assert_eq!(event["multiValueQueryStringParameters"], json!({ "room": ["a b"], "tag": ["1", "2"] }));
    let context = &event["requestContext"];
    assert_eq!(
        keys(context),
        [
            "routeKey",
            "eventType",
            "extendedRequestId",
            "requestTime",
            "messageDirection",
            "stage",
            "connectedAt",
            "requestTimeEpoch",
            "identity",
            "requestId",
            "domainName",
            "connectionId",
            "apiId"
        ]
    );
    assert_eq!(context["identity"], json!({ "userAgent": "test/1", "sourceIp": "127.0.0.1" }));
    assert_eq!(context["requestId"], context["extendedRequestId"]);
    assert_eq!((&context["routeKey"], &context["stage"]), (&json!("$connect"), &json!("dev")));
    let parsed: ApiGatewayWebsocketProxyRequest = serde_json::from_value(event.clone()).unwrap();
    assert_eq!(parsed.request_context.connection_id.as_deref(), context["connectionId"].as_str());
}

#[tokio::test]
async fn what_the_client_does_not_send_is_absent_from_the_event() {
    let harness = Harness::start(TEMPLATE, |_| ok()).await;
    RawClient::connect(harness.address, "/dev").await;
    let event = harness.log.first("CONNECT").await;
    assert_eq!(keys(&event), ["headers", "multiValueHeaders", "requestContext", "isBase64Encoded"]);
    assert_eq!(keys(&event["requestContext"]["identity"]), ["sourceIp"]);
}

#[tokio::test]
async fn stage_variables_are_there_only_if_the_stage_has_some() {
    let with = TEMPLATE.replace("StageName: dev", "StageName: dev\n      StageVariables: { color: blue }");
    let harness = Harness::start(&with, |_| ok()).await;
    harness.connect("/dev").await;
    assert_eq!(harness.log.first("CONNECT").await["stageVariables"], json!({ "color": "blue" }));
}

#[tokio::test]
async fn an_endless_or_slow_head_is_given_up() {
    let limits = emulator::Limits { request_head: Duration::from_millis(50), ..Default::default() };
    let harness = Harness::start_with(TEMPLATE, |_| ok(), |b| b.limits(limits)).await;
    let long = "a".repeat(20_000);
    for (request, status) in [
        (format!("GET /dev?{long} HTTP/1.1\r\n\r\n"), "414 "),
        (format!("GET /dev HTTP/1.1\r\nX: {long}\r\n\r\n"), "431 "),
        ("GET /dev HT".to_owned(), "408 "),
        ("\u{1}\u{2}\u{3}\r\n\r\n".to_owned(), "400 "),
    ] {
        let answer = harness.exchange(&request).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{status}: {answer}");
    }
    assert_eq!(harness.exchange("").await, "", "a socket without a request is closed in silence");
}

pub(crate) fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}
