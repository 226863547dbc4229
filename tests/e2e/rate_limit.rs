//! Nobody speaks faster than allowed, on however many connections.

use serde_json::json;

use crate::world::World;

#[tokio::test]
async fn two_connections_of_one_user_share_one_limit() {
    let world = World::with(&[("RATE_LIMIT_PER_SEC", "0.1"), ("RATE_LIMIT_BURST", "4")]).await;
    let mut phone = world.stack.connect("alice").await;
    let mut laptop = world.stack.connect("alice").await;
    let mut bob = world.stack.connect("bob").await;
    for _ in 0..2 {
        phone.say("from the phone").await;
        laptop.say("from the laptop").await;
    }
    for client in [&mut phone, &mut laptop] {
        client.send(&json!({"action": "sendMessage", "content": "too much", "nonce": "n"})).await;
        let error = client.expect_error("rate_limited").await;
        let wait = error["retryAfterMs"].as_u64().unwrap();
        assert!((1..=10_000).contains(&wait), "{error}");
        assert_eq!(error["nonce"], "n");
    }
    bob.say("others are not held up").await;
    assert_eq!(world.stack.history("global").await.len(), 5);
}

#[tokio::test]
async fn limits_are_per_room() {
    let world = World::with(&[("RATE_LIMIT_PER_SEC", "0.1"), ("RATE_LIMIT_BURST", "1")]).await;
    let mut red = world.stack.connect_to("red", "alice").await;
    let mut blue = world.stack.connect_to("blue", "alice").await;
    red.say("one").await;
    blue.say("one").await;
    red.send(&json!({"type": "chat", "content": "two"})).await;
    red.expect_error("rate_limited").await;
}
