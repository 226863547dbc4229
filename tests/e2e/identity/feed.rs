//! A connection that is there for the room's numbers is in the room without being one of its people.

use serde_json::Value;

use crate::world::World;

#[tokio::test]
async fn a_feed_gets_no_messages_and_is_a_client_all_the_same() {
    let world = World::new().await;
    let mut alice = world.stack.connect("alice").await;
    let mut dashboard = world.stack.try_connect("userId=dashboard&feed=analytics").await.unwrap();
    alice.say("hello").await;
    alice.expect_message("hello").await;
    assert_eq!(dashboard.drain().await, Vec::<Value>::new());
    world.stack.expect_clients(2).await;
    assert_eq!(world.connection_ids().await.len(), 1, "messages are delivered to those of the index");
}
