//! How connections end: the close frame that the client sees, and the code and reason that
//! `$disconnect` is told.

use std::borrow::Cow;

use crate::codec::{Close, Violation};

/// The end of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ending {
    /// `disconnectStatusCode`; 1005 and 1006 are never on the wire.
    pub(crate) code: u16,
    /// `disconnectReason`.
    pub(crate) reason: Cow<'static, str>,
}

impl Ending {
    /// Idle, too old, or the gateway shuts down. Captured from an idle connection.
    pub(crate) const GOING_AWAY: Self = Self::of(1001, "Going away");
    /// `DELETE` of the management API. The reason that AWS gives is not known.
    pub(crate) const DELETED: Self = Self::of(1000, "Connection Closed Normally");
    /// The client is gone without a close frame. The reason that AWS gives is not known.
    pub(crate) const LOST: Self = Self::of(1006, "Connection Closed Abnormally");

    const fn of(code: u16, reason: &'static str) -> Self {
        Self { code, reason: Cow::Borrowed(reason) }
    }

    /// The client said goodbye.
    pub(crate) fn by_client(close: Close) -> Self {
        match close.code {
            Some(code) => Self { code, reason: Cow::Owned(close.reason) },
            // Captured: what a close frame without a code becomes.
            None => Self::of(1005, "Client-side close frame status not set"),
        }
    }
}

impl From<Violation> for Ending {
    fn from(violation: Violation) -> Self {
        Self { code: violation.code(), reason: Cow::Owned(violation.to_string()) }
    }
}
