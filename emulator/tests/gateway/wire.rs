//! Frames: what a client may send, and the close code for everything else.

use serde_json::json;
use tokio::io::AsyncWriteExt;

use crate::TEMPLATE;
use crate::harness::{Harness, ok};
use crate::raw::{RawClient, frame, handshake};

const TEXT: u8 = 0x81;

async fn echo() -> Harness {
    Harness::start(TEMPLATE, |event| match event["body"].as_str() {
        Some(body) => Ok(json!({ "statusCode": 200, "body": body.len().to_string() })),
        None => ok(),
    })
    .await
}

fn ask(length: usize) -> Vec<u8> {
    let start = br#"{"action":"ask","x":""#;
    let mut body = start.to_vec();
    body.resize(length - 2, b'a');
    body.extend(b"\"}");
    body
}

#[tokio::test]
async fn a_violation_closes_with_its_code_and_disconnect_is_told_it() {
    for (what, wire, code) in [
        ("a frame of 32 KB and one byte", frame(TEXT, &ask(32 * 1024 + 1)), 1009),
        ("a binary frame", frame(0x82, b"x"), 1003),
        ("no mask", vec![TEXT, 2, b'h', b'i'], 1002),
        ("a reserved bit", frame(0xC1, b"x"), 1002),
        ("text that is not UTF-8", frame(TEXT, b"\xFF"), 1007),
        ("half a character", [frame(0x01, b"\xC3"), frame(0x80, b"a")].concat(), 1007),
        ("a close code that is never sent", frame(0x88, &1005_u16.to_be_bytes()), 1002),
    ] {
        let harness = echo().await;
        let mut client = RawClient::connect(harness.address, "/dev").await;
        client.stream.write_all(&wire).await.unwrap();
        assert_eq!(client.close_code().await, code, "{what}");
        drop(client);
        let event = harness.log.first("DISCONNECT").await;
        assert_eq!(event["requestContext"]["disconnectStatusCode"], code, "{what}");
        assert!(harness.log.of_type("MESSAGE").is_empty(), "{what}");
    }
}

#[tokio::test]
async fn a_client_that_goes_on_sending_still_sees_why_it_was_closed() {
    let harness = echo().await;
    let mut client = RawClient::connect(harness.address, "/dev").await;
    let big = frame(TEXT, &vec![b'a'; 4 * 1024 * 1024]);
    client.stream.write_all(&big).await.unwrap();
    assert_eq!(client.close_code().await, 1009);
}

#[tokio::test]
async fn a_message_of_128_kb_in_fragments_is_one_message_and_a_byte_more_is_not() {
    let harness = echo().await;
    let mut client = RawClient::connect(harness.address, "/dev").await;
    let body = ask(128 * 1024);
    let parts: Vec<&[u8]> = body.chunks(32 * 1024).collect();
    for (index, part) in parts.iter().enumerate() {
        let first = u8::from(index == 0) | if index + 1 == parts.len() { 0x80 } else { 0 };
        client.send(first, part).await;
    }
    assert_eq!(client.next().await, Some((TEXT, b"131072".to_vec())));
    for (index, part) in parts.iter().enumerate() {
        client.send(u8::from(index == 0), part).await;
    }
    client.send(0x80, b"a").await;
    assert_eq!(client.close_code().await, 1009);
}

#[tokio::test]
async fn bytes_may_arrive_one_by_one_and_control_frames_in_between() {
    let harness = echo().await;
    let mut client = RawClient::connect(harness.address, "/dev").await;
    let body = ask(40);
    let wire =
        [frame(0x01, &body[..7]), frame(0x89, b"now"), frame(0x80, &body[7..]), frame(0x8A, b"")].concat();
    for byte in wire {
        client.stream.write_all(&[byte]).await.unwrap();
        client.stream.flush().await.unwrap();
    }
    assert_eq!(client.next().await, Some((0x8A, b"now".to_vec())));
    assert_eq!(client.next().await, Some((TEXT, b"40".to_vec())));
}

#[tokio::test]
async fn what_is_sent_right_behind_the_handshake_is_not_lost() {
    let harness = echo().await;
    let mut stream = tokio::net::TcpStream::connect(harness.address).await.unwrap();
    let wire = [handshake(harness.address, "/dev", "").into_bytes(), frame(TEXT, &ask(30))].concat();
    stream.write_all(&wire).await.unwrap();
    let mut client = RawClient { stream, answer: String::new() };
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        answer.push(tokio::io::AsyncReadExt::read_u8(&mut client.stream).await.unwrap());
    }
    assert_eq!(client.next().await, Some((TEXT, b"30".to_vec())));
}
