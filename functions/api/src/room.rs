//! `GET` and `PUT /api/rooms/{room}`: what a room's moderators decided about it.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use shared::App;
use shared::domain::{
    BlockedTerms, Content, Deed, LogEntry, LogId, Rejection, RoomId, RoomSettings, SettingsChange,
};
use utoipa::ToSchema;

use crate::caller::Caller;
use crate::now::Now;
use crate::parameters::RoomPath;
use crate::problem::Problem;

/// A room's settings. A room that nobody decided anything about has the defaults.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Room {
    #[schema(value_type = RoomId)]
    room_id: String,
    /// Least time between two messages of one user; 0 is off.
    #[schema(maximum = 21600, example = 5)]
    slow_mode_seconds: u64,
    /// Longest message, in Unicode scalar values.
    #[schema(minimum = 1, maximum = 1000)]
    max_content_length: usize,
    /// Whether nobody may repeat within 30 seconds what they said last.
    refuse_repetition: bool,
    /// What newcomers should know.
    #[schema(value_type = Option<Content>, example = "Be kind.")]
    announcement: Option<String>,
    /// What must not be said. Only moderators see it.
    #[schema(value_type = Vec<String>, max_items = 200)]
    #[serde(skip_serializing_if = "Option::is_none")]
    blocked_terms: Option<Vec<String>>,
}

/// Settings to change; what is not there stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RoomChange {
    /// 0 switches slow mode off.
    #[schema(value_type = u64, maximum = 21600, example = 5)]
    #[serde(default)]
    slow_mode_seconds: Given,
    /// In Unicode scalar values.
    #[schema(value_type = u64, minimum = 1, maximum = 1000, example = 500)]
    #[serde(default)]
    max_content_length: Given,
    /// Whether nobody may repeat within 30 seconds what they said last.
    #[schema(value_type = bool)]
    #[serde(default)]
    refuse_repetition: Given,
    /// `null` takes it away.
    #[schema(value_type = Option<Content>, example = "Be kind.")]
    #[serde(default)]
    announcement: Given,
    /// Whole words of 1 to 50 characters each; case and look-alikes make no difference.
    #[schema(value_type = Vec<String>, max_items = 200)]
    #[serde(default)]
    blocked_terms: Given,
}

/// A field as it was given, if it was: what is wrong with it is said by name.
#[derive(Default, Deserialize)]
#[serde(from = "Value")]
struct Given(Option<Value>);

impl From<Value> for Given {
    fn from(value: Value) -> Self {
        Self(Some(value))
    }
}

/// A room's settings.
#[utoipa::path(
    get,
    path = "/api/rooms/{room}",
    tag = "rooms",
    params(("room" = RoomId, Path)),
    responses((status = 200, description = "The settings", body = Room), Problem)
)]
pub(crate) async fn room(
    State(app): State<Arc<App>>,
    caller: Caller,
    RoomPath(room): RoomPath,
) -> Result<Json<Room>, Problem> {
    caller.enter(&app.store, &room).await?;
    let settings = app.store.room_settings(&room).await?;
    Ok(Json(Room::new(&room, settings, caller.moderates(&room))))
}

/// Changes a room's settings, and says so in the room's moderation log: for its moderators.
#[utoipa::path(
    put,
    path = "/api/rooms/{room}",
    tag = "rooms",
    params(("room" = RoomId, Path)),
    request_body = RoomChange,
    responses((status = 200, description = "The settings as they are now", body = Room), Problem)
)]
pub(crate) async fn change_room(
    State(app): State<Arc<App>>,
    caller: Caller,
    RoomPath(room): RoomPath,
    Now(now): Now,
    body: Bytes,
) -> Result<Json<Room>, Problem> {
    let moderator = caller.moderator(&app.store, &room).await?;
    let change = RoomChange::parse(&body)?;

    // First what holds, then the log, as `moderate` does it: to ask again completes what died half way.
    if !change.is_empty() {
        app.store.room_settings_change(&room, &change).await?;
        let random = getrandom::u32().map_err(Problem::random)?;
        let (id, by) = (LogId::new(now, random), moderator.user_id.clone());
        let entry = LogEntry { id, at: now, by, deed: Deed::Settings(change) };
        app.store.moderation_put(&room, &entry).await?;
    }

    let settings = app.store.room_settings(&room).await?;
    Ok(Json(Room::new(&room, settings, true)))
}

impl Room {
    fn new(room: &RoomId, settings: RoomSettings, for_moderator: bool) -> Self {
        let RoomSettings { rules, announcement } = settings;
        Self {
            room_id: room.to_string(),
            slow_mode_seconds: rules.slow_mode.as_ref().map_or(0, Duration::as_secs),
            max_content_length: rules.max_chars,
            refuse_repetition: rules.refuse_repetition,
            announcement: announcement.map(|text| text.as_str().to_owned()),
            blocked_terms: for_moderator.then(|| rules.blocked_terms.as_slice().to_vec()),
        }
    }
}

