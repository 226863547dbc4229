//! Every sample event, invoked: each function answers what `events/README.md` says.

use serde_json::{Value, json};

use crate::world::World;

fn path(event: &str) -> String {
    format!("{}/../events/{event}.json", env!("CARGO_MANIFEST_DIR"))
}

async fn invoke(world: &World, function: &str, event: &str) -> Value {
    let path = path(event);
    let payload = std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    invoke_with(world, function, event, payload).await
}

/// The `connect` event, as of now: whoever is told that somebody joined would forget a connection that
/// has been open for long and that the gateway does not know.
async fn connect(world: &World) -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../events/connect.json");
    let mut event: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    #[expect(clippy::disallowed_methods, reason = "the gateway's events carry the wall clock's time")]
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
    event["requestContext"]["requestTimeEpoch"] = json!(u64::try_from(now).unwrap());
    invoke_with(world, "ConnectFunction", "connect", event.to_string().into_bytes()).await
}

async fn invoke_with(world: &World, function: &str, event: &str, payload: Vec<u8>) -> Value {
    let answer = world
        .hub
        .emulator()
        .invoke(function, payload)
        .await
        .unwrap_or_else(|error| panic!("{event}: {error:?}"));
    serde_json::from_slice(&answer).unwrap()
}

/// The frame that the route response would send.
async fn frame(world: &World, event: &str) -> Value {
    let function = if event.starts_with("moderate") { "ModerateFunction" } else { "SendMessageFunction" };
    let answer = invoke(world, function, event).await;
    assert_eq!(answer["statusCode"], 200, "{event}: {answer}");
    serde_json::from_str(answer["body"].as_str().unwrap()).unwrap()
}

#[tokio::test]
async fn the_authorizer_allows_and_says_who_it_is_or_why_not() {
    let world = World::new().await;
    let anonymous = invoke(&world, "AuthorizerFunction", "authorizer-anonymous").await;
    assert_eq!(anonymous["policyDocument"]["Statement"][0]["Effect"], "Allow");
    assert_eq!(anonymous["context"]["room"], "global");
    assert!(anonymous["context"]["userId"].as_str().unwrap().starts_with("anonymous-"));
    assert_eq!(anonymous["principalId"], anonymous["context"]["userId"]);

    let refused = invoke(&world, "AuthorizerFunction", "authorizer-bad-room").await;
    assert_eq!(refused["policyDocument"]["Statement"][0]["Effect"], "Allow");
    assert!(refused["context"]["refuse"].as_str().unwrap().starts_with("room must be"), "{refused}");
}

/// Of the tokens in `events/`.
const SECRET: (&str, &str) = ("AUTH_SECRET", "the secret of the sample events");

#[tokio::test]
async fn a_token_is_believed_refused_or_kept_out_of_a_room() {
    let world = World::with(&[SECRET]).await;
    let alice = invoke(&world, "AuthorizerFunction", "authorizer-token").await;
    let context = json!({
        "userId": "auth0%7Calice", "username": "Alice", "role": "moderator", "room": "speedrun", "feed": "chat",
    });
    assert_eq!(alice["context"], context);
    assert_eq!(alice["principalId"], "auth0%7Calice");

    let elsewhere = invoke(&world, "AuthorizerFunction", "authorizer-token-other-room").await;
    assert_eq!(elsewhere["policyDocument"]["Statement"][0]["Effect"], "Deny");
    let read = invoke(&world, "ApiFunction", "api-messages-other-room").await;
    assert_eq!(read["statusCode"], 403);

    for event in ["authorizer-token-expired", "authorizer-anonymous", "authorizer-feed"] {
        let payload = std::fs::read(path(event)).unwrap();
        let failed = world.hub.emulator().invoke("AuthorizerFunction", payload).await.unwrap_err();
        // To the letter: API Gateway answers 500 to any other word.
        assert!(format!("{failed:?}").contains("error_message: \"Unauthorized\""), "{event}: {failed:?}");
    }
    assert_eq!(invoke(&world, "ApiFunction", "api-messages").await["statusCode"], 401);
    assert_eq!(invoke(&world, "ApiFunction", "api-health").await["statusCode"], 200);
}

#[tokio::test]
async fn without_a_secret_nobody_looks_at_tokens() {
    let world = World::new().await;
    for event in ["authorizer-token", "authorizer-token-expired", "authorizer-token-other-room"] {
        let answer = invoke(&world, "AuthorizerFunction", event).await;
        assert_eq!(answer["policyDocument"]["Statement"][0]["Effect"], "Allow", "{event}");
        assert_eq!(answer["context"]["role"], "viewer", "{event}");
    }
    let feed = invoke(&world, "AuthorizerFunction", "authorizer-feed").await;
    assert_eq!(feed["context"]["feed"], "analytics");
    assert_eq!(invoke(&world, "ApiFunction", "api-messages-other-room").await["statusCode"], 200);
}

