//! Table `rooms`, items `user#R#U`, `ban`: who may not be in a room. Always read consistently.

use std::collections::HashSet;

use super::attributes::{Item, Reader, n, s};
use super::{Store, StoreError, keys};
use crate::domain::{Actor, Ban, Role, RoomId, UserId};

/// Keys that DynamoDB takes in one batch.
const BATCH: usize = 100;

impl Store {
    /// Bans a user from a room. Who is banned already stays so, by whoever decided it.
    pub async fn ban_put(&self, room: &RoomId, user: &UserId, ban: &Ban) -> Result<(), StoreError> {
        let (pk, sk) = keys::ban(room, user);
        let put = self
            .client
            .put_item()
            .table_name(&self.tables.rooms)
            .item("pk", s(pk))
            .item("sk", s(sk))
            .item("userId", s(user.as_str()))
            .item("bannedAt", n(ban.at.as_millis()))
            .item("bannedBy", s(ban.by.user.as_str()))
            .item("bannedByRole", s(ban.by.role.as_str()))
            .condition_expression("attribute_not_exists(pk)");
        StoreError::unless_refused("ban_put", put.send().await).map(drop)
    }

    /// A user's ban from a room.
    pub async fn ban_get(&self, room: &RoomId, user: &UserId) -> Result<Option<Ban>, StoreError> {
        const OPERATION: &str = "ban_get";
        let item = self.rooms_item(OPERATION, keys::ban(room, user)).await?;
        item.map(|item| read(Reader { item: &item, operation: OPERATION })).transpose()
    }

    /// Which of these users are banned from these rooms: 100 at the most, each named once.
    pub async fn bans_of(&self, users: &[(&RoomId, &UserId)]) -> Result<Vec<bool>, StoreError> {
        let keys: Vec<_> = users.iter().map(|(room, user)| keys::ban(room, user)).collect();
        let wanted = keys
            .iter()
            .map(|(pk, sk)| Item::from([("pk".to_owned(), s(pk)), ("sk".to_owned(), s(sk))]))
            .collect();
        let items = self.batch_get("bans_of", &self.tables.rooms, wanted, Some("pk")).await?;
        let is_there = |pk: &str| items.iter().any(|item| item.get("pk") == Some(&s(pk)));
        Ok(keys.iter().map(|(pk, _)| is_there(pk)).collect())
    }

    /// From which of these rooms, each named once, a user is banned.
    pub async fn rooms_closed_to(
        &self,
        user: &UserId,
        rooms: &[&RoomId],
    ) -> Result<HashSet<RoomId>, StoreError> {
        let mut closed = HashSet::new();
        for rooms in rooms.chunks(BATCH) {
            let wanted: Vec<_> = rooms.iter().map(|room| (*room, user)).collect();
            let banned = self.bans_of(&wanted).await?;
            closed.extend(
                rooms.iter().zip(banned).filter(|(_, banned)| *banned).map(|(room, _)| (*room).clone()),
            );
        }
        Ok(closed)
    }

    /// Lets a user into a room again.
    pub async fn ban_delete(&self, room: &RoomId, user: &UserId) -> Result<(), StoreError> {
        let (pk, sk) = keys::ban(room, user);
        let delete = self.client.delete_item().table_name(&self.tables.rooms).key("pk", s(pk));
        delete.key("sk", s(sk)).send().await.map_err(StoreError::request("ban_delete"))?;
        Ok(())
    }
}

fn read(row: Reader<'_>) -> Result<Ban, StoreError> {
    let by =
        Actor { user: row.parsed("bannedBy", UserId::parse)?, role: Role::parse(row.text("bannedByRole")?) };
    Ok(Ban { by, at: row.moment("bannedAt")? })
}
