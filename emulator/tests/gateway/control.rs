//! `/_emulator`: what runs, and how far it is.

use serde_json::{Value, json};

use crate::harness::{Harness, fails, ok};
use crate::{AUTHORIZED, TEMPLATE};

async fn state(harness: &Harness, path: &str) -> Value {
    let (status, _, body) = harness.http("GET", path, "", "").await;
    assert_eq!(status, 200, "{body}");
    serde_json::from_str(&body).unwrap()
}

#[tokio::test]
async fn the_state_shows_what_runs_and_how_far_it_is() {
    let harness = Harness::start(TEMPLATE, |event| match event["body"].as_str() {
        Some("fail") => fails("as asked"),
        _ => ok(),
    })
    .await;
    let mut client = harness.connect("/dev").await;
    client.send("fail").await;
    client.text().await;
    let state = state(&harness, "/_emulator").await;
    assert_eq!((&state["stackName"], &state["connections"]), (&json!("local"), &json!(1)));
    let api = &state["webSocketApis"][0];
    assert_eq!((&api["logicalId"], &api["stage"]), (&json!("Api"), &json!("dev")));
    assert_eq!(
        api["routes"][4],
        json!({
            "routeKey": "ask", "integration": "AWS_PROXY", "function": "Handler", "routeResponse": true,
            "timeoutMs": 29_000, "throttling": null
        })
    );
    assert_eq!(
        state["httpApis"][0]["routes"][0],
        json!({ "method": "GET", "path": "/items/{id}", "function": "Handler" })
    );
    let function = &state["functions"][0];
    assert_eq!((&function["logicalId"], &function["runs"]), (&json!("Handler"), &json!("in process")));
    // `$connect`, and the message that failed.
    assert_eq!(function["invocations"], json!({ "running": 0, "succeeded": 1, "failed": 1, "refused": 0 }));
    assert_eq!(state["limits"]["idleMs"], 600_000);
}

#[tokio::test]
async fn connections_are_listed_with_what_is_known_of_them() {
    let harness = Harness::start(TEMPLATE, |_| ok()).await;
    assert_eq!(state(&harness, "/_emulator/connections").await, json!({ "total": 0, "connections": [] }));
    let _client = harness.connect("/dev").await;
    let id = harness.connection_id().await;
    let list = state(&harness, "/_emulator/connections").await;
    let only = &list["connections"][0];
    assert_eq!((&list["total"], &only["connectionId"]), (&json!(1), &json!(id)));
    assert_eq!((&only["stage"], &only["sourceIp"]), (&json!("dev"), &json!("127.0.0.1")));
}

#[tokio::test]
async fn the_state_names_no_secret_and_no_page_reads_it() {
    let template = AUTHORIZED
        .replace("StageName: dev", "StageName: dev\n      StageVariables: { key: hush }")
        .replace("Handler: { Type: AWS::Serverless::Function }", "Handler: { Type: AWS::Serverless::Function, Properties: { Environment: { Variables: { KEY: hush } } } }");
    let harness = Harness::start(&template, |_| ok()).await;
    let (status, _, body) = harness.http("GET", "/_emulator", "", "").await;
    assert!(status == 200 && body.contains("route.request.querystring.token"), "{body}");
    assert!(!body.contains("hush"), "{body}");
    for page in ["Origin: https://page.example\r\n", "Origin: null\r\n"] {
        assert_eq!(harness.http("GET", "/_emulator", page, "").await.0, 403);
    }
    let rebound = "GET /_emulator HTTP/1.1\r\nHost: page.example\r\nConnection: close\r\n\r\n";
    assert!(harness.exchange(rebound).await.starts_with("HTTP/1.1 403 "));
    assert_eq!(harness.http("GET", "/_emulator/nothing", "", "").await.0, 404);
    // A path that only begins so belongs to the APIs.
    assert_eq!(harness.http("GET", "/_emulators", "", "").await.0, 426);
}
