//! `GET /api/users/{user}/messages`: what a user said, in all rooms, newest page first.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use shared::App;
use shared::domain::{Message, RoomId, UserCursor, UserId};
use shared::protocol::ChatFrame;
use utoipa::{IntoParams, ToSchema};

use crate::caller::Caller;
use crate::messages::as_frames;
use crate::now::Now;
use crate::parameters::{self, Parameters, UserPath};
use crate::problem::Problem;

/// Some of a user's messages, oldest first.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UserMessagesPage {
    #[schema(value_type = UserId)]
    user_id: String,
    /// Of messages in this page.
    #[schema(maximum = 200)]
    count: usize,
    #[schema(value_type = Vec<ChatFrame<'static>>, max_items = 200)]
    #[serde(serialize_with = "as_frames")]
    messages: Vec<Message>,
    /// `before` of the next page, going back; `null` at the end. A page can be empty and not be the last.
    #[schema(example = "1795509060123.global.42")]
    next: Option<String>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct UserMessagesQuery {
    /// Messages at the most; a number over 200 means 200.
    #[param(value_type = Option<u64>, minimum = 1, default = 50)]
    limit: Option<String>,
    /// The `next` of an earlier page; or milliseconds since 1970, for messages before that moment.
    #[param(
        pattern = r"^\d{1,14}(\.[A-Za-z0-9_-]{1,64}\.[1-9]\d{0,14})?$",
        example = "1795509060123.global.42"
    )]
    before: Option<String>,
}

/// A user's messages of all rooms, ordered by time. Those of the last moments can be missing. Where tokens
/// are required: one's own, or anybody's for a moderator, of the rooms that the token allows and that the
/// moderator is not banned from.
#[utoipa::path(
    get,
    path = "/api/users/{user}/messages",
    tag = "users",
    params(("user" = UserId, Path), UserMessagesQuery),
    responses((status = 200, description = "A page, oldest first", body = UserMessagesPage), Problem)
)]
pub(crate) async fn user_messages(
    State(app): State<Arc<App>>,
    caller: Caller,
    UserPath(user): UserPath,
    Parameters(query): Parameters<UserMessagesQuery>,
    Now(now): Now,
) -> Result<Json<UserMessagesPage>, Problem> {
    caller.ask_about(&user)?;
    let before = query.before.as_deref().map(UserCursor::parse).transpose()?;
    let limit = parameters::limit(query.limit.as_deref())?;

    // What one said is one's own, also in a room that one is banned from.
    let reader = caller.heeds_bans().filter(|reader| **reader != user);
    let visible = |room: &RoomId| caller.sees(room);
    let page = app.store.user_message_page(&user, before, limit, visible, reader, now).await?;

    Ok(Json(UserMessagesPage {
        user_id: user.to_string(),
        count: page.messages.len(),
        messages: page.messages,
        next: page.next.map(|next| next.to_string()),
    }))
}
