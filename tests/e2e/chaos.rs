//! The streams repeat, split and delay what they deliver; who is there is counted exactly all the same.

use serde_json::json;
use tests::{Stack, eventually};

use crate::world::World;

/// Every way to go: with a close frame, without one, thrown out for a frame too long or a binary
/// one, and lost while a frame is being answered.
async fn come_and_go(stack: Stack, n: usize) {
    let room = if n.is_multiple_of(4) { "lounge" } else { "global" };
    let mut client = stack.connect_to(room, &format!("user{}", n % 20)).await;
    if n.is_multiple_of(3) {
        // Meets connections that are gone by then. Whether it is stored in time is not the question.
        client.send(&json!({"action": "sendMessage", "content": "hello"})).await;
    }
    match n % 5 {
        0 => client.leave().await,
        1 => client.vanish(),
        2 => {
            client.send_text(&"x".repeat(33_000)).await;
            assert_eq!(client.expect_close().await, 1009);
        }
        3 => {
            client.send_binary(b"x").await;
            assert_eq!(client.expect_close().await, 1003);
        }
        _ => {
            // Gone in the middle of a frame.
            client.send_text(r#"{"action":"ping"}"#).await;
            client.vanish();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_come_and_go_in_every_way_and_every_count_returns_to_zero() {
    for seed in [1, 2026] {
        let world = World::with_disorder(seed, 0.4).await;
        let mut stays = world.stack.connect("stays").await;
        let mut people = tokio::task::JoinSet::new();
        for n in 0..100 {
            people.spawn(come_and_go(world.stack.clone(), n));
        }
        people.join_all().await;
        expect_rooms(&world, [(1, 1), (0, 0)]).await;
        // Whatever was repeated or late has come by then.
        world.hub.streams_drained().await;
        expect_rooms(&world, [(1, 1), (0, 0)]).await;

        let [id] = &*world.connection_ids().await else { panic!("{seed}: more rows than connections") };
        let path = format!("/ws/@connections/{}", id.replace('=', "%3D"));
        let signature = [("authorization", tests::SIGNED_BY_NOBODY)];
        assert_eq!(world.stack.request("DELETE", &path, &signature, "").await.0.as_u16(), 204);
        stays.expect_close().await;
        expect_rooms(&world, [(0, 0), (0, 0)]).await;
        world.stack.expect_clients(0).await;
    }
}

/// Members and connections of `global` and of `lounge`.
async fn expect_rooms(world: &World, expected: [(u64, u64); 2]) {
    eventually(&format!("{expected:?} members and connections"), async || {
        let counts = [world.counts("global").await, world.counts("lounge").await];
        (counts == expected).then_some(()).ok_or(counts)
    })
    .await;
}
