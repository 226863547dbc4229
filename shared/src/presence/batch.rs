//! Which users a batch of stream records speaks of.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::{ConnectionId, Role, RoomId, Timestamp, UserId, Username};
use crate::event::{Image, StreamEvent, StreamRecord};
use crate::storage::{MemberKey, feed_of};

/// A user in a room, and what the batch has to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Touched {
    /// Who and where.
    pub key: MemberKey,
    /// The connections that came or went.
    pub connections: BTreeSet<ConnectionId>,
    /// The name and role of the newest one that came.
    pub profile: Option<(Username, Role)>,
    /// Of one that went: better than none for a user of whom nothing else is known.
    pub former_profile: Option<(Username, Role)>,
    /// When the newest record was written.
    pub at: Timestamp,
    /// The records' sequence numbers.
    pub records: Vec<String>,
}

/// Each user once. A record that is not of ours is logged and passed over: delivered again it would
/// be no better, and it would block its shard.
pub fn touched(event: &StreamEvent) -> Vec<Touched> {
    let mut users = BTreeMap::<MemberKey, Touched>::new();
    for record in &event.records {
        let sequence_number = &record.dynamodb.sequence_number;
        let Some((key, connection, at)) = parse(record) else {
            tracing::error!(sequence_number, "a record of the stream is not of a connection");
            continue;
        };
        let touched = users.entry(key.clone()).or_insert_with(|| Touched {
            key,
            connections: BTreeSet::new(),
            profile: None,
            former_profile: None,
            at,
            records: Vec::new(),
        });
        touched.connections.insert(connection);
        touched.at = touched.at.max(at);
        touched.profile = profile(record.dynamodb.new_image.as_ref()).or(touched.profile.take());
        touched.former_profile =
            profile(record.dynamodb.old_image.as_ref()).or(touched.former_profile.take());
        touched.records.push(sequence_number.clone());
    }
    users.into_values().collect()
}

fn parse(record: &StreamRecord) -> Option<(MemberKey, ConnectionId, Timestamp)> {
    let image = record.image()?;
    let key = MemberKey {
        room_id: RoomId::parse(image.text("roomId")?).ok()?,
        user_id: UserId::parse(image.text("userId")?).ok()?,
        feed: feed_of(image.text("roomShard")),
    };
    #[allow(clippy::cast_possible_truncation)] // `as` saturates, and what is out of range is refused
    let at = Timestamp::from_millis((record.dynamodb.approximate_creation_date_time * 1000.0) as i64).ok()?;
    Some((key, ConnectionId::new(image.text("connectionId")?), at))
}

fn profile(image: Option<&Image>) -> Option<(Username, Role)> {
    let image = image?;
    Some((Username::parse(image.text("username")?).ok()?, Role::parse(image.text("role")?)))
}

#[cfg(test)]
#[allow(clippy::expect_used)]
mod tests {
    use super::*;

    fn record(n: u32, old: Option<&str>, new: Option<&str>) -> serde_json::Value {
        let image = |user: Option<&str>| {
            user.map(|user| {
                serde_json::json!({
                    "connectionId": {"S": format!("c{n}")}, "roomId": {"S": "global"}, "userId": {"S": user},
                    "username": {"S": format!("name {n}")}, "role": {"S": "viewer"}, "connectedAt": {"N": "1"},
                })
            })
        };
        serde_json::json!({"dynamodb": {
            "ApproximateCreationDateTime": 1_795_509_060.5, "SequenceNumber": n.to_string(),
            "NewImage": image(new), "OldImage": image(old),
        }})
    }

    fn batch(records: Vec<serde_json::Value>) -> StreamEvent {
        serde_json::from_value(serde_json::json!({"Records": records})).expect("an event")
    }

    #[test]
    fn each_user_is_touched_once_with_the_newest_name() {
        let event = batch(vec![
            record(1, None, Some("alice")),
            record(2, None, Some("bob")),
            record(3, None, Some("alice")),
            record(1, Some("alice"), None),
        ]);
        let users = touched(&event);
        assert_eq!(users.len(), 2);
        assert_eq!(users[0].key.user_id.as_str(), "alice");
        assert_eq!(users[0].connections.len(), 2);
        assert_eq!(users[0].records, ["1", "3", "1"]);
        assert_eq!(users[0].profile.as_ref().map(|(name, _)| name.as_str()), Some("name 3"));
        assert_eq!(users[0].former_profile.as_ref().map(|(name, _)| name.as_str()), Some("name 1"));
        assert_eq!(users[0].at.as_millis(), 1_795_509_060_500);
    }

    #[test]
    fn a_foreign_record_blocks_nobody() {
        let event = batch(vec![
            serde_json::json!({"dynamodb": {"ApproximateCreationDateTime": 1, "SequenceNumber": "0"}}),
            record(1, None, Some("no such user#id")),
            record(2, None, Some("bob")),
        ]);
        let users = touched(&event);
        assert_eq!(users.iter().map(|user| user.key.user_id.as_str()).collect::<Vec<_>>(), ["bob"]);
    }
}
