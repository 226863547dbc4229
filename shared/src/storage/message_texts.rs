//! Table `messages`: who said what, for counting again what was counted before.

use super::attributes::{Reader, n, s};
use super::{Store, StoreError};
use crate::domain::{Content, RoomId, Sequence, Timestamp, UserId};

/// What is counted of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageText {
    /// Its place in the room.
    pub sequence: Sequence,
    /// Who said it.
    pub user_id: UserId,
    /// What was said.
    pub content: Content,
    /// When.
    pub timestamp: Timestamp,
}

/// Messages of one room, oldest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageTexts {
    /// Without those that were deleted.
    pub texts: Vec<MessageText>,
    /// Where to go on; `None` at the end.
    pub next: Option<u64>,
}

impl Store {
    /// A room's messages from one sequence to another, both included, read consistently, at most
    /// `limit` of them.
    pub async fn message_texts(
        &self,
        room: &RoomId,
        first: u64,
        last: u64,
        limit: usize,
    ) -> Result<MessageTexts, StoreError> {
        const OPERATION: &str = "message_texts";
        let query = self
            .client
            .query()
            .table_name(&self.tables.messages)
            .consistent_read(true)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .key_condition_expression("roomId = :room AND #sequence BETWEEN :first AND :last")
            .projection_expression("#sequence, userId, content, #timestamp")
            .expression_attribute_names("#sequence", "sequence")
            .expression_attribute_names("#timestamp", "timestamp")
            .expression_attribute_values(":room", s(room.as_str()))
            .expression_attribute_values(":first", n(first))
            .expression_attribute_values(":last", n(last));
        let answer = query.send().await.map_err(StoreError::request(OPERATION))?;
        let mut texts = Vec::new();
        for item in answer.items.as_deref().unwrap_or_default() {
            // A deleted message keeps its row and loses its content.
            if item.contains_key("content") {
                texts.push(read(Reader { item, operation: OPERATION })?);
            }
        }
        let next = answer.last_evaluated_key.as_ref().map(|item| {
            let row = Reader { item, operation: OPERATION };
            row.number::<u64>("sequence").map(|sequence| sequence + 1)
        });
        Ok(MessageTexts { texts, next: next.transpose()? })
    }
}

fn read(row: Reader<'_>) -> Result<MessageText, StoreError> {
    Ok(MessageText {
        sequence: Sequence::new("sequence", row.number("sequence")?)
            .map_err(|_| row.malformed("sequence"))?,
        user_id: row.parsed("userId", UserId::parse)?,
        content: row.parsed("content", Content::parse)?,
        timestamp: row.moment("timestamp")?,
    })
}
