//! Table `analytics`, items `chatter#R`, `U`: the first minute in which a user said something in a
//! room, so that newcomers can be told from those who come back.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;

use super::attributes::{Item, Reader, expiry, n, s};
use super::{Store, StoreError, keys};
use crate::domain::analytics::Minute;
use crate::domain::{RoomId, Timestamp};

/// Whoever stays away for so long is new again.
pub(super) const LIFETIME: Duration = Duration::from_secs(400 * 86_400);
/// A row that has less left than this is written anew when its user speaks.
const RENEWED: Duration = Duration::from_secs(200 * 86_400);

/// Keys of one request.
const AT_ONCE: usize = 100;

/// What is known of a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FirstSaid {
    /// The first minute.
    pub minute: Minute,
    /// Whether the row should be written anew.
    pub fading: bool,
}

impl Store {
    /// When each of these users first said something in the room; those who never did are left out.
    pub async fn chatters_first(
        &self,
        room: &RoomId,
        users: &[&str],
        now: Timestamp,
    ) -> Result<BTreeMap<String, FirstSaid>, StoreError> {
        const OPERATION: &str = "chatters_first";
        let mut first = BTreeMap::new();
        for users in users.chunks(AT_ONCE) {
            let key = |user: &&str| {
                let scope = ("scope".to_owned(), s(keys::chatters(room)));
                Item::from([scope, ("bucket".to_owned(), s(*user))])
            };
            let keys = users.iter().map(key).collect();
            for item in &self.batch_get(OPERATION, &self.tables.analytics, keys, None).await? {
                let row = Reader { item, operation: OPERATION };
                let expires_at: i64 = row.number("expiresAt")?;
                if expires_at > now.as_secs() {
                    let minute = Minute::from_number(row.number("first")?);
                    let fading = expires_at < now.plus(RENEWED).as_secs();
                    first.insert(row.text("bucket")?.to_owned(), FirstSaid { minute, fading });
                }
            }
        }
        Ok(first)
    }

    /// Says that a user said something in this minute, and so in this room. Keeps an earlier minute that
    /// is known.
    pub async fn chatter_put(
        &self,
        room: &RoomId,
        user: &str,
        minute: Minute,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        const OPERATION: &str = "chatter_put";
        // First: who is known as a chatter is found when they are to be erased.
        self.chatted_room_put(room, user, now).await?;
        let update = self
            .client
            .update_item()
            .table_name(&self.tables.analytics)
            .key("scope", s(keys::chatters(room)))
            .key("bucket", s(user))
            .update_expression("SET #first = :minute, expiresAt = :expiry")
            .condition_expression("attribute_not_exists(#first) OR #first >= :minute OR expiresAt <= :now")
            .expression_attribute_names("#first", "first")
            .expression_attribute_values(":minute", n(minute.number()))
            .expression_attribute_values(":expiry", expiry(now.plus(LIFETIME)))
            .expression_attribute_values(":now", expiry(now));
        match update.send().await {
            Ok(_) => Ok(()),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(()),
                _ => Err(StoreError::request(OPERATION)(error)),
            },
        }
    }

    /// Says that a user's first message that stands is of a later minute, where it was of `from`. Changes
    /// nothing where somebody else knows better, or erased the user meanwhile.
    pub async fn chatter_move(
        &self,
        room: &RoomId,
        user: &str,
        from: Minute,
        to: Minute,
    ) -> Result<(), StoreError> {
        let update = self
            .client
            .update_item()
            .table_name(&self.tables.analytics)
            .key("scope", s(keys::chatters(room)))
            .key("bucket", s(user))
            .update_expression("SET #first = :to")
            .condition_expression("#first = :from")
            .expression_attribute_names("#first", "first")
            .expression_attribute_values(":from", n(from.number()))
            .expression_attribute_values(":to", n(to.number()));
        let Err(error) = update.send().await else { return Ok(()) };
        match error.as_service_error() {
            Some(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(()),
            _ => Err(StoreError::request("chatter_move")(error)),
        }
    }

    /// Forgets a user whose only message that stood was of `from`, unless somebody else knows better.
    pub async fn chatter_leave(&self, room: &RoomId, user: &str, from: Minute) -> Result<(), StoreError> {
        let delete = self
            .client
            .delete_item()
            .table_name(&self.tables.analytics)
            .key("scope", s(keys::chatters(room)))
            .key("bucket", s(user))
            .condition_expression("#first = :from")
            .expression_attribute_names("#first", "first")
            .expression_attribute_values(":from", n(from.number()));
        let Err(error) = delete.send().await else { return Ok(()) };
        match error.as_service_error() {
            Some(DeleteItemError::ConditionalCheckFailedException(_)) => Ok(()),
            _ => Err(StoreError::request("chatter_leave")(error)),
        }
    }

    /// Forgets that a user was ever in the room.
    pub async fn chatter_delete(&self, room: &RoomId, user: &str) -> Result<(), StoreError> {
        let delete = self
            .client
            .delete_item()
            .table_name(&self.tables.analytics)
            .key("scope", s(keys::chatters(room)))
            .key("bucket", s(user));
        delete.send().await.map_err(StoreError::request("chatter_delete"))?;
        Ok(())
    }
}
