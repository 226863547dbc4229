//! Table `rooms`, items `user#R#U`, `limit`: until when a user may not speak in a room. The update that
//! lets a message through is conditional on it (see [`super::paces`]), so a mute holds for every
//! connection from the moment it is written.

use std::time::Duration;

use super::attributes::{expiry, n, s};
use super::{Store, StoreError, keys};
use crate::domain::{RoomId, SettingsChange, Timestamp, UserId};

/// How long the row is kept for the slow mode, which it also serves.
const KEPT: Duration = Duration::from_secs(SettingsChange::MAX_SLOW_MODE_SECONDS + 60);

impl Store {
    /// Nobody hears a user before `until`; [`Timestamp::MAX`] is for ever. A later decision replaces an
    /// earlier one, but who is muted for ever stays so.
    pub async fn mute_put(
        &self,
        room: &RoomId,
        user: &UserId,
        until: Timestamp,
        by: &UserId,
    ) -> Result<(), StoreError> {
        let (pk, sk) = keys::limit(room, user);
        let update = self
            .client
            .update_item()
            .table_name(&self.tables.rooms)
            .key("pk", s(pk))
            .key("sk", s(sk))
            .condition_expression("attribute_not_exists(mutedUntil) OR mutedUntil < :ever")
            .expression_attribute_values(":ever", n(Timestamp::MAX.as_millis()))
            .expression_attribute_values(":until", n(until.as_millis()))
            .expression_attribute_values(":by", s(by.as_str()));
        let update = match until < Timestamp::MAX {
            true => update
                .update_expression("SET mutedUntil = :until, mutedBy = :by, expiresAt = :expiry")
                .expression_attribute_values(":expiry", expiry(until.plus(KEPT))),
            false => update.update_expression("SET mutedUntil = :until, mutedBy = :by REMOVE expiresAt"),
        };
        StoreError::unless_refused("mute_put", update.send().await).map(drop)
    }

    /// Lets a user speak again.
    pub async fn mute_delete(&self, room: &RoomId, user: &UserId, now: Timestamp) -> Result<(), StoreError> {
        let (pk, sk) = keys::limit(room, user);
        let update = self
            .client
            .update_item()
            .table_name(&self.tables.rooms)
            .key("pk", s(pk))
            .key("sk", s(sk))
            .update_expression("SET expiresAt = :expiry REMOVE mutedUntil, mutedBy")
            .expression_attribute_values(":expiry", expiry(now.plus(KEPT)));
        update.send().await.map_err(StoreError::request("mute_delete"))?;
        Ok(())
    }
}
