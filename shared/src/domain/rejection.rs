//! Why a client's frame was refused: the caller's fault, never ours.

use std::time::Duration;

use super::Invalid;

/// Each variant has a stable code that clients match on; `Display` is a sentence for a person and
/// repeats nothing that the client sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// Not JSON, or not an object.
    #[error("a frame must be one JSON object, such as {{\"action\":\"sendMessage\",\"content\":\"hello\"}}")]
    InvalidJson,
    /// No such `action`, or no `action` and a `type` other than `chat`.
    #[error(
        "there is no such action; to say something, send {{\"action\":\"sendMessage\",\"content\":\"hello\"}}"
    )]
    UnknownAction,
    /// A field is missing or wrong.
    #[error(transparent)]
    InvalidMessage(Invalid),
    /// More than the room allows.
    #[error("content has {length} characters, at most {max} are allowed")]
    ContentTooLong {
        /// In Unicode scalar values.
        length: usize,
        /// In Unicode scalar values.
        max: usize,
    },
    /// More messages than the user may send.
    #[error("too many messages; wait a moment")]
    RateLimited {
        /// When the next message will be accepted.
        retry_after: Duration,
    },
    /// The room is in slow mode.
    #[error("the room is in slow mode; wait a moment")]
    SlowMode {
        /// When the next message will be accepted.
        retry_after: Duration,
    },
    /// The room asks that nobody repeats themselves.
    #[error("content is what you said last; say something else or wait a moment")]
    Repetition {
        /// When it will be accepted.
        retry_after: Duration,
    },
    /// The room blocks a word of it.
    #[error("content has a term that this room does not allow")]
    BlockedTerm,
    /// The user may not speak in the room.
    #[error("you may not speak in this room")]
    Muted {
        /// When the user may; `None` for never.
        retry_after: Option<Duration>,
    },
    /// Not with this role, or not to this user.
    #[error("you may not do that in this room")]
    Forbidden,
    /// What the frame speaks of is not there.
    #[error("{what} was not found")]
    NotFound {
        /// For example `the message that replyTo names`.
        what: &'static str,
    },
    /// The room's sequence cannot be advanced any faster.
    #[error("the room is too busy; try again")]
    RoomBusy {
        /// A guess.
        retry_after: Duration,
    },
    /// Our fault after all, said to the client so that it can try again with the same nonce.
    #[error("something went wrong on our side; try again with the same nonce")]
    Internal,
}

impl Rejection {
    /// What [`Self::code`] can be.
    pub const CODES: [&str; 11] = [
        "invalid_json",
        "unknown_action",
        "invalid_message",
        "content_too_long",
        "rate_limited",
        "slow_mode",
        "muted",
        "forbidden",
        "not_found",
        "room_busy",
        "internal",
    ];

    /// A field of a message and what is wrong with it.
    pub fn invalid(field: &'static str, problem: impl Into<String>) -> Self {
        Self::InvalidMessage(Invalid::new(field, problem))
    }

    /// The `code` of the `error` frame.
    pub fn code(&self) -> &'static str {
        match self {
            Self::InvalidJson => "invalid_json",
            Self::UnknownAction => "unknown_action",
            Self::InvalidMessage(_) | Self::Repetition { .. } | Self::BlockedTerm => "invalid_message",
            Self::ContentTooLong { .. } => "content_too_long",
            Self::RateLimited { .. } => "rate_limited",
            Self::SlowMode { .. } => "slow_mode",
            Self::Muted { .. } => "muted",
            Self::Forbidden => "forbidden",
            Self::NotFound { .. } => "not_found",
            Self::RoomBusy { .. } => "room_busy",
            Self::Internal => "internal",
        }
    }

    /// How long to wait, where waiting helps.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::RateLimited { retry_after }
            | Self::RoomBusy { retry_after }
            | Self::SlowMode { retry_after }
            | Self::Repetition { retry_after } => Some(*retry_after),
            Self::Muted { retry_after } => *retry_after,
            _ => None,
        }
    }
}

impl From<Invalid> for Rejection {
    fn from(invalid: Invalid) -> Self {
        Self::InvalidMessage(invalid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codes_are_those_of_all_rejections() {
        let (retry_after, problem) = (Duration::from_secs(1), Rejection::invalid("content", "is missing"));
        let all = [
            Rejection::InvalidJson,
            Rejection::UnknownAction,
            problem,
            Rejection::ContentTooLong { length: 2, max: 1 },
            Rejection::RateLimited { retry_after },
            Rejection::SlowMode { retry_after },
            Rejection::Muted { retry_after: None },
            Rejection::Forbidden,
            Rejection::NotFound { what: "the message" },
            Rejection::RoomBusy { retry_after },
            Rejection::Internal,
        ];
        assert_eq!(all.each_ref().map(Rejection::code), Rejection::CODES);
        // What a room's rules refuse has no code of its own.
        for rejection in [Rejection::BlockedTerm, Rejection::Repetition { retry_after }] {
            assert_eq!(rejection.code(), "invalid_message");
        }
    }
}
