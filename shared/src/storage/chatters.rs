//! Table `analytics`, items `chatted#U`, `R`: the first minute in which a user said something in a
//! room, so that newcomers can be told from those who come back. Under the user, so that the rooms of one
//! who is erased are found where their messages are gone already.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_dynamodb::operation::delete_item::builders::DeleteItemFluentBuilder;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;

use super::attributes::{Item, Reader, expiry, n, s};
use super::{Store, StoreError, keys};
use crate::domain::analytics::Minute;
use crate::domain::{RoomId, Timestamp, UserId};

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
        let update = self
            .chatter_update(room, user)
            .update_expression("SET #first = :minute, expiresAt = :expiry")
            .condition_expression("attribute_not_exists(#first) OR #first >= :minute OR expiresAt <= :now")
            .expression_attribute_names("#first", "first")
            .expression_attribute_values(":minute", n(minute.number()))
            .expression_attribute_values(":expiry", expiry(now.plus(LIFETIME)))
            .expression_attribute_values(":now", expiry(now));
        StoreError::unless_refused("chatter_put", update.send().await).map(drop)
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
            .chatter_update(room, user)
            .update_expression("SET #first = :to")
            .condition_expression("#first = :from")
            .expression_attribute_names("#first", "first")
            .expression_attribute_values(":from", n(from.number()))
            .expression_attribute_values(":to", n(to.number()));
        StoreError::unless_refused("chatter_move", update.send().await).map(drop)
    }

    /// Forgets a user whose only message that stood was of `from`, unless somebody else knows better.
    pub async fn chatter_leave(&self, room: &RoomId, user: &str, from: Minute) -> Result<(), StoreError> {
        let delete = self
            .chatter_delete(room, user)
            .condition_expression("#first = :from")
            .expression_attribute_names("#first", "first")
            .expression_attribute_values(":from", n(from.number()));
        StoreError::unless_refused("chatter_leave", delete.send().await).map(drop)
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

    pub(super) fn chatter_update(&self, room: &RoomId, user: &str) -> UpdateItemFluentBuilder {
        let update = self.client.update_item().table_name(&self.tables.analytics);
        update.key("scope", s(keys::chatter(user))).key("bucket", s(room.as_str()))
    }

    pub(super) fn chatter_delete(&self, room: &RoomId, user: &str) -> DeleteItemFluentBuilder {
        let delete = self.client.delete_item().table_name(&self.tables.analytics);
        delete.key("scope", s(keys::chatter(user))).key("bucket", s(room.as_str()))
    }
}
