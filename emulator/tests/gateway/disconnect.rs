//! `$disconnect`: told once, after the socket closed, with the code and reason of every kind of end.

use std::time::Duration;

use aws_lambda_events::apigw::ApiGatewayWebsocketProxyRequest;
use emulator::{LeftConnection, Limits, PostError};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

use crate::TEMPLATE;
use crate::connect::keys;
use crate::harness::{DEADLINE, Harness, ok, soon};
use crate::raw::RawClient;

fn ending(event: &Value) -> (u64, &str) {
    let context = &event["requestContext"];
    (context["disconnectStatusCode"].as_u64().unwrap(), context["disconnectReason"].as_str().unwrap())
}

#[tokio::test]
async fn the_clients_code_and_reason_are_passed_on_and_echoed() {
    for (frame, code, reason) in [
        (None, 1005, "Client-side close frame status not set"),
        (Some(CloseFrame { code: 1001.into(), reason: "".into() }), 1001, ""),
        (Some(CloseFrame { code: 4242.into(), reason: "enough".into() }), 4242, "enough"),
    ] {
        let harness = Harness::start(TEMPLATE, |_| ok()).await;
        let mut client = harness.connect("/dev").await;
        client.close(frame).await;
        assert_eq!(ending(&harness.log.first("DISCONNECT").await), (code, reason));
    }
}

#[tokio::test]
async fn the_echo_of_a_close_frame_has_the_same_code() {
    let harness = Harness::start(TEMPLATE, |_| ok()).await;
    let mut client = RawClient::connect(harness.address, "/dev").await;
    client.send(0x88, &4000_u16.to_be_bytes()).await;
    assert_eq!(client.close_code().await, 4000);
}

#[tokio::test]
async fn a_pong_that_is_due_comes_before_the_echo() {
    let harness = Harness::start(TEMPLATE, |_| ok()).await;
    let mut client = RawClient::connect(harness.address, "/dev").await;
    let wire = [crate::raw::frame(0x89, b"x"), crate::raw::frame(0x88, b"")].concat();
    tokio::io::AsyncWriteExt::write_all(&mut client.stream, &wire).await.unwrap();
    assert_eq!(client.next().await, Some((0x8A, b"x".to_vec())));
    assert_eq!(client.next().await, Some((0x88, vec![])));
}

#[tokio::test]
async fn a_client_that_answers_a_close_frame_is_not_waited_for() {
    let limits = Limits { close_grace: DEADLINE * 10, ..Limits::default() };
    let harness = Harness::start_with(TEMPLATE, |_| ok(), |b| b.limits(limits)).await;
    let mut client = RawClient::connect(harness.address, "/dev").await;
    let id = harness.connection_id().await;
    harness.http("DELETE", &format!("/dev/@connections/{id}"), "", "").await;
    assert_eq!(client.close_code().await, 1000);
    client.send(0x81, b"not heard any more").await;
    client.send(0x88, &1000_u16.to_be_bytes()).await;
    // The client's socket stays open.
    assert_eq!(ending(&harness.log.first("DISCONNECT").await).0, 1000);
    assert!(harness.log.of_type("MESSAGE").is_empty());
}

#[tokio::test]
async fn a_lost_connection_is_1006() {
    let harness = Harness::start(TEMPLATE, |_| ok()).await;
    let client = RawClient::connect(harness.address, "/dev").await;
    drop(client);
    assert_eq!(ending(&harness.log.first("DISCONNECT").await).0, 1006);
}

#[tokio::test]
async fn during_disconnect_the_connection_is_gone() {
    let connections = emulator::Connections::new();
    let posts = connections.clone();
    let answer = move |event: &Value| {
        let context = &event["requestContext"];
        if context["eventType"] == "DISCONNECT" {
            assert_eq!(posts.post(context["connectionId"].as_str().unwrap(), b"bye"), Err(PostError::Gone));
        }
        ok()
    };
    let harness = Harness::start_with(TEMPLATE, answer, |b| b.connections(connections)).await;
    harness.connect("/dev").await.close(None).await;
    harness.log.first("DISCONNECT").await;
}

#[tokio::test]
async fn idle_connections_go_away_and_posts_keep_one_alive() {
    let limits = Limits { idle: Duration::from_millis(150), ..Limits::default() };
    let harness = Harness::start_with(TEMPLATE, |_| ok(), |b| b.limits(limits)).await;
    let mut client = harness.connect("/dev").await;
    let id = harness.connection_id().await;
    let started = tokio::time::Instant::now();
    let mut ticks = tokio::time::interval(Duration::from_millis(50));
    while started.elapsed() < Duration::from_millis(400) {
        ticks.tick().await;
        harness.emulator.connections().post(&id, b"tick").unwrap();
    }
    assert_eq!(client.closed().await, (1001, "Going away".to_owned()));
    assert!(started.elapsed() >= Duration::from_millis(500));
    drop(client);
    assert_eq!(ending(&harness.log.first("DISCONNECT").await), (1001, "Going away"));
}

#[tokio::test]
async fn pings_do_not_keep_a_connection_alive() {
    let limits = Limits { idle: Duration::from_millis(150), ..Limits::default() };
    let harness = Harness::start_with(TEMPLATE, |_| ok(), |b| b.limits(limits)).await;
    let mut client = RawClient::connect(harness.address, "/dev").await;
    let mut ticks = tokio::time::interval(Duration::from_millis(20));
    let last = soon(async {
        loop {
            ticks.tick().await;
            client.send(0x89, b"").await;
            let frame = client.next().await.expect("a pong or a close frame");
            if frame.0 != 0x8A {
                return frame;
            }
        }
    })
    .await;
    assert_eq!(last, (0x88, b"\x03\xE9Going away".to_vec()));
}

