//! Messages: which route they take and what comes back.

use std::sync::Arc;

use aws_lambda_events::apigw::ApiGatewayWebsocketProxyRequest;
use bytes::Bytes;
use emulator::Function;
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio_tungstenite::tungstenite::Message;

use crate::TEMPLATE;
use crate::connect::keys;
use crate::harness::{Answer, Client, Harness, fails, ok, soon};

const NO_DEFAULT: &str = "        $default: { FunctionArn: !GetAtt Handler.Arn }\n";

/// An emulator whose messages are answered as told, and its only client.
async fn answering(next: Arc<Mutex<Answer>>) -> (Harness, Client) {
    let harness =
        Harness::start(TEMPLATE, move |event| match event["requestContext"]["eventType"].as_str() {
            Some("MESSAGE") => next.lock().clone(),
            _ => ok(),
        })
        .await;
    let client = harness.connect("/dev").await;
    (harness, client)
}

#[tokio::test]
async fn the_body_selects_the_route_and_default_takes_the_rest() {
    let harness = Harness::start(TEMPLATE, |_| ok()).await;
    let mut client = harness.connect("/dev").await;
    for (body, route) in [
        (r#"{"action":"say","x": 1}"#, "say"),
        (r#"{"action":"Say"}"#, "$default"),
        (r#"{"action":"unknown"}"#, "$default"),
        (r#"{"action":"$connect"}"#, "$default"),
        (r#"{"action":"$disconnect"}"#, "$default"),
        ("not JSON", "$default"),
        ("", "$default"),
        ("\"é\\u0000\"", "$default"),
    ] {
        let before = harness.log.of_type("MESSAGE").len();
        client.send(body).await;
        let event = soon(async {
            loop {
                if let Some(event) = harness.log.of_type("MESSAGE").into_iter().nth(before) {
                    return event;
                }
                tokio::task::yield_now().await;
            }
        })
        .await;
        assert_eq!(event["requestContext"]["routeKey"], route, "{body}");
        assert_eq!(event["body"], body, "the body is handed over as it is");
    }
}

#[tokio::test]
async fn without_a_route_the_client_gets_the_services_own_frame_and_stays() {
    let template = TEMPLATE.replace(NO_DEFAULT, "");
    let harness = Harness::start(&template, |_| ok()).await;
    let mut client = harness.connect("/dev").await;
    let id = harness.connection_id().await;
    for _ in 0..2 {
        client.send("hello").await;
        let frame = client.text().await;
        let expected = format!(r#"{{"message": "Forbidden", "connectionId":"{id}", "requestId":""#);
        assert!(frame.starts_with(&expected), "{frame}");
        assert_eq!(frame.len(), expected.len() + 16 + 2);
    }
    assert!(harness.log.of_type("MESSAGE").is_empty());
}

#[tokio::test]
async fn a_result_is_sent_only_two_way_and_whatever_its_status() {
    let next = Arc::new(Mutex::new(ok()));
    let (_harness, mut client) = answering(Arc::clone(&next)).await;
    for status in [200, 301, 401, 501] {
        *next.lock() = Ok(json!({ "statusCode": status, "body": format!("status {status}") }));
        client.send(r#"{"action":"say"}"#).await;
        client.send(r#"{"action":"ask"}"#).await;
        assert_eq!(client.text().await, format!("status {status}"));
    }
    *next.lock() = Ok(json!({ "statusCode": 200 }));
    client.send(r#"{"action":"ask"}"#).await;
    assert_eq!(client.text().await, "", "a result without a body is an empty frame");
    // Had the one-way route answered, its frames would have come first.
    client.send_message(Message::Ping("x".into())).await;
    assert_eq!(client.next().await, Message::Pong("x".into()));
}

#[tokio::test]
async fn a_failure_is_the_services_own_frame_on_every_route() {
    let next = Arc::new(Mutex::new(ok()));
    let (_harness, mut client) = answering(Arc::clone(&next)).await;
    for answer in [
        fails("secret"),
        Ok(Value::Null),
        Ok(json!("text")),
        Ok(json!({ "body": "x" })),
        Ok(json!({ "statusCode": 200, "ConnectionId": "x" })),
    ] {
        *next.lock() = answer.clone();
        for action in ["say", "ask", "other"] {
            client.send(&json!({ "action": action }).to_string()).await;
            let frame = client.text().await;
            assert!(frame.starts_with(r#"{"message": "Internal server error", "connectionId":""#), "{frame}");
            assert!(!frame.contains("secret"));
        }
    }
}

#[tokio::test]
async fn a_panic_of_one_function_disturbs_nobody() {
    let harness = Harness::start(TEMPLATE, |event| match event["body"].as_str() {
        Some("panic") => panic!("as told"),
        Some(_) => Ok(json!({ "statusCode": 200, "body": "fine" })),
        None => ok(),
    })
    .await;
    let mut client = harness.connect("/dev").await;
    client.send("panic").await;
    assert!(client.text().await.contains("Internal server error"));
    client.send(r#"{"action":"ask"}"#).await;
    assert_eq!(client.text().await, "fine");
}

#[tokio::test]
async fn messages_of_one_client_run_at_the_same_time() {
    let gate = Arc::new(Semaphore::new(0));
    let opens = Arc::clone(&gate);
    let handler = Function::new(move |invocation| {
        let opens = Arc::clone(&opens);
        async move {
            let event: Value = serde_json::from_slice(&invocation.payload).unwrap();
            match event["body"].as_str().unwrap_or_default() {
                body if body.contains("wait") => drop(opens.acquire().await),
                body if body.contains("open") => opens.add_permits(1),
                _ => {}
            }
            Ok(Bytes::from(json!({ "statusCode": 200, "body": event["body"] }).to_string()))
        }
    });
    let harness = Harness::start_with(TEMPLATE, |_| ok(), |b| b.function("Handler", handler)).await;
    let mut client = harness.connect("/dev").await;
    client.send(r#"{"action":"ask","what":"wait"}"#).await;
    client.send(r#"{"action":"ask","what":"open"}"#).await;
    let answers = [client.text().await, client.text().await].join(" ");
    assert!(answers.contains("wait") && answers.contains("open"), "{answers}");
}

#[tokio::test]
async fn a_slow_integration_is_given_up_and_the_socket_stays() {
    let template = TEMPLATE.replace(
        "say: { FunctionArn: !GetAtt Handler.Arn }",
        "say: { FunctionArn: !GetAtt Handler.Arn, IntegrationTimeout: 50 }",
    );
    let handler = Function::new(|invocation| async move {
        if String::from_utf8_lossy(&invocation.payload).contains("\"say\"") {
            std::future::pending::<()>().await;
        }
        Ok(Bytes::from_static(br#"{"statusCode":200,"body":"here"}"#))
    });
    let harness = Harness::start_with(&template, |_| ok(), |b| b.function("Handler", handler)).await;
    let mut client = harness.connect("/dev").await;
    client.send(r#"{"action":"say"}"#).await;
    assert!(client.text().await.starts_with(r#"{"message": "Endpoint request timed out", "#));
    client.send(r#"{"action":"ask"}"#).await;
    assert_eq!(client.text().await, "here");
}

#[tokio::test]
async fn a_client_with_too_many_messages_waits_and_loses_none() {
    let gate = Arc::new(Semaphore::new(0));
    let opens = Arc::clone(&gate);
    let handler = Function::new(move |invocation| {
        let opens = Arc::clone(&opens);
        async move {
            let event: Value = serde_json::from_slice(&invocation.payload).unwrap();
            if event["body"].is_string() {
                drop(opens.acquire().await);
            }
            Ok(Bytes::from_static(br#"{"statusCode":200,"body":"done"}"#))
        }
    });
    let limits = emulator::Limits { messages_in_flight: 2, ..Default::default() };
    let harness =
        Harness::start_with(TEMPLATE, |_| ok(), |b| b.function("Handler", handler).limits(limits)).await;
    let mut client = harness.connect("/dev").await;
    for _ in 0..20 {
        client.send(r#"{"action":"ask"}"#).await;
    }
    gate.add_permits(20);
    for _ in 0..20 {
        assert_eq!(client.text().await, "done");
    }
}

#[tokio::test]
async fn with_one_message_in_flight_they_are_handled_one_after_the_other() {
    let log = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&log);
    let handler = Function::new(move |invocation| {
        let event: Value = serde_json::from_slice(&invocation.payload).unwrap();
        let (seen, body) = (Arc::clone(&seen), event["body"].as_str().map(str::to_owned));
        async move {
            for step in ["begins", "ends"] {
                if let Some(body) = &body {
                    seen.lock().push(format!("{body} {step}"));
                }
                // Whatever else could run does.
                for _ in 0..20 {
                    tokio::task::yield_now().await;
                }
            }
            Ok(Bytes::from_static(br#"{"statusCode":200,"body":"done"}"#))
        }
    });
    let limits = emulator::Limits { messages_in_flight: 1, ..Default::default() };
    let harness =
        Harness::start_with(TEMPLATE, |_| ok(), |b| b.function("Handler", handler).limits(limits)).await;
    let mut client = harness.connect("/dev").await;
    let messages: Vec<_> = (0..10).map(|number| format!(r#"{{"action":"ask","number":{number}}}"#)).collect();
    for message in &messages {
        client.send(message).await;
    }
    for _ in &messages {
        assert_eq!(client.text().await, "done");
    }
    let expected = messages.iter().flat_map(|body| ["begins", "ends"].map(|step| format!("{body} {step}")));
    assert_eq!(*log.lock(), expected.collect::<Vec<_>>());
}

#[tokio::test]
async fn the_message_event_is_the_services() {
    let harness = Harness::start(TEMPLATE, |_| ok()).await;
    let mut client = harness.connect("/dev?room=a").await;
    client.send(r#"{"action":"say"}"#).await;
    let event = harness.log.first("MESSAGE").await;
    assert_eq!(keys(&event), ["requestContext", "body", "isBase64Encoded"]);
    let context = &event["requestContext"];
    assert_eq!(
        keys(context),
        [
            "routeKey",
            "messageId",
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
    let connect = harness.log.first("CONNECT").await;
    for same in ["connectedAt", "connectionId", "identity", "domainName", "apiId"] {
        assert_eq!(context[same], connect["requestContext"][same], "{same}");
    }
    assert_ne!(context["requestId"], connect["requestContext"]["requestId"]);
    let id = |name: &str| context[name].as_str().unwrap().to_owned();
    assert_eq!(id("messageId")[12..], id("connectionId")[12..]);
    let parsed: ApiGatewayWebsocketProxyRequest = serde_json::from_value(event.clone()).unwrap();
    assert_eq!(parsed.request_context.message_id, Some(id("messageId")));
}
