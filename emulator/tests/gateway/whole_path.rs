//! A conversation from handshake to goodbye.

use emulator::Connections;
use serde_json::json;

use crate::harness::{DEADLINE, Harness, ok};
use crate::{AUTHORIZED, TEMPLATE};

#[tokio::test]
async fn a_message_is_answered_posted_and_the_connection_ends() {
    let connections = Connections::new();
    let posts = connections.clone();
    let answer = move |event: &serde_json::Value| {
        let context = &event["requestContext"];
        if context["eventType"] == "MESSAGE" {
            posts.post(context["connectionId"].as_str().unwrap(), b"posted").unwrap();
            return Ok(json!({ "statusCode": 200, "body": "answered" }));
        }
        ok()
    };
    let harness = Harness::start_with(TEMPLATE, answer, |b| b.connections(connections)).await;
    let mut client = harness.connect("/dev").await;
    client.send(r#"{"action":"ask"}"#).await;
    assert_eq!(client.text().await, "posted");
    assert_eq!(client.text().await, "answered");
    client.close(None).await;
    let event = harness.log.first("DISCONNECT").await;
    assert_eq!(event["requestContext"]["disconnectStatusCode"], 1005);
    assert!(harness.emulator.connections().is_empty());
    let summary = harness.emulator.shutdown(DEADLINE).await;
    assert_eq!((summary.closed, summary.unfinished), (0, 0));
}

#[tokio::test]
async fn an_authorizers_context_rides_on_every_event() {
    let answer = |event: &serde_json::Value| match event["type"].as_str() {
        Some("REQUEST") => Ok(json!({
            "principalId": "user-7",
            "policyDocument": { "Statement": [
                { "Effect": "Allow", "Action": "execute-api:Invoke", "Resource": event["methodArn"] }
            ] },
            "context": { "tier": "gold", "level": 3 },
        })),
        _ => ok(),
    };
    let harness = Harness::start(AUTHORIZED, answer).await;
    let mut client = harness.connect("/dev?token=t").await;
    client.send("hello").await;
    harness.log.first("MESSAGE").await;
    client.close(None).await;
    for event_type in ["CONNECT", "MESSAGE", "DISCONNECT"] {
        let event = harness.log.first(event_type).await;
        let authorizer = &event["requestContext"]["authorizer"];
        assert_eq!((&authorizer["principalId"], &authorizer["tier"]), (&json!("user-7"), &json!("gold")));
        assert_eq!(authorizer["level"], "3");
        assert!(authorizer["integrationLatency"].is_u64());
    }
}

#[tokio::test]
async fn an_http_request_is_answered() {
    let harness = Harness::start(TEMPLATE, |event| Ok(json!({ "id": event["pathParameters"]["id"] }))).await;
    let (status, _, body) = harness.http("GET", "/items/a%20b?x=1&x=2", "", "").await;
    assert_eq!((status, body.as_str()), (200, r#"{"id":"a b"}"#));
}