#[tokio::test]
async fn pings_keep_a_connection_alive_where_they_are_told_to() {
    // Long enough that a busy machine does not let it pass between two pings.
    let idle = Duration::from_millis(500);
    let limits = Limits { idle, pings_keep_alive: true, ..Limits::default() };
    let harness = Harness::start_with(TEMPLATE, |_| ok(), |b| b.limits(limits)).await;
    let mut client = RawClient::connect(harness.address, "/dev").await;
    let started = tokio::time::Instant::now();
    let mut ticks = tokio::time::interval(idle / 10);
    while started.elapsed() < idle * 2 {
        ticks.tick().await;
        client.send(0x89, b"").await;
        assert_eq!(client.next().await, Some((0x8A, vec![])));
    }
}

#[tokio::test]
async fn no_connection_outlives_its_lifetime() {
    let limits = Limits { lifetime: Duration::from_millis(100), ..Limits::default() };
    let harness = Harness::start_with(TEMPLATE, |_| ok(), |b| b.limits(limits)).await;
    let mut client = harness.connect("/dev").await;
    assert_eq!(client.closed().await.0, 1001);
}

#[tokio::test]
async fn a_shutdown_closes_everybody_and_runs_disconnect_for_each() {
    let harness = Harness::start(TEMPLATE, |_| ok()).await;
    let mut clients = Vec::new();
    for _ in 0..5 {
        clients.push(harness.connect("/dev").await);
    }
    let closing = tokio::spawn(async move {
        for mut client in clients {
            assert_eq!(client.closed().await, (1001, "Going away".to_owned()));
        }
    });
    let summary = harness.emulator.shutdown(DEADLINE).await;
    assert_eq!((summary.closed, summary.unfinished), (5, 0));
    assert_eq!(harness.log.of_type("DISCONNECT").len(), 5);
    closing.await.unwrap();
    assert!(tokio::net::TcpStream::connect(harness.address).await.is_err(), "nobody listens any more");
}

#[tokio::test]
async fn a_shutdown_does_not_wait_for_sockets_without_a_request() {
    let harness = Harness::start(TEMPLATE, |_| ok()).await;
    let _silent = tokio::net::TcpStream::connect(harness.address).await.unwrap();
    // Accepted before this one, so it is served by now.
    harness.http("GET", "/dev", "", "").await;
    let mut kept = tokio::net::TcpStream::connect(harness.address).await.unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut kept, b"GET /dev HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    tokio::io::AsyncReadExt::read_u8(&mut kept).await.unwrap();
    let started = tokio::time::Instant::now();
    let summary = harness.emulator.shutdown(DEADLINE).await;
    assert_eq!((summary.closed, summary.unfinished), (0, 0));
    assert!(started.elapsed() < Duration::from_secs(1));
}

#[tokio::test]
async fn a_shutdown_waits_no_longer_than_its_deadline() {
    let handler = emulator::Function::new(|invocation| async move {
        if String::from_utf8_lossy(&invocation.payload).contains("DISCONNECT") {
            std::future::pending::<()>().await;
        }
        Ok(bytes::Bytes::from_static(br#"{"statusCode":200}"#))
    });
    let harness = Harness::start_with(TEMPLATE, |_| ok(), |b| b.function("Handler", handler)).await;
    let _client = RawClient::connect(harness.address, "/dev").await;
    let summary = soon(harness.emulator.shutdown(Duration::from_millis(50))).await;
    assert_eq!((summary.closed, summary.unfinished), (1, 1));
}

#[tokio::test]
async fn the_disconnect_event_is_the_services() {
    let harness = Harness::start(TEMPLATE, |_| ok()).await;
    harness.connect("/dev").await.close(None).await;
    let event = harness.log.first("DISCONNECT").await;
    assert_eq!(keys(&event), ["headers", "multiValueHeaders", "requestContext", "isBase64Encoded"]);
    let host = harness.address.to_string();
    assert_eq!(
        event["headers"],
        json!({ "Host": host, "x-api-key": "", "X-Forwarded-For": "", "x-restapi": "" })
    );
    assert_eq!(event["multiValueHeaders"]["x-restapi"], json!([""]));
    assert_eq!(
        keys(&event["requestContext"]),
        [
            "routeKey",
            "disconnectStatusCode",
            "eventType",
            "extendedRequestId",
            "requestTime",
            "messageDirection",
            "disconnectReason",
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
    serde_json::from_value::<ApiGatewayWebsocketProxyRequest>(event).unwrap();
}

#[tokio::test]
async fn a_connection_that_an_earlier_process_left_is_disconnected() {
    let harness = Harness::start(TEMPLATE, |_| ok()).await;
    let left = LeftConnection {
        connection_id: "PJqB0E1tKRcF-Qw=".to_owned(),
        connected_at: Some(1_754_558_081_120),
        authorizer: json!({ "principalId": "u", "room": "a" }).as_object().cloned(),
    };
    harness.emulator.disconnect_left("Api", left.clone()).await.unwrap();
    let event = harness.log.first("DISCONNECT").await;
    let context = &event["requestContext"];
    assert_eq!(ending(&event).0, 1006);
    assert_eq!(
        (&context["connectionId"], &context["authorizer"]["room"]),
        (&json!("PJqB0E1tKRcF-Qw="), &json!("a"))
    );
    serde_json::from_value::<ApiGatewayWebsocketProxyRequest>(event).unwrap();

    let malformed = LeftConnection { connection_id: "abc".to_owned(), ..left.clone() };
    assert!(harness.emulator.disconnect_left("Api", malformed).await.is_err());
    assert!(harness.emulator.disconnect_left("Nothing", left).await.is_err());
}
