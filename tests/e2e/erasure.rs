//! What is deleted, and who is erased, leaves everything that was counted.

use http::StatusCode;
use serde_json::{Value, json};
use shared::domain::{Timestamp, UserId};
use shared::erasure::erase_user;
use tests::{Stack, eventually, token};

use crate::analytics::counted;
use crate::world::World;

const SECRET: &str = "a secret of thirty-two characters";

async fn guarded() -> World {
    World::with(&[("AUTH_SECRET", SECRET), ("RATE_LIMIT_PER_SEC", "0")]).await
}

fn bearing(world: &World, user: &str, role: &str) -> Stack {
    world.stack.bearing(&token(SECRET, &json!({"sub": user, "name": user, "role": role})))
}

#[tokio::test]
async fn who_is_erased_leaves_history_and_every_count() {
    let world = World::new().await;
    let mut alice = world.stack.connect("alice").await;
    let mut bob = world.stack.connect("bob").await;
    alice.say("the kernel panics").await;
    bob.say("my kernel too 😂").await;
    bob.say("!help").await;
    counted(&world.stack, "global", 3).await;

    let (status, _) = world.stack.request("DELETE", "/api/users/bob/messages", &[], "").await;
    assert_eq!(status, StatusCode::FORBIDDEN, "nobody is known here");
    let store = &world.hub.app().store;
    let (bob_id, now) =
        (UserId::parse("bob").unwrap(), Timestamp::parse("2026-11-24T08:31:00.000Z").unwrap());
    let erased = eventually("the index knows both", async || {
        let erased = erase_user(store, None, &bob_id, now).await.unwrap();
        let left = store.user_message_places(&bob_id, 10).await.unwrap().0;
        (left.is_empty()).then_some(erased).ok_or(left)
    })
    .await;
    assert!(!erased.more);

    let numbers = counted(&world.stack, "global", 1).await;
    assert_eq!(numbers["uniqueChatters"], 1);
    assert_eq!(numbers["topChatters"], json!([{"userId": "alice", "messages": 1}]));
    assert_eq!(numbers["topWords"][0], json!({"word": "kernel", "count": 1}));
    assert_eq!(numbers["topEmotes"], json!([]));
    assert_eq!(numbers["topCommands"], json!([]));
    let history = world.stack.history("global").await;
    assert_eq!(history.len(), 1);
    let (_, of_bob) = world.stack.get("/api/users/bob/messages").await;
    assert_eq!(of_bob["count"], 0);
    eventually("the service has counted it too", async || {
        let (_, service) = world.stack.get("/api/analytics").await;
        (service["totalMessages"] == 1).then_some(()).ok_or(service)
    })
    .await;
}

#[tokio::test]
async fn a_message_that_a_moderator_deletes_leaves_every_count() {
    let world = guarded().await;
    let (as_bob, as_mia) = (bearing(&world, "bob", "viewer"), bearing(&world, "mia", "moderator"));
    let mut bob = as_bob.try_connect("").await.unwrap();
    let mut mia = as_mia.try_connect("").await.unwrap();
    mia.say("welcome everybody").await;
    let sequence = bob.say("!spam https://a.example/?spam :spam:").await["sequence"].clone();
    let before = counted(&as_mia, "global", 2).await;
    assert_eq!((&before["uniqueChatters"], &before["shares"]["links"]), (&json!(2), &json!(0.5)));

    mia.send(&json!({"action": "moderate", "op": "delete", "sequence": sequence})).await;
    assert_eq!(mia.expect_answer().await["type"], "ack");
    let after = counted(&as_mia, "global", 1).await;
    assert_eq!((&after["uniqueChatters"], &after["newChatters"]), (&json!(1), &json!(1)));
    assert_eq!(after["characters"], "welcome everybody".len());
    assert_eq!(after["topChatters"], json!([{"userId": "mia", "messages": 1}]));
    assert_eq!((&after["topCommands"], &after["topEmotes"]), (&json!([]), &json!([])));
    assert_eq!(after["shares"], json!({"questions": 0.0, "links": 0.0, "repeated": 0.0}));
    assert_eq!(after["messageLength"], json!({"mean": 17.0, "p50": 17, "p95": 17}));
    assert_eq!((&after["total"]["messages"], &after["stale"]), (&json!(1), &json!(false)));
    eventually("the service has counted it too", async || {
        let (_, service) = as_mia.get("/api/analytics").await;
        let minutes = service["messagesPerMinute"].as_array().unwrap();
        let said: u64 = minutes.iter().map(|messages| messages.as_u64().unwrap()).sum();
        (service["totalMessages"] == 1 && said == 1).then_some(()).ok_or(service)
    })
    .await;
}

#[tokio::test]
async fn an_owner_erases_a_user_by_http_and_nobody_else_does() {
    let world = guarded().await;
    let as_bob = bearing(&world, "bob", "viewer");
    let mut alice = bearing(&world, "alice", "viewer").try_connect("room=red").await.unwrap();
    alice.say("bob, are you there?").await;
    for room in ["red", "blue"] {
        let mut bob = as_bob.try_connect(&format!("room={room}")).await.unwrap();
        bob.say("my secret 😂").await;
        bob.say("!help").await;
    }
    let olga = bearing(&world, "olga", "owner");
    counted(&olga, "red", 3).await;
    counted(&olga, "blue", 2).await;

    let path = "/api/users/bob/messages";
    let of_red = json!({"sub": "rita", "role": "owner", "rooms": ["red"]});
    for stack in
        [&as_bob, &bearing(&world, "mia", "moderator"), &world.stack.bearing(&token(SECRET, &of_red))]
    {
        assert_eq!(stack.request("DELETE", path, &[], "").await.0, StatusCode::FORBIDDEN);
    }
    let mut erased = 0;
    eventually("the index knows all four", async || {
        let (status, body) = olga.request("DELETE", path, &[], "").await;
        assert_eq!(status, StatusCode::OK, "{body:?}");
        let answer: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!((&answer["userId"], &answer["more"]), (&json!("bob"), &json!(false)));
        erased += answer["erased"].as_u64().unwrap();
        if erased == 4 { Ok(()) } else { Err(answer) }
    })
    .await;

    let red = counted(&olga, "red", 1).await;
    assert_eq!(red["topChatters"], json!([{"userId": "alice", "messages": 1}]));
    assert_eq!((&red["topEmotes"], &red["topCommands"]), (&json!([]), &json!([])));
    let blue = counted(&olga, "blue", 0).await;
    assert_eq!((&blue["uniqueChatters"], &blue["topWords"]), (&json!(0), &json!([])));
    for (room, left) in [("red", 1), ("blue", 0)] {
        assert_eq!(olga.history(room).await.len(), left, "{room}");
    }
    assert_eq!(olga.get(path).await.1["count"], 0);
}
