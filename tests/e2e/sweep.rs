//! Whatever was lost is found within an hour.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use shared::domain::Timestamp;
use tests::eventually;

use crate::world::World;

async fn expect_counts(world: &World, expected: (u64, u64)) {
    eventually(&format!("{expected:?} members and connections"), async || {
        let counts = world.counts("global").await;
        (counts == expected).then_some(()).ok_or(counts)
    })
    .await;
}

/// A sweep that is due so much later.
async fn sweep_after(world: &World, duration: Duration) -> Value {
    #[expect(clippy::disallowed_methods, reason = "the gateway's events carry the wall clock's time")]
    let due = (SystemTime::now() + duration).duration_since(UNIX_EPOCH).unwrap().as_millis();
    let due = Timestamp::from_millis(i64::try_from(due).unwrap()).unwrap().to_string();
    let event = serde_json::to_vec(&json!({"time": format!("{}Z", &due[..19])})).unwrap();
    let swept = world.hub.emulator().invoke("SweepFunction", event).await.unwrap();
    serde_json::from_slice(&swept).unwrap()
}

#[tokio::test]
async fn ghosts_in_a_quiet_room_are_gone_after_the_hour() {
    let world = World::new().await;
    let mut bob = world.stack.connect("bob").await;
    // Of API Gateway's form, and not this gateway's.
    let ghost = "U9C613rYGiACEwM=";
    world.ghost(ghost, "ghost", Duration::from_secs(1)).await;
    expect_counts(&world, (2, 2)).await;

    let (status, swept) = world.stack.request("POST", "/_emulator/schedule/SweepFunction", &[], "").await;
    assert_eq!(status, 200, "{swept:?}");
    let swept: Value = serde_json::from_slice(&swept).unwrap();
    assert_eq!(swept, json!({"connections": 2, "expired": 0, "gone": 0, "counted": 2, "failed": 0}));
    assert!(world.has_row(ghost).await, "its 101 may be on its way");

    let swept = sweep_after(&world, Duration::from_secs(30 * 60)).await;
    assert_eq!((&swept["connections"], &swept["gone"]), (&json!(2), &json!(1)), "{swept}");
    expect_counts(&world, (1, 1)).await;
    bob.say("still here").await;

    // By then the gateway has ended every connection that is open now.
    let swept = sweep_after(&world, Duration::from_secs(3 * 60 * 60)).await;
    assert_eq!((&swept["connections"], &swept["expired"]), (&json!(1), &json!(1)), "{swept}");
    expect_counts(&world, (0, 0)).await;
    world.stack.expect_clients(0).await;
}
