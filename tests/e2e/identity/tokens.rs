//! With a secret configured, nobody gets in without a token, and a token says who somebody is.

use http::StatusCode;
use serde_json::{Value, json};
use tests::{Stack, token};

use crate::world::World;

const SECRET: &str = "a secret of thirty-two characters";

async fn guarded() -> World {
    World::with(&[("AUTH_SECRET", SECRET), ("RATE_LIMIT_PER_SEC", "0")]).await
}

/// The HTTP status that a handshake is answered; 101 if it is accepted.
async fn handshake(stack: &Stack, query: &str) -> StatusCode {
    match stack.try_connect(query).await {
        Ok(client) => {
            client.leave().await;
            StatusCode::SWITCHING_PROTOCOLS
        }
        Err(refused) => refused.status,
    }
}

async fn bearer(world: &World, claims: &Value) -> StatusCode {
    handshake(&world.stack.bearing(&token(SECRET, claims)), "room=a").await
}

#[tokio::test]
async fn a_token_says_who_somebody_is_and_a_client_cannot() {
    let world = guarded().await;
    let alice = token(SECRET, &json!({"sub": "auth0|alice", "name": "Alice", "role": "moderator"}));
    let stack = world.stack.bearing(&alice);
    let mut alice = stack.try_connect("userId=mallory&username=Mallory&role=owner").await.unwrap();
    alice.say("hello").await;
    let message = alice.expect_message("hello").await;
    assert_eq!(message["userId"], "auth0%7Calice");
    assert_eq!((&message["username"], &message["role"]), (&json!("Alice"), &json!("moderator")));
    assert_eq!(stack.history("global").await, [message]);

    // Without a name in the token, the parameter is as good as any.
    let bob = token(SECRET, &json!({"sub": "bob"}));
    let mut bob = world.stack.bearing(&bob).try_connect("username=Bobby").await.unwrap();
    bob.say("hi").await;
    assert_eq!(alice.expect_message("hi").await["username"], "Bobby");
}

#[tokio::test]
async fn without_a_valid_token_nobody_gets_in() {
    let world = guarded().await;
    assert_eq!(handshake(&world.stack, "userId=alice").await, StatusCode::UNAUTHORIZED);
    assert_eq!(bearer(&world, &json!({"sub": "alice"})).await, StatusCode::SWITCHING_PROTOCOLS);
    let path = "/api/rooms/a/messages";
    let (status, body) = world.stack.get(path).await;
    assert_eq!((status, &body["error"]["code"]), (StatusCode::UNAUTHORIZED, &json!("unauthorized")));
    let (status, _) = world.stack.bearing("nonsense").get(path).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert_eq!(world.stack.get("/health").await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_token_opens_the_rooms_that_it_lists() {
    let world = guarded().await;
    let alice = world.stack.bearing(&token(SECRET, &json!({"sub": "alice", "rooms": ["a", "b"]})));
    for (room, status) in [("a", 101), ("b", 101), ("global", 403), ("A", 403)] {
        assert_eq!(handshake(&alice, &format!("room={room}")).await, status, "{room}");
        let (read, body) = alice.get(&format!("/api/rooms/{room}/messages")).await;
        assert_eq!(read, if status == 101 { 200 } else { 403 }, "{room}: {body}");
    }
    assert_eq!(bearer(&world, &json!({"sub": "alice", "rooms": []})).await, 403);
}
