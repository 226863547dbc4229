//! Whatever was lost is found within an hour.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use tests::eventually;

use crate::world::World;

async fn expect_counts(world: &World, expected: (u64, u64)) {
    eventually(&format!("{expected:?} members and connections"), async || {
        let counts = world.counts("global").await;
        (counts == expected).then_some(()).ok_or(counts)
    })
    .await;
}

#[tokio::test]
async fn ghosts_in_a_quiet_room_are_gone_after_the_hour() {
    let world = World::new().await;
    let mut bob = world.stack.connect("bob").await;
    // Both are of API Gateway's form, and none of this gateway's.
    world.ghost("U9C613rYGiACEwM=", "expired", Duration::from_secs(131 * 60)).await;
    world.ghost("U9C62cg0GiACGHg=", "vanished", Duration::from_secs(10 * 60)).await;
    world.ghost("U9C6_9-S3iACi5w=", "coming", Duration::from_secs(1)).await;
    expect_counts(&world, (4, 4)).await;

    let (status, swept) = world.stack.request("POST", "/_emulator/schedule/SweepFunction", &[], "").await;
    assert_eq!(status, 200, "{swept:?}");
    let swept: Value = serde_json::from_slice(&swept).unwrap();
    assert_eq!((&swept["connections"], &swept["expired"], &swept["gone"]), (&json!(4), &json!(1), &json!(1)));
    expect_counts(&world, (2, 2)).await;
    assert!(world.has_row("U9C6_9-S3iACi5w=").await, "its 101 may be on its way");

    // Half an hour later that is no excuse any more, and whoever is there is left alone.
    #[expect(clippy::disallowed_methods, reason = "the gateway's events carry the wall clock's time")]
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    let later = shared::domain::Timestamp::from_millis(i64::try_from(now).unwrap() + 1_800_000).unwrap();
    let time = format!("{}Z", &later.to_string()[..19]);
    let event = serde_json::to_vec(&json!({"time": time})).unwrap();
    let swept = world.hub.emulator().invoke("SweepFunction", event).await.unwrap();
    let swept: Value = serde_json::from_slice(&swept).unwrap();
    assert_eq!((&swept["connections"], &swept["gone"]), (&json!(2), &json!(1)), "{swept}");
    expect_counts(&world, (1, 1)).await;
    bob.say("still here").await;
    world.stack.expect_clients(1).await;
}
