//! Tables: made, described, expiring, deleted.

use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType, TableStatus,
    TimeToLiveStatus,
};

use super::database::{Database, at, code};

#[tokio::test]
async fn a_table_is_what_was_asked_for() {
    let db = Database::complete().await;
    let table = db.describe_table().table_name(&db.table).send().await.unwrap().table.unwrap();
    assert_eq!(table.table_status, Some(TableStatus::Active));
    assert_eq!(table.billing_mode_summary.unwrap().billing_mode, Some(BillingMode::PayPerRequest));
    assert_eq!(table.global_secondary_indexes.unwrap().len(), 2);
    assert!(table.latest_stream_arn.unwrap().contains(&db.table));
    let ttl = db.describe_time_to_live().table_name(&db.table).send().await.unwrap();
    let status = ttl.time_to_live_description.unwrap().time_to_live_status.unwrap();
    assert!(matches!(status, TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling), "{status:?}");
    db.done().await;
}

#[tokio::test]
async fn a_table_exists_once_and_what_does_not_exist_is_not_found() {
    let db = Database::sorted_by("N").await;
    let attribute =
        AttributeDefinition::builder().attribute_name("pk").attribute_type(ScalarAttributeType::S);
    let again = db
        .create_table()
        .table_name(&db.table)
        .billing_mode(BillingMode::PayPerRequest)
        .attribute_definitions(attribute.build().unwrap())
        .key_schema(
            KeySchemaElement::builder().attribute_name("pk").key_type(KeyType::Hash).build().unwrap(),
        );
    assert_eq!(code(again.send().await), "ResourceInUseException");
    let missing = "contract-never-made";
    assert_eq!(code(db.describe_table().table_name(missing).send().await), "ResourceNotFoundException");
    let get = db.get_item().table_name(missing).set_key(Some(at("a", 1)));
    assert_eq!(code(get.send().await), "ResourceNotFoundException");
    assert_eq!(code(db.delete_table().table_name(missing).send().await), "ResourceNotFoundException");
    db.done().await;
}
