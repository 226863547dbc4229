//! `DELETE /api/users/{user}/messages`: takes away what a user said.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use shared::App;
use shared::domain::UserId;
use shared::erasure::{EraseError, erase_user};
use utoipa::ToSchema;

use crate::caller::Caller;
use crate::now::Now;
use crate::parameters::UserPath;
use crate::problem::Problem;

/// What was taken away.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ErasedMessages {
    #[schema(value_type = UserId)]
    user_id: String,
    /// Messages, deleted ones included.
    #[schema(maximum = 1000)]
    erased: usize,
    /// Whether there are more, or rooms that counted some: ask again.
    more: bool,
}

/// Takes away what a user said, in all rooms, from storage, history and everything that was counted:
/// 1,000 messages a request, newest first. What was counted of messages that are gone already loses the
/// user's name, and says so: `erasedUsers`. For owners whose token is not limited to rooms; where no
/// tokens are required, for nobody.
#[utoipa::path(
    delete,
    path = "/api/users/{user}/messages",
    tag = "users",
    params(("user" = UserId, Path)),
    responses((status = 200, description = "What was taken away", body = ErasedMessages), Problem)
)]
pub(crate) async fn erase(
    State(app): State<Arc<App>>,
    caller: Caller,
    UserPath(user): UserPath,
    Now(now): Now,
) -> Result<Json<ErasedMessages>, Problem> {
    if !caller.owns_everything() {
        return Err(Problem::forbidden());
    }

    let erased = erase_user(&app.store, app.config.message_retention, &user, now).await;
    let erased = erased.map_err(|error| match error {
        EraseError::Store(error) => Problem::from(error),
        EraseError::Random(error) => Problem::random(error),
    })?;

    Ok(Json(ErasedMessages { user_id: user.to_string(), erased: erased.messages, more: erased.more }))
}
