//! Table `analytics`, items `room#R`, `moment#…`: a room's highlights; and `detector`: what finds
//! them. Only `analytics` writes them.

use aws_sdk_dynamodb::types::AttributeValue;

use super::attributes::{Item, Reader, expiry, n, s};
use super::{AnalyticsScope, Store, StoreError, Versioned, keys};
use crate::domain::analytics::retention;
use crate::domain::moments::{Detector, Moment, Term, Why};
use crate::domain::{RoomId, Sequence, Timestamp};

impl Store {
    /// What finds the room's moments. One of another version begins anew.
    pub async fn detector_get(&self, room: &RoomId) -> Result<Versioned<Detector>, StoreError> {
        let scope = AnalyticsScope::Room(room.clone());
        let parse = |bytes: &[u8]| Ok(Detector::from_bytes(bytes).unwrap_or_default());
        self.analytics_get("detector_get", &scope, keys::DETECTOR.to_owned(), parse).await
    }

    /// Writes it; `false` where somebody else wrote since `read` was read.
    pub async fn detector_put(
        &self,
        room: &RoomId,
        read: u64,
        detector: &Detector,
        expires_at: Timestamp,
    ) -> Result<bool, StoreError> {
        let scope = AnalyticsScope::Room(room.clone());
        let (bucket, data) = (keys::DETECTOR.to_owned(), detector.to_bytes());
        self.analytics_put("detector_put", &scope, bucket, read, data, Some(expires_at)).await
    }

    /// Keeps a moment; one that is found again is the same one.
    pub async fn moment_put(&self, room: &RoomId, moment: &Moment, now: Timestamp) -> Result<(), StoreError> {
        let put = self.client.put_item().table_name(&self.tables.analytics);
        let put = put.set_item(Some(item(room, moment, now.plus(retention::LONG))));
        put.send().await.map_err(StoreError::request("moment_put"))?;
        Ok(())
    }

    /// A room's newest moments, newest first: `limit` at the most, of those that begin at `since` or
    /// later.
    pub async fn moments_newest(
        &self,
        room: &RoomId,
        since: Timestamp,
        limit: usize,
    ) -> Result<Vec<Moment>, StoreError> {
        const OPERATION: &str = "moments_newest";
        let answer = self
            .client
            .query()
            .table_name(&self.tables.analytics)
            .consistent_read(true)
            .scan_index_forward(false)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX).max(1))
            .key_condition_expression("#scope = :scope AND #bucket BETWEEN :since AND :end")
            .expression_attribute_names("#scope", "scope")
            .expression_attribute_names("#bucket", "bucket")
            .expression_attribute_values(
                ":scope",
                s(keys::analytics_scope(&AnalyticsScope::Room(room.clone()))),
            )
            .expression_attribute_values(":since", s(keys::moment(since)))
            .expression_attribute_values(":end", s(keys::MOMENTS_END))
            .send()
            .await
            .map_err(StoreError::request(OPERATION))?;
        answer.items().iter().map(|item| read(Reader { item, operation: OPERATION })).collect()
    }
}

fn item(room: &RoomId, moment: &Moment, expires_at: Timestamp) -> Item {
    let Why { messages, rate, chatters, usual_chatters, reaction_share, repeat_share, words, emotes } =
        &moment.why;
    Item::from([
        ("scope".to_owned(), s(keys::analytics_scope(&AnalyticsScope::Room(room.clone())))),
        ("bucket".to_owned(), s(keys::moment(moment.start))),
        ("start".to_owned(), n(moment.start.as_millis())),
        ("peak".to_owned(), n(moment.peak.as_millis())),
        ("end".to_owned(), n(moment.end.as_millis())),
        ("score".to_owned(), n(moment.score)),
        ("first".to_owned(), n(moment.first)),
        ("last".to_owned(), n(moment.last)),
        ("messages".to_owned(), n(messages)),
        ("rate".to_owned(), n(rate)),
        ("chatters".to_owned(), n(chatters)),
        ("usualChatters".to_owned(), n(usual_chatters)),
        ("reactionShare".to_owned(), n(reaction_share)),
        ("repeatShare".to_owned(), n(repeat_share)),
        ("words".to_owned(), terms(words)),
        ("emotes".to_owned(), terms(emotes)),
        ("expiresAt".to_owned(), expiry(expires_at)),
    ])
}

/// Texts and counts in turns.
fn terms(terms: &[Term]) -> AttributeValue {
    AttributeValue::L(terms.iter().flat_map(|term| [s(&*term.text), n(term.count)]).collect())
}

fn read(row: Reader<'_>) -> Result<Moment, StoreError> {
    let sequence = |attribute: &'static str| {
        Sequence::new(attribute, row.number(attribute)?).map_err(|_| row.malformed(attribute))
    };
    Ok(Moment {
        start: row.moment("start")?,
        peak: row.moment("peak")?,
        end: row.moment("end")?,
        score: row.number("score")?,
        first: sequence("first")?,
        last: sequence("last")?,
        why: Why {
            messages: row.number("messages")?,
            rate: row.number("rate")?,
            chatters: row.number("chatters")?,
            usual_chatters: row.number("usualChatters")?,
            reaction_share: row.number("reactionShare")?,
            repeat_share: row.number("repeatShare")?,
            words: read_terms(row, "words")?,
            emotes: read_terms(row, "emotes")?,
        },
    })
}

fn read_terms(row: Reader<'_>, attribute: &'static str) -> Result<Vec<Term>, StoreError> {
    let Some(AttributeValue::L(list)) = row.item.get(attribute) else { return Err(row.malformed(attribute)) };
    let term = |pair: &[AttributeValue]| match pair {
        [AttributeValue::S(text), AttributeValue::N(count)] => {
            Some(Term { text: text.clone(), count: count.parse().ok()? })
        }
        _ => None,
    };
    let terms: Option<Vec<Term>> = list.chunks(2).map(term).collect();
    terms.ok_or_else(|| row.malformed(attribute))
}
