//! Index `active-index` of table `rooms`: the rooms with somebody in them. Some milliseconds old, as
//! every index.

use futures_util::future::try_join_all;

use super::attributes::{Reader, s};
use super::{Store, StoreError, keys};
use crate::domain::{Counts, RoomId};

/// A page of the index ends at a megabyte anyway; this many of its rows, about 0.2 KB each, are less.
const MOST_ROOMS: usize = 1000;

/// A room with somebody in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActiveRoom {
    /// Which.
    pub room_id: RoomId,
    /// How many are there.
    pub counts: Counts,
}

impl Store {
    /// The rooms with the most members, largest first: `limit` of them, 1,000 at the most.
    pub async fn rooms_active(&self, limit: usize) -> Result<Vec<ActiveRoom>, StoreError> {
        let limit = limit.min(MOST_ROOMS);
        // The largest of all are among the largest of each bucket.
        let buckets = (0..keys::ACTIVE_BUCKETS).map(|bucket| self.rooms_of_bucket(bucket, limit));
        let mut rooms: Vec<_> = try_join_all(buckets).await?.into_iter().flatten().collect();
        rooms.sort_by(|a, b| {
            b.counts.members.cmp(&a.counts.members).then_with(|| a.room_id.as_str().cmp(b.room_id.as_str()))
        });
        rooms.truncate(limit);
        Ok(rooms)
    }

    async fn rooms_of_bucket(&self, bucket: u64, limit: usize) -> Result<Vec<ActiveRoom>, StoreError> {
        const OPERATION: &str = "rooms_active";
        let page = self
            .client
            .query()
            .table_name(&self.tables.rooms)
            .index_name("active-index")
            .key_condition_expression("activeBucket = :bucket")
            .expression_attribute_values(":bucket", s(keys::nth_room_bucket(bucket)))
            .scan_index_forward(false)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX).max(1))
            .send()
            .await
            .map_err(StoreError::request(OPERATION))?;
        page.items().iter().map(|item| active(Reader { item, operation: OPERATION })).collect()
    }
}

fn active(row: Reader<'_>) -> Result<ActiveRoom, StoreError> {
    Ok(ActiveRoom {
        room_id: row.parsed("roomId", RoomId::parse)?,
        counts: Counts { members: row.number("members")?, connections: row.number("connections")? },
    })
}
