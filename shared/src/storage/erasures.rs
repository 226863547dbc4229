//! Table `messages`: taking a message and whoever said it away. The row stays, so that its place in the
//! room is never another message's.

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;

use super::attributes::{Reader, n, s};
use super::{Store, StoreError, keys};
use crate::domain::{RoomId, Sequence, Timestamp, UserId};

/// Who said what nobody said.
const NOBODY: &str = "erased";

/// Entries of the index read at once, about 0.1 KB each.
const PAGE: i32 = 500;

impl Store {
    /// Where a user's messages are, deleted ones included, newest first: at least `limit` of them if
    /// there are so many, and whether there are more. From an index, which follows its table within
    /// milliseconds.
    pub async fn user_message_places(
        &self,
        user: &UserId,
        limit: usize,
    ) -> Result<(Vec<(RoomId, Sequence)>, bool), StoreError> {
        const OPERATION: &str = "user_message_places";
        let mut places = Vec::new();
        let mut from = None;
        loop {
            let query = self
                .client
                .query()
                .table_name(&self.tables.messages)
                .index_name("user-index")
                .scan_index_forward(false)
                .limit(PAGE)
                .key_condition_expression("userId = :user")
                .expression_attribute_values(":user", s(user.as_str()))
                .set_exclusive_start_key(from);
            let answer = query.send().await.map_err(StoreError::request(OPERATION))?;
            for item in answer.items.as_deref().unwrap_or_default() {
                let row = Reader { item, operation: OPERATION };
                let place = keys::sent_place(row.text("sentAt")?).ok_or_else(|| row.malformed("sentAt"))?;
                places.push(place);
            }
            from = answer.last_evaluated_key;
            if from.is_none() || places.len() >= limit {
                return Ok((places, from.is_some()));
            }
        }
    }

    /// Takes away what the message says, who said it, and its entry in the index of users. Made again,
    /// or where there is no such message of this user, it changes nothing.
    pub async fn message_erase(
        &self,
        room: &RoomId,
        sequence: Sequence,
        user: &UserId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let update = self
            .client
            .update_item()
            .table_name(&self.tables.messages)
            .key("roomId", s(room.as_str()))
            .key("sequence", n(sequence))
            .update_expression(
                "SET deletedAt = if_not_exists(deletedAt, :now), deletedBy = :nobody, userId = :nobody, \
                 username = :nobody REMOVE content, sentAt",
            )
            .condition_expression("userId = :user")
            .expression_attribute_values(":now", n(now.as_millis()))
            .expression_attribute_values(":nobody", s(NOBODY))
            .expression_attribute_values(":user", s(user.as_str()));
        match update.send().await {
            Ok(_) => Ok(()),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(UpdateItemError::is_conditional_check_failed_exception) =>
            {
                Ok(())
            }
            Err(error) => Err(StoreError::request("message_erase")(error)),
        }
    }
}
