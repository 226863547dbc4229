//! Table `rooms`, items `log#R`: what was done to keep order in a room, newest last.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;

use super::attributes::{Item, Reader, expiry, n, s};
use super::{Store, StoreError, keys, logged_settings};
use crate::domain::{Content, Deed, LogEntry, LogId, Operation, RoomId, Sequence, Timestamp, UserId};

/// A year: long enough for a dispute, and no list of who misbehaved for ever.
const KEPT: Duration = Duration::from_secs(365 * 86_400);

/// Entries of one room's log, newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogPage {
    /// At most as many as asked for.
    pub entries: Vec<LogEntry>,
    /// The cursor of the next page; `None` at the end.
    pub next: Option<LogId>,
}

impl Store {
    /// Keeps what was done.
    pub async fn moderation_put(&self, room: &RoomId, entry: &LogEntry) -> Result<(), StoreError> {
        let put = self.client.put_item().table_name(&self.tables.rooms);
        let put = put.set_item(Some(item(room, entry)));
        put.send().await.map_err(StoreError::request("moderation_put"))?;
        Ok(())
    }

    /// A page of at most `limit` entries, newest first, read consistently; `before` is the `next` of
    /// the page before it.
    pub async fn moderation_page(
        &self,
        room: &RoomId,
        before: Option<&LogId>,
        limit: usize,
        now: Timestamp,
    ) -> Result<LogPage, StoreError> {
        const OPERATION: &str = "moderation_page";
        let query = self
            .client
            .query()
            .table_name(&self.tables.rooms)
            .consistent_read(true)
            .scan_index_forward(false)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .expression_attribute_values(":log", s(keys::moderation_log(room)));
        let query = match before {
            None => query.key_condition_expression("pk = :log"),
            Some(before) => query
                .key_condition_expression("pk = :log AND sk < :before")
                .expression_attribute_values(":before", s(before.as_str())),
        };
        let answer = query.send().await.map_err(StoreError::request(OPERATION))?;
        let has_more = answer.last_evaluated_key.is_some();
        let mut entries = Vec::new();
        for item in &answer.items.unwrap_or_default() {
            let row = Reader { item, operation: OPERATION };
            if !row.is_expired(now)? {
                entries.push(read(row)?);
            }
        }
        let next = entries.last().map(|entry| entry.id.clone()).filter(|_| has_more);
        Ok(LogPage { entries, next })
    }
}

fn item(room: &RoomId, entry: &LogEntry) -> Item {
    let mut item = Item::from([
        ("pk".to_owned(), s(keys::moderation_log(room))),
        ("sk".to_owned(), s(entry.id.as_str())),
        ("timestamp".to_owned(), n(entry.at.as_millis())),
        ("moderator".to_owned(), s(entry.by.as_str())),
        ("op".to_owned(), s(entry.deed.name())),
        ("expiresAt".to_owned(), expiry(entry.at.plus(KEPT))),
    ]);
    let operation = match &entry.deed {
        Deed::Operation(operation) => operation,
        Deed::Settings(change) => {
            item.insert("settings".to_owned(), AttributeValue::M(logged_settings::item(change)));
            return item;
        }
    };
    let (name, value) = match operation {
        Operation::Timeout { user, duration } => {
            item.insert("seconds".to_owned(), n(duration.as_secs()));
            ("userId", s(user.as_str()))
        }
        Operation::Ban { user } | Operation::Unban { user } => ("userId", s(user.as_str())),
        Operation::Delete { sequence } => ("sequence", n(sequence)),
        Operation::Announce { content } => ("content", s(content.as_str())),
        Operation::SlowMode { interval } => ("seconds", n(interval.as_secs())),
    };
    item.insert(name.to_owned(), value);
    item
}

fn read(row: Reader<'_>) -> Result<LogEntry, StoreError> {
    let user = || row.parsed("userId", UserId::parse);
    let seconds = || row.number("seconds").map(Duration::from_secs);
    let operation = match row.text("op")? {
        "settings" => return entry(row, Deed::Settings(logged_settings::read(row)?)),
        "timeout" => Operation::Timeout { user: user()?, duration: seconds()? },
        "ban" => Operation::Ban { user: user()? },
        "unban" => Operation::Unban { user: user()? },
        "delete" => {
            let sequence = Sequence::new("sequence", row.number("sequence")?);
            Operation::Delete { sequence: sequence.map_err(|_| row.malformed("sequence"))? }
        }
        "announce" => Operation::Announce { content: row.parsed("content", Content::parse)? },
        "slowMode" => Operation::SlowMode { interval: seconds()? },
        _ => return Err(row.malformed("op")),
    };
    entry(row, Deed::Operation(operation))
}

fn entry(row: Reader<'_>, deed: Deed) -> Result<LogEntry, StoreError> {
    Ok(LogEntry {
        id: row.parsed("sk", |text| LogId::parse("sk", text))?,
        at: row.moment("timestamp")?,
        by: row.parsed("moderator", UserId::parse)?,
        deed,
    })
}
