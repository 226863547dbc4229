//! What was said can be read, in order, without holes.

use http::StatusCode;
use serde_json::{Value, json};

use crate::world::World;

async fn ten_messages() -> World {
    let world = World::unlimited().await;
    let mut alice = world.stack.connect("alice").await;
    for n in 1..=10 {
        alice.say(&format!("m{n}")).await;
    }
    world
}

fn numbers(page: &Value) -> Vec<u64> {
    page["messages"].as_array().unwrap().iter().map(|message| message["sequence"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn history_is_what_was_delivered() {
    let world = World::new().await;
    let mut alice = world.stack.connect("alice").await;
    alice.say("línea\n\"quoted\" 🎉").await;
    let live = alice.expect_message("línea\n\"quoted\" 🎉").await;
    assert_eq!(world.stack.history("global").await, [live]);
}

#[tokio::test]
async fn pages_go_back_from_the_newest_and_on_from_anywhere() {
    let world = ten_messages().await;
    let get = async |query: &str| {
        let (status, page) = world.stack.get(&format!("/api/rooms/global/messages{query}")).await;
        assert_eq!(status, StatusCode::OK, "{page}");
        page
    };
    let newest = get("").await;
    assert_eq!(newest["roomId"], "global");
    assert_eq!((&newest["count"], &newest["next"]), (&json!(10), &Value::Null));

    let last = get("?limit=3").await;
    assert_eq!((numbers(&last), &last["next"]), (vec![8, 9, 10], &json!(8)));
    let before = get("?limit=3&before=8").await;
    assert_eq!((numbers(&before), &before["next"]), (vec![5, 6, 7], &json!(5)));

    let after = get("?limit=4&after=0").await;
    assert_eq!((numbers(&after), &after["next"]), (vec![1, 2, 3, 4], &json!(4)));
    let end = get("?limit=4&after=8").await;
    assert_eq!((numbers(&end), &end["next"]), (vec![9, 10], &Value::Null));
    assert_eq!(numbers(&get("?after=10").await), Vec::<u64>::new());
    assert_eq!(numbers(&get("?limit=100000").await).len(), 10);
}

#[tokio::test]
async fn bad_parameters_are_400_with_a_named_error() {
    let world = World::new().await;
    for path in [
        "/api/rooms/global/messages?limit=0",
        "/api/rooms/global/messages?limit=-1",
        "/api/rooms/global/messages?limit=ten",
        "/api/rooms/global/messages?limit=",
        "/api/rooms/global/messages?before=0",
        "/api/rooms/global/messages?before=-1",
        "/api/rooms/global/messages?before=x",
        "/api/rooms/global/messages?after=-1",
        "/api/rooms/global/messages?after=1.5",
        "/api/rooms/global/messages?after=9007199254740992",
        "/api/rooms/global/messages?after=99999999999999999999999",
        "/api/rooms/global/messages?after=-9223372036854775809",
        "/api/rooms/global/messages?after=%00",
        "/api/rooms/global/messages?after=",
        "/api/rooms/global/messages?before=1e3",
        "/api/rooms/global/messages?before=%2B1",
        "/api/rooms/global/messages?before=5&after=1",
        "/api/rooms/global/messages?limit=5&limit=6",
        "/api/rooms/a%2Fb/messages",
        "/api/rooms/a%FFb/messages",
        "/api/rooms/a%20b/messages",
        "/api/rooms/a%23b/messages",
    ] {
        let (status, body) = world.stack.get(path).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{path}: {body}");
        assert_eq!(body["error"]["code"], "invalid_parameter", "{path}: {body}");
        assert!(body["error"]["message"].as_str().unwrap().len() > 10, "{path}: {body}");
    }
}

#[tokio::test]
async fn health_tells_whether_storage_answers_and_counts_connections() {
    let world = World::new().await;
    assert_eq!(
        world.stack.get("/health").await,
        (StatusCode::OK, json!({"status": "ok", "clients": 0, "storage": "ok"}))
    );
    let _alice = world.stack.connect("alice").await;
    let _bob = world.stack.connect("bob").await;
    world.stack.expect_clients(2).await;
}

#[tokio::test]
async fn the_root_is_the_page_or_says_where_to_connect() {
    let world = World::new().await;
    let (status, page) = world.stack.request("GET", "/", &[], "").await;
    assert_eq!(status, StatusCode::OK);
    let page = String::from_utf8(page.to_vec()).unwrap();
    // The page is built with npm, where there is one.
    let is_page = page.to_ascii_lowercase().starts_with("<!doctype html>");
    assert!(is_page || page.contains(world.stack.web_socket()), "{page}");
    let (status, _) = world.stack.request("GET", "/ws", &[], "").await;
    assert_eq!(status, StatusCode::UPGRADE_REQUIRED);
}
