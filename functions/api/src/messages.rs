//! `GET /api/rooms/{room}/messages`: a room's history, page by page.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize, Serializer};
use shared::App;
use shared::domain::{Message, RoomId, Sequence};
use shared::protocol::ChatFrame;
use shared::storage::HistoryCursor;
use utoipa::{IntoParams, ToSchema};

use crate::caller::Caller;
use crate::now::Now;
use crate::parameters::{self, Parameters, RoomPath};
use crate::problem::Problem;

/// Some of a room's messages, oldest first.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HistoryPage {
    #[schema(value_type = RoomId)]
    room_id: String,
    /// Of messages in this page.
    #[schema(maximum = 200)]
    count: usize,
    #[schema(value_type = Vec<ChatFrame<'static>>, max_items = 200)]
    #[serde(serialize_with = "as_frames")]
    messages: Vec<Message>,
    /// The cursor of the next page in the same direction, `null` at the end.
    #[schema(value_type = Option<Sequence>)]
    next: Option<u64>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct HistoryQuery {
    /// Messages at the most; a number over 200 means 200.
    #[param(value_type = Option<u64>, minimum = 1, default = 50)]
    limit: Option<String>,
    /// Only messages older than the one of this sequence, the newest of them. Not with `after`.
    #[param(value_type = Option<Sequence>)]
    before: Option<String>,
    /// Only messages newer than the one of this sequence, the oldest of them; 0 is the beginning. A page
    /// ends before a message that may still be on its way, so that no cursor passes one.
    #[param(value_type = Option<u64>, minimum = 0, maximum = 9007199254740991_i64)]
    after: Option<String>,
}

/// A room's messages, without a cursor the newest ones.
#[utoipa::path(
    get,
    path = "/api/rooms/{room}/messages",
    tag = "rooms",
    params(("room" = RoomId, Path), HistoryQuery),
    responses((status = 200, description = "A page, oldest first", body = HistoryPage), Problem)
)]
pub(crate) async fn messages(
    State(app): State<Arc<App>>,
    caller: Caller,
    RoomPath(room): RoomPath,
    Parameters(query): Parameters<HistoryQuery>,
    Now(now): Now,
) -> Result<Json<HistoryPage>, Problem> {
    caller.enter(&app.store, &room).await?;
    let cursor = query.cursor()?;
    let limit = parameters::limit(query.limit.as_deref())?;

    let page = app.store.message_page(&room, cursor, limit, now).await?;

    Ok(Json(HistoryPage {
        room_id: room.to_string(),
        count: page.messages.len(),
        messages: page.messages,
        next: page.next.map(Sequence::get),
    }))
}

impl HistoryQuery {
    fn cursor(&self) -> Result<HistoryCursor, Problem> {
        match (self.before.as_deref(), self.after.as_deref()) {
            (None, None) => Ok(HistoryCursor::Newest),
            (Some(before), None) => Ok(HistoryCursor::Before(parameters::sequence("before", before)?)),
            // 0 is where a client starts that has nothing yet.
            (None, Some(after)) => match parameters::number(after) {
                Some(after) if after <= Sequence::MAX => Ok(HistoryCursor::After(after)),
                _ => Err(Problem::invalid("after", "must be a whole number from 0 to 9007199254740991")),
            },
            (Some(_), Some(_)) => Err(Problem::invalid("before", "and after exclude each other")),
        }
    }
}

pub(crate) fn as_frames<S: Serializer>(messages: &[Message], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(messages.iter().map(ChatFrame::new))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cursor(before: Option<&str>, after: Option<&str>) -> Option<HistoryCursor> {
        let query =
            HistoryQuery { limit: None, before: before.map(str::to_owned), after: after.map(str::to_owned) };
        query.cursor().ok()
    }

    #[test]
    fn a_cursor_is_a_sequence_in_one_direction() {
        assert_eq!(cursor(None, Some("0")), Some(HistoryCursor::After(0)));
        assert_eq!(cursor(None, Some("9007199254740991")), Some(HistoryCursor::After(Sequence::MAX)));
        assert!(matches!(cursor(Some("1"), None), Some(HistoryCursor::Before(_))));
        assert_eq!(cursor(Some("1"), Some("1")), None);
    }

    #[test]
    fn what_is_no_sequence_is_no_cursor() {
        for bad in
            ["-1", "x", "", "1.5", "1e3", "0x10", "+1", " 1", "9007199254740992", "99999999999999999999"]
        {
            assert_eq!(cursor(Some(bad), None), None, "before={bad} must be refused");
            assert_eq!(cursor(None, Some(bad)), None, "after={bad} must be refused");
        }
        assert_eq!(cursor(Some("0"), None), None, "nothing is before the first");
    }
}
