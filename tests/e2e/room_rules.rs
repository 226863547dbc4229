//! What a room's moderators decided holds from the next message on, and costs no number.

use std::time::Duration;

use serde_json::json;
use shared::domain::{BlockedTerms, SettingsChange};

use crate::world::World;

#[tokio::test]
async fn a_room_lets_be_said_what_its_rules_allow() {
    let world = World::new().await;
    let mut alice = world.stack.connect("alice").await;
    alice.say("this is spam, as yet allowed").await;

    let change = SettingsChange {
        max_chars: Some(10),
        blocked_terms: Some(BlockedTerms::parse(&["spam"]).unwrap()),
        ..SettingsChange::default()
    };
    world.decide("global", &change).await;
    alice.send(&json!({"action": "sendMessage", "content": "eleven char", "nonce": "n"})).await;
    let refused = alice.expect_error("content_too_long").await;
    assert_eq!(refused["nonce"], "n");
    assert!(refused["message"].as_str().unwrap().contains("at most 10"), "{refused}");
    alice.send(&json!({"action": "sendMessage", "content": "S P A M"})).await;
    let refused = alice.expect_error("invalid_message").await;
    assert!(refused["message"].as_str().unwrap().starts_with("content "), "{refused}");
    assert!(!refused.to_string().contains("spam"), "{refused}");
    alice.say("ham").await;

    let back = SettingsChange {
        max_chars: Some(1000),
        blocked_terms: Some(BlockedTerms::default()),
        ..SettingsChange::default()
    };
    world.decide("global", &back).await;
    // What was seen of the rules may refuse for a second without being confirmed. An answer can come
    // after the pong that the client waits for, hence the nonce.
    tests::eventually("spam is allowed again", async || {
        alice.send(&json!({"action": "sendMessage", "content": "spam again", "nonce": "n2"})).await;
        let frames = alice.drain().await;
        let acknowledged = frames.iter().any(|frame| frame["type"] == "ack");
        acknowledged.then_some(()).ok_or(frames)
    })
    .await;
    let sequences: Vec<_> =
        world.stack.history("global").await.iter().map(|m| m["sequence"].as_u64().unwrap()).collect();
    assert_eq!(sequences, [1, 2, 3], "no refusal used up a number");
}

#[tokio::test]
async fn slow_mode_holds_back_each_user_of_its_room() {
    let world = World::new().await;
    let mut phone = world.stack.connect("alice").await;
    let mut laptop = world.stack.connect("alice").await;
    let mut bob = world.stack.connect("bob").await;
    let mut elsewhere = world.stack.connect_to("other", "alice").await;
    let slow = SettingsChange { slow_mode: Some(Duration::from_secs(60)), ..SettingsChange::default() };
    world.decide("global", &slow).await;

    phone.say("one").await;
    bob.say("two").await;
    laptop.send(&json!({"action": "sendMessage", "content": "too soon", "nonce": "n"})).await;
    let refused = laptop.expect_error("slow_mode").await;
    let wait = refused["retryAfterMs"].as_u64().unwrap();
    assert!((40_000..=60_000).contains(&wait), "{refused}");
    assert_eq!(refused["nonce"], "n");
    elsewhere.say("three").await;
    elsewhere.say("four").await;
    assert_eq!(world.stack.history("global").await.len(), 2);
}

#[tokio::test]
async fn nobody_repeats_themselves_where_the_room_asks_it() {
    let world = World::new().await;
    let mut alice = world.stack.connect("alice").await;
    let mut bob = world.stack.connect("bob").await;
    let change = SettingsChange { refuse_repetition: Some(true), ..SettingsChange::default() };
    world.decide("global", &change).await;
    alice.say("first come").await;
    alice.say("hello").await;
    bob.say("hello").await;
    alice.send(&json!({"action": "sendMessage", "content": "HELLO"})).await;
    let refused = alice.expect_error("invalid_message").await;
    assert!(refused["message"].as_str().unwrap().starts_with("content "), "{refused}");
    assert!((20_000..=30_000).contains(&refused["retryAfterMs"].as_u64().unwrap()), "{refused}");
}
