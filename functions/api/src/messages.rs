//! `GET /api/rooms/{room}/messages`: a room's history, page by page.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Query, State};
use serde::{Serialize, Serializer};
use shared::App;
use shared::domain::{Message, RoomId, Sequence};
use shared::protocol::ChatFrame;
use shared::storage::HistoryCursor;

use crate::caller::Caller;
use crate::now::Now;
use crate::problem::Problem;

const DEFAULT_LIMIT: usize = 50;
const MAX_LIMIT: usize = 200;

/// Oldest first. `next` is the cursor of the next page in the same direction, `null` at the end.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Page {
    room_id: String,
    count: usize,
    #[serde(serialize_with = "as_frames")]
    messages: Vec<Message>,
    next: Option<u64>,
}

pub(crate) async fn messages(
    State(app): State<Arc<App>>,
    caller: Caller,
    room: Result<Path<String>, PathRejection>,
    Query(query): Query<HashMap<String, String>>,
    Now(now): Now,
) -> Result<Json<Page>, Problem> {
    let Path(room) = room.map_err(|_| Problem::invalid("room", "must be UTF-8"))?;
    let room = RoomId::parse(&room)?;
    caller.enter(&room)?;
    let cursor = cursor(&query)?;
    let limit = limit(&query)?;

    let page = app.store.message_page(&room, cursor, limit, now).await?;

    Ok(Json(Page {
        room_id: room.to_string(),
        count: page.messages.len(),
        messages: page.messages,
        next: page.next.map(Sequence::get),
    }))
}

fn cursor(query: &HashMap<String, String>) -> Result<HistoryCursor, Problem> {
    match (query.get("before"), query.get("after")) {
        (None, None) => Ok(HistoryCursor::Newest),
        (Some(before), None) => {
            Ok(HistoryCursor::Before(Sequence::new("before", number(before).unwrap_or(0))?))
        }
        // 0 is where a client starts that has nothing yet.
        (None, Some(after)) => match number(after) {
            Some(after) if after <= Sequence::MAX => Ok(HistoryCursor::After(after)),
            _ => Err(Problem::invalid("after", "must be a whole number from 0 to 9007199254740991")),
        },
        (Some(_), Some(_)) => Err(Problem::invalid("before", "and after exclude each other")),
    }
}

fn limit(query: &HashMap<String, String>) -> Result<usize, Problem> {
    let Some(text) = query.get("limit") else { return Ok(DEFAULT_LIMIT) };
    match number(text) {
        None | Some(0) => Err(Problem::invalid("limit", "must be a whole number from 1")),
        Some(limit) => Ok(usize::try_from(limit).unwrap_or(MAX_LIMIT).min(MAX_LIMIT)),
    }
}

/// Digits only; what is too large to count is as large as can be.
fn number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(u64::MAX))
}

fn as_frames<S: Serializer>(messages: &[Message], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(messages.iter().map(ChatFrame::new))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(pairs: &[(&str, &str)]) -> HashMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_limit_over_the_maximum_is_clamped_and_any_other_bad_one_refused() {
        let limit = |text| limit(&query(&[("limit", text)])).ok();
        assert_eq!(limit("1"), Some(1));
        assert_eq!(limit("201"), Some(200));
        assert_eq!(limit("99999999999999999999999999"), Some(200));
        for bad in ["0", "-1", "", "ten", "1.5", "+5", " 5", "5,6"] {
            assert_eq!(limit(bad), None, "{bad:?} must be refused");
        }
    }

    #[test]
    fn a_cursor_is_a_sequence_in_one_direction() {
        let cursor = |pairs: &[(&str, &str)]| cursor(&query(pairs)).ok();
        assert_eq!(cursor(&[("after", "0")]), Some(HistoryCursor::After(0)));
        assert_eq!(cursor(&[("after", "9007199254740991")]), Some(HistoryCursor::After(Sequence::MAX)));
        assert!(matches!(cursor(&[("before", "1")]), Some(HistoryCursor::Before(_))));
        for (name, bad) in [
            ("before", "0"),
            ("before", "-1"),
            ("after", "-1"),
            ("after", "x"),
            ("after", "9007199254740992"),
            ("before", "99999999999999999999"),
        ] {
            assert_eq!(cursor(&[(name, bad)]), None, "{name}={bad} must be refused");
        }
        assert_eq!(cursor(&[("before", "1"), ("after", "1")]), None);
    }
}
