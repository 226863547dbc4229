//! Everything there is, whatever room it is in: for `sweep`, once an hour, and for no request.
//!
//! The rows of connections are read by a scan, because that is complete by itself: each of them has to
//! be looked at, there are no others in the table, and no index could leave one out. Users who are
//! counted are listed by an index, because their table holds much else; a user is in it by the same
//! write that counts them.

use super::attributes::{Reader, s};
use super::connections::{PageCursor, ROW_LIFETIME};
use super::{MemberKey, Store, StoreError, keys};
use crate::domain::{ConnectionId, Role, RoomId, Timestamp, UserId, Username};

/// Rows read at once, about 0.3 KB each: well under the megabyte that ends a page anyway.
const PAGE: i32 = 1000;

/// A row of table `connections`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownConnection {
    /// Whose.
    pub connection_id: ConnectionId,
    /// The user behind it, and where.
    pub key: MemberKey,
    /// The name and role that it came with.
    pub profile: (Username, Role),
    /// When it was opened.
    pub connected_at: Timestamp,
    /// It has outlived the longest possible connection.
    pub expired: bool,
}

/// Some of all connections.
#[derive(Clone, Debug)]
pub struct KnownPage {
    /// In no order. A row that is not as we write them is left out, and logged.
    pub connections: Vec<KnownConnection>,
    /// Where to go on, if there are more.
    pub next: Option<PageCursor>,
}

/// An entry of `active-index`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listed {
    /// A room that has somebody in it by its summary.
    Room(RoomId),
    /// A user who is counted.
    Member(MemberKey),
}

/// Some entries of the index.
#[derive(Clone, Debug)]
pub struct ListedPage {
    /// In no order.
    pub listed: Vec<Listed>,
    /// Where to go on, if there are more.
    pub next: Option<PageCursor>,
}

impl Store {
    /// All connections, page by page.
    pub async fn connections_known(
        &self,
        now: Timestamp,
        from: Option<PageCursor>,
    ) -> Result<KnownPage, StoreError> {
        const OPERATION: &str = "connections_known";
        let answer = self
            .client
            .scan()
            .table_name(&self.tables.connections)
            .set_exclusive_start_key(from.map(|cursor| cursor.0))
            .limit(PAGE)
            .send()
            .await
            .map_err(StoreError::request(OPERATION))?;
        let rows = answer.items.unwrap_or_default();
        let known = rows.iter().map(|item| known(Reader { item, operation: OPERATION }, now));
        let connections = known.filter_map(|known| {
            known.inspect_err(|error| tracing::error!(%error, "a connection's row is passed over")).ok()
        });
        Ok(KnownPage { connections: connections.collect(), next: answer.last_evaluated_key.map(PageCursor) })
    }

    /// The partitions of `active-index`.
    pub fn buckets_active() -> Vec<String> {
        let buckets = 0..keys::ACTIVE_BUCKETS;
        buckets.clone().map(keys::nth_room_bucket).chain(buckets.map(keys::nth_member_bucket)).collect()
    }

    /// What is in one of them, page by page.
    pub async fn listed(&self, bucket: &str, from: Option<PageCursor>) -> Result<ListedPage, StoreError> {
        const OPERATION: &str = "listed";
        let answer = self
            .client
            .query()
            .table_name(&self.tables.rooms)
            .index_name("active-index")
            .key_condition_expression("activeBucket = :bucket")
            .projection_expression("pk, sk")
            .expression_attribute_values(":bucket", s(bucket))
            .set_exclusive_start_key(from.map(|cursor| cursor.0))
            .limit(PAGE)
            .send()
            .await
            .map_err(StoreError::request(OPERATION))?;
        let rows = answer.items.unwrap_or_default();
        let listed = rows.iter().map(|item| {
            let row = Reader { item, operation: OPERATION };
            keys::listed(row.text("pk")?, row.text("sk")?).ok_or_else(|| row.malformed("pk"))
        });
        Ok(ListedPage {
            listed: listed.collect::<Result<_, _>>()?,
            next: answer.last_evaluated_key.map(PageCursor),
        })
    }
}

fn known(row: Reader<'_>, now: Timestamp) -> Result<KnownConnection, StoreError> {
    let connected_at = row.moment("connectedAt")?;
    Ok(KnownConnection {
        connection_id: ConnectionId::new(row.text("connectionId")?),
        key: MemberKey {
            room_id: row.parsed("roomId", RoomId::parse)?,
            user_id: row.parsed("userId", UserId::parse)?,
            feed: keys::feed_of(Some(row.text("roomShard")?)),
        },
        profile: (row.parsed("username", Username::parse)?, Role::parse(row.text("role")?)),
        connected_at,
        expired: now.since(connected_at) >= ROW_LIFETIME,
    })
}
