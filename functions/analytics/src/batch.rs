//! What a batch of stream records says, room by room and minute by minute.

use std::collections::BTreeMap;

use shared::domain::analytics::Minute;
use shared::domain::{RoomId, Timestamp};
use shared::event::{Image, StreamEvent, StreamRecord};

/// One thing that happened to a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Happened {
    pub(crate) sequence: u64,
    pub(crate) at: Timestamp,
    pub(crate) user: String,
    pub(crate) content: String,
    pub(crate) what: What,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    Said,
    Unsaid,
}

/// A room's part of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Touched {
    pub(crate) room: RoomId,
    pub(crate) minutes: BTreeMap<Minute, Vec<Happened>>,
    /// The records' sequence numbers.
    pub(crate) records: Vec<String>,
}

/// Each room once, and when the newest record was written. A record that is not of ours is logged
/// and passed over: delivered again it would be no better, and it would block its shard.
pub(crate) fn touched(event: &StreamEvent) -> (Vec<Touched>, Option<Timestamp>) {
    let mut rooms = BTreeMap::<String, Touched>::new();
    let mut newest = None;
    for record in &event.records {
        let sequence_number = &record.dynamodb.sequence_number;
        newest = newest.max(record.written());
        let Some((image, what)) = change(record) else { continue };
        let Some((room, happened)) = parse(image, what) else {
            tracing::error!(sequence_number, "a record of the stream is not of a message");
            continue;
        };
        let touched = rooms.entry(room.as_str().to_owned()).or_insert_with(|| Touched {
            room,
            minutes: BTreeMap::new(),
            records: Vec::new(),
        });
        touched.minutes.entry(Minute::of(happened.at)).or_default().push(happened);
        touched.records.push(sequence_number.clone());
    }
    (rooms.into_values().collect(), newest)
}

/// The image that has the text, and what became of it. A removal is only the end of the message's
/// retention; of changes only the one counts that takes the content away; and a place that was sealed
/// is no message.
fn change(record: &StreamRecord) -> Option<(&Image, What)> {
    match (&record.dynamodb.old_image, &record.dynamodb.new_image) {
        (None, Some(new)) if new.number::<i64>("deletedAt").is_some() => None,
        (None, Some(new)) => Some((new, What::Said)),
        (Some(old), Some(new)) if old.text("content").is_some() && new.text("content").is_none() => {
            Some((old, What::Unsaid))
        }
        _ => None,
    }
}

fn parse(image: &Image, what: What) -> Option<(RoomId, Happened)> {
    let happened = Happened {
        sequence: image.number("sequence")?,
        at: Timestamp::from_millis(image.number("timestamp")?).ok()?,
        user: image.text("userId")?.to_owned(),
        content: image.text("content")?.to_owned(),
        what,
    };
    Some((RoomId::parse(image.text("roomId")?).ok()?, happened))
}

#[cfg(test)]
#[allow(clippy::expect_used)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn image(sequence: u64, millis: i64, content: Option<&str>) -> Value {
        let mut image = json!({
            "roomId": {"S": "global"}, "sequence": {"N": sequence.to_string()}, "userId": {"S": "alice"},
            "timestamp": {"N": millis.to_string()},
        });
        if let Some(content) = content {
            image["content"] = json!({"S": content});
        }
        image
    }

    fn record(number: u32, old: Option<Value>, new: Option<Value>) -> Value {
        json!({"dynamodb": {
            "ApproximateCreationDateTime": 1_795_509_060 + number, "SequenceNumber": number.to_string(),
            "OldImage": old, "NewImage": new,
        }})
    }

    fn batch(records: &[Value]) -> (Vec<Touched>, Option<Timestamp>) {
        touched(&serde_json::from_value(json!({"Records": records})).expect("an event"))
    }

    #[test]
    fn messages_are_by_room_and_the_minute_they_were_said_in() {
        let (rooms, newest) = batch(&[
            record(1, None, Some(image(1, 59_999, Some("one")))),
            record(2, None, Some(image(2, 60_000, Some("two")))),
            record(3, Some(image(1, 59_999, Some("one"))), Some(image(1, 59_999, None))),
        ]);
        assert_eq!(rooms.len(), 1);
        let minutes: Vec<Vec<(u64, What)>> = rooms[0]
            .minutes
            .values()
            .map(|happened| happened.iter().map(|happened| (happened.sequence, happened.what)).collect())
            .collect();
        assert_eq!(minutes, [vec![(1, What::Said), (1, What::Unsaid)], vec![(2, What::Said)]]);
        assert_eq!(rooms[0].records, ["1", "2", "3"]);
        assert_eq!(newest.map(Timestamp::as_secs), Some(1_795_509_063));
    }

    #[test]
    fn the_end_of_retention_changes_of_other_attributes_and_sealed_places_change_no_count() {
        let (said, redacted) = (image(1, 1, Some("one")), image(1, 1, None));
        let sealed = json!({
            "roomId": {"S": "global"}, "sequence": {"N": "2"}, "timestamp": {"N": "1"}, "deletedAt": {"N": "1"},
        });
        let (rooms, _) = batch(&[
            record(1, Some(said.clone()), None),
            record(2, Some(said.clone()), Some(said)),
            record(3, Some(redacted.clone()), Some(redacted)),
            record(4, None, Some(sealed)),
            json!({"dynamodb": {"ApproximateCreationDateTime": 1, "SequenceNumber": "5", "NewImage": {}}}),
        ]);
        assert_eq!(rooms, []);
    }
}
