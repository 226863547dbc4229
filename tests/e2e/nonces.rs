//! Sending a message twice stores it once.

use serde_json::json;

use crate::world::World;

#[tokio::test]
async fn the_same_nonce_twice_is_one_message() {
    let world = World::new().await;
    let mut alice = world.stack.connect("alice").await;
    let mut bob = world.stack.connect("bob").await;
    let frame = json!({"action": "sendMessage", "content": "once", "nonce": "n-1"});
    alice.send(&frame).await;
    let first = alice.expect("ack").await;
    alice.send(&frame).await;
    let second = alice.expect("ack").await;
    assert_eq!(first, second);
    assert_eq!(first["nonce"], "n-1");

    let copy = alice.expect_message("once").await;
    assert_eq!(copy["nonce"], "n-1", "the sender's own copy carries it");
    assert_eq!(bob.expect_message("once").await.get("nonce"), None, "nobody else's does");

    let history = world.stack.history("global").await;
    assert_eq!(history.len(), 1);
    assert_eq!(history[0]["messageId"], first["messageId"]);
    assert_eq!(alice.say("next").await["sequence"], 2);
}

#[tokio::test]
async fn two_people_may_use_the_same_nonce() {
    let world = World::new().await;
    let mut alice = world.stack.connect("alice").await;
    let mut bob = world.stack.connect("bob").await;
    for client in [&mut alice, &mut bob] {
        client.send(&json!({"action": "sendMessage", "content": "mine", "nonce": "1"})).await;
        client.expect("ack").await;
    }
    assert_eq!(world.stack.history("global").await.len(), 2);
}

#[tokio::test]
async fn a_nonce_sent_ten_times_at_once_is_stored_once() {
    let world = World::unlimited().await;
    let mut alice = world.stack.connect("alice").await;
    let frame = json!({"action": "sendMessage", "content": "once", "nonce": "n-1"});
    for _ in 0..10 {
        alice.send(&frame).await;
    }
    let mut acks = Vec::new();
    for _ in 0..10 {
        acks.push(alice.expect("ack").await);
    }
    acks.dedup();
    assert_eq!(acks.len(), 1, "{acks:?}");
    // The attempts that lost the claim may have taken lower sequences, which history waits for.
    let history = tests::eventually("a message in the history", async || {
        let history = world.stack.history("global").await;
        if history.is_empty() { Err("nothing") } else { Ok(history) }
    });
    assert_eq!(history.await.len(), 1);
}

#[tokio::test]
async fn repeating_a_message_is_no_way_around_the_rate_limit() {
    let world = World::with(&[("RATE_LIMIT_PER_SEC", "0.001"), ("RATE_LIMIT_BURST", "2")]).await;
    let mut alice = world.stack.connect("alice").await;
    let mut bob = world.stack.connect("bob").await;
    let frame = json!({"action": "sendMessage", "content": "again and again", "nonce": "n"});
    for _ in 0..5 {
        alice.send(&frame).await;
        alice.expect("ack").await;
    }
    assert_eq!(bob.drain().await.len(), 2, "delivered as often as the burst allows");
}
