//! What a user said can be read, wherever it was said.

use http::StatusCode;
use serde_json::{Value, json};
use tests::eventually;

use crate::world::World;

fn contents(page: &Value) -> Vec<&str> {
    page["messages"].as_array().unwrap().iter().map(|message| message["content"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_users_messages_of_all_rooms_come_in_the_order_of_time() {
    let world = World::unlimited().await;
    let mut in_red = world.stack.connect_to("red", "alice").await;
    let mut in_blue = world.stack.connect_to("blue", "alice").await;
    let mut bob = world.stack.connect_to("red", "bob").await;
    let mut said = Vec::new();
    for n in 0..3 {
        for (client, room) in [(&mut in_red, "red"), (&mut in_blue, "blue")] {
            let content = format!("{room} {n}");
            client.say(&content).await;
            said.push(client.expect_message(&content).await);
        }
        bob.say("me too").await;
    }
    let get = async |query: &str| {
        let (status, page) = world.stack.get(&format!("/api/users/alice/messages{query}")).await;
        assert_eq!(status, StatusCode::OK, "{page}");
        page
    };
    // The index follows its table, on DynamoDB Local some milliseconds later.
    let all = eventually("all six messages", async || {
        let page = get("").await;
        if page["count"] == 6 { Ok(page) } else { Err(page) }
    })
    .await;
    assert_eq!(all, json!({"userId": "alice", "count": 6, "messages": said, "next": null}));

    let last = get("?limit=4").await;
    assert_eq!(contents(&last), ["red 1", "blue 1", "red 2", "blue 2"]);
    let first = get(&format!("?limit=4&before={}", last["next"].as_str().unwrap())).await;
    assert_eq!((contents(&first), &first["next"]), (vec!["red 0", "blue 0"], &Value::Null));
    assert_eq!(get("?before=1").await["count"], 0);
}

#[tokio::test]
async fn somebody_who_said_nothing_and_somebody_unknown_look_the_same() {
    let world = World::new().await;
    let _carol = world.stack.connect("carol").await;
    for user in ["carol", "nobody", "alice@example.com"] {
        let (status, page) = world.stack.get(&format!("/api/users/{user}/messages")).await;
        let empty = json!({"userId": user, "count": 0, "messages": [], "next": null});
        assert_eq!((status, page), (StatusCode::OK, empty));
    }
}

#[tokio::test]
async fn bad_parameters_are_400_and_named() {
    let world = World::new().await;
    for (path, name) in [
        ("/api/users/a%23b/messages", "userId"),
        ("/api/users/a%2Fb/messages", "userId"),
        ("/api/users/a%00b/messages", "userId"),
        ("/api/users/alice/messages?limit=0", "limit"),
        ("/api/users/alice/messages?limit=-5", "limit"),
        ("/api/users/alice/messages?before=-1", "before"),
        ("/api/users/alice/messages?before=x", "before"),
        ("/api/users/alice/messages?before=", "before"),
        ("/api/users/alice/messages?before=99999999999999999999999", "before"),
        ("/api/users/alice/messages?before=1795509060123.global.0", "before"),
        ("/api/users/alice/messages?before=1795509060123%23global%231", "before"),
        ("/api/users/alice/messages?before=1&before=2", "a parameter"),
    ] {
        let (status, body) = world.stack.get(path).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{path}: {body}");
        assert_eq!(body["error"]["code"], "invalid_parameter", "{path}: {body}");
        assert!(body["error"]["message"].as_str().unwrap().starts_with(name), "{path}: {body}");
    }
}
