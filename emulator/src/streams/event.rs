//! Stream records as functions see them: from the SDK's types to the JSON of an event.
//! <https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html>

use std::collections::HashMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_sdk_dynamodbstreams::types::{AttributeValue, OperationType, Record, StreamRecord};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::sequence::SequenceNumber;

/// A record on its way to a function.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) sequence: SequenceNumber,
    /// A hash of the partition key that is the same in every run of every build.
    pub(super) key_hash: u64,
    /// When it was written; streams know it to the second.
    pub(super) created: SystemTime,
    /// The element of `Records`.
    pub(super) json: String,
}

/// The record and, for filters, its JSON as a value. `None` for what AWS would not have written: a
/// modification that changed nothing (dynoxide records one).
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html>
pub(super) fn entry(record: &Record, stream_arn: &str, partition_key: &str) -> Option<(Entry, Value)> {
    let change = record.dynamodb.as_ref()?;
    if record.event_name == Some(OperationType::Modify)
        && change.old_image.is_some()
        && change.old_image == change.new_image
    {
        return None;
    }
    let value = element(record, change, stream_arn);
    let key = change.keys.as_ref().and_then(|keys| keys.get(partition_key));
    let entry = Entry {
        sequence: SequenceNumber::new(change.sequence_number.clone()?),
        key_hash: key.map_or(0, |key| stable_hash(attribute(key).to_string().as_bytes())),
        created: change.approximate_creation_date_time.as_ref().map_or(UNIX_EPOCH, |created| {
            UNIX_EPOCH + Duration::try_from_secs_f64(created.as_secs_f64()).unwrap_or_default()
        }),
        json: value.to_string(),
    };
    Some((entry, value))
}

