//! The consumer of the messages' stream stands still for a minute while people talk on. Messages say when
//! they happen, so that the minute takes none.

use emulator::faults::{FaultPlan, Faults, FunctionFault, FunctionRule};
use http::StatusCode;
use serde_json::{Value, json};
use shared::domain::Timestamp;
use tests::{Client, Stack, eventually, token};

use crate::world::World;

const ROOMS: [&str; 2] = ["red", "blue"];
/// Of each room, one every half a second.
const MESSAGES: i64 = 120;

/// Returns when it was stored, some milliseconds later.
async fn say_at(client: &mut Client, content: &str, millis: i64) -> i64 {
    client.send(&json!({"action": "sendMessage", "content": content, "emulatorTime": millis})).await;
    Timestamp::parse(client.expect("ack").await["timestamp"].as_str().unwrap()).unwrap().as_millis()
}

async fn numbers(stack: &Stack, path: &str, millis: i64) -> Value {
    let at = millis.to_string();
    let (status, body) = stack.request("GET", path, &[("x-emulator-time", &at)], "").await;
    assert_eq!(status, StatusCode::OK, "{body:?}");
    serde_json::from_slice(&body).unwrap()
}

#[tokio::test]
async fn a_consumer_that_stood_still_for_a_minute_says_so_and_catches_up() {
    let stopped = FunctionRule {
        name: Some("AnalyticsFunction".to_owned()),
        ..FunctionRule::new(FunctionFault::Throttle)
    };
    let plan = FaultPlan { function: vec![stopped], ..FaultPlan::default() };
    let faults = Faults::new(plan).unwrap();
    let world = World::with_told_times(&[("RATE_LIMIT_PER_SEC", "0")], faults.clone()).await;
    let begin = token::now() * 1_000 - 120_000;
    let mut people = Vec::new();
    for user in 0..6 {
        people.push(world.stack.connect_to(ROOMS[user % 2], &format!("user{user}")).await);
    }
    let mut stored = Vec::new();
    for n in 0..MESSAGES {
        // Two of each room's three people, in turns.
        let turn = usize::try_from(n).unwrap() % 2 * 2;
        for (offset, person) in people[turn..turn + 2].iter_mut().enumerate() {
            let at = begin + n * 500 + i64::try_from(offset).unwrap() * 100;
            stored.push(say_at(person, &format!("number {n} is here"), at).await);
        }
    }

    // A minute later everything is stored and nothing counted, and the numbers say since when.
    let later = begin + 60_000;
    for (first, room) in stored.iter().zip(ROOMS) {
        let room = numbers(&world.stack, &format!("/api/rooms/{room}/analytics"), later).await;
        assert_eq!((&room["messages"], &room["lagMs"]), (&json!(0), &json!(later - first)), "{room}");
        assert!((58_000..=60_000).contains(&(later - first)), "a minute, but for the time to store it");
        assert_eq!(world.stack.history(room["roomId"].as_str().unwrap()).await.len(), 120);
    }
    let service = numbers(&world.stack, "/api/analytics", later).await;
    assert_eq!(service["totalMessages"], 0, "{service}");
    // Of deliveries, which are written down as well as can be, at most once a second.
    let oldest = later - stored.iter().min().unwrap();
    assert!((oldest - 10_000..=oldest).contains(&service["lagMs"].as_i64().unwrap()), "{service}");

    // It goes on while people go on talking.
    faults.end();
    for n in 0..20 {
        for (offset, person) in people[4..6].iter_mut().enumerate() {
            let at = later + n * 50 + i64::try_from(offset).unwrap();
            say_at(person, "is it working again?", at).await;
        }
    }
    let now = later + 1_000;
    for room in ROOMS {
        let room = eventually("the room is counted", async || {
            let room = numbers(&world.stack, &format!("/api/rooms/{room}/analytics"), now).await;
            (room["messages"] == 140).then(|| room.clone()).ok_or(room)
        })
        .await;
        assert_eq!((&room["lagMs"], &room["uniqueChatters"]), (&json!(0), &json!(3)), "{room}");
        assert_eq!(room["total"]["messages"], 140);
        let counts: Vec<&Value> =
            room["topChatters"].as_array().unwrap().iter().map(|user| &user["messages"]).collect();
        assert_eq!(counts, [60, 60, 20]);
        assert_eq!(room["topWords"][0], json!({"word": "number", "count": 120}));
        assert_eq!(room["shares"]["questions"], 0.1429);
    }
    let service = eventually("the service is counted", async || {
        let service = numbers(&world.stack, "/api/analytics", now).await;
        let done = service["totalMessages"] == 280 && service["lagMs"] == 0;
        done.then(|| service.clone()).ok_or(service)
    })
    .await;
    let minutes = service["messagesPerMinute"].as_array().unwrap();
    assert_eq!(minutes.iter().map(|messages| messages.as_u64().unwrap()).sum::<u64>(), 280);
}
