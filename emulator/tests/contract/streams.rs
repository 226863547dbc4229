//! A table's stream: every change, in order, with its images.

use std::time::{Duration, Instant};

use aws_sdk_dynamodbstreams::types::{Record, ShardIteratorType};

use super::database::{Database, at, item, n, s};

/// All records of the stream, once there are `count`.
async fn records(db: &Database, count: usize) -> Vec<Record> {
    let streams = &db.clients.streams;
    let listed = streams.list_streams().table_name(&db.table).send().await.unwrap();
    let arn = listed.streams()[0].stream_arn().unwrap().to_owned();
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let mut found = Vec::new();
        let described = streams.describe_stream().stream_arn(&arn).send().await.unwrap();
        for shard in described.stream_description.unwrap().shards() {
            let iterator = streams.get_shard_iterator().stream_arn(&arn).shard_id(shard.shard_id().unwrap());
            let iterator = iterator.shard_iterator_type(ShardIteratorType::TrimHorizon).send().await.unwrap();
            let page = streams.get_records().set_shard_iterator(iterator.shard_iterator).limit(1_000);
            found.extend(page.send().await.unwrap().records.unwrap_or_default());
        }
        if found.len() >= count {
            return found;
        }
        assert!(Instant::now() < deadline, "{} of {count} records", found.len());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn every_change_is_a_record_with_its_images() {
    let db = Database::complete().await;
    db.put(at("a", 1)).await;
    db.put(item([("pk", s("a")), ("sk", n(1)), ("v", s("x"))])).await;
    db.delete_item().table_name(&db.table).set_key(Some(at("a", 1))).send().await.unwrap();
    let records = records(&db, 3).await;
    let seen: Vec<_> = records
        .iter()
        .map(|record| {
            let change = record.dynamodb.as_ref().unwrap();
            assert_eq!(change.keys.as_ref().unwrap().len(), 2);
            (
                record.event_name.as_ref().unwrap().as_str(),
                change.old_image.is_some(),
                change.new_image.is_some(),
            )
        })
        .collect();
    assert_eq!(seen, [("INSERT", false, true), ("MODIFY", true, true), ("REMOVE", true, false)]);
    let sequence = |record: &Record| {
        let text = record.dynamodb.as_ref().unwrap().sequence_number.clone().unwrap();
        assert!((21..=40).contains(&text.len()), "{text}");
        (text.trim_start_matches('0').len(), text)
    };
    assert!(records.windows(2).all(|pair| sequence(&pair[0]) < sequence(&pair[1])));
    db.done().await;
}

#[tokio::test]
async fn a_transactions_writes_are_records_too() {
    let db = Database::complete().await;
    let put = |sk: u32| {
        let put = aws_sdk_dynamodb::types::Put::builder().table_name(&db.table).set_item(Some(at("a", sk)));
        aws_sdk_dynamodb::types::TransactWriteItem::builder().put(put.build().unwrap()).build()
    };
    db.transact_write_items().transact_items(put(1)).transact_items(put(2)).send().await.unwrap();
    assert_eq!(records(&db, 2).await.len(), 2);
    db.done().await;
}
