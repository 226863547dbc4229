//! A room's highlights, by HTTP.

use emulator::faults::Faults;
use http::StatusCode;
use serde_json::{Value, json};
use tests::{Client, eventually, token};

use crate::analytics::counted;
use crate::world::World;

#[tokio::test]
async fn a_room_without_highlights_has_no_moments() {
    let world = World::new().await;
    let mut alice = world.stack.connect("alice").await;
    alice.say("hello").await;
    counted(&world.stack, "global", 1).await;
    let (status, moments) = world.stack.get("/api/rooms/global/moments?limit=5").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(moments, json!({"roomId": "global", "moments": []}));
    let (status, _) = world.stack.get("/api/rooms/global/moments?limit=0").await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
}

/// Says something at a time, and returns its sequence.
async fn say_at(client: &mut Client, content: &str, millis: i64) -> u64 {
    client.send(&json!({"action": "sendMessage", "content": content, "emulatorTime": millis})).await;
    client.expect("ack").await["sequence"].as_u64().unwrap()
}

#[tokio::test]
async fn a_highlight_has_its_reasons_and_opens_the_history_where_it_was() {
    let world = World::with_told_times(&[("RATE_LIMIT_PER_SEC", "0")], Faults::none()).await;
    let mut people = Vec::new();
    for n in 0..12 {
        people.push(world.stack.connect(&format!("user{n}")).await);
    }
    // Five minutes ago a room of which somebody talks every two seconds, then everybody at once.
    let begin = token::now() / 5 * 5_000 - 300_000;
    for n in 0..60_i64 {
        let somebody = usize::try_from(n).unwrap() % 3;
        say_at(&mut people[somebody], "what do you think about the next level", begin + n * 2_000).await;
    }
    let burst = begin + 120_000;
    let mut inside = Vec::new();
    for (n, person) in people.iter_mut().enumerate() {
        for part in 0..2 {
            let at = burst + part * 5_000 + i64::try_from(n).unwrap() * 300;
            inside.push((at, say_at(person, "CLUTCH PogChamp", at).await));
        }
    }
    say_at(&mut people[0], "what do you think about that one", burst + 60_000).await;
    counted(&world.stack, "global", 60 + 24 + 1).await;

    let moments = eventually("the highlight is found", async || {
        let (status, moments) = world.stack.get("/api/rooms/global/moments").await;
        assert_eq!(status, StatusCode::OK, "{moments}");
        (moments["moments"].as_array().unwrap().len() == 1).then(|| moments.clone()).ok_or(moments)
    })
    .await;
    let moment = &moments["moments"][0];
    let at = |name: &str| {
        shared::domain::Timestamp::parse(moment[name].as_str().unwrap()).unwrap().as_millis() - burst
    };
    assert_eq!(at("start"), 0, "{moment}");
    assert!((10_000..=15_000).contains(&at("end")), "{moment}");
    assert!((0..10_000).contains(&at("peak")), "{moment}");
    let why = &moment["why"];
    assert_eq!((&why["messages"], &why["chatters"]), (&json!(24), &json!(12)), "{moment}");
    assert_eq!((&why["reactionShare"], &why["emotes"][0]["text"]), (&json!(1.0), &json!("PogChamp")));
    assert_eq!(why["words"][0], json!({"text": "clutch", "count": 24}));
    assert!(moment["score"].as_f64().unwrap() >= 4.0 && why["usualChatters"].as_f64().unwrap() < 4.0);

    // The history, opened where the highlight says.
    let (first, last) = (&moment["firstSequence"], &moment["lastSequence"]);
    let sequences: Vec<u64> = inside.iter().map(|(_, sequence)| *sequence).collect();
    assert_eq!(first.as_u64(), sequences.iter().min().copied());
    assert_eq!(last.as_u64(), sequences.iter().max().copied());
    let after = first.as_u64().unwrap() - 1;
    let (_, page) = world.stack.get(&format!("/api/rooms/global/messages?after={after}&limit=24")).await;
    let page = page["messages"].as_array().unwrap();
    assert!(page.iter().all(|message| message["content"] == "CLUTCH PogChamp"), "{page:?}");
    assert_eq!((&page[0]["sequence"], &page[23]["sequence"]), (first, last));

    // It is among the room's numbers too.
    let (_, numbers) = world.stack.get("/api/rooms/global/analytics").await;
    assert_eq!(numbers["moments"], Value::Array(vec![moment.clone()]));
}
