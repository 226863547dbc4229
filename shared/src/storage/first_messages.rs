//! Table `messages`: which message is the first of a room, and which of a user's is the first that
//! stands, after one that does no longer.

use std::collections::HashMap;

use super::attributes::{Item, Reader, n, s};
use super::{Store, StoreError, keys};
use crate::domain::{RoomId, Sequence, Timestamp, UserId};

/// Index entries read at once, about 0.1 KB each.
const ENTRIES: i32 = 200;

/// How often they are: 1,000 messages are looked at.
const ROUNDS: usize = 5;

/// Keys that DynamoDB takes in one batch.
const BATCH: usize = 100;

/// Where a user's first message stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FirstMessage {
    /// It was said then.
    At(Timestamp),
    /// There is none.
    Nowhere,
    /// Not among the 1,000 that were looked at.
    Farther,
}

impl Store {
    /// The first message of a user in a room that was said at `from` or later and stands. From an index,
    /// which follows its table within milliseconds.
    pub async fn user_message_first(
        &self,
        room: &RoomId,
        user: &UserId,
        from: Timestamp,
    ) -> Result<FirstMessage, StoreError> {
        const OPERATION: &str = "user_message_first";
        let mut start = None;
        for _round in 0..ROUNDS {
            let query = self
                .client
                .query()
                .table_name(&self.tables.messages)
                .index_name("user-index")
                .limit(ENTRIES)
                .key_condition_expression("userId = :user AND sentAt >= :from")
                .expression_attribute_values(":user", s(user.as_str()))
                .expression_attribute_values(":from", s(keys::sent_from(from)))
                .set_exclusive_start_key(start);
            let answer = query.send().await.map_err(StoreError::request(OPERATION))?;
            let mut here = Vec::new();
            for item in answer.items() {
                let row = Reader { item, operation: OPERATION };
                let place = keys::sent_place(row.text("sentAt")?).ok_or_else(|| row.malformed("sentAt"))?;
                if place.0 == *room {
                    here.push(place.1);
                }
            }
            for sequences in here.chunks(BATCH) {
                if let Some(at) = self.first_standing(OPERATION, room, sequences).await? {
                    return Ok(FirstMessage::At(at));
                }
            }
            start = answer.last_evaluated_key;
            if start.is_none() {
                return Ok(FirstMessage::Nowhere);
            }
        }
        Ok(FirstMessage::Farther)
    }

    /// When the first of these messages was said that has its content still.
    async fn first_standing(
        &self,
        operation: &'static str,
        room: &RoomId,
        sequences: &[Sequence],
    ) -> Result<Option<Timestamp>, StoreError> {
        let key = |sequence: &Sequence| {
            let room = ("roomId".to_owned(), s(room.as_str()));
            Item::from([room, ("sequence".to_owned(), n(sequence))])
        };
        let keys = sequences.iter().map(key).collect();
        let mut standing = HashMap::new();
        for item in &self.batch_get(operation, &self.tables.messages, keys, None).await? {
            let row = Reader { item, operation };
            if item.contains_key("content") {
                standing.insert(row.number::<u64>("sequence")?, row.moment("timestamp")?);
            }
        }
        Ok(sequences.iter().find_map(|sequence| standing.get(&sequence.get()).copied()))
    }

    /// Sequence and time of the oldest message that a room has still, deleted or not, read consistently.
    pub async fn message_oldest(&self, room: &RoomId) -> Result<Option<(u64, Timestamp)>, StoreError> {
        const OPERATION: &str = "message_oldest";
        let query = self
            .client
            .query()
            .table_name(&self.tables.messages)
            .consistent_read(true)
            .limit(1)
            .key_condition_expression("roomId = :room")
            .projection_expression("#sequence, #timestamp")
            .expression_attribute_names("#sequence", "sequence")
            .expression_attribute_names("#timestamp", "timestamp")
            .expression_attribute_values(":room", s(room.as_str()));
        let answer = query.send().await.map_err(StoreError::request(OPERATION))?;
        let oldest = answer.items().first().map(|item| {
            let row = Reader { item, operation: OPERATION };
            Ok((row.number("sequence")?, row.moment("timestamp")?))
        });
        oldest.transpose()
    }
}
