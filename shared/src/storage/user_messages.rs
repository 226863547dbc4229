//! A user's messages in all rooms, page by page, through the index `user-index`. It says only where to
//! look: what was said is read consistently from the table, so nothing that was deleted is returned.

use std::collections::{HashMap, HashSet};

use super::attributes::{Item, Reader, n, s};
use super::{Store, StoreError, keys, messages};
use crate::domain::{Message, RoomId, Sequence, Timestamp, UserCursor, UserId};

/// Index entries read at once, about 0.1 KB each.
const ENTRIES: usize = 200;

/// How often they are, for one page: a user who was mostly in rooms that the caller may not see must
/// not cost more than this.
const ROUNDS: usize = 5;

/// Keys that DynamoDB takes in one batch.
const BATCH: usize = 100;

/// Messages of one user, oldest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserPage {
    /// At most as many as asked for.
    pub messages: Vec<Message>,
    /// Where the next page starts, going back. `None` at the end. A page can be empty and not be the
    /// last.
    pub next: Option<UserCursor>,
}

/// An entry of the index.
#[derive(Clone, Debug)]
struct Entry {
    at: Timestamp,
    room: RoomId,
    sequence: Sequence,
}

impl Store {
    /// A page of at most `limit` messages, newest page first, of the rooms that are `visible` and that the
    /// `reader`, if bans matter for one, is not banned from. A message of the last milliseconds can be
    /// missing: indexes follow their table.
    pub async fn user_message_page(
        &self,
        user: &UserId,
        before: Option<UserCursor>,
        limit: usize,
        visible: impl Fn(&RoomId) -> bool,
        reader: Option<&UserId>,
        now: Timestamp,
    ) -> Result<UserPage, StoreError> {
        let mut found: Vec<Entry> = Vec::new();
        let mut from = before;
        for _round in 0..ROUNDS {
            let (entries, has_more) = self.user_entries(user, from.as_ref()).await?;
            let last = entries.last().cloned();
            let entries: Vec<_> = entries.into_iter().filter(|entry| visible(&entry.room)).collect();
            let closed = match reader {
                Some(reader) => {
                    let rooms: HashSet<_> = entries.iter().map(|entry| &entry.room).collect();
                    self.rooms_closed_to(reader, &Vec::from_iter(rooms)).await?
                }
                None => HashSet::new(),
            };
            for entry in entries.into_iter().filter(|entry| !closed.contains(&entry.room)) {
                if found.len() == limit {
                    // There is more, and it starts behind the last one found.
                    let next = found.last().map(Entry::cursor);
                    return Ok(UserPage { messages: self.stored(&found, now).await?, next });
                }
                found.push(entry);
            }
            match last.filter(|_| has_more) {
                Some(last) => from = Some(last.cursor()),
                None => return Ok(UserPage { messages: self.stored(&found, now).await?, next: None }),
            }
        }
        let next = match found.last() {
            Some(entry) => Some(entry.cursor()),
            // The room of the last entry may not be named. The moment after it starts at the same place
            // or a little earlier, where there is nothing to see.
            None => from.map(|last| UserCursor {
                at: last.at.plus(std::time::Duration::from_millis(1)),
                message: None,
            }),
        };
        Ok(UserPage { messages: self.stored(&found, now).await?, next })
    }

    /// Newest first, and whether there are more.
    async fn user_entries(
        &self,
        user: &UserId,
        before: Option<&UserCursor>,
    ) -> Result<(Vec<Entry>, bool), StoreError> {
        const OPERATION: &str = "user_entries";
        let query = self
            .client
            .query()
            .table_name(&self.tables.messages)
            .index_name("user-index")
            .scan_index_forward(false)
            .limit(i32::try_from(ENTRIES).unwrap_or(i32::MAX))
            .expression_attribute_values(":user", s(user.as_str()));
        let query = match before {
            None => query.key_condition_expression("userId = :user"),
            Some(cursor) => query
                .key_condition_expression("userId = :user AND sentAt < :before")
                .expression_attribute_values(":before", s(keys::sent_before(cursor))),
        };
        let answer = query.send().await.map_err(StoreError::request(OPERATION))?;
        let has_more = answer.last_evaluated_key.is_some();
        let rows = answer.items.unwrap_or_default();
        let entries = rows.iter().map(|item| entry(Reader { item, operation: OPERATION }));
        Ok((entries.collect::<Result<_, _>>()?, has_more))
    }

    /// What is stored under these entries, oldest first.
    async fn stored(&self, newest_first: &[Entry], now: Timestamp) -> Result<Vec<Message>, StoreError> {
        const OPERATION: &str = "user_messages";
        let mut stored = HashMap::with_capacity(newest_first.len());
        for chunk in newest_first.chunks(BATCH) {
            let keys = chunk.iter().map(|entry| {
                let room = ("roomId".to_owned(), s(entry.room.as_str()));
                Item::from([room, ("sequence".to_owned(), n(entry.sequence))])
            });
            for item in &self.batch_get(OPERATION, &self.tables.messages, keys.collect(), None).await? {
                let row = Reader { item, operation: OPERATION };
                // What retention has ended is over, though DynamoDB may delete it days later.
                if !row.is_expired(now)?
                    && let Some(message) = messages::stored(row)?.message()
                {
                    stored.insert((message.room_id.clone(), message.sequence), message);
                }
            }
        }
        let mut in_order = newest_first.iter().rev();
        Ok(in_order.by_ref().filter_map(|e| stored.remove(&(e.room.clone(), e.sequence))).collect())
    }
}

impl Entry {
    fn cursor(&self) -> UserCursor {
        UserCursor { at: self.at, message: Some((self.room.clone(), self.sequence)) }
    }
}

fn entry(row: Reader<'_>) -> Result<Entry, StoreError> {
    let at = row.text("sentAt")?.split('#').next().and_then(|millis| millis.parse().ok());
    Ok(Entry {
        at: at.and_then(|at| Timestamp::from_millis(at).ok()).ok_or_else(|| row.malformed("sentAt"))?,
        room: row.parsed("roomId", RoomId::parse)?,
        sequence: Sequence::new("sequence", row.number("sequence")?)
            .map_err(|_| row.malformed("sequence"))?,
    })
}
