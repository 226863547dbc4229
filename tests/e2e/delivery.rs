//! Nobody's trouble is anybody else's.

use std::time::Duration;

use tests::eventually;

use crate::world::World;

/// Of API Gateway's form, and of no connection.
const GHOST: &str = "Zk3dQdpBABcCJ_w=";

#[tokio::test]
async fn a_gone_recipient_is_forgotten_and_the_sender_is_not() {
    let world = World::new().await;
    let mut alice = world.stack.connect("alice").await;
    let mut bob = world.stack.connect("bob").await;
    world.ghost(GHOST, "carol", Duration::from_secs(60)).await;

    alice.say("anybody?").await;
    bob.expect_message("anybody?").await;
    assert!(!world.has_row(GHOST).await, "the gone recipient's row is removed");

    alice.say("still here").await;
    alice.expect_message("still here").await;
    bob.expect_message("still here").await;
    eventually("two members with a connection each", async || {
        let counts = world.counts("global").await;
        (counts == (2, 2)).then_some(()).ok_or(counts)
    })
    .await;
}

#[tokio::test]
async fn a_connection_whose_101_is_on_its_way_is_not_made_deaf() {
    let world = World::new().await;
    let mut alice = world.stack.connect("alice").await;
    world.ghost(GHOST, "carol", Duration::from_secs(1)).await;
    alice.say("anybody?").await;
    assert!(world.has_row(GHOST).await, "a young row may belong to a client that is still connecting");
}

#[tokio::test]
async fn a_row_that_outlived_every_connection_is_removed() {
    let world = World::new().await;
    let mut alice = world.stack.connect("alice").await;
    world.ghost(GHOST, "carol", Duration::from_secs(131 * 60)).await;
    alice.say("anybody?").await;
    assert!(!world.has_row(GHOST).await);
}

#[tokio::test]
async fn a_recipient_whose_network_went_away_does_not_stop_the_others() {
    let world = World::new().await;
    let mut alice = world.stack.connect("alice").await;
    let mut bob = world.stack.connect("bob").await;
    world.stack.connect("carol").await.vanish();
    for text in ["one", "two", "three"] {
        alice.say(text).await;
        bob.expect_message(text).await;
    }
    world.stack.expect_clients(2).await;
}

#[tokio::test]
async fn a_room_of_more_than_one_page_of_connections_is_reached_whole() {
    let world = World::new().await;
    if !world.in_process {
        // An unoptimized SDK client cannot post to so many within the second that a delivery may take.
        return;
    }
    let mut alice = world.stack.connect("alice").await;
    // More rows than a page of the index holds, of users that sort before and after bob.
    for n in 0..1100 {
        let id = format!("{n:015}=");
        let user = if n % 2 == 0 { format!("a{n:04}") } else { format!("z{n:04}") };
        world.ghost(&id, &user, Duration::from_secs(1)).await;
    }
    let mut zoe = world.stack.connect("zzz").await;
    let mut bob = world.stack.connect("bob").await;
    let said = eventually("a message that reaches the last page", async || {
        alice.say("to all").await;
        let (zoe, bob) = (zoe.drain().await.len(), bob.drain().await.len());
        if zoe > 0 && bob > 0 { Ok((zoe, bob)) } else { Err((zoe, bob)) }
    })
    .await;
    assert_eq!(said, (1, 1));
}
