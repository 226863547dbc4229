//! Moderators keep order.

use http::StatusCode;
use serde_json::{Value, json};
use shared::domain::{Actor, Ban, LogEntry, Role, RoomId, Timestamp, UserId};
use tests::{Client, eventually, token};

use crate::world::World;

const SECRET: &str = "a secret of thirty-two characters";

async fn guarded() -> World {
    World::with(&[("AUTH_SECRET", SECRET), ("RATE_LIMIT_PER_SEC", "0")]).await
}

async fn try_enter(world: &World, room: &str, user: &str, role: &str) -> Result<Client, StatusCode> {
    let stack = world.stack.bearing(&token(SECRET, &json!({"sub": user, "name": user, "role": role})));
    stack.try_connect(&format!("room={room}")).await.map_err(|refused| refused.status)
}

async fn enter(world: &World, room: &str, user: &str, role: &str) -> Client {
    try_enter(world, room, user, role).await.unwrap()
}

/// The answer to an operation.
async fn moderate(moderator: &mut Client, operation: Value) -> Value {
    let mut frame = json!({"action": "moderate", "nonce": "m"});
    frame.as_object_mut().unwrap().extend(operation.as_object().unwrap().clone());
    moderator.send(&frame).await;
    let answer = moderator.expect_answer().await;
    assert_eq!(answer["nonce"], "m", "{answer}");
    answer
}

async fn done(moderator: &mut Client, operation: Value) {
    let ack = moderate(moderator, operation.clone()).await;
    assert_eq!((&ack["type"], &ack["op"]), (&json!("ack"), &operation["op"]), "{ack}");
    assert!(ack["timestamp"].is_string(), "{ack}");
}

async fn refused(moderator: &mut Client, operation: Value) -> Value {
    let answer = moderate(moderator, operation).await;
    assert_eq!(answer["type"], "error", "{answer}");
    answer["code"].clone()
}

async fn say(client: &mut Client, content: &str) -> Value {
    client.send(&json!({"action": "sendMessage", "content": content, "nonce": content})).await;
    client.expect_answer().await
}

async fn log(world: &World, room: &str) -> Vec<LogEntry> {
    let (room, now) = (RoomId::parse(room).unwrap(), Timestamp::from_millis(0).unwrap());
    world.hub.app().store.moderation_page(&room, None, 100, now).await.unwrap().entries
}

#[tokio::test]
async fn a_timeout_silences_a_user_on_every_connection_and_can_be_lifted() {
    let world = guarded().await;
    let mut mia = enter(&world, "global", "mia", "moderator").await;
    let mut phone = enter(&world, "global", "bob", "viewer").await;
    let mut laptop = enter(&world, "global", "bob", "viewer").await;
    let mut elsewhere = enter(&world, "other", "bob", "viewer").await;
    done(&mut mia, json!({"op": "timeout", "userId": "bob", "seconds": 600})).await;
    for client in [&mut phone, &mut laptop] {
        let muted = say(client, "let me speak").await;
        assert_eq!((&muted["code"], &muted["nonce"]), (&json!("muted"), &json!("let me speak")), "{muted}");
        let wait = muted["retryAfterMs"].as_u64().unwrap();
        assert!((570_000..=600_000).contains(&wait), "{muted}");
    }
    assert_eq!(say(&mut elsewhere, "here I may").await["type"], "ack");
    assert_eq!(say(&mut mia, "so may others").await["sequence"], 1);

    done(&mut mia, json!({"op": "unban", "userId": "bob"})).await;
    assert_eq!(say(&mut phone, "at last").await["sequence"], 2);
    let ops: Vec<_> = log(&world, "global").await.iter().map(|entry| entry.deed.name()).collect();
    assert_eq!(ops, ["unban", "timeout"]);
    assert!(log(&world, "other").await.is_empty());
}

