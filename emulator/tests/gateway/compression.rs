//! `permessage-deflate` on the wire, by a client that compresses and inflates by itself.

use emulator::Limits;
use emulator::doubts::Doubts;
use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress};
use serde_json::json;

use crate::TEMPLATE;
use crate::harness::Harness;
use crate::raw::{RawClient, frame, handshake};

const TAIL: [u8; 4] = [0, 0, 0xFF, 0xFF];
/// A final text frame whose payload is compressed.
const SMALL_TEXT: u8 = 0x80 | 0x40 | 0x01;

fn deflate(payload: &[u8]) -> Vec<u8> {
    let mut output = Vec::with_capacity(payload.len() + 64);
    Compress::new(Compression::best(), false)
        .compress_vec(payload, &mut output, FlushCompress::Sync)
        .unwrap();
    assert!(output.ends_with(&TAIL));
    output.truncate(output.len() - TAIL.len());
    output
}

fn inflate(payload: &[u8]) -> Vec<u8> {
    let input = [payload, &TAIL].concat();
    let mut output = Vec::with_capacity(256 * 1024);
    Decompress::new(false).decompress_vec(&input, &mut output, FlushDecompress::Sync).unwrap();
    output
}

async fn echo(doubts: Doubts) -> Harness {
    let answer = |event: &serde_json::Value| Ok(json!({ "statusCode": 200, "body": event["body"] }));
    Harness::start_with(TEMPLATE, answer, |b| b.doubts(doubts).limits(Limits::default())).await
}

async fn connect(harness: &Harness, offer: &str) -> RawClient {
    let header = format!("Sec-WebSocket-Extensions: {offer}\r\n");
    RawClient::connect_with(harness.address, &handshake(harness.address, "/dev", &header)).await
}

#[tokio::test]
async fn compression_is_negotiated_where_it_is_offered() {
    let harness = echo(Doubts::default()).await;
    let client = connect(&harness, "permessage-deflate; client_max_window_bits").await;
    let header = "\r\nsec-websocket-extensions: permessage-deflate;server_no_context_takeover;client_no_context_takeover\r\n";
    assert!(client.answer.contains(header), "{}", client.answer);
    let event = harness.log.first("CONNECT").await;
    assert_eq!(event["headers"]["Sec-WebSocket-Extensions"], "permessage-deflate; client_max_window_bits");

    for offer in ["permessage-deflate; unheard-of", "x-other"] {
        let client = connect(&harness, offer).await;
        assert!(!client.answer.contains("extensions"), "{}", client.answer);
    }
    let declining = echo(Doubts { compression: false, ..Doubts::default() }).await;
    let client = connect(&declining, "permessage-deflate").await;
    assert!(!client.answer.contains("extensions"), "{}", client.answer);
}

#[tokio::test]
async fn messages_are_compressed_in_both_directions() {
    let harness = echo(Doubts::default()).await;
    let mut client = connect(&harness, "permessage-deflate").await;
    let text = json!({ "action": "ask", "text": "again and ".repeat(5_000) }).to_string();
    client.send(SMALL_TEXT, &deflate(text.as_bytes())).await;
    let (first, payload) = client.next().await.unwrap();
    assert_eq!(first, SMALL_TEXT);
    assert!(payload.len() < 1_000);
    assert_eq!(inflate(&payload), text.as_bytes());
    assert_eq!(harness.log.first("MESSAGE").await["body"], text, "the function sees the text");

    // Uncompressed ones are as good, and a short answer is not worth it.
    client.send(0x81, br#"{"action":"ask"}"#).await;
    assert_eq!(client.next().await, Some((0x81, br#"{"action":"ask"}"#.to_vec())));

    // A compressed message in fragments: only the first frame says so.
    let small = deflate(text.as_bytes());
    let (one, two) = small.split_at(small.len() / 2);
    let mut wire = frame(0x41, one);
    wire.extend(frame(0x89, b"between"));
    wire.extend(frame(0x80, two));
    tokio::io::AsyncWriteExt::write_all(&mut client.stream, &wire).await.unwrap();
    assert_eq!(client.next().await, Some((0x8A, b"between".to_vec())));
    assert_eq!(inflate(&client.next().await.unwrap().1), text.as_bytes());
}

#[tokio::test]
async fn a_post_is_compressed_for_those_who_take_it() {
    let harness = echo(Doubts::default()).await;
    let mut plain = RawClient::connect(harness.address, "/dev").await;
    let mut small = connect(&harness, "permessage-deflate; server_max_window_bits=9").await;
    assert!(small.answer.contains("server_max_window_bits=9"), "{}", small.answer);
    let ids: Vec<_> = harness.log.of_type("CONNECT");
    let ids = ids.iter().map(|event| event["requestContext"]["connectionId"].as_str().unwrap());
    for length in [400, 4_000] {
        let text = vec![b'a'; length];
        let message = emulator::EncodedFrame::text(&text);
        for id in ids.clone() {
            harness.emulator.connections().post_frame(id, &message).unwrap();
        }
        assert_eq!(plain.next().await, Some((0x81, text.clone())));
        let (first, payload) = small.next().await.unwrap();
        // Its window would be too small for the longer one, which comes as it is.
        match length {
            400 => assert_eq!((first, inflate(&payload)), (SMALL_TEXT, text)),
            _ => assert_eq!((first, payload), (0x81, text)),
        }
    }
}

#[tokio::test]
async fn what_is_no_compressed_message_ends_the_connection() {
    let harness = echo(Doubts::default()).await;
    let bomb = deflate(&vec![b'a'; 129 * 1024]);
    assert!(bomb.len() < 1024);
    let not_utf8 = deflate(&[0xFF; 100]);
    for (first, payload, code) in [
        (SMALL_TEXT, bomb.as_slice(), 1009),
        (SMALL_TEXT, &[0xFF; 20], 1007),
        (SMALL_TEXT, &not_utf8, 1007),
        (0xC2, &not_utf8, 1003),
        (0xC9, b"", 1002),
        (0xA1, b"", 1002),
    ] {
        let mut client = connect(&harness, "permessage-deflate").await;
        client.send(first, payload).await;
        assert_eq!(client.close_code().await, code, "{first:x}");
    }
    let mut client = RawClient::connect(harness.address, "/dev").await;
    client.send(SMALL_TEXT, &deflate(b"hello")).await;
    assert_eq!(client.close_code().await, 1002, "nobody negotiated it");
}

#[tokio::test]
async fn a_frame_may_be_judged_after_decompression() {
    let text = vec![b'a'; 40 * 1024];
    for (judge_inflated, closed) in [(false, false), (true, true)] {
        let harness = echo(Doubts { judge_inflated, ..Doubts::default() }).await;
        let mut client = connect(&harness, "permessage-deflate").await;
        client.send(SMALL_TEXT, &deflate(&text)).await;
        client.send(0x89, b"").await;
        let (first, _) = client.next().await.unwrap();
        assert_eq!(first == 0x88, closed);
    }
}
