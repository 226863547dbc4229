//! The authorizer: who is let in, who is not and with which status.

use std::sync::Arc;

use parking_lot::Mutex;
use serde_json::{Value, json};

use crate::AUTHORIZED;
use crate::connect::keys;
use crate::harness::{Answer, Harness, fails, ok};
use crate::raw::RawClient;

fn policy(effect: &str, resource: &str) -> Value {
    json!({ "Statement": [{ "Effect": effect, "Action": "execute-api:Invoke", "Resource": resource }] })
}

/// An emulator whose authorizer answers as told.
async fn authorized_by(answer: Arc<Mutex<Answer>>) -> Harness {
    Harness::start(AUTHORIZED, move |event| match event["type"].as_str() {
        Some("REQUEST") => answer.lock().clone(),
        _ => ok(),
    })
    .await
}

#[tokio::test]
async fn every_outcome_has_its_status() {
    let next = Arc::new(Mutex::new(ok()));
    let harness = authorized_by(Arc::clone(&next)).await;
    let allow = policy("Allow", "*");
    for (status, what, answer) in [
        (403, "a denial", Ok(json!({ "principalId": "u", "policyDocument": policy("Deny", "*") }))),
        (
            403,
            "no match",
            Ok(
                json!({ "principalId": "u", "policyDocument": policy("Allow", "arn:aws:execute-api:*/dev/*/*") }),
            ),
        ),
        (401, "Unauthorized", fails("Unauthorized")),
        (500, "another error", fails("unauthorized")),
        (500, "no policy", Ok(json!({ "statusCode": 401 }))),
        (500, "no principal", Ok(json!({ "policyDocument": allow }))),
        (
            500,
            "an object in the context",
            Ok(json!({ "principalId": "u", "policyDocument": allow, "context": { "a": {} } })),
        ),
        (
            500,
            "over 8 KB",
            Ok(json!({ "principalId": "u", "policyDocument": allow, "context": { "a": "x".repeat(8192) } })),
        ),
    ] {
        *next.lock() = answer;
        assert_eq!(harness.refusal("/dev?token=t").await, status, "{what}");
    }
    assert!(harness.log.of_type("CONNECT").is_empty(), "$connect runs only behind the authorizer");
    *next.lock() = Ok(json!({ "principalId": "u", "policyDocument": allow }));
    harness.connect("/dev?token=t").await;
}

#[tokio::test]
async fn without_its_identity_source_nobody_is_asked() {
    let harness = authorized_by(Arc::new(Mutex::new(fails("not to be called")))).await;
    assert_eq!(harness.refusal("/dev").await, 401);
    assert_eq!(harness.refusal("/dev?token=").await, 401);
    assert!(harness.log.all().is_empty());
}

#[tokio::test]
async fn the_authorizers_event_is_the_services() {
    let allow = json!({ "principalId": "u", "policyDocument": policy("Allow", "*") });
    let harness = authorized_by(Arc::new(Mutex::new(Ok(allow)))).await;
    RawClient::connect(harness.address, "/dev?token=t").await;
    let event = harness.log.all().remove(0);
    assert_eq!(
        keys(&event),
        [
            "type",
            "methodArn",
            "headers",
            "multiValueHeaders",
            "queryStringParameters",
            "multiValueQueryStringParameters",
            "stageVariables",
            "requestContext"
        ]
    );
    let api_id = event["requestContext"]["apiId"].as_str().unwrap();
    assert_eq!(
        event["methodArn"],
        format!("arn:aws:execute-api:us-east-1:000000000000:{api_id}/dev/$connect")
    );
    assert_eq!(
        keys(&event["headers"]),
        [
            "Connection",
            "content-length",
            "Host",
            "Sec-WebSocket-Key",
            "Sec-WebSocket-Version",
            "Upgrade",
            "X-Amzn-Trace-Id",
            "X-Forwarded-For",
            "X-Forwarded-Port",
            "X-Forwarded-Proto"
        ]
    );
    assert_eq!(event["stageVariables"], json!({}));
    // It carries the id that the connection will have.
    let connect = harness.log.first("CONNECT").await;
    assert_eq!(event["requestContext"]["connectionId"], connect["requestContext"]["connectionId"]);
    let parsed: aws_lambda_events::apigw::ApiGatewayCustomAuthorizerRequestTypeRequest =
        serde_json::from_value(event).unwrap();
    assert_eq!(parsed.query_string_parameters.first("token"), Some("t"));
}
