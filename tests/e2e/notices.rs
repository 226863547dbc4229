//! Rooms are told who comes and who goes: people, not connections, and nobody who is only away for a
//! moment.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tests::Client;

use crate::world::World;

/// The next notice that is not of this user, who may or may not be in time to hear of itself.
async fn next_notice(client: &mut Client, kind: &str, but: &str) -> Value {
    loop {
        let notice = client.expect(kind).await;
        if notice["userId"] != but {
            return notice;
        }
    }
}

/// Types and users of the notices that have come so far, one's own aside.
async fn notices(client: &mut Client, own: &str) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let all = client.drain_all().await;
    let notices = all.iter().filter(|frame| frame["type"] == "join" || frame["type"] == "leave");
    let notices = notices.map(|frame| (text(&frame["type"]), text(&frame["userId"])));
    notices.filter(|(_, user)| user != own).collect()
}

#[tokio::test]
async fn a_room_is_told_of_a_users_first_connection_and_of_the_last() {
    let world = World::with(&[("LEAVE_NOTICE_SECONDS", "0")]).await;
    let mut bob = world.stack.connect("bob").await;
    world.stack.expect_clients(1).await;
    let phone = world.stack.connect("alice").await;
    let join = next_notice(&mut bob, "join", "bob").await;
    assert_eq!(
        (&join["roomId"], &join["userId"], &join["username"], &join["members"]),
        (&json!("global"), &json!("alice"), &json!("alice"), &json!(2)),
        "{join}"
    );
    assert_eq!(join["timestamp"].as_str().unwrap().len(), "2026-11-24T08:31:00.123Z".len());

    let laptop = world.stack.connect("alice").await;
    world.stack.expect_clients(3).await;
    phone.leave().await;
    world.stack.expect_clients(2).await;
    world.hub.streams_drained().await;
    assert_eq!(notices(&mut bob, "bob").await, [], "another connection is not another user");

    laptop.vanish();
    let leave = next_notice(&mut bob, "leave", "bob").await;
    assert_eq!((&leave["userId"], &leave["members"]), (&json!("alice"), &json!(1)), "{leave}");
    assert!(leave["timestamp"].as_str() >= join["timestamp"].as_str(), "{leave} after {join}");

    let _back = world.stack.connect("alice").await;
    let again = next_notice(&mut bob, "join", "bob").await;
    assert_eq!((&again["userId"], &again["members"]), (&json!("alice"), &json!(2)), "{again}");
}

#[tokio::test]
async fn who_is_back_in_time_neither_left_nor_joined() {
    let world = World::with(&[("LEAVE_NOTICE_SECONDS", "3")]).await;
    let mut bob = world.stack.connect("bob").await;
    world.stack.expect_clients(1).await;
    let alice = world.stack.connect("alice").await;
    next_notice(&mut bob, "join", "bob").await;

    alice.leave().await;
    let _back = world.stack.connect("alice").await;
    world.stack.expect_clients(2).await;
    // Whoever waits to tell of leaves has waited.
    world.hub.streams_drained().await;
    let _carol = world.stack.connect("carol").await;
    let next = next_notice(&mut bob, "join", "bob").await;
    assert_eq!((&next["userId"], &next["members"]), (&json!("carol"), &json!(3)), "{next}");
    assert_eq!(notices(&mut bob, "bob").await, []);
    assert_eq!(world.counts("global").await, (3, 3));
}

#[tokio::test]
async fn other_rooms_hear_nothing_of_it() {
    let world = World::with(&[("LEAVE_NOTICE_SECONDS", "0")]).await;
    let mut dan = world.stack.connect_to("lounge", "dan").await;
    let mut bob = world.stack.connect("bob").await;
    world.stack.expect_clients(2).await;
    world.stack.connect("alice").await.leave().await;
    let _carol = world.stack.connect("carol").await;
    while next_notice(&mut bob, "join", "bob").await["userId"] != "carol" {}
    world.hub.streams_drained().await;
    assert_eq!(notices(&mut dan, "dan").await, []);
}

/// Several batches may come to the same number.
async fn expect_presence(client: &mut Client, members: u64) {
    loop {
        let presence = client.expect("presence").await;
        assert!(presence.get("userId").is_none(), "{presence}");
        assert_eq!(presence["roomId"], "global");
        if presence["members"] == members {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_of_more_than_a_hundred_is_told_how_many_there_are() {
    let world = World::with(&[("LEAVE_NOTICE_SECONDS", "0")]).await;
    let mut bob = world.stack.connect("bob").await;
    let mut crowd = Vec::new();
    for n in 0..101 {
        crowd.push(world.stack.connect(&format!("user{n}")).await);
    }
    world.stack.expect_clients(102).await;
    expect_presence(&mut bob, 102).await;
    crowd.pop().unwrap().leave().await;
    expect_presence(&mut bob, 101).await;
    crowd.pop().unwrap().leave().await;
    let leave = bob.expect("leave").await;
    assert_eq!((&leave["userId"], &leave["members"]), (&json!("user99"), &json!(100)), "{leave}");
}

#[tokio::test(flavor = "multi_thread")]
async fn disorderly_streams_tell_everybody_once() {
    let world = World::with_disorder(7, 0.4).await;
    let mut bob = world.stack.connect("bob").await;
    world.stack.expect_clients(1).await;
    let mut people = Vec::new();
    for n in 0..20 {
        people.push(world.stack.connect(&format!("user{n}")).await);
    }
    world.stack.expect_clients(21).await;
    world.hub.streams_drained().await;
    for person in people {
        person.leave().await;
    }
    world.stack.expect_clients(1).await;
    world.hub.streams_drained().await;

    let mut told = BTreeMap::new();
    for notice in notices(&mut bob, "bob").await {
        *told.entry(notice).or_insert(0) += 1;
    }
    let user = |kind: &str, n: usize| ((kind.to_owned(), format!("user{n}")), 1);
    let expected = (0..20).flat_map(|n| [user("join", n), user("leave", n)]);
    assert_eq!(told, expected.collect::<BTreeMap<_, _>>());
}
