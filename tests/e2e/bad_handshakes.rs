//! A refused handshake answers with an HTTP status and opens nothing.

use crate::world::World;

#[tokio::test]
async fn bad_parameters_are_400() {
    let world = World::new().await;
    for query in [
        "room=",
        "room=a%20b",
        "room=a%23b",
        "room=%2e%2e%2fetc",
        &format!("room={}", "x".repeat(65)),
        "userId=",
        "userId=a%7Cb",
        "userId=a%23b",
        "userId=a%2Fb",
        "userId=a%252Fb",
        "userId=%00",
        "userId=%C3%A4",
        &format!("userId={}", "x".repeat(65)),
        "username=",
        "username=%1b%5b2J",
        "username=a%0Ab",
        "username=a&username=b",
        &format!("username={}", "%E8%AA%9E".repeat(51)),
        "userId=a%2523b",
        "feed=chat&feed=chat",
        "feed=everything",
        "room=a&room=b",
        "userId=alice&userId=bob",
    ] {
        let refused = world.stack.try_connect(query).await.expect_err(query);
        assert_eq!(refused.status, 400, "{query}");
    }
    assert_eq!(world.stack.clients().await, 0);
}

#[tokio::test]
async fn good_parameters_at_their_limits_are_taken() {
    let world = World::new().await;
    for query in [
        format!("room={0}&userId={0}", "x".repeat(64)),
        format!("username={}", "%E8%AA%9E".repeat(50)),
        "room=A-z_09&userId=a.b-c_d%40example&feed=chat".to_owned(),
        "feed=analytics".to_owned(),
        "unknown=parameter".to_owned(),
    ] {
        let client = world.stack.try_connect(&query).await;
        client.unwrap_or_else(|refused| panic!("{query}: {refused:?}")).say("hi").await;
    }
}
