//! Who is banned from a room neither reads it nor decides about it over HTTP, with a token that is still
//! good. Other rooms, and what one said oneself, stay readable.

use http::StatusCode;
use serde_json::{Value, json};
use tests::{Stack, eventually, token};

use crate::world::World;

const SECRET: &str = "a secret of thirty-two characters";

/// Whatever a room tells about itself.
const READS: [&str; 6] = ["", "/messages", "/messages?after=0", "/members", "/analytics", "/moments"];

async fn guarded() -> World {
    World::with(&[("AUTH_SECRET", SECRET), ("RATE_LIMIT_PER_SEC", "0")]).await
}

fn bearing(world: &World, user: &str, role: &str) -> Stack {
    world.stack.bearing(&token(SECRET, &json!({"sub": user, "name": user, "role": role})))
}

fn banned() -> (StatusCode, Value) {
    let error = json!({"code": "forbidden", "message": "you are banned from this room"});
    (StatusCode::FORBIDDEN, json!({"error": error}))
}

/// What the owner of `red` does there.
async fn moderate(owner: &Stack, operation: Value) {
    let mut olga = owner.try_connect("room=red").await.unwrap();
    let mut frame = operation;
    frame["action"] = "moderate".into();
    olga.send(&frame).await;
    olga.expect("ack").await;
    olga.leave().await;
}

async fn said_by_alice(reader: &Stack) -> Vec<Value> {
    let (status, page) = reader.get("/api/users/alice/messages").await;
    assert_eq!(status, StatusCode::OK, "{page}");
    page["messages"].as_array().unwrap().iter().map(|message| message["content"].clone()).collect()
}

#[tokio::test]
async fn a_banned_user_reads_nothing_of_the_room_until_the_ban_is_lifted() {
    let world = guarded().await;
    let (olga, bob) = (bearing(&world, "olga", "owner"), bearing(&world, "bob", "viewer"));
    bob.try_connect("room=red").await.unwrap().say("by bob").await;
    moderate(&olga, json!({"op": "ban", "userId": "bob"})).await;
    for read in READS {
        assert_eq!(bob.get(&format!("/api/rooms/red{read}")).await, banned(), "{read}");
        assert_eq!(bob.get(&format!("/api/rooms/blue{read}")).await.0, StatusCode::OK, "{read}");
        assert_eq!(olga.get(&format!("/api/rooms/red{read}")).await.0, StatusCode::OK, "{read}");
    }
    // A viewer learns of the log that it is none of a viewer's business, banned or not.
    let (status, log) = bob.get("/api/rooms/red/moderation").await;
    assert_eq!(
        (status, &log["error"]["message"]),
        (StatusCode::FORBIDDEN, &json!("the token does not allow this"))
    );
    // What bob said is bob's.
    eventually("what bob said", async || {
        let (status, page) = bob.get("/api/users/bob/messages").await;
        (status == StatusCode::OK && page["count"] == 1).then_some(()).ok_or(page)
    })
    .await;

    moderate(&olga, json!({"op": "unban", "userId": "bob"})).await;
    for read in READS {
        assert_eq!(bob.get(&format!("/api/rooms/red{read}")).await.0, StatusCode::OK, "{read}");
    }
}

#[tokio::test]
async fn a_moderator_who_is_banned_is_none_over_http() {
    let world = guarded().await;
    let (olga, max) = (bearing(&world, "olga", "owner"), bearing(&world, "max", "moderator"));
    let alice = bearing(&world, "alice", "viewer");
    let mut here = Vec::new();
    for room in ["red", "blue"] {
        let mut client = alice.try_connect(&format!("room={room}")).await.unwrap();
        client.say(&format!("in {room}")).await;
        here.push(client);
    }
    let rooms_of_those_present = async |reader: &Stack| {
        let (_, numbers) = reader.get("/api/analytics").await;
        let details = numbers["activeUserDetails"].as_array().unwrap();
        let mut rooms: Vec<_> = details.iter().map(|user| user["roomId"].clone()).collect();
        rooms.sort_by_key(ToString::to_string);
        rooms
    };
    eventually("both messages and both connections", async || {
        let seen = (said_by_alice(&max).await, rooms_of_those_present(&max).await);
        let all = seen.0 == ["in red", "in blue"] && seen.1 == ["blue", "red"];
        all.then_some(()).ok_or(seen)
    })
    .await;

    moderate(&olga, json!({"op": "ban", "userId": "max"})).await;
    for path in READS.iter().chain(&["/moderation"]) {
        assert_eq!(max.get(&format!("/api/rooms/red{path}")).await, banned(), "{path}");
    }
    let (status, _) = max.request("PUT", "/api/rooms/red", &[], r#"{"slowModeSeconds":9}"#).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert_eq!(olga.get("/api/rooms/red").await.1["slowModeSeconds"], 0);
    assert_eq!(said_by_alice(&max).await, ["in blue"]);
    assert_eq!(rooms_of_those_present(&max).await, ["blue"]);
    assert_eq!(said_by_alice(&olga).await, ["in red", "in blue"]);
    assert_eq!(said_by_alice(&alice).await, ["in red", "in blue"]);
}

#[tokio::test]
async fn nobody_bans_the_owner_from_reading_either() {
    let world = guarded().await;
    let max = bearing(&world, "max", "moderator");
    // Roles come from tokens: of somebody who was never there it is not known that it is the owner.
    moderate(&max, json!({"op": "ban", "userId": "olga"})).await;
    let olga = bearing(&world, "olga", "owner");
    for read in READS.iter().chain(&["/moderation"]) {
        assert_eq!(olga.get(&format!("/api/rooms/red{read}")).await.0, StatusCode::OK, "{read}");
    }
}