#[tokio::test]
async fn a_ban_ends_every_connection_to_the_room_and_keeps_out() {
    let world = guarded().await;
    let mut mia = enter(&world, "global", "mia", "moderator").await;
    let mut phone = enter(&world, "global", "bob", "viewer").await;
    let mut laptop = enter(&world, "global", "bob", "viewer").await;
    let bob = world.stack.bearing(&token(SECRET, &json!({"sub": "bob"})));
    let mut numbers = bob.try_connect("feed=analytics").await.unwrap();
    let mut elsewhere = enter(&world, "other", "bob", "viewer").await;
    // Of a name that begins with the other one's.
    let mut bobby = enter(&world, "global", "bobby", "viewer").await;

    done(&mut mia, json!({"op": "ban", "userId": "bob"})).await;
    for client in [&mut phone, &mut laptop, &mut numbers] {
        client.expect_close().await;
    }
    assert_eq!(try_enter(&world, "global", "bob", "viewer").await.unwrap_err(), 403);
    assert_eq!(try_enter(&world, "global", "bob", "moderator").await.unwrap_err(), 403);
    assert_eq!(bob.try_connect("feed=analytics").await.unwrap_err().status, 403);
    assert_eq!(say(&mut elsewhere, "still here").await["type"], "ack");
    assert_eq!(say(&mut bobby, "not me").await["type"], "ack");
    eventually("bob's connections are forgotten", async || {
        let counts = world.counts("global").await;
        (counts == (2, 2)).then_some(()).ok_or(counts)
    })
    .await;

    done(&mut mia, json!({"op": "ban", "userId": "bob"})).await;
    done(&mut mia, json!({"op": "unban", "userId": "bob"})).await;
    let mut back = enter(&world, "global", "bob", "viewer").await;
    assert_eq!(say(&mut back, "sorry").await["type"], "ack");
}

#[tokio::test]
async fn a_deleted_message_is_gone_for_everybody_and_does_not_come_back() {
    let world = guarded().await;
    let mut mia = enter(&world, "global", "mia", "moderator").await;
    let mut bob = enter(&world, "global", "bob", "viewer").await;
    let said = say(&mut bob, "a secret").await;
    say(&mut bob, "harmless").await;
    for _ in 0..2 {
        done(&mut mia, json!({"op": "delete", "sequence": 1})).await;
        for client in [&mut mia, &mut bob] {
            let frame = client.expect("delete").await;
            let expected =
                json!({"type": "delete", "roomId": "global", "sequence": 1, "messageId": said["messageId"]});
            assert_eq!(frame, expected);
        }
    }
    // The same nonce again is acknowledged as before.
    assert_eq!(say(&mut bob, "a secret").await["messageId"], said["messageId"]);
    bob.send(&json!({"action": "sendMessage", "content": "I said", "replyTo": 1})).await;
    bob.expect_error("not_found").await;
    let stack = world.stack.bearing(&token(SECRET, &json!({"sub": "bob"})));
    let history = stack.history("global").await;
    assert_eq!(history.iter().map(|message| &message["sequence"]).collect::<Vec<_>>(), [2]);
    let (_, mine) = stack.get("/api/users/bob/messages").await;
    assert!(!mine.to_string().contains("secret"), "{mine}");

    for missing in [3, 9_007_199_254_740_991_u64] {
        assert_eq!(refused(&mut mia, json!({"op": "delete", "sequence": missing})).await, "not_found");
    }
    assert_eq!(log(&world, "global").await.len(), 2, "what was refused is not in the log");
}

#[tokio::test]
async fn an_announcement_reaches_everybody_and_stays() {
    let world = guarded().await;
    let mut mia = enter(&world, "global", "mia", "moderator").await;
    let mut bob = enter(&world, "global", "bob", "viewer").await;
    done(&mut mia, json!({"op": "announce", "content": " Be kind. "})).await;
    for client in [&mut mia, &mut bob] {
        let frame = client.expect("system").await;
        assert_eq!((&frame["content"], &frame["roomId"]), (&json!("Be kind."), &json!("global")), "{frame}");
    }
    let settings = world.hub.app().store.room_settings(&RoomId::parse("global").unwrap()).await.unwrap();
    assert_eq!(settings.announcement.unwrap().as_str(), "Be kind.");
}

