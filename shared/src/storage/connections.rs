//! Table `connections`: one row per open WebSocket, written once and deleted once.

use std::time::Duration;

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::AttributeValue;

use super::attributes::{Item, Reader, expiry, n, s};
use super::{Store, StoreError, keys};
use crate::analytics::ActiveUser;
use crate::domain::{ConnectionId, Feed, RoomId, Speaker, Timestamp, UserId, Username};

/// API Gateway ends a connection after two hours; ten minutes later its row can go too.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html>
pub(super) const ROW_LIFETIME: Duration = Duration::from_secs(130 * 60);

/// Connections read at once, about 0.2 KB each: well under the megabyte that ends a page anyway.
const PAGE: i32 = 1000;

/// Rows that are asked for by their keys in one request.
const READ_AT_ONCE: usize = 100;

/// More than a member's row counts of one user.
const USERS_CONNECTIONS: i32 = 200;

/// A room's connections are in one shard until rooms grow more of them.
const ONLY_SHARD: u32 = 0;

/// A connection to record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    /// Who is on it and where.
    pub speaker: Speaker,
    /// What it is there for: a feed's connection is in no shard of its room, and so never delivered
    /// a message.
    pub feed: Feed,
    /// When it was opened.
    pub connected_at: Timestamp,
}

/// Somebody to deliver to, as the room's index has it: some milliseconds old.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    /// Where to.
    pub connection_id: ConnectionId,
    /// When it was opened.
    pub connected_at: Timestamp,
    /// Its row has outlived the longest possible connection.
    pub expired: bool,
}

/// Some of a room's connections.
#[derive(Clone, Debug)]
pub struct ConnectionPage {
    /// In the order of users.
    pub recipients: Vec<Recipient>,
    /// Where to go on, if there are more.
    pub next: Option<PageCursor>,
}

/// Where a page ended.
#[derive(Clone, Debug)]
pub struct PageCursor(pub(super) Item);

impl Store {
    /// Records a connection. A repeated event finds the row there and leaves it.
    pub async fn connection_put(&self, connection: &Connection) -> Result<(), StoreError> {
        let Connection { speaker, feed, connected_at } = connection;
        let put = self
            .client
            .put_item()
            .table_name(&self.tables.connections)
            .item("connectionId", s(speaker.connection_id.as_str()))
            .item("roomId", s(speaker.room_id.as_str()))
            .item("roomShard", s(shard(&speaker.room_id, *feed)))
            .item("memberKey", s(keys::member_key(&speaker.user_id, &speaker.connection_id)))
            .item("userId", s(speaker.user_id.as_str()))
            .item("username", s(speaker.username.as_str()))
            .item("role", s(speaker.role.as_str()))
            .item("connectedAt", n(connected_at.as_millis()))
            .item("expiresAt", expiry(connected_at.plus(ROW_LIFETIME)))
            .condition_expression("attribute_not_exists(connectionId)");
        match put.send().await {
            Ok(_) => Ok(()),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(PutItemError::is_conditional_check_failed_exception) =>
            {
                Ok(())
            }
            Err(error) => Err(StoreError::request("connection_put")(error)),
        }
    }

    /// Forgets a connection, if it is known.
    pub async fn connection_delete(&self, id: &ConnectionId) -> Result<(), StoreError> {
        let delete = self.client.delete_item().table_name(&self.tables.connections);
        let delete = delete.key("connectionId", s(id.as_str()));
        delete.send().await.map_err(StoreError::request("connection_delete"))?;
        Ok(())
    }

    /// Whether each connection's row is there, read consistently: 100 at the most.
    pub async fn connections_present(&self, ids: &[ConnectionId]) -> Result<Vec<bool>, StoreError> {
        const OPERATION: &str = "connections_present";
        let keys = ids.iter().map(|id| Item::from([("connectionId".to_owned(), s(id.as_str()))]));
        let items =
            self.batch_get(OPERATION, &self.tables.connections, keys.collect(), Some("connectionId")).await?;
        let is_present = |id: &ConnectionId| items.iter().any(|item| is_row_of(item, id));
        Ok(ids.iter().map(is_present).collect())
    }

