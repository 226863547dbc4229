//! Table `messages`: a message is stored once, under its room and sequence, before anybody gets it.

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;

use super::attributes::{Item, Reader, expiry, n, s};
use super::{Store, StoreError, keys};
use crate::domain::{Content, Message, MessageId, Role, RoomId, Sequence, Timestamp, UserId, Username};

/// What is in a message's place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stored {
    /// The message.
    Message(Message),
    /// A moderator deleted this one; or the place was sealed, under an id that is no message's.
    Deleted(MessageId),
}

impl Stored {
    /// The message, if it was not deleted.
    pub fn message(self) -> Option<Message> {
        match self {
            Self::Message(message) => Some(message),
            Self::Deleted(_) => None,
        }
    }

    /// The message's id, deleted or not.
    pub fn message_id(&self) -> MessageId {
        match self {
            Self::Message(message) => message.message_id,
            Self::Deleted(message_id) => *message_id,
        }
    }
}

impl Store {
    /// Stores a message, once: where it already is, what is there is returned. So an attempt whose
    /// answer was lost can be made again.
    pub async fn message_put(
        &self,
        message: &Message,
        expires_at: Option<Timestamp>,
    ) -> Result<Stored, StoreError> {
        const OPERATION: &str = "message_put";
        let put = self
            .client
            .put_item()
            .table_name(&self.tables.messages)
            .set_item(Some(item(message, expires_at)))
            .condition_expression("attribute_not_exists(roomId)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let Err(error) = put.send().await else { return Ok(Stored::Message(message.clone())) };
        if let Some(PutItemError::ConditionalCheckFailedException(taken)) = error.as_service_error() {
            let there = taken.item().map(|item| stored(Reader { item, operation: OPERATION })).transpose()?;
            return match there {
                Some(stored) if stored.message_id() == message.message_id => Ok(stored),
                _ => Err(StoreError::SequenceTaken { operation: OPERATION }),
            };
        }
        Err(StoreError::request(OPERATION)(error))
    }

    /// What the room has under this sequence, read consistently.
    pub async fn message_get(&self, room: &RoomId, sequence: Sequence) -> Result<Option<Stored>, StoreError> {
        const OPERATION: &str = "message_get";
        let answer = self
            .client
            .get_item()
            .table_name(&self.tables.messages)
            .key("roomId", s(room.as_str()))
            .key("sequence", n(sequence))
            .consistent_read(true)
            .send()
            .await
            .map_err(StoreError::request(OPERATION))?;
        answer.item.map(|item| stored(Reader { item: &item, operation: OPERATION })).transpose()
    }
}

fn item(message: &Message, expires_at: Option<Timestamp>) -> Item {
    let mut item = Item::from([
        ("roomId".to_owned(), s(message.room_id.as_str())),
        ("sequence".to_owned(), n(message.sequence)),
        ("messageId".to_owned(), s(message.message_id.to_string())),
        ("userId".to_owned(), s(message.user_id.as_str())),
        ("username".to_owned(), s(message.username.as_str())),
        ("role".to_owned(), s(message.role.as_str())),
        ("content".to_owned(), s(message.content.as_str())),
        ("timestamp".to_owned(), n(message.timestamp.as_millis())),
        ("sentAt".to_owned(), s(keys::sent_at(message))),
    ]);
    if let Some(reply_to) = message.reply_to {
        item.insert("replyTo".to_owned(), n(reply_to));
    }
    if let Some(at) = expires_at {
        item.insert("expiresAt".to_owned(), expiry(at));
    }
    item
}

/// A row of the table.
pub(super) fn stored(row: Reader<'_>) -> Result<Stored, StoreError> {
    match row.item.contains_key("deletedAt") {
        true => row.parsed("messageId", MessageId::parse).map(Stored::Deleted),
        false => read(row).map(Stored::Message),
    }
}

fn read(row: Reader<'_>) -> Result<Message, StoreError> {
    let sequence =
        |attribute| Sequence::new(attribute, row.number(attribute)?).map_err(|_| row.malformed(attribute));
    let reply_to = row.item.contains_key("replyTo").then(|| sequence("replyTo")).transpose()?;
    Ok(Message {
        message_id: row.parsed("messageId", MessageId::parse)?,
        room_id: row.parsed("roomId", RoomId::parse)?,
        sequence: sequence("sequence")?,
        user_id: row.parsed("userId", UserId::parse)?,
        username: row.parsed("username", Username::parse)?,
        role: Role::parse(row.text("role")?),
        content: row.parsed("content", Content::parse)?,
        timestamp: row.moment("timestamp")?,
        reply_to,
    })
}
