//! Who is there is counted exactly.

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
async fn a_second_connection_is_not_a_second_member() {
    let world = World::new().await;
    let phone = world.stack.connect("alice").await;
    let laptop = world.stack.connect("alice").await;
    let bob = world.stack.connect("bob").await;
    expect_counts(&world, (2, 3)).await;
    phone.leave().await;
    expect_counts(&world, (2, 2)).await;
    laptop.leave().await;
    expect_counts(&world, (1, 1)).await;
    bob.leave().await;
    expect_counts(&world, (0, 0)).await;
}

#[tokio::test]
async fn every_way_of_leaving_is_counted() {
    let world = World::new().await;
    let closes = world.stack.connect("closes").await;
    let vanishes = world.stack.connect("vanishes").await;
    let mut shouts = world.stack.connect("shouts").await;
    let mut binary = world.stack.connect("binary").await;
    let kicked = world.stack.connect("kicked").await;
    expect_counts(&world, (5, 5)).await;

    closes.leave().await;
    vanishes.vanish();
    shouts.send_text(&"x".repeat(40_000)).await;
    binary.send_binary(b"x").await;
    for id in world.connection_ids().await {
        // Whoever is left: DELETE ends it, as a ban will.
        let path = format!("/ws/@connections/{}", id.replace('=', "%3D"));
        let signature = tests::SIGNED_BY_NOBODY;
        let (status, _) = world.stack.request("DELETE", &path, &[("authorization", signature)], "").await;
        assert!(status.as_u16() == 204 || status.as_u16() == 410, "{status}");
    }
    drop(kicked);
    expect_counts(&world, (0, 0)).await;
    world.stack.expect_clients(0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_come_and_go_at_once_and_the_counts_return_to_zero() {
    let world = World::new().await;
    let mut people = tokio::task::JoinSet::new();
    for n in 0..200 {
        let stack = world.stack.clone();
        people.spawn(async move {
            let client = stack.connect(&format!("user{}", n % 40)).await;
            if n % 3 == 0 { client.vanish() } else { client.leave().await }
        });
    }
    people.join_all().await;
    world.stack.expect_clients(0).await;
    expect_counts(&world, (0, 0)).await;
}