impl RoomChange {
    fn parse(body: &[u8]) -> Result<SettingsChange, Problem> {
        let bad = |_| Problem::invalid("the body", "must be a JSON object");
        // By way of a map: serde reads a list as a struct, too.
        let body: Map<String, Value> = serde_json::from_slice(body).map_err(bad)?;
        let body: Self = serde_json::from_value(Value::Object(body)).map_err(bad)?;
        let slow_mode = body.slow_mode_seconds.0.map(|seconds| seconds.as_u64());
        let max_chars = body.max_content_length.0.map(|chars| chars.as_u64());
        let refuse = body.refuse_repetition.0.map(|refuse| {
            refuse.as_bool().ok_or_else(|| Problem::invalid("refuseRepetition", "must be true or false"))
        });
        Ok(SettingsChange {
            slow_mode: slow_mode.map(|s| SettingsChange::slow_mode("slowModeSeconds", s)).transpose()?,
            max_chars: max_chars.map(|c| SettingsChange::max_chars("maxContentLength", c)).transpose()?,
            refuse_repetition: refuse.transpose()?,
            blocked_terms: body.blocked_terms.0.as_ref().map(blocked_terms).transpose()?,
            announcement: body.announcement.0.as_ref().map(announcement).transpose()?,
        })
    }
}

fn blocked_terms(terms: &Value) -> Result<BlockedTerms, Problem> {
    let texts =
        terms.as_array().and_then(|terms| terms.iter().map(Value::as_str).collect::<Option<Vec<_>>>());
    let texts = texts.ok_or_else(|| Problem::invalid("blockedTerms", "must be a list of texts"))?;
    Ok(BlockedTerms::parse(&texts)?)
}

/// `None` takes it away.
fn announcement(text: &Value) -> Result<Option<Content>, Problem> {
    let invalid = |problem: &str| Err(Problem::invalid("announcement", problem));
    match text {
        Value::Null => Ok(None),
        Value::String(text) => match Content::parse(text) {
            Ok(text) => Ok(Some(text)),
            Err(Rejection::ContentTooLong { max, .. }) => {
                invalid(&format!("must have at most {max} characters"))
            }
            Err(_) => invalid("must not be blank, nor hold control characters other than newline and tab"),
        },
        _ => invalid("must be text or null"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(body: &[u8]) -> Result<SettingsChange, Problem> {
        RoomChange::parse(body)
    }

    #[test]
    fn what_is_not_there_stays_as_it_is() {
        assert_eq!(change(b"{}").unwrap(), SettingsChange::default());
        assert_eq!(change(br#"{"roomId":"x","version":7}"#).unwrap(), SettingsChange::default());
        let all = change(
            br#"{"slowModeSeconds":5,"maxContentLength":500,"refuseRepetition":true,"announcement":" hi ",
                "blockedTerms":["spam"]}"#,
        )
        .unwrap();
        assert_eq!((all.slow_mode, all.max_chars), (Some(Duration::from_secs(5)), Some(500)));
        assert_eq!(all.announcement, Some(Some(Content::parse("hi").unwrap())));
        assert_eq!(all.blocked_terms.unwrap().as_slice(), ["spam"]);
        assert_eq!(change(br#"{"announcement":null}"#).unwrap().announcement, Some(None));
    }

    #[test]
    fn a_wrong_field_is_named() {
        for (field, body) in [
            ("the body", ""),
            ("the body", "[]"),
            ("the body", "{} {}"),
            ("the body", "{\"announcement\":\"\\ud800\"}"),
            ("slowModeSeconds", r#"{"slowModeSeconds":-1}"#),
            ("slowModeSeconds", r#"{"slowModeSeconds":1.5}"#),
            ("slowModeSeconds", r#"{"slowModeSeconds":null}"#),
            ("slowModeSeconds", r#"{"slowModeSeconds":21601}"#),
            ("maxContentLength", r#"{"maxContentLength":0}"#),
            ("maxContentLength", r#"{"maxContentLength":"10"}"#),
            ("maxContentLength", r#"{"maxContentLength":1001}"#),
            ("refuseRepetition", r#"{"refuseRepetition":"yes"}"#),
            ("announcement", r#"{"announcement":7}"#),
            ("announcement", r#"{"announcement":" "}"#),
            ("announcement", r#"{"announcement":"\u0007"}"#),
            ("announcement", &format!(r#"{{"announcement":"{}"}}"#, "x".repeat(1001))),
            ("blockedTerms", r#"{"blockedTerms":"spam"}"#),
            ("blockedTerms", r#"{"blockedTerms":[1]}"#),
            ("blockedTerms", r#"{"blockedTerms":[""]}"#),
        ] {
            let message = format!("{:?}", change(body.as_bytes()).expect_err(body));
            assert!(message.contains(&format!("\"{field} ")), "{body}: {message}");
        }
    }
}
