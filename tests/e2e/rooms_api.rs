//! What HTTP tells about rooms and users, and to whom. Nothing about another user or room leaks through
//! an answer that refuses.

use http::StatusCode;
use serde_json::{Value, json};
use tests::{Stack, eventually, token};

use crate::world::World;

const SECRET: &str = "a secret of thirty-two characters";

async fn guarded() -> World {
    World::with(&[("AUTH_SECRET", SECRET), ("RATE_LIMIT_PER_SEC", "0")]).await
}

fn bearing(world: &World, claims: &Value) -> Stack {
    world.stack.bearing(&token(SECRET, claims))
}

async fn put(stack: &Stack, path: &str, body: &str) -> (StatusCode, Value) {
    let (status, body) = stack.request("PUT", path, &[("content-type", "application/json")], body).await;
    (status, serde_json::from_slice(&body).unwrap())
}

fn refusal(code: &str, message: &str) -> Value {
    json!({"error": {"code": code, "message": message}})
}

#[tokio::test]
async fn a_moderator_changes_a_rooms_settings_and_everybody_of_the_room_reads_them() {
    let world = guarded().await;
    let mod_ = bearing(&world, &json!({"sub": "mod", "role": "moderator", "rooms": ["a"]}));
    let viewer = bearing(&world, &json!({"sub": "alice", "rooms": ["a", "b"]}));
    let defaults = json!({"roomId": "a", "slowModeSeconds": 0, "maxContentLength": 1000,
        "refuseRepetition": false, "announcement": null});
    assert_eq!(viewer.get("/api/rooms/a").await, (StatusCode::OK, defaults));

    let change = json!({"slowModeSeconds": 5, "announcement": "Be kind.", "blockedTerms": ["spam"]});
    let (status, settings) = put(&mod_, "/api/rooms/a", &change.to_string()).await;
    let mut expected = json!({"roomId": "a", "slowModeSeconds": 5, "maxContentLength": 1000,
        "refuseRepetition": false, "announcement": "Be kind.", "blockedTerms": ["spam"]});
    assert_eq!((status, &settings), (StatusCode::OK, &expected));
    assert_eq!(mod_.get("/api/rooms/a").await.1, expected);
    expected.as_object_mut().unwrap().remove("blockedTerms");
    assert_eq!(viewer.get("/api/rooms/a").await.1, expected, "what is blocked is for moderators");

    // What is not named stays as it is.
    let (_, settings) = put(&mod_, "/api/rooms/a", r#"{"maxContentLength":10,"announcement":null}"#).await;
    assert_eq!((&settings["slowModeSeconds"], &settings["maxContentLength"]), (&json!(5), &json!(10)));
    assert_eq!((&settings["announcement"], &settings["blockedTerms"]), (&Value::Null, &json!(["spam"])));

    let mut alice = viewer.try_connect("room=a").await.unwrap();
    alice.send(&json!({"action": "sendMessage", "content": "rather a long message"})).await;
    alice.expect_error("content_too_long").await;
}

#[tokio::test]
async fn nobody_else_changes_them() {
    let world = guarded().await;
    let forbidden = refusal("forbidden", "the token does not allow this");
    for claims in [
        json!({"sub": "alice"}),
        json!({"sub": "mod", "role": "moderator", "rooms": ["b"]}),
        json!({"sub": "mod", "role": "Moderator"}),
        json!({"sub": "owner", "role": "owner", "rooms": []}),
    ] {
        let stack = bearing(&world, &claims);
        // A body that would be refused is not looked at.
        for body in [r#"{"slowModeSeconds":60}"#, "{"] {
            let answer = put(&stack, "/api/rooms/a", body).await;
            assert_eq!(answer, (StatusCode::FORBIDDEN, forbidden.clone()), "{claims}");
        }
    }
    let (status, _) = put(&world.stack, "/api/rooms/a", "{}").await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    let owner = bearing(&world, &json!({"sub": "owner", "role": "owner"}));
    assert_eq!(owner.get("/api/rooms/a").await.1["slowModeSeconds"], 0);
    for bad in [r#"{"slowModeSeconds":-1}"#, "[]", "", r#"{"announcement":"\u0000"}"#] {
        let (status, body) = put(&owner, "/api/rooms/a", bad).await;
        assert_eq!((status, &body["error"]["code"]), (StatusCode::BAD_REQUEST, &json!("invalid_parameter")));
    }

    let open = World::new().await;
    let (status, body) = put(&open.stack, "/api/rooms/a", "{}").await;
    assert_eq!((status, body), (StatusCode::FORBIDDEN, forbidden), "who proved nothing moderates nothing");
}

#[tokio::test]
async fn a_users_messages_are_their_own_or_a_moderators_business() {
    let world = guarded().await;
    let alice = bearing(&world, &json!({"sub": "auth0|alice"}));
    for room in ["a", "b"] {
        alice.try_connect(&format!("room={room}")).await.unwrap().say(&format!("in {room}")).await;
    }
    let path = "/api/users/auth0%257Calice/messages";
    let contents = async |stack: &Stack| {
        let (status, page) = stack.get(path).await;
        assert_eq!(status, StatusCode::OK, "{page}");
        let messages = page["messages"].as_array().unwrap();
        messages.iter().map(|m| m["content"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    eventually("both messages", async || {
        let seen = contents(&alice).await;
        (seen == ["in a", "in b"]).then_some(()).ok_or(seen)
    })
    .await;
    let only_b = bearing(&world, &json!({"sub": "auth0|alice", "rooms": ["b"]}));
    assert_eq!(contents(&only_b).await, ["in b"], "of the rooms that the token allows");
    let moderator = bearing(&world, &json!({"sub": "mod", "role": "moderator", "rooms": ["a"]}));
    assert_eq!(contents(&moderator).await, ["in a"]);
    let elsewhere = bearing(&world, &json!({"sub": "mod", "role": "moderator", "rooms": []}));
    assert_eq!(contents(&elsewhere).await, Vec::<String>::new());

    // Whether there is such a user cannot be told.
    let bob = bearing(&world, &json!({"sub": "bob"}));
    for path in [path, "/api/users/nobody/messages"] {
        let forbidden = refusal("forbidden", "the token does not allow this");
        assert_eq!(bob.get(path).await, (StatusCode::FORBIDDEN, forbidden), "{path}");
        let unauthorized = refusal("unauthorized", "a valid token is needed");
        assert_eq!(world.stack.get(path).await, (StatusCode::UNAUTHORIZED, unauthorized), "{path}");
    }
}

#[tokio::test]
async fn a_room_that_a_token_does_not_allow_looks_like_one_that_nobody_used() {
    let world = guarded().await;
    bearing(&world, &json!({"sub": "alice"})).try_connect("room=secret").await.unwrap().say("psst").await;
    let bob = bearing(&world, &json!({"sub": "bob", "rooms": ["global"]}));
    for what in ["", "/messages", "/messages?after=0"] {
        let secret = bob.get(&format!("/api/rooms/secret{what}")).await;
        assert_eq!(secret.0, StatusCode::FORBIDDEN, "{what}");
        assert_eq!(secret, bob.get(&format!("/api/rooms/nothing{what}")).await, "{what}");
    }
}
