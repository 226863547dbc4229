//! What is counted of what people say.

use http::StatusCode;
use serde_json::{Value, json};
use tests::{Stack, eventually};

use crate::world::World;

/// Waits until a room has counted this many messages, and returns its numbers.
pub(crate) async fn counted(stack: &Stack, room: &str, messages: u64) -> Value {
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
    assert_eq!(numbers["total"]["chatters"], 2);
    assert_eq!(numbers["peakMinute"]["messages"].as_u64().map(|most| (1..=5).contains(&most)), Some(true));
    let series = numbers["series"].as_array().unwrap();
    assert_eq!(series.len(), 60);
    assert_eq!(series.iter().map(|minute| minute["messages"].as_u64().unwrap()).sum::<u64>(), 5);
    assert_eq!(series[0]["members"], 0, "an hour ago nobody was there");
    eventually("both are members at the end", async || {
        let (_, numbers) = world.stack.get("/api/rooms/global/analytics").await;
        (numbers["series"][14]["members"] == 2).then_some(()).ok_or(numbers)
    })
    .await;

    // The service's own count comes after the room's.
    let service = eventually("the service has counted five", async || {
        let (_, service) = world.stack.get("/api/analytics").await;
        (service["totalMessages"] == 5).then(|| service.clone()).ok_or(service)
    })
    .await;
    let minutes = service["messagesPerMinute"].as_array().unwrap();
    assert_eq!(minutes.len(), 15);
    assert_eq!(minutes.iter().map(|messages| messages.as_u64().unwrap()).sum::<u64>(), 5);
    let days = service["days"].as_array().unwrap();
    assert_eq!((days.len(), days.iter().map(|day| day["messages"].as_u64().unwrap()).sum()), (30, 5));

    // Which of two hours or days the messages are in depends on when this runs.
    for (window, stretches, other, all) in [("24h", "hours", "days", 24), ("30d", "days", "hours", 30)] {
        let (_, numbers) = world.stack.get(&format!("/api/rooms/global/analytics?window={window}")).await;
        let stretches = numbers[stretches].as_array().unwrap();
        assert_eq!((stretches.len(), &numbers[other]), (all, &json!([])), "{window}");
        let messages: u64 = stretches.iter().map(|stretch| stretch["messages"].as_u64().unwrap()).sum();
        let chatters: u64 = stretches.iter().map(|stretch| stretch["uniqueChatters"].as_u64().unwrap()).sum();
        assert!(messages == 5 && (2..=3).contains(&chatters), "{window}: {stretches:?}");
        assert_eq!((&numbers["messages"], &numbers["uniqueChatters"]), (&json!(5), &json!(2)), "{window}");
        assert_eq!((&numbers["erasedUsers"], &stretches[0]["erasedUsers"]), (&json!(0), &json!(0)));
        assert_eq!(numbers["topChatters"].as_array().unwrap().is_empty(), window == "30d");
        assert_eq!(numbers["peakMinute"]["members"].as_u64().map(|members| members <= 2), Some(true));
    }
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
    assert_eq!(problem["error"]["message"], "window must be 15m, 1h, 24h or 30d");
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

#[tokio::test]
async fn who_watches_a_room_gets_its_numbers_and_no_messages() {
    let world = World::new().await;
    let mut watcher = world.stack.try_connect("userId=carol&feed=analytics").await.unwrap();
    world.stack.expect_clients(1).await;
    let mut alice = world.stack.connect("alice").await;
    for n in 1..=5 {
        alice.say(&format!("message {n}")).await;
    }
    // The last change comes too, whatever was merged before it.
    let start = std::time::Instant::now();
    let mut frames = 0;
    loop {
        let numbers = watcher.expect("analytics").await;
        frames += 1;
        assert_eq!(numbers["roomId"], "global");
        if numbers["messages"] == 5 {
            assert_eq!(numbers["topChatters"], json!([{"userId": "alice", "messages": 5}]));
            break;
        }
    }
    assert!(frames <= 1 + start.elapsed().as_secs(), "{frames} frames within {:?}", start.elapsed());
    assert!(watcher.drain().await.iter().all(|frame| frame["type"] == "analytics"));
}

#[tokio::test]
async fn the_service_knows_who_is_there_and_how_long_deliveries_take() {
    let world = World::new().await;
    let mut alice = world.stack.connect("alice").await;
    let bob = world.stack.connect_to("lounge", "bob").await;
    alice.say("hello").await;
    let service = eventually("everything is counted", async || {
        let (_, service) = world.stack.get("/api/analytics").await;
        (service["totalMessages"] == 1 && service["activeConnections"] == 2)
            .then(|| service.clone())
            .ok_or(service)
    })
    .await;
    assert_eq!(service["activeUsers"], 2);
    assert_eq!(service["peakConnections"], 2);
    assert_eq!(service["lagMs"], 0);
    assert!(service["since"].is_string());
    for latency in ["latencyP50Ms", "latencyP95Ms", "latencyP99Ms"] {
        let ms = service[latency].as_f64().unwrap();
        assert!((0.01..2_000.0).contains(&ms), "{latency}: {ms}");
    }
    let active = service["activeUserDetails"].as_array().unwrap();
    let there: Vec<_> = active.iter().map(|user| (&user["userId"], &user["roomId"])).collect();
    assert_eq!(there, [(&json!("alice"), &json!("global")), (&json!("bob"), &json!("lounge"))]);
    bob.leave().await;
}
