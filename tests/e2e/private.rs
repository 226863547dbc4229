//! What is said to one user is heard by that user, by who said it, and by nobody else.

use std::time::Duration;

use serde_json::{Value, json};
use shared::domain::{BlockedTerms, RoomId, SettingsChange, Timestamp, UserId};
use tests::Client;

use crate::world::World;

async fn whisper(client: &mut Client, to: &str, content: &str) -> Value {
    client.send(&json!({"action": "sendMessage", "content": content, "to": to, "nonce": content})).await;
    client.expect_answer().await
}

async fn refused(client: &mut Client, to: &str, content: &str) -> Value {
    let answer = whisper(client, to, content).await;
    assert_eq!((&answer["type"], &answer["nonce"]), (&json!("error"), &json!(content)), "{answer}");
    answer["code"].clone()
}

/// Everything said that came in so far.
async fn heard(client: &mut Client) -> Vec<Value> {
    client.drain().await.into_iter().filter(|frame| frame["type"] == "chat").collect()
}

#[tokio::test]
async fn a_private_message_reaches_every_connection_of_both_and_of_nobody_else() {
    let world = World::new().await;
    let mut alice = world.stack.connect("alice").await;
    let mut alices_laptop = world.stack.connect("alice").await;
    let mut bob = world.stack.connect("bob").await;
    let mut bobs_laptop = world.stack.connect("bob").await;
    let mut carol = world.stack.connect("carol").await;
    // Users whose names begin with bob's, and the two of them in another room.
    let mut bobby = world.stack.connect("bobby").await;
    let mut elsewhere =
        [world.stack.connect_to("other", "alice").await, world.stack.connect_to("other", "bob").await];

    let ack = whisper(&mut alice, "bob", "psst").await;
    assert_eq!((&ack["type"], &ack["nonce"]), (&json!("ack"), &json!("psst")), "{ack}");
    assert_eq!(ack.get("sequence"), None, "{ack}");
    for client in [&mut bob, &mut bobs_laptop, &mut alices_laptop] {
        let frame = client.expect_message("psst").await;
        assert_eq!((&frame["userId"], &frame["to"]), (&json!("alice"), &json!("bob")), "{frame}");
        assert_eq!(frame["messageId"], ack["messageId"]);
        assert_eq!(frame["timestamp"], ack["timestamp"]);
        assert_eq!((frame.get("sequence"), frame.get("nonce")), (None, None), "{frame}");
    }
    assert_eq!(alice.expect_message("psst").await["nonce"], "psst");
    for client in [&mut carol, &mut bobby].into_iter().chain(&mut elsewhere) {
        assert_eq!(heard(client).await, Vec::<Value>::new());
    }
    for client in [&mut alice, &mut alices_laptop, &mut bob, &mut bobs_laptop] {
        assert_eq!(heard(client).await, Vec::<Value>::new(), "once each");
    }
    assert_eq!(world.stack.history("global").await, Vec::<Value>::new());
    assert_eq!(alice.say("to all").await["sequence"], 1, "it took no place in the room");
}

#[tokio::test]
async fn who_is_not_in_the_room_is_not_found() {
    let world = World::new().await;
    let mut alice = world.stack.connect("alice").await;
    let _elsewhere = world.stack.connect_to("other", "bob").await;
    assert_eq!(refused(&mut alice, "bob", "in another room").await, "not_found");
    assert_eq!(refused(&mut alice, "nobody", "never there").await, "not_found");
    // A row whose connection is gone.
    world.ghost("Zk3dQdpBABcCJ_w=", "carol", Duration::from_secs(60)).await;
    assert_eq!(refused(&mut alice, "carol", "a ghost").await, "not_found");
    let dave = world.stack.connect("dave").await;
    assert_eq!(whisper(&mut alice, "dave", "hello").await["type"], "ack");
    dave.leave().await;
    world.hub.streams_drained().await;
    assert_eq!(refused(&mut alice, "dave", "gone").await, "not_found");
    let heard: Vec<_> = heard(&mut alice).await.iter().map(|frame| frame["content"].clone()).collect();
    assert_eq!(heard, ["hello"], "what nobody got is not shown as said");
}

#[tokio::test]
async fn one_may_talk_to_oneself() {
    let world = World::new().await;
    let mut phone = world.stack.connect("alice").await;
    let mut laptop = world.stack.connect("alice").await;
    let mut bob = world.stack.connect("bob").await;
    assert_eq!(whisper(&mut phone, "alice", "note").await["type"], "ack");
    assert_eq!(phone.expect_message("note").await["nonce"], "note");
    assert_eq!(laptop.expect_message("note").await.get("nonce"), None);
    for client in [&mut phone, &mut laptop, &mut bob] {
        assert_eq!(heard(client).await, Vec::<Value>::new());
    }
}

#[tokio::test]
async fn rules_mutes_and_limits_hold_for_private_messages_too() {
    let world = World::with(&[("RATE_LIMIT_PER_SEC", "0.1"), ("RATE_LIMIT_BURST", "3")]).await;
    let mut alice = world.stack.connect("alice").await;
    let mut bob = world.stack.connect("bob").await;
    let change = SettingsChange {
        max_chars: Some(10),
        blocked_terms: Some(BlockedTerms::parse(&["spam"]).unwrap()),
        ..SettingsChange::default()
    };
    world.decide("global", &change).await;
    assert_eq!(refused(&mut alice, "bob", "eleven char").await, "content_too_long");
    assert_eq!(refused(&mut alice, "bob", "s p a m").await, "invalid_message");
    assert_eq!(refused(&mut alice, "bob#1", "x").await, "invalid_message");
    for content in ["one", "two", "three"] {
        assert_eq!(whisper(&mut alice, "bob", content).await["type"], "ack");
        bob.expect_message(content).await;
    }
    assert_eq!(refused(&mut alice, "bob", "four").await, "rate_limited");

    let (room, user) = (RoomId::parse("global").unwrap(), UserId::parse("bob").unwrap());
    let mia = UserId::parse("mia").unwrap();
    world.hub.app().store.mute_put(&room, &user, Timestamp::MAX, &mia).await.unwrap();
    assert_eq!(refused(&mut bob, "alice", "hello?").await, "muted");
    assert_eq!(heard(&mut alice).await.len(), 3, "alice's own copies and nothing of bob's");
}

#[tokio::test]
async fn a_private_answer_names_a_message_of_the_room() {
    let world = World::new().await;
    let mut alice = world.stack.connect("alice").await;
    let mut bob = world.stack.connect("bob").await;
    alice.say("who is there?").await;
    bob.send(&json!({"action": "sendMessage", "content": "me", "to": "alice", "replyTo": 1})).await;
    assert_eq!(alice.expect_message("me").await["replyTo"], 1);
    bob.send(&json!({"action": "sendMessage", "content": "me", "to": "alice", "replyTo": 9})).await;
    bob.expect_error("not_found").await;
}
