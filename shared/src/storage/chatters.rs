//! Table `analytics`, items `chatter#U`, `R`: the first minute in which a user said something in a
//! room, so that newcomers can be told from those who come back. Under the user, so that the rooms of one
//! who is erased are found where their messages are gone already.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::ReturnValue;

use super::attributes::{Item, Reader, expiry, n, s};
use super::{Store, StoreError, keys};
use crate::domain::analytics::Minute;
use crate::domain::{RoomId, Timestamp, UserId};

/// Whoever stays away for so long is new again.
const LIFETIME: Duration = Duration::from_secs(400 * 86_400);
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

/// An erasure of a user that is under way in a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Erasure {
    /// What it is known by in the marks that it leaves.
    pub number: u64,
    /// The user's first minute, when it was claimed.
    pub first: Option<Minute>,
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
                let scope = ("scope".to_owned(), s(keys::chatter(user)));
                Item::from([scope, ("bucket".to_owned(), s(room.as_str()))])
            };
            let keys = users.iter().map(key).collect();
            for item in &self.batch_get(OPERATION, &self.tables.analytics, keys, None).await? {
                let row = Reader { item, operation: OPERATION };
                let expires_at: i64 = row.number("expiresAt")?;
                // A row without it is of an erasure under way, and of nothing else.
                if let Some(minute) = row.optional_number("first")?
                    && expires_at > now.as_secs()
                {
                    let user =
                        keys::chatter_user(row.text("scope")?).ok_or_else(|| row.malformed("scope"))?;
                    let fading = expires_at < now.plus(RENEWED).as_secs();
                    let minute = Minute::from_number(minute);
                    first.insert(user.to_owned(), FirstSaid { minute, fading });
                }
            }
        }
        Ok(first)
    }

    /// Says that a user said something in this minute. Keeps an earlier one that is known.
    pub async fn chatter_put(
        &self,
        room: &RoomId,
        user: &str,
        minute: Minute,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        const OPERATION: &str = "chatter_put";
        let update = self
            .client
            .update_item()
            .table_name(&self.tables.analytics)
            .key("scope", s(keys::chatter(user)))
            .key("bucket", s(room.as_str()))
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
            .key("scope", s(keys::chatter(user)))
            .key("bucket", s(room.as_str()))
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
            .key("scope", s(keys::chatter(user)))
            .key("bucket", s(room.as_str()))
            .condition_expression("#first = :from")
            .expression_attribute_names("#first", "first")
            .expression_attribute_values(":from", n(from.number()));
        let Err(error) = delete.send().await else { return Ok(()) };
        match error.as_service_error() {
            Some(DeleteItemError::ConditionalCheckFailedException(_)) => Ok(()),
            _ => Err(StoreError::request("chatter_leave")(error)),
        }
    }

    /// Rooms that a user said something in, at most `limit`, and whether there are more.
    pub async fn chatter_rooms(
        &self,
        user: &UserId,
        limit: usize,
    ) -> Result<(Vec<RoomId>, bool), StoreError> {
        const OPERATION: &str = "chatter_rooms";
        let query = self
            .client
            .query()
            .table_name(&self.tables.analytics)
            .consistent_read(true)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .key_condition_expression("#scope = :scope")
            .projection_expression("#bucket")
            .expression_attribute_names("#scope", "scope")
            .expression_attribute_names("#bucket", "bucket")
            .expression_attribute_values(":scope", s(keys::chatter(user.as_str())));
        let answer = query.send().await.map_err(StoreError::request(OPERATION))?;
        let room = |item| Reader { item, operation: OPERATION }.parsed("bucket", RoomId::parse);
        let rooms = answer.items().iter().map(room).collect::<Result<_, _>>()?;
        Ok((rooms, answer.last_evaluated_key.is_some()))
    }

    /// The erasure of a user that is under way in a room, and what is known of the user now. Its number is
    /// `random` where this begins it.
    pub async fn erasure_claim(
        &self,
        room: &RoomId,
        user: &UserId,
        random: u64,
        now: Timestamp,
    ) -> Result<Erasure, StoreError> {
        const OPERATION: &str = "erasure_claim";
        let update = self
            .client
            .update_item()
            .table_name(&self.tables.analytics)
            .key("scope", s(keys::chatter(user.as_str())))
            .key("bucket", s(room.as_str()))
            .update_expression(
                "SET erasure = if_not_exists(erasure, :random), expiresAt = if_not_exists(expiresAt, :expiry)",
            )
            .expression_attribute_values(":random", n(random))
            .expression_attribute_values(":expiry", expiry(now.plus(LIFETIME)))
            .return_values(ReturnValue::AllNew);
        let answer = update.send().await.map_err(StoreError::request(OPERATION))?;
        let item = answer.attributes.unwrap_or_default();
        let row = Reader { item: &item, operation: OPERATION };
        let is_over = row.number::<i64>("expiresAt")? <= now.as_secs();
        let first = row.optional_number("first")?.map(Minute::from_number).filter(|_| !is_over);
        Ok(Erasure { number: row.number("erasure")?, first })
    }

    /// Ends an erasure: forgets that the user was ever in the room, unless somebody knows better by now than
    /// when it was claimed, as of one who is still talking. Then only the erasure is forgotten.
    pub async fn erasure_end(
        &self,
        room: &RoomId,
        user: &str,
        erasure: Erasure,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let delete = self
            .client
            .delete_item()
            .table_name(&self.tables.analytics)
            .key("scope", s(keys::chatter(user)))
            .key("bucket", s(room.as_str()))
            .expression_attribute_names("#first", "first");
        let delete = match erasure.first {
            Some(first) => delete
                .condition_expression("attribute_not_exists(#first) OR #first = :first")
                .expression_attribute_values(":first", n(first.number())),
            None => delete
                .condition_expression("attribute_not_exists(#first) OR expiresAt <= :now")
                .expression_attribute_values(":now", expiry(now)),
        };
        let Err(error) = delete.send().await else { return Ok(()) };
        match error.as_service_error() {
            Some(DeleteItemError::ConditionalCheckFailedException(_)) => {
                self.erasure_forget(room, user, erasure).await
            }
            _ => Err(StoreError::request("erasure_end")(error)),
        }
    }

    async fn erasure_forget(&self, room: &RoomId, user: &str, erasure: Erasure) -> Result<(), StoreError> {
        let update = self
            .client
            .update_item()
            .table_name(&self.tables.analytics)
            .key("scope", s(keys::chatter(user)))
            .key("bucket", s(room.as_str()))
            .update_expression("REMOVE erasure")
            .condition_expression("erasure = :erasure")
            .expression_attribute_values(":erasure", n(erasure.number));
        let Err(error) = update.send().await else { return Ok(()) };
        match error.as_service_error() {
            // The row is gone, or somebody else ended it.
            Some(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(()),
            _ => Err(StoreError::request("erasure_forget")(error)),
        }
    }
}
