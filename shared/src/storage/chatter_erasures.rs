//! Table `analytics`, items `chatted#U`, `R`: how far the erasure of a user in what is counted of a room is.

use aws_sdk_dynamodb::types::ReturnValue;

use super::attributes::{Reader, expiry, n};
use super::chatters::LIFETIME;
use super::{Store, StoreError};
use crate::domain::analytics::{Day, Minute};
use crate::domain::{RoomId, Timestamp, UserId};

/// An erasure of a user that is under way in a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Erasure {
    /// What it is known by in the marks that it leaves.
    pub number: u64,
    /// The user's first minute, when it was claimed.
    pub first: Option<Minute>,
    /// Days before this one are done.
    pub from: Option<Day>,
}

impl Store {
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
            .chatter_update(room, user.as_str())
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
        let from = row.optional_number("erasedTo")?.map(Day::from_number);
        Ok(Erasure { number: row.number("erasure")?, first, from })
    }

    /// Says that the days before this one are done: whoever claims the erasure next goes on from there.
    pub async fn erasure_pause(
        &self,
        room: &RoomId,
        user: &str,
        number: u64,
        from: Day,
    ) -> Result<(), StoreError> {
        let update = self
            .chatter_update(room, user)
            .update_expression("SET erasedTo = :from")
            .condition_expression("erasure = :erasure")
            .expression_attribute_values(":erasure", n(number))
            .expression_attribute_values(":from", n(from.number()));
        // The row may be gone, or somebody else have ended it.
        StoreError::unless_refused("erasure_pause", update.send().await).map(drop)
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
        let delete = self.chatter_delete(room, user).expression_attribute_names("#first", "first");
        let delete = match erasure.first {
            Some(first) => delete
                .condition_expression("attribute_not_exists(#first) OR #first = :first")
                .expression_attribute_values(":first", n(first.number())),
            None => delete
                .condition_expression("attribute_not_exists(#first) OR expiresAt <= :now")
                .expression_attribute_values(":now", expiry(now)),
        };
        match StoreError::unless_refused("erasure_end", delete.send().await)? {
            true => Ok(()),
            false => self.erasure_forget(room, user, erasure).await,
        }
    }

    async fn erasure_forget(&self, room: &RoomId, user: &str, erasure: Erasure) -> Result<(), StoreError> {
        let update = self
            .chatter_update(room, user)
            .update_expression("REMOVE erasure, erasedTo")
            .condition_expression("erasure = :erasure")
            .expression_attribute_values(":erasure", n(erasure.number));
        // The row may be gone, or somebody else have ended it.
        StoreError::unless_refused("erasure_forget", update.send().await).map(drop)
    }
}
