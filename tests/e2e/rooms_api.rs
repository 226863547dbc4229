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
async fn a_change_of_settings_is_in_the_log_with_who_and_what() {
    let world = guarded().await;
    let mod_ = bearing(&world, &json!({"sub": "mod", "role": "moderator"}));
    let first = json!({"slowModeSeconds": 5, "refuseRepetition": true, "blockedTerms": ["spam"],
        "announcement": "Be kind."});
    let second = json!({"maxContentLength": 10, "announcement": null, "blockedTerms": []});
    for change in [&first, &second] {
        assert_eq!(put(&mod_, "/api/rooms/a", &change.to_string()).await.0, StatusCode::OK);
    }
    // What was refused, and what changed nothing, is not.
    assert_eq!(put(&mod_, "/api/rooms/a", r#"{"slowModeSeconds":-1}"#).await.0, StatusCode::BAD_REQUEST);
    assert_eq!(put(&mod_, "/api/rooms/a", "{}").await.0, StatusCode::OK);

    let (status, log) = mod_.get("/api/rooms/a/moderation").await;
    assert_eq!((status, &log["count"]), (StatusCode::OK, &json!(2)), "{log}");
    for (entry, change) in log["entries"].as_array().unwrap().iter().zip([&second, &first]) {
        assert_eq!((&entry["op"], &entry["moderator"]), (&json!("settings"), &json!("mod")), "{entry}");
        assert_eq!(&entry["settings"], change);
        assert!(entry["timestamp"].as_str().unwrap().ends_with('Z'), "{entry}");
    }
    assert_eq!(mod_.get("/api/rooms/b/moderation").await.1["count"], 0);
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

#[tokio::test]
async fn rooms_with_somebody_in_them_are_listed_largest_first() {
    let world = World::unlimited().await;
    assert_eq!(world.stack.get("/api/rooms").await, (StatusCode::OK, json!({"rooms": []})));
    let mut clients = Vec::new();
    for (room, user) in [("small", "alice"), ("large", "alice"), ("large", "bob"), ("large", "bob")] {
        clients.push(world.stack.connect_to(room, user).await);
    }
    clients[0].say("hello").await;
    clients[0].say("anybody?").await;
    let large = json!({"roomId": "large", "members": 2, "connections": 3, "messages": 0});
    let small = json!({"roomId": "small", "members": 1, "connections": 1, "messages": 2});
    expect(&world.stack, "/api/rooms", json!({"rooms": [&large, &small]})).await;
    expect(&world.stack, "/api/rooms?limit=1", json!({"rooms": [&large]})).await;

    for client in clients {
        client.leave().await;
    }
    expect(&world.stack, "/api/rooms", json!({"rooms": []})).await;
    let (status, body) = world.stack.get("/api/rooms?limit=0").await;
    assert_eq!((status, &body["error"]["code"]), (StatusCode::BAD_REQUEST, &json!("invalid_parameter")));
}

/// Waits for an answer: who is there is counted behind a stream.
async fn expect(stack: &Stack, path: &str, expected: Value) {
    eventually(path, async || {
        let answer = stack.get(path).await;
        if answer == (StatusCode::OK, expected.clone()) { Ok(()) } else { Err(answer) }
    })
    .await;
}

#[tokio::test]
async fn members_are_listed_page_by_page_with_what_is_known_of_them() {
    let world = World::new().await;
    let mut clients = Vec::new();
    for user in ["carol", "alice", "bob", "bob"] {
        clients.push(world.stack.connect_to("a", user).await);
    }
    let page = eventually("three members", async || {
        let (_, page) = world.stack.get("/api/rooms/a/members").await;
        let is_whole = page["count"] == 3 && page["members"][1]["connections"] == 2;
        if is_whole { Ok(page) } else { Err(page) }
    })
    .await;
    let members = page["members"].as_array().unwrap();
    assert_eq!((&page["roomId"], &page["next"]), (&json!("a"), &Value::Null));
    let of = |field: &str| members.iter().map(|member| member[field].clone()).collect::<Vec<_>>();
    assert_eq!(of("userId"), ["alice", "bob", "carol"]);
    assert_eq!(of("username"), ["alice", "bob", "carol"]);
    assert_eq!(of("connections"), [1, 2, 1]);
    for member in members {
        assert!(member["joinedAt"].as_str().unwrap().ends_with('Z'), "{member}");
        assert_eq!(member.get("role"), None, "everybody is a viewer");
    }

    let (_, first) = world.stack.get("/api/rooms/a/members?limit=2").await;
    assert_eq!((&first["count"], &first["next"]), (&json!(2), &json!("bob")));
    let (_, second) = world.stack.get("/api/rooms/a/members?limit=2&after=bob").await;
    assert_eq!((&second["members"][0]["userId"], &second["next"]), (&json!("carol"), &Value::Null));
    assert_eq!(world.stack.get("/api/rooms/nobody/members").await.1["members"], json!([]));
    for bad in ["after=a%23b", "after=", "limit=-1", "after=a&after=b"] {
        let (status, _) = world.stack.get(&format!("/api/rooms/a/members?{bad}")).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{bad}");
    }
}

#[tokio::test]
async fn a_token_sees_the_rooms_that_it_allows_and_who_is_in_them() {
    let world = guarded().await;
    let all = bearing(&world, &json!({"sub": "alice", "role": "moderator"}));
    let _in_a = all.try_connect("room=a").await.unwrap();
    let _in_b = all.try_connect("room=b").await.unwrap();
    eventually("both rooms", async || {
        let (_, rooms) = all.get("/api/rooms").await;
        if rooms["rooms"].as_array().unwrap().len() == 2 { Ok(()) } else { Err(rooms) }
    })
    .await;
    let only_b = bearing(&world, &json!({"sub": "bob", "rooms": ["b", "c"]}));
    let b = json!({"roomId": "b", "members": 1, "connections": 1, "messages": 0});
    assert_eq!(only_b.get("/api/rooms").await, (StatusCode::OK, json!({"rooms": [b]})));
    let none = bearing(&world, &json!({"sub": "bob", "rooms": []}));
    assert_eq!(none.get("/api/rooms?limit=1").await, (StatusCode::OK, json!({"rooms": []})));

    let (_, members) = only_b.get("/api/rooms/b/members").await;
    assert_eq!(members["members"][0]["role"], "moderator", "{members}");
    let elsewhere = only_b.get("/api/rooms/a/members").await;
    assert_eq!(elsewhere, (StatusCode::FORBIDDEN, refusal("forbidden", "the token does not allow this")));
    for path in ["/api/rooms", "/api/rooms/b/members", "/api/rooms/b/moderation"] {
        assert_eq!(world.stack.get(path).await.0, StatusCode::UNAUTHORIZED, "{path}");
    }
}

#[tokio::test]
async fn moderators_of_a_room_read_its_log_page_by_page_and_nobody_else_does() {
    let world = guarded().await;
    let moderator = bearing(&world, &json!({"sub": "mia", "role": "moderator", "rooms": ["a"]}));
    let mut mia = moderator.try_connect("room=a").await.unwrap();
    for op in [
        json!({"op": "slowMode", "seconds": 5}),
        json!({"op": "timeout", "userId": "bob", "seconds": 600}),
        json!({"op": "announce", "content": "Be kind."}),
    ] {
        let mut frame = op;
        frame["action"] = "moderate".into();
        mia.send(&frame).await;
        mia.expect("ack").await;
    }
    let path = "/api/rooms/a/moderation";
    let (status, log) = moderator.get(path).await;
    assert_eq!((status, &log["count"], &log["next"]), (StatusCode::OK, &json!(3), &Value::Null), "{log}");
    let ops = |page: &Value| {
        let entries = page["entries"].as_array().unwrap().clone();
        entries.into_iter().map(|entry| entry["op"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(ops(&log), ["announce", "timeout", "slowMode"]);
    let timeout = &log["entries"][1];
    assert_eq!((&timeout["moderator"], &timeout["userId"]), (&json!("mia"), &json!("bob")));
    assert_eq!(timeout["seconds"], 600);

    let (_, newest) = moderator.get(&format!("{path}?limit=2")).await;
    let before = newest["next"].as_str().unwrap();
    let (_, oldest) = moderator.get(&format!("{path}?limit=2&before={before}")).await;
    assert_eq!((ops(&oldest), &oldest["next"]), (vec!["slowMode".to_owned()], &Value::Null));

    for bad in ["before=-1", "before=99999999999999999999", "before=x%23y", "limit=0"] {
        let (status, _) = moderator.get(&format!("{path}?{bad}")).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{bad}");
    }
    for claims in
        [json!({"sub": "alice", "rooms": ["a"]}), json!({"sub": "mod", "role": "moderator", "rooms": ["b"]})]
    {
        assert_eq!(bearing(&world, &claims).get(path).await.0, StatusCode::FORBIDDEN, "{claims}");
    }
    assert_eq!(World::new().await.stack.get(path).await.0, StatusCode::FORBIDDEN, "nor without tokens");
}