    /// Who is on these connections, of those whose rows are there.
    pub async fn connections_open(
        &self,
        ids: &[ConnectionId],
        now: Timestamp,
    ) -> Result<Vec<ActiveUser>, StoreError> {
        const OPERATION: &str = "connections_open";
        let mut open = Vec::with_capacity(ids.len());
        for ids in ids.chunks(READ_AT_ONCE) {
            let keys = ids.iter().map(|id| Item::from([("connectionId".to_owned(), s(id.as_str()))]));
            let items = self.batch_get(OPERATION, &self.tables.connections, keys.collect(), None).await?;
            for item in &items {
                let row = Reader { item, operation: OPERATION };
                if !row.is_expired(now)? {
                    open.push(active(row)?);
                }
            }
        }
        open.sort_by(|a, b| a.joined_at.cmp(&b.joined_at).then(a.user_id.cmp(&b.user_id)));
        Ok(open)
    }

    /// A user's connections in a room as the index has them, some milliseconds old, of one feed: 200 at the
    /// most.
    pub async fn user_connections(
        &self,
        room: &RoomId,
        user: &UserId,
        feed: Feed,
    ) -> Result<Vec<ConnectionId>, StoreError> {
        const OPERATION: &str = "user_connections";
        let answer = self
            .client
            .query()
            .table_name(&self.tables.connections)
            .index_name("room-index")
            .key_condition_expression("roomShard = :shard AND begins_with(memberKey, :user)")
            .projection_expression("memberKey")
            .expression_attribute_values(":shard", s(shard(room, feed)))
            .expression_attribute_values(":user", s(keys::member_key(user, &ConnectionId::new(""))))
            .limit(USERS_CONNECTIONS)
            .send()
            .await
            .map_err(StoreError::request(OPERATION))?;
        let rows = answer.items.unwrap_or_default();
        rows.iter().map(|item| connection_id(Reader { item, operation: OPERATION })).collect()
    }

    /// A room's connections, page by page.
    pub async fn room_connections(
        &self,
        room: &RoomId,
        now: Timestamp,
        from: Option<PageCursor>,
    ) -> Result<ConnectionPage, StoreError> {
        self.shard_connections("room_connections", shard(room, Feed::Chat), now, from).await
    }

    /// The connections that get a room's numbers instead of its messages, page by page.
    pub async fn feed_connections(
        &self,
        room: &RoomId,
        now: Timestamp,
        from: Option<PageCursor>,
    ) -> Result<ConnectionPage, StoreError> {
        self.shard_connections("feed_connections", shard(room, Feed::Analytics), now, from).await
    }

    async fn shard_connections(
        &self,
        operation: &'static str,
        shard: String,
        now: Timestamp,
        from: Option<PageCursor>,
    ) -> Result<ConnectionPage, StoreError> {
        let answer = self
            .client
            .query()
            .table_name(&self.tables.connections)
            .index_name("room-index")
            .key_condition_expression("roomShard = :shard")
            // A message reads a row of this for every recipient: no more than is needed.
            .projection_expression("memberKey, connectedAt")
            .expression_attribute_values(":shard", s(shard))
            .set_exclusive_start_key(from.map(|cursor| cursor.0))
            .limit(PAGE)
            .send()
            .await
            .map_err(StoreError::request(operation))?;
        let rows = answer.items.unwrap_or_default();
        let recipients = rows.iter().map(|item| recipient(Reader { item, operation }, now));
        Ok(ConnectionPage {
            recipients: recipients.collect::<Result<_, _>>()?,
            next: answer.last_evaluated_key.map(PageCursor),
        })
    }
}

fn active(row: Reader<'_>) -> Result<ActiveUser, StoreError> {
    Ok(ActiveUser {
        connection_id: ConnectionId::new(row.text("connectionId")?),
        user_id: row.parsed("userId", UserId::parse)?,
        username: row.parsed("username", Username::parse)?,
        room_id: row.parsed("roomId", RoomId::parse)?,
        joined_at: row.moment("connectedAt")?,
    })
}

fn is_row_of(item: &Item, id: &ConnectionId) -> bool {
    matches!(item.get("connectionId"), Some(AttributeValue::S(text)) if text == id.as_str())
}

fn shard(room: &RoomId, feed: Feed) -> String {
    match feed {
        Feed::Chat => keys::room_shard(room, ONLY_SHARD),
        Feed::Analytics => keys::room_feed(room),
    }
}

fn connection_id(row: Reader<'_>) -> Result<ConnectionId, StoreError> {
    let (_user, connection) =
        row.text("memberKey")?.split_once('#').ok_or_else(|| row.malformed("memberKey"))?;
    Ok(ConnectionId::new(connection))
}

fn recipient(row: Reader<'_>, now: Timestamp) -> Result<Recipient, StoreError> {
    let connected_at = row.moment("connectedAt")?;
    Ok(Recipient {
        connection_id: connection_id(row)?,
        connected_at,
        expired: now.since(connected_at) >= ROW_LIFETIME,
    })
}
