//! What a room lets be said: the one place where a message is judged. Every rule is a function of
//! values, and the [`Rejection`] that it gives names the rule that refused.
//!
//! | rule | refuses with |
//! |---|---|
//! | [`characters`] | `invalid_message` |
//! | [`length`] | `content_too_long` |
//! | [`blocked_terms`] | `invalid_message` |
//! | [`pace`]: mute, slow mode, repetition, rate | `muted`, `slow_mode`, `invalid_message`, `rate_limited` |

mod blocked_terms;
mod characters;
mod fingerprint;
mod length;
mod normal_form;
mod pace;

pub use blocked_terms::BlockedTerms;
pub use fingerprint::Fingerprint;
pub use pace::{Pace, Spoken};

pub(super) use characters::characters;
pub(super) use length::length;

use std::time::Duration;

use super::{Content, Rejection};

/// What a room's moderators decided, as far as messages are judged by it. The default is what a room
/// has that nobody decided anything for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomRules {
    /// Grows with every decision; 0 before the first one.
    pub version: u64,
    /// Least time between two messages of one user.
    pub slow_mode: Option<Duration>,
    /// In Unicode scalar values, at most [`Content::MAX_CHARS`].
    pub max_chars: usize,
    /// Whether nobody may repeat within [`Pace::REPETITION`] what they said last.
    pub refuse_repetition: bool,
    /// What must not be said.
    pub blocked_terms: BlockedTerms,
}

impl Default for RoomRules {
    fn default() -> Self {
        Self {
            version: 0,
            slow_mode: None,
            max_chars: Content::MAX_CHARS,
            refuse_repetition: false,
            blocked_terms: BlockedTerms::default(),
        }
    }
}

impl RoomRules {
    /// Judges what somebody wants to say, whoever it is.
    pub fn judge(&self, content: &Content) -> Result<(), Rejection> {
        length(content.as_str(), self.max_chars)?;
        self.blocked_terms.judge(content.as_str())
    }
}
