//! Too much at once: 429 on handshakes, an error frame for messages.

use emulator::{Limits, PostError};
use serde_json::Value;

use crate::TEMPLATE;
use crate::harness::{Harness, ok};

fn throttled(settings: &str) -> String {
    let throttled =
        TEMPLATE.replace("      StageName: dev\n", &format!("      StageName: dev\n      {settings}\n"));
    assert_ne!(throttled, TEMPLATE);
    throttled
}

#[tokio::test]
async fn connects_beyond_the_limit_get_429_before_any_function_runs() {
    let limits = Limits { connects_per_second: 2, ..Limits::default() };
    let harness = Harness::start_with(TEMPLATE, |_| ok(), |builder| builder.limits(limits)).await;
    let _open = (harness.connect("/dev").await, harness.connect("/dev").await);
    assert_eq!(harness.refusal("/dev").await, 429);
    assert_eq!(harness.log.of_type("CONNECT").len(), 2);
}

#[tokio::test]
async fn a_message_beyond_the_stages_limit_is_answered_with_a_frame_and_the_socket_stays_open() {
    let template = throttled(
        "DefaultRouteSettings: { ThrottlingRateLimit: 0.001, ThrottlingBurstLimit: 1 }\n      RouteSettings: { ask: { ThrottlingRateLimit: 1000, ThrottlingBurstLimit: 1000 } }",
    );
    let harness = Harness::start(&template, |_| ok()).await;
    let mut client = harness.connect("/dev").await;
    client.send(r#"{"action":"say"}"#).await;
    harness.log.first("MESSAGE").await;
    client.send(r#"{"action":"say"}"#).await;
    let frame: Value = serde_json::from_str(&client.text().await).unwrap();
    assert_eq!(frame["message"], "Too Many Requests");
    // Another route has a limit of its own, and answers.
    client.send(r#"{"action":"ask"}"#).await;
    assert_eq!(client.text().await, "");
    assert_eq!(harness.log.of_type("MESSAGE").len(), 2);
}

#[tokio::test]
async fn a_throttled_connect_route_refuses_the_handshake() {
    let template =
        throttled("RouteSettings: { $connect: { ThrottlingRateLimit: 0, ThrottlingBurstLimit: 0 } }");
    let harness = Harness::start(&template, |_| ok()).await;
    assert_eq!(harness.refusal("/dev").await, 429);
    assert!(harness.log.all().is_empty());
}

#[tokio::test]
async fn calls_of_connections_beyond_the_stages_limit_get_429() {
    let template = throttled(
        "DefaultRouteSettings: { ThrottlingRateLimit: 0.001, ThrottlingBurstLimit: 2 }\n      RouteSettings: { $connect: { ThrottlingRateLimit: 1000, ThrottlingBurstLimit: 1000 } }",
    );
    let harness = Harness::start(&template, |_| ok()).await;
    let mut client = harness.connect("/dev").await;
    let id = harness.connection_id().await;
    let path = format!("/dev/@connections/{id}");
    assert_eq!(harness.http("POST", &path, "", "one").await.0, 200);
    assert_eq!(harness.http("GET", &path, "", "").await.0, 200);
    let (status, head, _) = harness.http("POST", &path, "", "two").await;
    assert_eq!(status, 429);
    assert!(head.contains("x-amzn-errortype: limitexceededexception"), "{head}");
    assert_eq!(harness.emulator.connections().post(&id, b"three"), Err(PostError::LimitExceeded));
    assert_eq!(client.text().await, "one");
}