#[tokio::test]
async fn slow_mode_slows_viewers_and_no_moderator() {
    let world = guarded().await;
    let mut mia = enter(&world, "global", "mia", "moderator").await;
    let mut bob = enter(&world, "global", "bob", "viewer").await;
    done(&mut mia, json!({"op": "slowMode", "seconds": 60})).await;
    assert_eq!(say(&mut bob, "one").await["type"], "ack");
    let slow = say(&mut bob, "two").await;
    assert_eq!(slow["code"], "slow_mode", "{slow}");
    assert!((30_000..=60_000).contains(&slow["retryAfterMs"].as_u64().unwrap()), "{slow}");
    for content in ["a", "b", "c"] {
        assert_eq!(say(&mut mia, content).await["type"], "ack");
    }
    done(&mut mia, json!({"op": "slowMode", "seconds": 0})).await;
    eventually("bob may speak", async || {
        let answer = say(&mut bob, "two").await;
        (answer["type"] == "ack").then_some(()).ok_or(answer)
    })
    .await;
}

#[tokio::test]
async fn a_viewer_moderates_nothing_and_learns_nothing() {
    let world = guarded().await;
    let mut bob = enter(&world, "global", "bob", "viewer").await;
    let mut claims = enter(&world, "global", "carol", "Owner").await;
    for client in [&mut bob, &mut claims] {
        for operation in [
            json!({"op": "timeout", "userId": "alice", "seconds": 600}),
            json!({"op": "ban", "userId": "alice", "role": "owner"}),
            json!({"op": "unban", "userId": "bob"}),
            json!({"op": "delete", "sequence": 1}),
            json!({"op": "announce", "content": "I am the owner"}),
            json!({"op": "slowMode", "seconds": 60}),
            json!({"op": "no such thing"}),
            json!({"op": "delete", "sequence": -1}),
            json!({}),
        ] {
            assert_eq!(refused(client, operation.clone()).await, "forbidden", "{operation}");
        }
    }
    assert!(log(&world, "global").await.is_empty());
    let settings = world.hub.app().store.room_settings(&RoomId::parse("global").unwrap()).await.unwrap();
    assert_eq!(settings, shared::domain::RoomSettings::default());
}

#[tokio::test]
async fn nobody_acts_on_who_is_not_of_lower_rank() {
    let world = guarded().await;
    let mut olga = enter(&world, "global", "olga", "owner").await;
    let mut mia = enter(&world, "global", "mia", "moderator").await;
    let mut max = enter(&world, "global", "max", "moderator").await;
    eventually("all three are members", async || {
        let counts = world.counts("global").await;
        (counts == (3, 3)).then_some(()).ok_or(counts)
    })
    .await;
    for target in ["olga", "max", "mia"] {
        for operation in [
            json!({"op": "timeout", "userId": target, "seconds": 60}),
            json!({"op": "ban", "userId": target}),
            json!({"op": "unban", "userId": target}),
        ] {
            assert_eq!(refused(&mut mia, operation.clone()).await, "forbidden", "{operation}");
        }
    }
    assert_eq!(refused(&mut olga, json!({"op": "ban", "userId": "olga"})).await, "forbidden");
    say(&mut olga, "by the owner").await;
    say(&mut max, "by a moderator").await;
    for sequence in [1, 2] {
        assert_eq!(refused(&mut mia, json!({"op": "delete", "sequence": sequence})).await, "forbidden");
    }
    done(&mut olga, json!({"op": "delete", "sequence": 2})).await;
    done(&mut olga, json!({"op": "ban", "userId": "max"})).await;
    max.expect_close().await;
    assert_eq!(refused(&mut mia, json!({"op": "unban", "userId": "max"})).await, "forbidden");
    done(&mut olga, json!({"op": "unban", "userId": "max"})).await;
}