/// The payload of one invocation; `members` is what it has besides records, each behind a comma.
pub(super) fn payload(entries: &[Entry], members: &str) -> Bytes {
    let records: Vec<&str> = entries.iter().map(|entry| entry.json.as_str()).collect();
    Bytes::from(format!(r#"{{"Records":[{}]{members}}}"#, records.join(",")))
}

fn element(record: &Record, change: &StreamRecord, stream_arn: &str) -> Value {
    let mut dynamodb = Map::new();
    if let Some(created) = &change.approximate_creation_date_time {
        let whole = created.subsec_nanos() == 0;
        let created = if whole { json!(created.secs()) } else { json!(created.as_secs_f64()) };
        dynamodb.insert("ApproximateCreationDateTime".to_owned(), created);
    }
    let images = [("Keys", &change.keys), ("NewImage", &change.new_image), ("OldImage", &change.old_image)];
    for (name, image) in images {
        if let Some(image) = image {
            dynamodb.insert(name.to_owned(), item(image));
        }
    }
    dynamodb.insert("SequenceNumber".to_owned(), json!(change.sequence_number));
    if let Some(size) = change.size_bytes {
        dynamodb.insert("SizeBytes".to_owned(), json!(size));
    }
    if let Some(view) = &change.stream_view_type {
        dynamodb.insert("StreamViewType".to_owned(), json!(view.as_str()));
    }
    let mut element = json!({
        "eventID": record.event_id,
        "eventName": record.event_name.as_ref().map(OperationType::as_str),
        "eventVersion": record.event_version,
        "eventSource": record.event_source,
        "awsRegion": record.aws_region,
        "dynamodb": dynamodb,
        "eventSourceARN": stream_arn,
    });
    // Only the removal of an expired item has an identity. Some engines spell its members as events
    // do and not as the API does, so that the SDK sees an empty one.
    if let (Some(identity), Value::Object(element)) = (&record.user_identity, &mut element) {
        let kind = identity.r#type.as_deref().unwrap_or("Service");
        let principal = identity.principal_id.as_deref().unwrap_or("dynamodb.amazonaws.com");
        element.insert("userIdentity".to_owned(), json!({ "type": kind, "principalId": principal }));
    }
    element
}

fn item(item: &HashMap<String, AttributeValue>) -> Value {
    let mut attributes: Vec<_> = item.iter().collect();
    attributes.sort_by_key(|(name, _)| *name);
    Value::Object(attributes.into_iter().map(|(name, value)| (name.clone(), attribute(value))).collect())
}

fn attribute(value: &AttributeValue) -> Value {
    let base64 = |blob: &aws_sdk_dynamodbstreams::primitives::Blob| STANDARD.encode(blob.as_ref());
    match value {
        AttributeValue::S(text) => json!({ "S": text }),
        AttributeValue::N(number) => json!({ "N": number }),
        AttributeValue::B(bytes) => json!({ "B": base64(bytes) }),
        AttributeValue::Bool(flag) => json!({ "BOOL": flag }),
        AttributeValue::Null(is_null) => json!({ "NULL": is_null }),
        AttributeValue::Ss(texts) => json!({ "SS": texts }),
        AttributeValue::Ns(numbers) => json!({ "NS": numbers }),
        AttributeValue::Bs(all) => json!({ "BS": all.iter().map(base64).collect::<Vec<_>>() }),
        AttributeValue::L(list) => json!({ "L": list.iter().map(attribute).collect::<Vec<_>>() }),
        AttributeValue::M(map) => json!({ "M": item(map) }),
        // A type of attribute that this SDK does not know has no JSON either.
        _ => Value::Null,
    }
}

/// FNV-1a. Lanes are remembered across restarts, and the standard library's hashes may change.
fn stable_hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use aws_lambda_events::event::dynamodb::Event;
    use aws_sdk_dynamodbstreams::primitives::{Blob, DateTime};
    use aws_sdk_dynamodbstreams::types::{Identity, StreamViewType};

    use super::*;

    fn change() -> aws_sdk_dynamodbstreams::types::builders::StreamRecordBuilder {
        StreamRecord::builder()
            .approximate_creation_date_time(DateTime::from_secs(1_754_558_095))
            .keys("pk", AttributeValue::S("ROOM#blue".to_owned()))
            .new_image("pk", AttributeValue::S("ROOM#blue".to_owned()))
            .new_image("n", AttributeValue::N("2".to_owned()))
            .new_image("b", AttributeValue::B(Blob::new([0, 255])))
            .new_image("l", AttributeValue::L(vec![AttributeValue::Null(true), AttributeValue::Bool(false)]))
            .sequence_number("400000000000000499660")
            .size_bytes(61)
            .stream_view_type(StreamViewType::NewAndOldImages)
    }

    fn record(
        name: OperationType,
        change: StreamRecord,
    ) -> aws_sdk_dynamodbstreams::types::builders::RecordBuilder {
        Record::builder()
            .event_id("5c1f3a6d2b7e4f0c9a8b7c6d5e4f3a2b")
            .event_name(name)
            .event_version("1.1")
            .event_source("aws:dynamodb")
            .aws_region("eu-central-1")
            .dynamodb(change)
    }

    #[test]
    fn an_event_is_what_lambda_sends() {
        let arn = "arn:aws:dynamodb:eu-central-1:000000000000:table/board/stream/2025-08-07T08:00:00.000";
        let record = record(OperationType::Insert, change().build()).build();
        let (entry, _) = entry(&record, arn, "pk").unwrap();
        let event: Value = serde_json::from_slice(&payload(&[entry.clone(), entry], "")).unwrap();
        let expected = json!({
            "eventID": "5c1f3a6d2b7e4f0c9a8b7c6d5e4f3a2b", "eventName": "INSERT", "eventVersion": "1.1",
            "eventSource": "aws:dynamodb", "awsRegion": "eu-central-1",
            "dynamodb": {
                "ApproximateCreationDateTime": 1_754_558_095,
                "Keys": { "pk": { "S": "ROOM#blue" } },
                "NewImage": {
                    "pk": { "S": "ROOM#blue" }, "n": { "N": "2" }, "b": { "B": "AP8=" },
                    "l": { "L": [{ "NULL": true }, { "BOOL": false }] }
                },
                "SequenceNumber": "400000000000000499660", "SizeBytes": 61,
                "StreamViewType": "NEW_AND_OLD_IMAGES"
            },
            "eventSourceARN": arn
        });
        assert_eq!(event, json!({ "Records": [expected, expected] }));
        let typed: Event = serde_json::from_value(event).unwrap();
        assert_eq!(typed.records.len(), 2);
    }

    #[test]
    fn an_expired_item_is_removed_by_the_service_however_the_engine_spells_it() {
        let seen = |identity: Identity| {
            let record = record(OperationType::Remove, change().build()).user_identity(identity).build();
            entry(&record, "arn", "pk").unwrap().1["userIdentity"].clone()
        };
        let expected = json!({ "type": "Service", "principalId": "dynamodb.amazonaws.com" });
        let spelt = Identity::builder().r#type("Service").principal_id("dynamodb.amazonaws.com").build();
        assert_eq!(seen(spelt), expected);
        assert_eq!(seen(Identity::builder().build()), expected);
    }

    #[test]
    fn a_modification_that_changed_nothing_is_no_record() {
        let same = change().set_old_image(change().build().new_image).build();
        assert!(entry(&record(OperationType::Modify, same).build(), "arn", "pk").is_none());
        let different = change().old_image("n", AttributeValue::N("1".to_owned())).build();
        assert!(entry(&record(OperationType::Modify, different).build(), "arn", "pk").is_some());
    }

    #[test]
    fn the_hash_of_a_key_never_changes() {
        assert_eq!(stable_hash(b"foobar"), 0x8594_4171_f739_67e8);
    }
}
