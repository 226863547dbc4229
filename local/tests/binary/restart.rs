//! Starting again on the same data.

use std::collections::BTreeMap;

use serde_json::Value;
use tests::eventually;

use crate::process::Process;

#[tokio::test]
async fn what_was_said_is_there_after_a_restart_and_the_sequence_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let data = ["--data", folder.path().to_str().unwrap()];
    let first = Process::start(&data, &[]).await;
    let mut alice = first.stack.connect("alice").await;
    alice.say("before").await;
    first.signal("TERM").await;
    first.ended().await;

    let second = Process::start(&data, &[]).await;
    let history = second.stack.history("global").await;
    assert_eq!(history.iter().map(|message| &message["content"]).collect::<Vec<_>>(), ["before"]);
    assert_eq!(second.stack.connect("alice").await.say("after").await["sequence"], 2);
}

/// The process is killed in the middle of a load. Whatever was acknowledged is in history, as it
/// was acknowledged; the connections it left behind are ended and counted out.
#[tokio::test(flavor = "multi_thread")]
async fn a_killed_process_loses_no_acknowledged_message_and_leaves_no_ghosts() {
    const PEOPLE: usize = 8;
    let folder = tempfile::tempdir().unwrap();
    let data = ["--data", folder.path().to_str().unwrap()];
    let first = Process::start(&data, &[("RATE_LIMIT_PER_SEC", "0")]).await;

    let (acked, mut acks) = tokio::sync::mpsc::unbounded_channel();
    let mut people = tokio::task::JoinSet::new();
    for n in 0..PEOPLE {
        let mut client = first.stack.connect(&format!("user{n}")).await;
        let acked = acked.clone();
        people.spawn(async move {
            for message in 0.. {
                let content = format!("user{n} says {message}");
                let ack = client.say(&content).await;
                acked.send((ack["sequence"].as_u64().unwrap(), content)).unwrap();
            }
        });
    }
    let mut known = BTreeMap::new();
    while known.len() < 200 {
        let (sequence, content) = acks.recv().await.unwrap();
        known.insert(sequence, content);
    }
    // In full flight.
    first.kill().await;
    people.shutdown().await;
    while let Ok((sequence, content)) = acks.try_recv() {
        known.insert(sequence, content);
    }

    let second = Process::start(&data, &[]).await;
    let ended = format!("{PEOPLE} connections of an earlier process were ended");
    assert!(second.greeting.contains(&ended), "{}", second.greeting);
    // A message that took its sequence and was killed before it was stored leaves a hole; going on,
    // history ends there until nothing can fill it any more.
    let history = eventually("every acknowledged message in history", async || {
        let history: BTreeMap<_, _> = second.stack.history("global").await.iter().map(told).collect();
        let lost = known.iter().filter(|(sequence, content)| history.get(sequence) != Some(content));
        let lost: Vec<_> = lost.collect();
        if lost.is_empty() { Ok(history) } else { Err(format!("{lost:?}")) }
    })
    .await;
    second.stack.expect_clients(0).await;
    let next = second.stack.connect("alice").await.say("again").await["sequence"].as_u64().unwrap();
    assert!(next > *history.keys().last().unwrap());
}

/// A message's place in its room, and what it says.
fn told(message: &Value) -> (u64, String) {
    (message["sequence"].as_u64().unwrap(), message["content"].as_str().unwrap().to_owned())
}