#[tokio::test]
async fn a_connection_is_recorded_and_forgotten() {
    let world = World::new().await;
    assert_eq!(connect(&world).await, json!({"statusCode": 200}));
    let ids = world.connection_ids().await;
    assert_eq!(ids.len(), 1);
    assert_eq!(connect(&world).await, json!({"statusCode": 200}), "and again");
    assert_eq!(world.connection_ids().await, ids);
    for event in ["disconnect", "disconnect-idle", "disconnect"] {
        assert_eq!(invoke(&world, "DisconnectFunction", event).await, json!({"statusCode": 200}));
    }
    assert!(!world.has_row(&ids[0]).await);
}

#[tokio::test]
async fn a_connection_with_bad_parameters_is_refused_and_not_recorded() {
    let world = World::new().await;
    let refused = invoke(&world, "ConnectFunction", "connect-refused").await;
    assert_eq!(refused["statusCode"], 400);
    assert!(refused["body"].as_str().unwrap().contains("1 to 64 characters"), "{refused}");
    assert_eq!(world.connection_ids().await, Vec::<String>::new());
}

#[tokio::test]
async fn messages_are_acknowledged_or_refused_by_name() {
    // The events' times are not in this order, and a rate limit goes by them.
    let world = World::unlimited().await;
    assert_eq!(frame(&world, "send-message").await["sequence"], 1);
    assert_eq!(frame(&world, "send-message-default-route").await["sequence"], 2);
    assert_eq!(frame(&world, "send-message-reply").await["sequence"], 3);
    let nonce = frame(&world, "send-message-nonce").await;
    assert_eq!((&nonce["type"], &nonce["sequence"]), (&json!("ack"), &json!(4)), "{nonce}");
    assert_eq!(frame(&world, "send-message-nonce").await, nonce);
    assert_eq!(frame(&world, "send-message-blank").await["code"], "invalid_message");
    assert_eq!(frame(&world, "send-message-private").await["code"], "not_found");
    assert_eq!(frame(&world, "ping").await, json!({"type": "pong"}));
    assert_eq!(
        world
            .hub
            .app()
            .store
            .message_get(
                &shared::domain::RoomId::parse("global").unwrap(),
                shared::domain::Sequence::new("sequence", 3).unwrap(),
            )
            .await
            .unwrap()
            .and_then(shared::storage::Stored::message)
            .unwrap()
            .reply_to
            .unwrap()
            .get(),
        1
    );
}

#[tokio::test]
async fn moderators_are_acknowledged_and_viewers_refused() {
    let world = World::new().await;
    for (event, op) in [
        ("moderate-timeout", "timeout"),
        ("moderate-ban", "ban"),
        ("moderate-unban", "unban"),
        ("moderate-announce", "announce"),
        ("moderate-slow-mode", "slowMode"),
    ] {
        let ack = frame(&world, event).await;
        assert_eq!((&ack["type"], &ack["op"]), (&json!("ack"), &json!(op)), "{ack}");
    }
    assert_eq!(frame(&world, "moderate-delete").await["code"], "not_found");
    assert_eq!(frame(&world, "moderate-forbidden").await["code"], "forbidden");
}

#[tokio::test]
async fn presence_believes_the_table_and_not_the_records() {
    let world = World::new().await;
    for event in ["presence-insert", "presence-mixed", "presence-remove", "presence-ttl"] {
        let answer = invoke(&world, "PresenceFunction", event).await;
        assert_eq!(answer, json!({"batchItemFailures": []}), "{event}");
    }
    assert_eq!(world.counts("global").await, (0, 0), "none of the connections has a row");

    connect(&world).await;
    for event in ["presence-insert", "presence-remove", "presence-insert"] {
        invoke(&world, "PresenceFunction", event).await;
        assert_eq!(world.counts("global").await, (1, 1), "{event}: the row is there");
    }
}

#[tokio::test]
async fn who_left_is_told_and_an_hour_is_swept() {
    let world = World::new().await;
    let answer = invoke(&world, "LeaveNoticesFunction", "leave-notices").await;
    assert_eq!(answer, json!({"batchItemFailures": []}), "nobody was there");
    let swept = invoke(&world, "SweepFunction", "sweep").await;
    assert_eq!(swept, json!({"connections": 0, "expired": 0, "gone": 0, "counted": 0, "failed": 0}));
}

#[tokio::test]
async fn the_http_api_answers() {
    let world = World::new().await;
    let health = invoke(&world, "ApiFunction", "api-health").await;
    assert_eq!(health["statusCode"], 200, "{health}");
    assert_eq!(health["headers"]["content-type"], "application/json");
    assert_eq!(health["headers"]["cache-control"], "no-store");
    for (event, status) in [
        ("api-description", 200),
        ("api-rooms", 200),
        ("api-members", 200),
        ("api-moderation", 403),
        ("api-room", 200),
        ("api-change-room", 403),
        ("api-messages", 200),
        ("api-messages-after", 200),
        ("api-messages-bad-limit", 400),
        ("api-user-messages", 200),
    ] {
        assert_eq!(invoke(&world, "ApiFunction", event).await["statusCode"], status, "{event}");
    }
}
