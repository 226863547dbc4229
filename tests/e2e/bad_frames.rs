//! Whatever a client sends gets a named error, changes nothing and leaves the socket open, but for
//! what API Gateway itself closes it for.

use serde_json::json;

use crate::world::World;

#[tokio::test]
async fn every_bad_frame_gets_its_code_and_stores_nothing() {
    let world = World::new().await;
    let mut mallory = world.stack.connect("mallory").await;
    let mut bob = world.stack.connect("bob").await;
    for (frame, code) in [
        ("", "invalid_json"),
        ("hello", "invalid_json"),
        ("42", "invalid_json"),
        ("[]", "invalid_json"),
        ("\"chat\"", "invalid_json"),
        ("null", "invalid_json"),
        ("{\"action\":\"sendMessage\",\"content\":\"x\"", "invalid_json"),
        (&"[".repeat(20_000), "invalid_json"),
        ("{}", "unknown_action"),
        (r#"{"action":"dance"}"#, "unknown_action"),
        (r#"{"action":"$connect"}"#, "unknown_action"),
        (r#"{"action":"$disconnect"}"#, "unknown_action"),
        (r#"{"action":["sendMessage"],"content":"x"}"#, "unknown_action"),
        (r#"{"action":"moderate","op":"ban","userId":"bob"}"#, "forbidden"),
        (r#"{"type":"join","content":"x"}"#, "unknown_action"),
        (r#"{"type":"leave","content":"x"}"#, "unknown_action"),
        (r#"{"type":"system","content":"x"}"#, "unknown_action"),
        (r#"{"action":"sendMessage"}"#, "invalid_message"),
        (r#"{"action":"sendMessage","content":7}"#, "invalid_message"),
        (r#"{"action":"sendMessage","content":"  \n\t "}"#, "invalid_message"),
        (r#"{"action":"sendMessage","content":"a\u0000b"}"#, "invalid_message"),
        (r#"{"action":"sendMessage","content":"a\u001b[2Jb"}"#, "invalid_message"),
        (r#"{"action":"sendMessage","content":"x","nonce":[]}"#, "invalid_message"),
        (r#"{"action":"sendMessage","content":"x","replyTo":"1"}"#, "invalid_message"),
        (r#"{"action":"sendMessage","content":"x","replyTo":0}"#, "invalid_message"),
        (r#"{"action":"sendMessage","content":"x","replyTo":-1}"#, "invalid_message"),
        (r#"{"action":"sendMessage","content":"x","replyTo":1.5}"#, "invalid_message"),
        (r#"{"action":"sendMessage","content":"x","replyTo":1e300}"#, "invalid_message"),
        (r#"{"action":"sendMessage","content":"x","replyTo":9007199254740992}"#, "invalid_message"),
        (r#"{"action":"sendMessage","content":"x","replyTo":9007199254740991}"#, "not_found"),
        (r#"{"action":"sendMessage","content":"x","to":"bob#1"}"#, "invalid_message"),
        (r#"{"action":"sendMessage","content":"x","to":"bob/1"}"#, "invalid_message"),
        (r#"{"action":"sendMessage","content":"x","to":"../bob"}"#, "invalid_message"),
        (r#"{"action":"sendMessage","content":"x","to":"bob\u0000"}"#, "invalid_message"),
    ] {
        mallory.send_text(frame).await;
        let error = mallory.expect_error(code).await;
        let said = error["message"].as_str().unwrap();
        assert!(said.len() > 10 && said.len() < 200, "a sentence for a person: {said}");
    }
    assert_eq!(bob.drain().await, Vec::<serde_json::Value>::new());
    assert_eq!(world.stack.history("global").await, Vec::<serde_json::Value>::new());
    mallory.say("still here").await;
    assert_eq!(bob.expect_message("still here").await["sequence"], 1);
}

#[tokio::test]
async fn an_error_answers_under_the_nonce_of_its_frame() {
    let world = World::new().await;
    let mut alice = world.stack.connect("alice").await;
    alice.send(&json!({"action": "sendMessage", "content": "", "nonce": "n1"})).await;
    assert_eq!(alice.expect_error("invalid_message").await["nonce"], "n1");
}

#[tokio::test]
async fn a_frame_over_32_kb_closes_its_own_connection_with_1009() {
    let world = World::new().await;
    let mut bob = world.stack.connect("bob").await;
    let mut mallory = world.stack.connect("mallory").await;
    mallory.send_text(&"x".repeat(32 * 1024 + 1)).await;
    assert_eq!(mallory.expect_close().await, 1009);
    bob.say("not me").await;
    world.stack.expect_clients(1).await;
}

#[tokio::test]
async fn a_frame_of_32_kb_is_read() {
    let world = World::new().await;
    let mut alice = world.stack.connect("alice").await;
    let frame = format!("{:<width$}", r#"{"action":"sendMessage","content":"hi"}"#, width = 32 * 1024);
    assert_eq!(frame.len(), 32 * 1024);
    alice.send_text(&frame).await;
    alice.expect_message("hi").await;
}

#[tokio::test]
async fn a_binary_frame_closes_its_own_connection_with_1003() {
    let world = World::new().await;
    let mut bob = world.stack.connect("bob").await;
    let mut mallory = world.stack.connect("mallory").await;
    mallory.send_binary(br#"{"action":"ping"}"#).await;
    assert_eq!(mallory.expect_close().await, 1003);
    bob.say("not me").await;
    world.stack.expect_clients(1).await;
}
