//! What neither AWS's documentation nor anything captured from AWS settles. Each doubt has a default, the
//! documented or the more probable side of it, and a way to choose the other, so that code can be tried
//! with both.

use crate::codec::{MAX_FRAME_BYTES, Violation};
use crate::gateway::Ending;

/// How each doubt is decided. Two older ones are with their settings:
/// [`Limits::pings_keep_alive`](crate::Limits) and
/// [`Builder::native_authorizer_values`](crate::Builder::native_authorizer_values).
#[derive(Clone, Debug)]
pub struct Doubts {
    /// Codes and reasons of endings for which none was captured; those that are not named keep theirs.
    pub endings: Vec<(EndingCause, u16, String)>,
    /// What `@connections` answers a `$connect` function about the connection that it is deciding on.
    pub posts_during_connect: PostsDuringConnect,
    /// The body of a handshake that the gateway itself refuses.
    pub refusal_body: RefusalBody,
    /// `message` of the error frame for a throttled message.
    pub throttled_message: String,
    /// `message` of the error frame for a message whose integration took too long.
    pub timeout_message: String,
    /// Whether a message's function may return anything: `null` and nothing else is no body, a text is
    /// one, and so is an object without `statusCode`, as JSON.
    pub lenient_results: bool,
    /// Whether the 101 has the headers of the `$connect` function's result, `Set-Cookie` for example.
    pub connect_headers: bool,
    /// Whether events of messages and `$disconnect` have `stageVariables`.
    pub stage_variables_in_messages: bool,
    /// Bytes that a client's frame may have: 32 KB is 32,768 or 32,000.
    pub frame_bytes: usize,
    /// Whether these are judged after decompression.
    pub judge_inflated: bool,
    /// Whether a post over 32 KB leaves in one frame.
    pub whole_posts: bool,
    /// Whether route selection reads JSON with unquoted keys, single quotes, comments and trailing commas.
    pub lenient_json: bool,
    /// Whether a post that is no UTF-8 leaves as a binary frame.
    pub binary_posts: bool,
    /// Whether compression is accepted where a client offers it. It is on AWS.
    pub compression: bool,
}

/// An ending whose code and reason on AWS are not known for certain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndingCause {
    /// `DELETE` of `@connections`: 1000.
    Delete,
    /// The connection's lifetime is over: 1001.
    Lifetime,
    /// A frame or a message was too large: 1009.
    TooBig,
    /// A binary frame: 1003.
    Binary,
    /// The client was lost without a close frame: 1006. It sees nothing of it.
    Lost,
}

/// What becomes of a call of `@connections` during `$connect`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PostsDuringConnect {
    /// 410 at once, as documented.
    #[default]
    Gone,
    /// It waits until `$connect` is decided, as one author of tests has met it.
    Hang,
}

/// The body of a refused handshake.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RefusalBody {
    /// `{"message": "…", "connectionId":"…", "requestId":"…"}`, as the gateway's frames.
    #[default]
    Ids,
    /// `{"message":"…"}`, as REST APIs have it.
    Message,
    /// None.
    Empty,
}

impl Default for Doubts {
    fn default() -> Self {
        Self {
            endings: Vec::new(),
            posts_during_connect: PostsDuringConnect::Gone,
            refusal_body: RefusalBody::Ids,
            throttled_message: "Too Many Requests".to_owned(),
            timeout_message: "Endpoint request timed out".to_owned(),
            lenient_results: false,
            connect_headers: false,
            stage_variables_in_messages: true,
            frame_bytes: MAX_FRAME_BYTES,
            judge_inflated: false,
            whole_posts: false,
            lenient_json: false,
            binary_posts: false,
            compression: true,
        }
    }
}

impl Doubts {
    /// How a connection ends for that cause, if somebody chose it.
    pub(crate) fn ending(&self, cause: EndingCause) -> Option<Ending> {
        let chosen = self.endings.iter().rev().find(|(known, ..)| *known == cause);
        chosen.map(|(_, code, reason)| Ending { code: *code, reason: reason.clone().into() })
    }

    pub(crate) fn violated(&self, violation: Violation) -> Ending {
        let cause = match violation {
            Violation::TooBig => Some(EndingCause::TooBig),
            Violation::Binary => Some(EndingCause::Binary),
            Violation::Protocol | Violation::NotUtf8 | Violation::BadData => None,
        };
        cause.and_then(|cause| self.ending(cause)).unwrap_or_else(|| violation.into())
    }
}
