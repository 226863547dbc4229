//! Shards that end and have children, a trimmed checkpoint, an expired iterator.

use std::time::Duration;

use emulator::streams::Checkpoints;
use emulator::template::StartingPosition;

use super::script::{SOON, Script, Seen, closed, drained, open, sorted, start};

#[tokio::test]
async fn a_shards_children_begin_when_it_is_delivered_to_its_end() {
    let (script, seen, checkpoints) = (Script::default(), Seen::default(), Checkpoints::in_memory());
    // Named so that a reader that goes by name begins with a child.
    script
        .shard("a-child", open(Some("c-parent"), 20..27))
        .shard("b-child", open(Some("c-parent"), 30..33))
        .shard("c-parent", closed(Some("gone-before"), 1..10));
    let mappings = start(&script, StartingPosition::TrimHorizon, &checkpoints, &seen).await;
    drained(&mappings).await;
    let order = seen.lock().unwrap().clone();
    assert_eq!(sorted(&seen), (1..10).chain(20..27).chain(30..33).collect::<Vec<_>>());
    let last_of_parent = order.iter().rposition(|n| *n < 10).unwrap();
    let first_of_children = order.iter().position(|n| *n >= 20).unwrap();
    assert!(last_of_parent < first_of_children, "{order:?}");

    script.change("b-child", |shard| {
        shard.records.push(33);
        shard.closed = true;
    });
    script.shard("d-grandchild", open(Some("b-child"), 40..42));
    drained(&mappings).await;
    // Whether the grandchild was there before the call ended is a race; the next call settles it.
    drained(&mappings).await;
    assert_eq!(sorted(&seen)[19..], [33, 40, 41]);
    mappings.shutdown(SOON).await;

    let mappings = start(&script, StartingPosition::TrimHorizon, &checkpoints, &seen).await;
    drained(&mappings).await;
    assert_eq!(sorted(&seen).len(), 22, "finished shards stay finished after a restart");
    mappings.shutdown(SOON).await;
}

#[tokio::test]
async fn an_expired_iterator_is_replaced_and_nothing_is_missed_or_repeated() {
    let (script, seen, checkpoints) = (Script::default(), Seen::default(), Checkpoints::in_memory());
    script.shard("only", open(None, 1..4));
    let mappings = start(&script, StartingPosition::TrimHorizon, &checkpoints, &seen).await;
    drained(&mappings).await;
    script.0.lock().unwrap().generation += 1;
    script.change("only", |shard| shard.records.extend(4..6));
    drained(&mappings).await;
    assert_eq!(sorted(&seen), (1..6).collect::<Vec<_>>());
    mappings.shutdown(SOON).await;
}

#[tokio::test]
async fn a_checkpoint_that_was_trimmed_away_falls_back_to_the_oldest_record() {
    let (script, seen, checkpoints) = (Script::default(), Seen::default(), Checkpoints::in_memory());
    script.shard("only", open(None, 1..4));
    let mappings = start(&script, StartingPosition::TrimHorizon, &checkpoints, &seen).await;
    drained(&mappings).await;
    mappings.shutdown(SOON).await;
    script.change("only", |shard| {
        shard.records = (50..53).collect();
        shard.trimmed_up_to = 49;
    });
    let mappings = start(&script, StartingPosition::TrimHorizon, &checkpoints, &seen).await;
    drained(&mappings).await;
    assert_eq!(sorted(&seen), [1, 2, 3, 50, 51, 52]);
    mappings.shutdown(SOON).await;
}

#[tokio::test]
async fn latest_is_the_end_of_the_shards_there_are_and_the_beginning_of_their_children() {
    let (script, seen, checkpoints) = (Script::default(), Seen::default(), Checkpoints::in_memory());
    script.shard("old", open(None, 1..4));
    let mappings = start(&script, StartingPosition::Latest, &checkpoints, &seen).await;
    script.change("old", |shard| {
        shard.records.push(4);
        shard.closed = true;
    });
    script.shard("young", open(Some("old"), 10..13));
    drained(&mappings).await;
    drained(&mappings).await;
    assert_eq!(sorted(&seen), [4, 10, 11, 12]);
    mappings.shutdown(SOON).await;
}

#[tokio::test(start_paused = true)]
async fn without_an_engine_that_tells_a_shard_is_asked_four_times_a_second() {
    let (script, seen, checkpoints) = (Script::default(), Seen::default(), Checkpoints::in_memory());
    script.shard("only", open(None, 1..2));
    let mappings = start(&script, StartingPosition::TrimHorizon, &checkpoints, &seen).await;
    drained(&mappings).await;
    script.0.lock().unwrap().asked.clear();
    tokio::time::sleep(Duration::from_secs(10)).await;
    let asked = script.0.lock().unwrap().asked.clone();
    assert!((38..=42).contains(&asked.len()), "{} requests in 10 s", asked.len());
    assert!(asked.iter().all(|operation| operation == "GetRecords"), "{asked:?}");
    mappings.shutdown(SOON).await;
}
