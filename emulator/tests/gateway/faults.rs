//! Faults on request: of functions, of `@connections`, of sockets.

use emulator::PostError;
use emulator::faults::{
    ConnectionsFault, ConnectionsRule, FaultPlan, FunctionFault, FunctionRule, SocketFault, SocketRule,
};
use serde_json::json;

use crate::TEMPLATE;
use crate::harness::{Client, Harness, ok, soon};

fn route(route: &str) -> Option<String> {
    Some(route.to_owned())
}

#[tokio::test]
async fn a_function_fails_as_its_plan_says() {
    let template = TEMPLATE
        .replace("    Properties:\n      Events:", "    Properties:\n      Timeout: 1\n      Events:");
    assert_ne!(template, TEMPLATE);
    let error = "Internal server error";
    for (fault, answer, runs) in [
        (FunctionFault::CrashBefore, error, 0),
        (FunctionFault::CrashAfter, error, 1),
        (FunctionFault::CrashDuring(0), error, 1),
        (FunctionFault::Error("no luck".to_owned()), error, 0),
        (FunctionFault::Timeout, error, 1),
        (FunctionFault::Throttle, error, 0),
        // A result of `null` is malformed.
        (FunctionFault::Drop, error, 0),
        (FunctionFault::Delay(20), "fine", 1),
        (FunctionFault::Duplicate, "fine", 2),
    ] {
        let rule = FunctionRule { route: route("ask"), nth: vec![2], ..FunctionRule::new(fault.clone()) };
        let plan = FaultPlan { function: vec![rule], ..FaultPlan::default() };
        let answers = |_: &_| Ok(json!({ "statusCode": 200, "body": "fine" }));
        let harness = Harness::start_with_faults(&template, answers, plan).await;
        let mut client = harness.connect("/dev").await;
        client.send(r#"{"action":"ask"}"#).await;
        assert_eq!(client.text().await, "fine");
        client.send(r#"{"action":"ask"}"#).await;
        let text = client.text().await;
        assert!(text.contains(answer), "{fault:?}: {text}");
        assert_eq!(harness.log.of_type("MESSAGE").len(), 1 + runs, "{fault:?}");
        client.send(r#"{"action":"ask"}"#).await;
        assert_eq!(client.text().await, "fine", "{fault:?}");
    }
}

#[tokio::test]
async fn a_disconnect_can_be_lost() {
    let lost = FunctionRule {
        name: Some("Handler".to_owned()),
        route: route("$disconnect"),
        nth: vec![1],
        ..FunctionRule::new(FunctionFault::Drop)
    };
    let plan = FaultPlan { function: vec![lost], ..FaultPlan::default() };
    let harness = Harness::start_with_faults(TEMPLATE, |_| ok(), plan).await;
    harness.connect("/dev").await.close(None).await;
    soon(async {
        while !harness.emulator.connections().is_empty() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    harness.connect("/dev").await.close(None).await;
    let told = harness.log.first("DISCONNECT").await;
    let second = &harness.log.of_type("CONNECT")[1];
    assert_eq!(told["requestContext"]["connectionId"], second["requestContext"]["connectionId"]);
    assert_eq!(harness.log.of_type("DISCONNECT").len(), 1);
}

#[tokio::test]
async fn a_call_of_connections_fails_as_its_plan_says() {
    for (fault, status, kind, arrives, post) in [
        (ConnectionsFault::Gone, 410, "goneexception", false, Err(PostError::Gone)),
        (ConnectionsFault::Throttle, 429, "limitexceededexception", false, Err(PostError::LimitExceeded)),
        (ConnectionsFault::Internal, 500, "internalservererrorexception", false, Err(PostError::Internal)),
        (ConnectionsFault::Delay(10), 200, "", true, Ok(())),
        // No answer at all.
        (ConnectionsFault::LoseReply, 0, "", true, Err(PostError::Internal)),
    ] {
        let rule = ConnectionsRule {
            operation: Some("POST".to_owned()),
            nth: vec![1, 2],
            ..ConnectionsRule::new(fault)
        };
        let plan = FaultPlan { connections: vec![rule], ..FaultPlan::default() };
        let harness = Harness::start_with_faults(TEMPLATE, |_| ok(), plan).await;
        let mut client = harness.connect("/dev").await;
        let id = harness.connection_id().await;
        let path = format!("/dev/@connections/{id}");
        let request =
            format!("POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 5\r\n\r\nfirst");
        let answer = harness.exchange(&request).await.to_ascii_lowercase();
        if status == 0 {
            assert_eq!(answer, "", "{fault:?}");
        } else {
            assert!(answer.starts_with(&format!("http/1.1 {status} ")) && answer.contains(kind), "{answer}");
        }
        if arrives {
            assert_eq!(client.text().await, "first", "{fault:?}");
        }
        // The same without HTTP.
        assert_eq!(harness.emulator.connections().post(&id, b"second"), post, "{fault:?}");
        if arrives {
            assert_eq!(client.text().await, "second", "{fault:?}");
        }
        assert_eq!(harness.http("GET", &path, "", "").await.0, 200);
        assert_eq!(harness.http("POST", &path, "", "third").await.0, 200);
        assert_eq!(client.text().await, "third", "{fault:?}");
    }
}

#[tokio::test]
async fn a_socket_breaks_where_its_plan_says() {
    for (fault, runs) in [(SocketFault::BeforeMessage, 0), (SocketFault::AfterMessage, 1)] {
        let rule = SocketRule { route: route("ask"), ..SocketRule::new(fault) };
        let plan = FaultPlan { socket: vec![rule], ..FaultPlan::default() };
        let harness = Harness::start_with_faults(TEMPLATE, |_| ok(), plan).await;
        let mut client = harness.connect("/dev").await;
        client.send(r#"{"action":"say"}"#).await;
        harness.log.first("MESSAGE").await;
        client.send(r#"{"action":"ask"}"#).await;
        assert!(client.is_cut().await, "{fault:?}");
        let told = harness.log.first("DISCONNECT").await;
        assert_eq!(told["requestContext"]["disconnectStatusCode"], 1006);
        assert_eq!(harness.log.of_type("MESSAGE").len(), 1 + runs, "{fault:?}");
    }
}

#[tokio::test]
async fn a_client_can_be_lost_between_connect_and_its_101() {
    let rule = SocketRule { times: Some(1), ..SocketRule::new(SocketFault::AtOpen) };
    let plan = FaultPlan { socket: vec![rule], ..FaultPlan::default() };
    let harness = Harness::start_with_faults(TEMPLATE, |_| ok(), plan).await;
    assert!(Client::connect(harness.url("/dev")).await.is_err());
    let told = harness.log.first("DISCONNECT").await;
    assert_eq!(told["requestContext"]["connectionId"], harness.connection_id().await);
    harness.connect("/dev").await;
    let (_, _, state) = harness.http("GET", "/_emulator", "", "").await;
    let state: serde_json::Value = serde_json::from_str(&state).unwrap();
    assert_eq!(state["faults"], json!([{ "rule": "socket 1", "applied": 2, "struck": 1 }]));
}
