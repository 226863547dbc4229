//! Both sides of each doubt: the default, and the other one if it is chosen.

use std::time::Duration;

use emulator::Limits;
use emulator::doubts::{Doubts, EndingCause, PostsDuringConnect, RefusalBody};
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

use crate::TEMPLATE;
use crate::harness::{Answer, Harness, fails, ok};
use crate::raw::{RawClient, handshake};

async fn start(
    doubts: Doubts,
    answer: impl Fn(&serde_json::Value) -> Answer + Send + Sync + 'static,
) -> Harness {
    Harness::start_with(TEMPLATE, answer, |builder| builder.doubts(doubts)).await
}

#[tokio::test]
async fn an_ending_may_have_another_code_and_reason() {
    let ending = |cause, code| (cause, code, "as chosen".to_owned());
    let endings = vec![
        ending(EndingCause::Delete, 1008),
        ending(EndingCause::TooBig, 1011),
        ending(EndingCause::Binary, 4003),
        ending(EndingCause::Lost, 1001),
    ];
    let harness = start(Doubts { endings, ..Doubts::default() }, |_| ok()).await;

    let mut client = harness.connect("/dev").await;
    let id = harness.connection_id().await;
    harness.http("DELETE", &format!("/dev/@connections/{id}"), "", "").await;
    assert_eq!(client.closed().await, (1008, "as chosen".to_owned()));
    let mut binary = RawClient::connect(harness.address, "/dev").await;
    binary.send(0x82, b"x").await;
    assert_eq!(binary.close_code().await, 4003);
    let mut large = RawClient::connect(harness.address, "/dev").await;
    large.send(0x81, &[b'a'; 32 * 1024 + 1]).await;
    assert_eq!(large.close_code().await, 1011);
    drop(RawClient::connect(harness.address, "/dev").await);

    let told = async {
        loop {
            let events = harness.log.of_type("DISCONNECT");
            if events.len() == 4 {
                return events;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let mut codes: Vec<_> = crate::harness::soon(told)
        .await
        .iter()
        .map(|event| event["requestContext"]["disconnectStatusCode"].as_u64().unwrap())
        .collect();
    codes.sort_unstable();
    assert_eq!(codes, [1001, 1008, 1011, 4003]);
}

#[tokio::test]
async fn the_end_of_the_lifetime_may_be_told_from_idleness() {
    let doubts =
        Doubts { endings: vec![(EndingCause::Lifetime, 1000, "old".to_owned())], ..Doubts::default() };
    let start = async |limits: Limits| {
        Harness::start_with(TEMPLATE, |_| ok(), |b| b.doubts(doubts.clone()).limits(limits)).await
    };
    let short = Duration::from_millis(50);
    let old = start(Limits { lifetime: short, ..Limits::default() }).await;
    assert_eq!(old.connect("/dev").await.closed().await, (1000, "old".to_owned()));
    let idle = start(Limits { idle: short, ..Limits::default() }).await;
    assert_eq!(idle.connect("/dev").await.closed().await, (1001, "Going away".to_owned()));
}

#[tokio::test]
async fn a_call_during_connect_may_hang_until_it_is_decided() {
    for (choice, status) in [(PostsDuringConnect::Gone, 410), (PostsDuringConnect::Hang, 200)] {
        let doubts = Doubts { posts_during_connect: choice, ..Doubts::default() };
        let (asked, mut ids) = tokio::sync::mpsc::unbounded_channel();
        let decided = std::sync::Arc::new(tokio::sync::Notify::new());
        let decide = std::sync::Arc::clone(&decided);
        let handler = emulator::Function::in_process(move |event: serde_json::Value| {
            asked.send(event["requestContext"]["connectionId"].as_str().unwrap().to_owned()).unwrap();
            let decided = std::sync::Arc::clone(&decided);
            async move {
                decided.notified().await;
                Ok::<_, String>(json!({ "statusCode": 200 }))
            }
        });
        let harness =
            Harness::start_with(TEMPLATE, |_| ok(), |b| b.function("Handler", handler).doubts(doubts)).await;
        let connecting = harness.connect("/dev");
        let calling = async {
            let id = ids.recv().await.unwrap();
            let path = format!("/dev/@connections/{id}");
            let call = harness.http("POST", &path, "", "early");
            tokio::pin!(call);
            // The answer is there at once, or only after the decision.
            let early = tokio::time::timeout(Duration::from_millis(300), &mut call).await;
            assert_eq!(early.is_ok(), choice == PostsDuringConnect::Gone);
            decide.notify_one();
            match early {
                Ok(answer) => answer.0,
                Err(_) => call.await.0,
            }
        };
        let (_client, answered) = tokio::join!(connecting, calling);
        assert_eq!(answered, status, "{choice:?}");
    }
}

#[tokio::test]
async fn a_refusal_may_have_a_body_of_rests_form_or_none() {
    for (form, body) in
        [(RefusalBody::Message, r#"{"message":"Internal server error"}"#), (RefusalBody::Empty, "")]
    {
        let harness = start(Doubts { refusal_body: form, ..Doubts::default() }, |_| fails("no")).await;
        let answer = harness.exchange(&handshake(harness.address, "/dev", "")).await;
        let (head, sent) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 502 "), "{head}");
        assert_eq!(sent, body);
    }
}

#[tokio::test]
async fn the_texts_of_throttled_and_late_messages_may_be_others() {
    let template = TEMPLATE.replace(
        "say: { FunctionArn: !GetAtt Handler.Arn }",
        "say: { FunctionArn: !GetAtt Handler.Arn, IntegrationTimeout: 50 }",
    );
    let template = template.replace(
        "      Routes:\n",
        "      RouteSettings: { ask: { ThrottlingRateLimit: 0, ThrottlingBurstLimit: 0 } }\n      Routes:\n",
    );
    let doubts = Doubts {
        throttled_message: "Limit Exceeded".to_owned(),
        timeout_message: "Internal server error".to_owned(),
        ..Doubts::default()
    };
    let slow = emulator::Function::in_process(async |event: serde_json::Value| {
        if event["requestContext"]["routeKey"] == "say" {
            std::future::pending::<()>().await;
        }
        Ok::<_, String>(json!({ "statusCode": 200 }))
    });
    let harness =
        Harness::start_with(&template, |_| ok(), |b| b.function("Handler", slow).doubts(doubts)).await;
    let mut client = harness.connect("/dev").await;
    client.send(r#"{"action":"ask"}"#).await;
    assert!(client.text().await.starts_with(r#"{"message": "Limit Exceeded", "#));
    client.send(r#"{"action":"say"}"#).await;
    assert!(client.text().await.starts_with(r#"{"message": "Internal server error", "#));
}

#[tokio::test]
async fn a_result_of_another_form_may_be_the_body() {
    for (result, body) in [
        (json!(null), ""),
        (json!("hi"), "hi"),
        (json!({ "a": 1 }), r#"{"a":1}"#),
        (json!({ "statusCode": 200, "body": "b" }), "b"),
    ] {
        let doubts = Doubts { lenient_results: true, ..Doubts::default() };
        let harness = start(doubts, move |event| match event["body"].is_null() {
            true => ok(),
            false => Ok(result.clone()),
        })
        .await;
        let mut client = harness.connect("/dev").await;
        client.send(r#"{"action":"ask"}"#).await;
        assert_eq!(client.text().await, body);
    }
}

#[tokio::test]
async fn the_101_may_have_the_functions_headers() {
    let answer = |_: &serde_json::Value| {
        Ok(json!({
            "statusCode": 200,
            "headers": { "Set-Cookie": "a=1", "Connection": "close", "Bad Name": "x" },
            "multiValueHeaders": { "X-Two": ["1", "2"] },
        }))
    };
    let harness = start(Doubts { connect_headers: true, ..Doubts::default() }, answer).await;
    let client = RawClient::connect(harness.address, "/dev").await;
    for line in ["set-cookie: a=1\r\n", "x-two: 1\r\n", "x-two: 2\r\n", "Connection: upgrade\r\n"] {
        assert!(client.answer.contains(line), "{}", client.answer);
    }
    assert!(!client.answer.contains("close"), "{}", client.answer);
    let harness = start(Doubts::default(), answer).await;
    let client = RawClient::connect(harness.address, "/dev").await;
    assert!(!client.answer.contains("cookie"), "{}", client.answer);
}

#[tokio::test]
async fn later_events_may_be_without_stage_variables() {
    let template =
        TEMPLATE.replace("      Routes:\n", "      StageVariables: { color: blue }\n      Routes:\n");
    for there in [true, false] {
        let doubts = Doubts { stage_variables_in_messages: there, ..Doubts::default() };
        let harness = Harness::start_with(&template, |_| ok(), |b| b.doubts(doubts)).await;
        let mut client = harness.connect("/dev").await;
        client.send("hi").await;
        let (connect, message) = (harness.log.first("CONNECT").await, harness.log.first("MESSAGE").await);
        assert_eq!(connect["stageVariables"]["color"], "blue");
        assert_eq!(message.get("stageVariables").is_some(), there);
    }
}

#[tokio::test]
async fn a_frame_may_have_32_000_bytes_only() {
    let harness = start(Doubts { frame_bytes: 32_000, ..Doubts::default() }, |_| ok()).await;
    let mut client = RawClient::connect(harness.address, "/dev").await;
    client.send(0x81, &[b'a'; 32_000]).await;
    client.send(0x89, b"").await;
    assert_eq!(client.next().await, Some((0x8A, Vec::new())));
    client.send(0x81, &[b'a'; 32_001]).await;
    assert_eq!(client.close_code().await, 1009);
}

#[tokio::test]
async fn a_post_may_leave_whole_or_binary() {
    let doubts = Doubts { whole_posts: true, binary_posts: true, ..Doubts::default() };
    let harness = start(doubts, |_| ok()).await;
    let mut client = RawClient::connect(harness.address, "/dev").await;
    let id = harness.connection_id().await;
    let connections = harness.emulator.connections();
    connections.post(&id, &[b'a'; 100_000]).unwrap();
    let (first, payload) = client.next().await.unwrap();
    assert_eq!((first, payload.len()), (0x81, 100_000));
    connections.post(&id, &[0xFF, 0xFE]).unwrap();
    assert_eq!(client.next().await, Some((0x82, vec![0xFF, 0xFE])));
}

#[tokio::test]
async fn relaxed_json_may_select_a_route() {
    for (lenient, route) in [(true, "say"), (false, "$default")] {
        let harness = start(Doubts { lenient_json: lenient, ..Doubts::default() }, |_| ok()).await;
        let mut client = harness.connect("/dev").await;
        client.send_message(Message::text("{action: 'say', /* as captured */ }")).await;
        assert_eq!(harness.log.first("MESSAGE").await["requestContext"]["routeKey"], route);
    }
}
