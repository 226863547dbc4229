//! Many at once.

use std::collections::BTreeSet;

use serde_json::Value;
use tests::eventually;

use crate::world::World;

fn entry(message: &Value) -> (u64, String) {
    (message["sequence"].as_u64().unwrap(), message["messageId"].as_str().unwrap().to_owned())
}

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
            let (mut acked, mut faults) = (Vec::new(), 0);
            for message in 0..EACH {
                let content = format!("user{n} says {message}");
                let (ack, repeated) = client.say_until_stored(&content, &message.to_string()).await;
                acked.push(entry(&ack));
                faults += repeated;
            }
            (acked, faults)
        });
    }
    let (acked, faults): (Vec<_>, Vec<_>) = people.join_all().await.into_iter().unzip();
    let acked: BTreeSet<_> = acked.into_iter().flatten().collect();
    let numbers: BTreeSet<u64> = acked.iter().map(|(number, _)| *number).collect();
    assert_eq!(numbers.len(), PEOPLE * EACH, "no two messages share a sequence");
    // It ends before a number that may still be on its way, for two seconds.
    eventually("a history of all that was acknowledged", async || {
        let history: Vec<_> = world.stack.history("global").await.iter().map(entry).collect();
        if history.iter().eq(&acked) { Ok(()) } else { Err(history.len()) }
    })
    .await;
    let heard: BTreeSet<_> = listener.drain().await.iter().map(entry).collect();
    assert!(heard.is_subset(&acked));

    // A machine that is too slow even for that answers `internal`, and then numbers stay unused and
    // frames may be missing, as the protocol says. Nor do 10,000 posts of unoptimized SDK clients, in
    // processes of their own, end within the second that a delivery may take.
    if faults.iter().sum::<usize>() == 0 {
        assert!(numbers.iter().copied().eq(1..=200), "no hole: {numbers:?}");
        assert!(heard == acked || !world.in_process, "who was there from the start heard all of it");
    }
}
