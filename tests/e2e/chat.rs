//! People talk.

use serde_json::json;

use crate::world::World;

#[tokio::test]
async fn two_people_chat() {
    let world = World::new().await;
    let mut alice = world.stack.connect("alice").await;
    let mut bob = world.stack.connect("bob").await;

    let ack = alice.say("hi bob").await;
    let heard = bob.expect_message("hi bob").await;
    assert_eq!(heard["userId"], "alice");
    assert_eq!(heard["username"], "alice");
    assert_eq!(heard["roomId"], "global");
    assert_eq!(heard["sequence"], 1);
    assert_eq!(heard["messageId"], ack["messageId"]);
    assert_eq!(heard["timestamp"], ack["timestamp"]);

    bob.say("hi alice").await;
    assert_eq!(alice.expect_message("hi alice").await["sequence"], 2);
}

#[tokio::test]
async fn the_sender_gets_an_ack_and_its_own_copy() {
    let world = World::new().await;
    let mut alice = world.stack.connect("alice").await;
    let ack = alice.say("hello").await;
    let copy = alice.expect_message("hello").await;
    assert_eq!((&ack["sequence"], &ack["messageId"]), (&copy["sequence"], &copy["messageId"]));
    assert_eq!(ack.get("nonce"), None);
    assert_eq!(ack.as_object().unwrap().len(), 4, "type, messageId, sequence, timestamp: {ack}");
    let timestamp = ack["timestamp"].as_str().unwrap();
    assert!(timestamp.len() == 24 && timestamp.ends_with('Z') && &timestamp[19..20] == ".", "{timestamp}");
}

#[tokio::test]
async fn the_predecessors_clients_are_understood() {
    let world = World::new().await;
    let mut old = world.stack.connect("old").await;
    let mut new = world.stack.connect("new").await;
    old.send_text(r#"{"type":"chat","content":"Hello everyone!"}"#).await;
    assert_eq!(new.expect_message("Hello everyone!").await["type"], "chat");
    old.expect_message("Hello everyone!").await;
    old.expect("ack").await;
}

#[tokio::test]
async fn rooms_are_separate() {
    let world = World::new().await;
    let mut red = world.stack.connect_to("red", "alice").await;
    let mut blue = world.stack.connect_to("blue", "bob").await;
    red.say("only for red").await;
    blue.say("only for blue").await;
    let heard = |frames: Vec<serde_json::Value>| {
        frames.into_iter().map(|frame| frame["content"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(heard(red.drain().await), ["only for red"]);
    assert_eq!(heard(blue.drain().await), ["only for blue"]);
    assert_eq!(world.stack.history("red").await.len(), 1);
}

#[tokio::test]
async fn who_gives_no_name_is_anonymous_in_the_global_room() {
    let world = World::new().await;
    let mut somebody = world.stack.try_connect("").await.unwrap();
    somebody.say("who am I?").await;
    let copy = somebody.expect_message("who am I?").await;
    assert_eq!((&copy["roomId"], &copy["username"]), (&json!("global"), &json!("Anonymous")));
    let user = copy["userId"].as_str().unwrap();
    let digits = user.strip_prefix("anonymous-").unwrap();
    assert!(digits.len() == 8 && digits.bytes().all(|b| b.is_ascii_hexdigit()), "{user}");
}

#[tokio::test]
async fn a_client_cannot_choose_ids_times_names_or_types() {
    let world = World::new().await;
    let mut mallory = world.stack.connect("mallory").await;
    let mut bob = world.stack.connect("bob").await;
    mallory
        .send(&json!({
            "action": "sendMessage", "content": "trust me", "type": "system", "messageId": "mine", "sequence": 99,
            "userId": "bob", "username": "Bob", "roomId": "other", "role": "owner",
            "timestamp": "1999-01-01T00:00:00.000Z",
        }))
        .await;
    let heard = bob.expect_message("trust me").await;
    assert_eq!(heard["userId"], "mallory");
    assert_eq!(heard["username"], "mallory");
    assert_eq!(heard["roomId"], "global");
    assert_eq!(heard["sequence"], 1);
    assert_eq!(heard.get("role"), None);
    assert_ne!(heard["messageId"], "mine");
    assert!(heard["timestamp"].as_str().unwrap() > "2026");
}

#[tokio::test]
async fn a_message_may_answer_another_one_of_its_room() {
    let world = World::new().await;
    let mut alice = world.stack.connect("alice").await;
    let first = alice.say("what time is it?").await;
    alice.send(&json!({"action": "sendMessage", "content": "noon", "replyTo": first["sequence"]})).await;
    assert_eq!(alice.expect_message("noon").await["replyTo"], first["sequence"]);
    assert_eq!(world.stack.history("global").await[1]["replyTo"], first["sequence"]);

    alice.send(&json!({"action": "sendMessage", "content": "to nobody", "replyTo": 77, "nonce": "n"})).await;
    assert_eq!(alice.expect_error("not_found").await["nonce"], "n");
    assert_eq!(world.stack.history("global").await.len(), 2);
}

#[tokio::test]
async fn a_ping_is_answered() {
    let world = World::new().await;
    let mut alice = world.stack.connect("alice").await;
    alice.send(&json!({"action": "ping"})).await;
    assert_eq!(alice.expect("pong").await, json!({"type": "pong"}));
}

#[tokio::test]
async fn length_is_counted_in_characters_whatever_their_bytes() {
    let world = World::new().await;
    let mut alice = world.stack.connect("alice").await;
    let thousand = "語".repeat(1000);
    alice.say(&thousand).await;
    alice.expect_message(&thousand).await;
    let one_more = "語".repeat(1001);
    alice.send(&json!({"action": "sendMessage", "content": one_more})).await;
    alice.expect_error("content_too_long").await;
    let emoji = "👩‍🚀".repeat(333); // three scalar values each
    alice.say(&emoji).await;
    assert_eq!(world.stack.history("global").await.len(), 2);
}
