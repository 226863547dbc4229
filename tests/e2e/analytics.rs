//! What is counted of what people say.

use http::StatusCode;
use serde_json::{Value, json};
use tests::{Stack, eventually};

use crate::world::World;

/// Waits until a room has counted this many messages, and returns its numbers.
async fn counted(stack: &Stack, room: &str, messages: u64) -> Value {
    eventually(&format!("{messages} messages of {room} are counted"), async || {
        let (status, numbers) = stack.get(&format!("/api/rooms/{room}/analytics?window=1h")).await;
        assert_eq!(status, StatusCode::OK, "{numbers}");
        (numbers["messages"] == messages).then(|| numbers.clone()).ok_or(numbers)
    })
    .await
}

#[tokio::test]
async fn what_was_said_is_counted_by_user_word_emote_and_command() {
    let world = World::with(&[("EMOTES", "Kappa")]).await;
    let mut alice = world.stack.connect("alice").await;
    let mut bob = world.stack.connect("bob").await;
    for content in ["the kernel panics 😂", "which kernel?", "!help", "kernel  PANICS 😂"] {
        alice.say(content).await;
    }
    bob.say("Kappa https://a.example/?").await;

    let numbers = counted(&world.stack, "global", 5).await;
    assert_eq!(numbers["uniqueChatters"], 2);
    assert_eq!(numbers["newChatters"], 2);
    assert_eq!(numbers["returningChatters"], 0);
    let top = json!([{"userId": "alice", "messages": 4}, {"userId": "bob", "messages": 1}]);
    assert_eq!(numbers["topChatters"], top);
    assert_eq!(numbers["topWords"], json!([{"word": "kernel", "count": 3}, {"word": "panics", "count": 2}]));
    assert_eq!(numbers["topEmotes"], json!([{"emote": "😂", "count": 2}, {"emote": "Kappa", "count": 1}]));
    assert_eq!(numbers["topCommands"], json!([{"command": "!help", "count": 1}]));
    assert_eq!(numbers["shares"]["questions"], 0.2);
    assert_eq!(numbers["shares"]["links"], 0.2);
    assert_eq!(numbers["lagMs"], 0);
    let series = numbers["series"].as_array().unwrap();
    assert_eq!(series.len(), 60);
    assert_eq!(series.iter().map(|minute| minute["messages"].as_u64().unwrap()).sum::<u64>(), 5);

    // The service's own count comes after the room's.
    let service = eventually("the service has counted five", async || {
        let (_, service) = world.stack.get("/api/analytics").await;
        (service["totalMessages"] == 5).then(|| service.clone()).ok_or(service)
    })
    .await;
    let minutes = service["messagesPerMinute"].as_array().unwrap();
    assert_eq!(minutes.len(), 15);
    assert_eq!(minutes.iter().map(|messages| messages.as_u64().unwrap()).sum::<u64>(), 5);
}

#[tokio::test]
async fn a_room_of_which_nothing_is_known_has_empty_numbers() {
    let world = World::new().await;
    let (status, numbers) = world.stack.get("/api/rooms/nobody/analytics").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(numbers["messages"], 0);
    assert_eq!(numbers["peakMinute"], Value::Null);
    assert_eq!(numbers["messageLength"], json!({"mean": null, "p50": null, "p95": null}));
    assert_eq!(numbers["series"].as_array().unwrap().len(), 15);
    let (status, problem) = world.stack.get("/api/rooms/nobody/analytics?window=2h").await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(problem["error"]["message"], "window must be 15m, 1h or 24h");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disorderly_stream_counts_everything_once() {
    for seed in [1, 2026] {
        let world = World::with_disorder(seed, 0.4).await;
        let rooms = ["one", "two", "three"];
        for user in 0..12 {
            let room = rooms[user % rooms.len()];
            let mut client = world.stack.connect_to(room, &format!("user{user}")).await;
            for n in 0..8 {
                client.say(&format!("word{n} of {user}")).await;
            }
            client.leave().await;
        }
        for room in rooms {
            let numbers = counted(&world.stack, room, 32).await;
            assert_eq!(numbers["uniqueChatters"], 4);
            assert_eq!(numbers["newChatters"], 4);
            assert_eq!(numbers["topWords"][0]["count"], 4);
        }
        // Whatever was repeated or late has come by then.
        world.hub.streams_drained().await;
        for room in rooms {
            let numbers = counted(&world.stack, room, 32).await;
            assert_eq!(numbers["total"]["messages"], 32);
            assert_eq!(numbers["uniqueChatters"], 4);
        }
        let (_, service) = world.stack.get("/api/analytics").await;
        assert_eq!(service["totalMessages"], 96);
    }
}
