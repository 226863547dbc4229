//! Table `messages`: taking away what a message says. The row stays, with who did it and when, so that
//! its place in the room is never another message's.

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{ReturnValue, ReturnValuesOnConditionCheckFailure};

use super::attributes::{Reader, n, s};
use super::{Store, StoreError};
use crate::domain::{Actor, MessageId, Role, RoomId, Sequence, Timestamp, UserId};

/// What became of a message that was to be deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deletion {
    /// It says nothing any more, and did not before where somebody had deleted it already.
    Deleted(MessageId),
    /// There is no such message.
    NotFound,
    /// It is not this moderator's to delete.
    Forbidden,
}

impl Store {
    /// Deletes a message, if [`Actor::may_delete`] allows it. Made again, it changes nothing more.
    pub async fn message_delete(
        &self,
        room: &RoomId,
        sequence: Sequence,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Deletion, StoreError> {
        const OPERATION: &str = "message_delete";
        let update = self
            .client
            .update_item()
            .table_name(&self.tables.messages)
            .key("roomId", s(room.as_str()))
            .key("sequence", n(sequence))
            .update_expression(
                "SET deletedAt = if_not_exists(deletedAt, :now), deletedBy = if_not_exists(deletedBy, :by) \
                 REMOVE content",
            )
            // The author's rank is the one that the message was said with.
            .condition_expression(
                "attribute_exists(roomId) AND (attribute_not_exists(expiresAt) OR expiresAt > :secs) \
                 AND (userId = :by OR #role = :viewer OR #role = :lower)",
            )
            .expression_attribute_names("#role", "role")
            .expression_attribute_values(":now", n(now.as_millis()))
            .expression_attribute_values(":secs", n(now.as_secs()))
            .expression_attribute_values(":by", s(actor.user.as_str()))
            .expression_attribute_values(":viewer", s(Role::Viewer.as_str()))
            .expression_attribute_values(":lower", s(lower(actor.role).as_str()))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let error = match update.send().await {
            Ok(answer) => {
                let item = answer.attributes.unwrap_or_default();
                let row = Reader { item: &item, operation: OPERATION };
                return row.parsed("messageId", MessageId::parse).map(Deletion::Deleted);
            }
            Err(error) => error,
        };
        let Some(UpdateItemError::ConditionalCheckFailedException(failed)) = error.as_service_error() else {
            return Err(StoreError::request(OPERATION)(error));
        };
        let Some(item) = failed.item() else { return Ok(Deletion::NotFound) };
        let row = Reader { item, operation: OPERATION };
        // A place that was sealed is nobody's.
        if !item.contains_key("userId") {
            return Ok(Deletion::NotFound);
        }
        let author = row.parsed("userId", UserId::parse)?;
        if row.is_expired(now)? || actor.may_delete(&author, Role::parse(row.text("role")?)) {
            return Ok(Deletion::NotFound);
        }
        Ok(Deletion::Forbidden)
    }
}

/// The highest rank below this one.
fn lower(role: Role) -> Role {
    if role == Role::Owner { Role::Moderator } else { Role::Viewer }
}
