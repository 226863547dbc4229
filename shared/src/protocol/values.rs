//! How values of the domain look on the wire, for the API's description. The bounds are those of the
//! domain's parsers, which do not know that they are described.

use serde_json::json;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::openapi::{RefOr, schema};
use utoipa::{PartialSchema, ToSchema};

use crate::domain::{
    Content, MessageId, Nonce, Rejection, Role, RoomId, Sequence, Timestamp, UserId, Username,
};

/// The `code` of an `error` frame, which [`Rejection::code`] gives.
pub(super) struct ErrorCode;

macro_rules! described {
    ($($value:ty => $schema:expr;)*) => {$(
        impl PartialSchema for $value {
            fn schema() -> RefOr<Schema> {
                $schema.into()
            }
        }

        impl ToSchema for $value {}
    )*};
}

described! {
    RoomId => text("A room.", "global", 64).pattern(Some("^[A-Za-z0-9_-]+$"));
    UserId => text("A user, across all of their connections. `%` escapes a byte of a token's subject.", "alice", 64).pattern(Some(r"^([A-Za-z0-9_.@-]|%[0-9A-F]{2})+$"));
    Username => text("A user's name for people to read. No control characters.", "Alice", 50);
    Content => text("What was said. Of control characters only newline and tab.", "hello", Content::MAX_CHARS);
    Nonce => text("A client's own name for its message.", "n1", 64);
    MessageId => string("Unique everywhere; a UUID.")
        .format(Some(SchemaFormat::Custom("uuid".to_owned())))
        .examples([json!("01a20cae-021b-7707-8707-070707070707")]);
    Timestamp => string("A moment: RFC 3339, UTC, always three digits of milliseconds.")
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
        .pattern(Some(r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$"))
        .examples([json!("2026-11-24T08:31:00.123Z")]);
    Sequence => ObjectBuilder::new()
        .schema_type(schema::SchemaType::new(Type::Integer))
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
        .description(Some("A message's place in its room: starts at 1 and grows by 1."))
        .minimum(Some(1))
        .maximum(Some(i64::try_from(Sequence::MAX).unwrap_or(i64::MAX)))
        .examples([json!(42)]);
    ErrorCode => string("Why a frame was refused: to match on. New ones may come.")
        .enum_values(Some(Rejection::CODES))
        .examples([json!("rate_limited")]);
    Role => string("What somebody may do in a room.")
        .enum_values(Some([Role::Viewer, Role::Moderator, Role::Owner].map(Role::as_str)))
        .examples([json!("moderator")]);
}

fn string(description: &str) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(schema::SchemaType::new(Type::String)).description(Some(description))
}

/// Text of 1 to `max` characters.
fn text(description: &str, example: &str, max: usize) -> ObjectBuilder {
    string(description).min_length(Some(1)).max_length(Some(max)).examples([json!(example)])
}
