//! A room's messages, page by page, read consistently from the table itself.

use std::time::Duration;

use super::attributes::{Reader, n, s};
use super::{Store, StoreError, messages};
use crate::domain::{Message, RoomId, Sequence, Timestamp};

/// How long a missing sequence may still turn up: a message is stored within 1.5 s after it took
/// its sequence, or never.
const HOLE_IS_YOUNG: Duration = Duration::from_secs(2);

/// Where a page starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HistoryCursor {
    /// At the newest message, going back.
    Newest,
    /// Just before this one, going back.
    Before(Sequence),
    /// Just after the message of this sequence, going on; after 0 is the beginning.
    After(u64),
}

/// Messages of one room, oldest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryPage {
    /// At most as many as asked for.
    pub messages: Vec<Message>,
    /// The cursor of the next page in the same direction: `before` it, or `after` it. `None` at the
    /// end, which for `After` is also a hole that may still be filled.
    pub next: Option<Sequence>,
}

impl Store {
    /// A page of at most `limit` messages. Going on, it ends before a hole that may still be
    /// filled, so that nobody's cursor passes a message on its way.
    pub async fn message_page(
        &self,
        room: &RoomId,
        cursor: HistoryCursor,
        limit: usize,
        now: Timestamp,
    ) -> Result<HistoryPage, StoreError> {
        const OPERATION: &str = "message_page";
        let forward = matches!(cursor, HistoryCursor::After(_));
        let query = self
            .client
            .query()
            .table_name(&self.tables.messages)
            .consistent_read(true)
            .scan_index_forward(forward)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .expression_attribute_values(":room", s(room.as_str()));
        let query = match cursor {
            HistoryCursor::Newest => query.key_condition_expression("roomId = :room"),
            HistoryCursor::Before(sequence) => query
                .key_condition_expression("roomId = :room AND #sequence < :cursor")
                .expression_attribute_names("#sequence", "sequence")
                .expression_attribute_values(":cursor", n(sequence)),
            HistoryCursor::After(sequence) => query
                .key_condition_expression("roomId = :room AND #sequence > :cursor")
                .expression_attribute_names("#sequence", "sequence")
                .expression_attribute_values(":cursor", n(sequence)),
        };
        let answer = query.send().await.map_err(StoreError::request(OPERATION))?;
        let has_more = answer.last_evaluated_key.is_some();
        let rows = answer.items.unwrap_or_default();
        let mut page = Vec::with_capacity(rows.len());
        // What retention has ended is over, though DynamoDB may delete it days later.
        for item in &rows {
            let row = Reader { item, operation: OPERATION };
            if !row.is_expired(now)? {
                page.push(place(row)?);
            }
        }
        Ok(match cursor {
            HistoryCursor::After(after) => going_on(page, after, has_more, now),
            HistoryCursor::Newest | HistoryCursor::Before(_) => going_back(page, has_more),
        })
    }
}

/// A place in the room. One whose message was deleted is no hole: a cursor passes it.
struct Place {
    sequence: Sequence,
    timestamp: Timestamp,
    message: Option<Message>,
}

fn place(row: Reader<'_>) -> Result<Place, StoreError> {
    let sequence = Sequence::new("sequence", row.number("sequence")?);
    Ok(Place {
        sequence: sequence.map_err(|_| row.malformed("sequence"))?,
        timestamp: row.moment("timestamp")?,
        message: messages::stored(row)?.message(),
    })
}

fn messages_of(page: impl IntoIterator<Item = Place>) -> Vec<Message> {
    page.into_iter().filter_map(|place| place.message).collect()
}

fn going_back(page: Vec<Place>, has_more: bool) -> HistoryPage {
    let oldest = page.last().map(|place| place.sequence);
    HistoryPage {
        messages: messages_of(page.into_iter().rev()),
        next: oldest.filter(|oldest| has_more && oldest.get() > 1),
    }
}

fn going_on(mut page: Vec<Place>, after: u64, has_more: bool, now: Timestamp) -> HistoryPage {
    let mut previous = after;
    let young_hole = page.iter().position(|place| {
        let hole = place.sequence.get() > previous + 1;
        previous = place.sequence.get();
        // The message behind the hole took its sequence after the missing one did.
        hole && now.since(place.timestamp) < HOLE_IS_YOUNG
    });
    if let Some(at) = young_hole {
        page.truncate(at);
        return HistoryPage { messages: messages_of(page), next: None };
    }
    let newest = page.last().map(|place| place.sequence);
    HistoryPage { messages: messages_of(page), next: newest.filter(|_| has_more) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Content, MessageId, Role, UserId, Username};

    fn sequence(number: u64) -> Sequence {
        Sequence::new("sequence", number).expect("valid")
    }

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis).expect("valid")
    }

    fn message(number: u64, millis: i64) -> Place {
        let message = Message {
            message_id: MessageId::new(at(millis), [0; 10]),
            room_id: RoomId::parse("global").expect("valid"),
            sequence: sequence(number),
            user_id: UserId::parse("alice").expect("valid"),
            username: Username::parse("Alice").expect("valid"),
            role: Role::Viewer,
            content: Content::parse("hello").expect("valid"),
            timestamp: at(millis),
            reply_to: None,
        };
        Place { sequence: message.sequence, timestamp: message.timestamp, message: Some(message) }
    }

    fn deleted(number: u64, millis: i64) -> Place {
        Place { message: None, ..message(number, millis) }
    }

    fn numbers(page: &HistoryPage) -> Vec<u64> {
        page.messages.iter().map(|message| message.sequence.get()).collect()
    }

    #[test]
    fn a_page_ends_before_a_hole_that_may_still_be_filled() {
        let messages = || vec![message(3, 9_000), message(5, 10_000), message(6, 10_001)];
        let page = going_on(messages(), 2, true, at(11_999));
        assert_eq!((numbers(&page), page.next), (vec![3], None));

        let later = going_on(messages(), 2, true, at(12_000));
        assert_eq!((numbers(&later), later.next), (vec![3, 5, 6], Some(sequence(6))));
    }

    #[test]
    fn a_hole_right_after_the_cursor_counts_too() {
        let page = going_on(vec![message(4, 10_000)], 2, false, at(10_500));
        assert_eq!((numbers(&page), page.next), (vec![], None));
    }

    #[test]
    fn a_deleted_message_is_left_out_and_is_no_hole() {
        let places = || vec![message(3, 10_000), deleted(4, 10_000), message(5, 10_000), deleted(6, 10_000)];
        let page = going_on(places(), 2, true, at(10_001));
        assert_eq!((numbers(&page), page.next), (vec![3, 5], Some(sequence(6))));
        let page = going_back(places().into_iter().rev().collect(), true);
        assert_eq!((numbers(&page), page.next), (vec![3, 5], Some(sequence(3))));
        let page = going_back(vec![deleted(9, 10_000), deleted(8, 10_000)], true);
        assert_eq!((numbers(&page), page.next), (vec![], Some(sequence(8))), "there is more before it");
    }

    #[test]
    fn going_back_ends_at_the_first_message() {
        let page = going_back(vec![message(3, 3), message(2, 2)], true);
        assert_eq!((numbers(&page), page.next), (vec![2, 3], Some(sequence(2))));
        assert_eq!(going_back(vec![message(1, 1)], true).next, None);
        assert_eq!(going_back(vec![message(3, 3)], false).next, None);
    }
}
