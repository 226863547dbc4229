//! Many at once.

use std::collections::BTreeSet;

use crate::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn fifty_at_once_leave_no_hole_and_no_duplicate() {
    const PEOPLE: usize = 50;
    const EACH: usize = 4;
    let world = World::unlimited().await;
    let mut listener = world.stack.connect("listener").await;
    let mut people = tokio::task::JoinSet::new();
    for n in 0..PEOPLE {
        let stack = world.stack.clone();
        people.spawn(async move {
            let mut client = stack.connect(&format!("user{n}")).await;
            let mut acked = Vec::new();
            for message in 0..EACH {
                let ack = client.say(&format!("user{n} says {message}")).await;
                acked
                    .push((ack["sequence"].as_u64().unwrap(), ack["messageId"].as_str().unwrap().to_owned()));
            }
            acked
        });
    }
    let acked: BTreeSet<_> = people.join_all().await.into_iter().flatten().collect();
    let numbers: Vec<u64> = acked.iter().map(|(number, _)| *number).collect();
    assert_eq!(numbers, (1..=200).collect::<Vec<_>>());

    let entry = |message: &serde_json::Value| {
        (message["sequence"].as_u64().unwrap(), message["messageId"].as_str().unwrap().to_owned())
    };
    let history = world.stack.history("global").await;
    assert_eq!(history.iter().map(entry).collect::<Vec<_>>(), acked.iter().cloned().collect::<Vec<_>>());
    let heard: BTreeSet<_> = listener.drain().await.iter().map(entry).collect();
    if world.in_process {
        assert_eq!(heard, acked, "who was there from the start heard all of it");
    } else {
        // 10,000 posts of unoptimized SDK clients do not end within the second that a delivery may
        // take: what is late is in the history, and what came is nothing else.
        assert!(heard.is_subset(&acked), "{:?}", heard.difference(&acked));
        assert!(!heard.is_empty());
    }
}
