//! Consumed capacity, by which the project's cost is reckoned.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html>

use aws_sdk_dynamodb::types::{ConsumedCapacity, Put, ReturnConsumedCapacity, TransactWriteItem};

use super::database::{Database, Item, at, item, n, s};

fn sized(sk: u32, bytes: usize) -> Item {
    item([("pk", s("a")), ("sk", n(sk)), ("v", s(&"x".repeat(bytes)))])
}

fn units(consumed: Option<ConsumedCapacity>) -> f64 {
    consumed.unwrap().capacity_units.unwrap()
}

#[tokio::test]
async fn writes_cost_by_the_kilobyte_and_reads_by_four() {
    let db = Database::sorted_by("N").await;
    for (sk, bytes, write, eventual, consistent) in
        [(1, 500, 1.0, 0.5, 1.0), (2, 1_500, 2.0, 0.5, 1.0), (3, 5_000, 5.0, 1.0, 2.0)]
    {
        let put = db.put_item().table_name(&db.table).set_item(Some(sized(sk, bytes)));
        let put = put.return_consumed_capacity(ReturnConsumedCapacity::Total).send().await.unwrap();
        assert_eq!(units(put.consumed_capacity), write, "{bytes} B");
        for (strong, expected) in [(false, eventual), (true, consistent)] {
            let get = db.get_item().table_name(&db.table).set_key(Some(at("a", sk))).consistent_read(strong);
            let get = get.return_consumed_capacity(ReturnConsumedCapacity::Total).send().await.unwrap();
            assert_eq!(units(get.consumed_capacity), expected, "{bytes} B, consistent: {strong}");
        }
    }
    let query = db.query().table_name(&db.table).key_condition_expression("pk = :pk");
    let query = query.expression_attribute_values(":pk", s("a")).limit(100);
    let query = query.return_consumed_capacity(ReturnConsumedCapacity::Total).send().await.unwrap();
    assert_eq!(units(query.consumed_capacity), 1.0, "7 KB together, eventually consistent");
    db.done().await;
}

#[tokio::test]
async fn each_index_is_another_write_and_a_transaction_costs_twice() {
    let db = Database::complete().await;
    let put = db.put_item().table_name(&db.table).set_item(Some(sized(1, 100)));
    let put = put.item("owner", s("alice")).item("score", n(1));
    let put = put.return_consumed_capacity(ReturnConsumedCapacity::Total).send().await.unwrap();
    assert_eq!(units(put.consumed_capacity), 3.0);
    let plain = Put::builder().table_name(&db.table).set_item(Some(sized(2, 100))).build().unwrap();
    let transaction =
        db.transact_write_items().transact_items(TransactWriteItem::builder().put(plain).build());
    let transaction =
        transaction.return_consumed_capacity(ReturnConsumedCapacity::Total).send().await.unwrap();
    assert_eq!(transaction.consumed_capacity()[0].capacity_units, Some(2.0));
    db.done().await;
}
