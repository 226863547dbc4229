//! Virtual shards that roll over and split while records come.

use std::path::Path;

use emulator::streams::{Checkpoints, TooManyShards, TurnoverError};

use super::support::{Log, SOON, database, drained, mapping, ok, put, settings, start, start_from};

const NAME: &str = "Function/Messages";

#[tokio::test]
async fn shards_roll_over_and_split_and_every_record_arrives_once_and_in_order() {
    let (engine, clients) = database().await;
    let log = Log::default();
    let mappings = start(&engine, &clients, mapping(settings(), log.function(ok))).await;
    let rooms: Vec<String> = (0..8).map(|room| format!("room-{room}")).collect();
    let writers = rooms.iter().map(|room| async {
        for n in 0..30 {
            put(&clients, room, n).await;
        }
    });
    let turning = async {
        let mut shards = Vec::new();
        for split in [false, true, false, true, false] {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            shards.push(mappings.turn_over(NAME, split).unwrap());
        }
        shards
    };
    let (_, shards) = tokio::join!(futures_util::future::join_all(writers), turning);
    assert_eq!(shards, [2, 4, 4, 8, 8]);
    drained(&mappings).await;
    for room in &rooms {
        assert_eq!(log.numbers(room), (0..30).collect::<Vec<_>>(), "{room}");
    }
    mappings.shutdown(SOON).await;
}

/// How many lanes the file has, and that all are equally far.
fn lanes(folder: &Path) -> usize {
    let file = std::fs::read(folder.join("stream-checkpoints.json")).unwrap();
    let saved: serde_json::Value = serde_json::from_slice(&file).unwrap();
    let shards = saved[NAME]["shards"].as_object().unwrap();
    shards.values().next().unwrap()["lanes"].as_array().unwrap().len()
}

#[tokio::test]
async fn a_split_outlives_a_restart_with_its_checkpoints() {
    let (engine, clients) = database().await;
    let (log, folder) = (Log::default(), tempfile::tempdir().unwrap());
    for start in [0, 10] {
        let checkpoints = Checkpoints::in_folder(folder.path()).unwrap();
        let mappings =
            start_from(&engine, &clients, mapping(settings(), log.function(ok)), checkpoints).await;
        for n in start..start + 10 {
            put(&clients, "blue", n).await;
        }
        drained(&mappings).await;
        mappings.turn_over(NAME, true).unwrap();
        put(&clients, "red", start).await;
        // Behind the turnover: its children are read to their end as well.
        drained(&mappings).await;
        mappings.shutdown(SOON).await;
    }
    assert_eq!(log.numbers("blue"), (0..20).collect::<Vec<_>>());
    assert_eq!(log.numbers("red"), [0, 10]);
    assert_eq!(lanes(folder.path()), 16, "split twice, parallelization factor 2");
}

#[tokio::test]
async fn shards_split_only_so_often_and_only_where_there_is_a_mapping() {
    let (engine, clients) = database().await;
    let mappings = start(&engine, &clients, mapping(settings(), Log::default().function(ok))).await;
    let counts: Vec<_> = (0..6).map(|_| mappings.turn_over("Function", true)).collect();
    assert_eq!(counts[4], Ok(64));
    assert_eq!(counts[5], Err(TurnoverError::TooMany(TooManyShards)));
    assert_eq!(mappings.turn_over("Other", false), Err(TurnoverError::Unknown("Other".to_owned())));
    mappings.shutdown(SOON).await;
}
