//! No web page may drive what runs on its visitor's machine.

use http::StatusCode;

use crate::world::World;

#[tokio::test]
async fn a_foreign_page_is_refused_and_an_allowed_one_is_not() {
    let world = World::with(&[("ALLOWED_ORIGINS", "https://chat.example, https://other.example")]).await;
    let connect = async |origin: &str| world.stack.connect_with("userId=alice", &[("origin", origin)]).await;
    for foreign in
        ["https://evil.example", "null", "http://chat.example", "https://chat.example.evil.example"]
    {
        let refused = connect(foreign).await.expect_err(foreign);
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{foreign}");
    }
    connect("https://chat.example").await.unwrap().say("hi").await;
    connect("https://other.example").await.unwrap().say("hi").await;
}

#[tokio::test]
async fn the_servers_own_page_and_programs_without_origin_are_let_in() {
    let world = World::new().await;
    let own = world.stack.web_socket().replace("ws://", "http://").replace("/ws", "");
    world.stack.connect_with("userId=alice", &[("origin", &own)]).await.unwrap().say("hi").await;
    world.stack.connect_with("userId=alice", &[]).await.unwrap().say("hi").await;
    let (status, _) = world.stack.request("GET", "/health", &[("origin", "https://evil.example")], "").await;
    assert_eq!(status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn posting_to_a_connection_takes_the_form_of_a_signature() {
    let world = World::new().await;
    let mut alice = world.stack.connect("alice").await;
    let id = world.connection_ids().await.pop().unwrap();
    let path = format!("/ws/@connections/{}", id.replace('=', "%3D"));
    let (status, _) = world.stack.request("POST", &path, &[], "{\"type\":\"chat\"}").await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert_eq!(alice.drain().await, Vec::<serde_json::Value>::new());

    let signed = [("authorization", tests::SIGNED_BY_NOBODY)];
    let (status, _) = world.stack.request("POST", &path, &signed, "{\"type\":\"hello\"}").await;
    assert_eq!(status, StatusCode::OK);
    alice.expect("hello").await;
}