#[tokio::test]
async fn a_wrong_field_is_named_and_nothing_of_it_repeated() {
    let world = guarded().await;
    let mut mia = enter(&world, "global", "mia", "moderator").await;
    for (field, operation) in [
        ("op", json!({"userId": "bob"})),
        ("op", json!({"op": "s3cret"})),
        ("userId", json!({"op": "ban", "userId": "s3cret#limit"})),
        ("seconds", json!({"op": "timeout", "userId": "bob", "seconds": -1})),
        ("seconds", json!({"op": "slowMode", "seconds": 1e300})),
        ("sequence", json!({"op": "delete", "sequence": -1})),
        ("sequence", json!({"op": "delete", "sequence": 1e300})),
        ("content", json!({"op": "announce", "content": "s3cret\u{7}"})),
    ] {
        let answer = moderate(&mut mia, operation.clone()).await;
        assert_eq!(answer["code"], "invalid_message", "{operation}: {answer}");
        let said = answer["message"].as_str().unwrap();
        assert!(said.starts_with(field) && !said.contains("s3cret"), "{operation}: {answer}");
    }
    assert!(log(&world, "global").await.is_empty());
}

#[tokio::test]
async fn a_moderator_of_another_room_is_none_here() {
    let world = guarded().await;
    let red = token(SECRET, &json!({"sub": "mia", "role": "moderator", "rooms": ["red"]}));
    let stack = world.stack.bearing(&red);
    assert_eq!(stack.try_connect("room=blue").await.unwrap_err().status, 403);
    let mut mia = stack.try_connect("room=red").await.unwrap();
    let mut bob = enter(&world, "blue", "bob", "viewer").await;
    say(&mut bob, "in blue").await;
    done(&mut mia, json!({"op": "ban", "userId": "bob", "room": "blue", "roomId": "blue"})).await;
    let delete = json!({"op": "delete", "sequence": 1, "room": "blue", "roomId": "blue"});
    assert_eq!(refused(&mut mia, delete).await, "not_found");
    assert_eq!(say(&mut bob, "still in blue").await["sequence"], 2);
    assert_eq!(try_enter(&world, "red", "bob", "viewer").await.unwrap_err(), 403);
    assert!(log(&world, "blue").await.is_empty());
}

#[tokio::test]
async fn whose_socket_survived_a_ban_neither_speaks_nor_moderates() {
    let world = guarded().await;
    let mut bob = enter(&world, "global", "bob", "viewer").await;
    let mut max = enter(&world, "global", "max", "moderator").await;
    let mut olga = enter(&world, "global", "olga", "owner").await;
    // As if the gateway had not closed anything: the bans are younger than any look at the connections.
    world.hub.streams_drained().await;
    let store = world.hub.app().store.elsewhere();
    let (room, by) = (RoomId::parse("global").unwrap(), UserId::parse("olga").unwrap());
    let ban =
        Ban { by: Actor { user: by.clone(), role: Role::Owner }, at: Timestamp::from_millis(1).unwrap() };
    for user in ["bob", "max", "olga"] {
        let user = UserId::parse(user).unwrap();
        store.ban_put(&room, &user, &ban).await.unwrap();
        store.mute_put(&room, &user, Timestamp::MAX, &by).await.unwrap();
    }
    for client in [&mut bob, &mut max] {
        let muted = say(client, "hello?").await;
        assert_eq!((&muted["code"], muted.get("retryAfterMs")), (&json!("muted"), None), "{muted}");
    }
    assert_eq!(refused(&mut max, json!({"op": "unban", "userId": "max"})).await, "forbidden");
    assert_eq!(refused(&mut max, json!({"op": "slowMode", "seconds": 9})).await, "forbidden");
    // Nobody takes a room from its owner.
    assert_eq!(say(&mut olga, "hello").await["type"], "ack");
    done(&mut olga, json!({"op": "unban", "userId": "max"})).await;
    enter(&world, "global", "olga", "owner").await;
}
