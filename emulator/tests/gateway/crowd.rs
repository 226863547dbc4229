//! Many clients at once, on several threads, some of them rude: what must hold whatever the order.

use std::collections::HashSet;

use bytes::Bytes;
use emulator::{Connections, EncodedFrame};
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::TEMPLATE;
use crate::harness::{DEADLINE, Harness, ok, soon};
use crate::raw::RawClient;

const CLIENTS: usize = 60;
const MESSAGES: usize = 20;

fn ids(events: &[Value]) -> Vec<String> {
    events.iter().map(|e| e["requestContext"]["connectionId"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn everybody_hears_everybody_and_every_connection_ends_once() {
    let connections = Connections::new();
    let room = connections.clone();
    let log = crate::harness::EventLog::default();
    let joined = log.clone();
    // A broadcast encodes once and posts the same frame to all.
    let answer = move |event: &Value| {
        if let Some(body) = event["body"].as_str() {
            let frame = EncodedFrame::text(body.as_bytes());
            for id in ids(&joined.of_type("CONNECT")) {
                let _ = room.post_frame(&id, &frame);
            }
            return Ok(json!({ "statusCode": 200 }));
        }
        joined.push(event.clone());
        ok()
    };
    let harness = Harness::start_with(TEMPLATE, answer, |b| b.connections(connections)).await;
    let mut clients = join_all((0..CLIENTS).map(|_| harness.connect("/dev"))).await;
    assert_eq!(harness.emulator.connections().len(), CLIENTS);

    join_all(clients.iter_mut().enumerate().map(async |(number, client)| {
        for message in 0..MESSAGES {
            client.send(&format!("{number}/{message}")).await;
        }
        let mut heard = HashSet::new();
        while heard.len() < CLIENTS * MESSAGES {
            assert!(heard.insert(client.text().await), "a message was heard twice");
        }
    }))
    .await;

    let leaving = join_all(clients.into_iter().enumerate().map(async |(number, mut client)| {
        // Every other one leaves without a word.
        if number % 2 == 0 {
            client.close(None).await;
        }
    }));
    soon(leaving).await;
    let summary = harness.emulator.shutdown(DEADLINE).await;
    assert_eq!(summary.unfinished, 0);
    let (mut connected, mut gone) =
        (ids(&harness.log.of_type("CONNECT")), ids(&harness.log.of_type("DISCONNECT")));
    connected.sort_unstable();
    gone.sort_unstable();
    assert_eq!(connected.len(), CLIENTS);
    assert_eq!(gone, connected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn rude_clients_do_not_disturb_a_polite_one() {
    let harness = Harness::start(TEMPLATE, |event| match event["body"].as_str() {
        Some(body) => Ok(json!({ "statusCode": 200, "body": body })),
        None => ok(),
    })
    .await;
    let mut polite = harness.connect("/dev").await;
    let rude = (0..40_u8).map(async |number| {
        let mut client = RawClient::connect(harness.address, "/dev").await;
        let wire: Bytes = match number % 4 {
            0 => crate::raw::frame(0x82, &[number]).into(),
            1 => crate::raw::frame(0x81, &[0xFF, number]).into(),
            2 => Bytes::from(vec![number; 5_000]),
            _ => crate::raw::frame(0x81, &vec![b'a'; 33_000]).into(),
        };
        // The server may have closed before everything was sent.
        let _ = tokio::io::AsyncWriteExt::write_all(&mut client.stream, &wire).await;
        let code = client.close_code().await;
        assert!([1002, 1003, 1007, 1009].contains(&code), "{number}: {code}");
    });
    let talk = async {
        for number in 0..100 {
            let message = json!({ "action": "ask", "number": number }).to_string();
            polite.send(&message).await;
            assert_eq!(polite.text().await, message);
        }
    };
    tokio::join!(join_all(rude), talk);
}
