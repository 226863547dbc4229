//! The answer to a handshake that is not accepted, and its bytes. Browsers hide all of it from
//! scripts; command-line clients print the status.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode};
use tokio::io::{AsyncWrite, AsyncWriteExt};

use super::head::HeadError;
use crate::clock::Timestamp;
use crate::doubts::RefusalBody;
use crate::ids::Id;
use crate::management;

/// Why there is no 101.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    body: Body,
    /// A header of this refusal only.
    header: Option<(&'static str, &'static str)>,
}

#[derive(Debug)]
enum Body {
    /// Ours; the form of the gateway's error frames.
    Message(&'static str),
    /// The function's, as it is.
    Function(String),
}

impl Refusal {
    pub(super) fn new(status: StatusCode, message: &'static str) -> Self {
        Self { status, body: Body::Message(message), header: None }
    }

    pub(super) fn bad_request() -> Self {
        Self::new(StatusCode::BAD_REQUEST, "Bad Request")
    }

    pub(super) fn unauthorized() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "Unauthorized")
    }

    pub(super) fn forbidden() -> Self {
        Self::new(StatusCode::FORBIDDEN, "Forbidden")
    }

    pub(super) fn throttled() -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, "Too Many Requests")
    }

    pub(super) fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "Internal server error")
    }

    pub(super) fn bad_gateway() -> Self {
        Self::new(StatusCode::BAD_GATEWAY, "Internal server error")
    }

    pub(super) fn timeout() -> Self {
        Self::new(StatusCode::GATEWAY_TIMEOUT, "Endpoint request timed out")
    }

    /// RFC 6455, section 4.4: names the version that would do.
    pub(super) fn version() -> Self {
        let refusal = Self::new(StatusCode::UPGRADE_REQUIRED, "Upgrade Required");
        Self { header: Some(("sec-websocket-version", "13")), ..refusal }
    }

    /// The status that the `$connect` function chose.
    pub(super) fn by_function(status: u16, body: String) -> Self {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
        Self { status, body: Body::Function(body), header: None }
    }

    /// The HTTP answer, its own body in the form that was chosen.
    pub(super) fn response(self, form: RefusalBody, connection_id: Id, request_id: Id) -> Response<Bytes> {
        let body = match self.body {
            Body::Message(message) => match form {
                RefusalBody::Ids => error_frame(message, connection_id, request_id),
                RefusalBody::Message => serde_json::json!({ "message": message }).to_string(),
                RefusalBody::Empty => String::new(),
            },
            Body::Function(body) => body,
        };
        let mut response = management::response(self.status, None, body.into());
        if let Some((name, value)) = self.header {
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        }
        response
    }

    /// Writes the refusal and closes our side of the socket.
    pub(super) async fn write<IO: AsyncWrite + Unpin>(
        self,
        io: &mut IO,
        form: RefusalBody,
        connection_id: Id,
        request_id: Id,
    ) -> std::io::Result<()> {
        let response = self.response(form, connection_id, request_id);
        let (status, date) = (response.status(), Timestamp::now().http_date());
        let reason = status.canonical_reason().unwrap_or("Refused");
        let mut wire =
            format!("HTTP/1.1 {} {reason}\r\nDate: {date}\r\nConnection: close\r\n", status.as_u16())
                .into_bytes();
        for (name, value) in response.headers() {
            wire.extend_from_slice(name.as_str().as_bytes());
            wire.extend_from_slice(b": ");
            wire.extend_from_slice(value.as_bytes());
            wire.extend_from_slice(b"\r\n");
        }
        wire.extend_from_slice(b"\r\n");
        wire.extend_from_slice(response.body());
        io.write_all(&wire).await?;
        io.shutdown().await
    }
}

impl HeadError {
    /// What a client is told that sent no usable head; nothing if nobody is there to read it.
    pub(super) fn refusal(&self) -> Option<Refusal> {
        match self {
            Self::Closed | Self::Io(_) => None,
            Self::TooSlow => Some(Refusal::new(StatusCode::REQUEST_TIMEOUT, "Request Timeout")),
            Self::UrlTooLong => Some(Refusal::new(StatusCode::URI_TOO_LONG, "URI Too Long")),
            Self::HeadersTooLarge => {
                let status = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
                Some(Refusal::new(status, "Request Header Fields Too Large"))
            }
            Self::Malformed => Some(Refusal::bad_request()),
        }
    }
}

/// The gateway's own frame, byte for byte as captured: one space, after the first colon only.
pub(super) fn error_frame(message: &str, connection_id: Id, request_id: Id) -> String {
    format!(r#"{{"message": "{message}", "connectionId":"{connection_id}", "requestId":"{request_id}"}}"#)
}

/// The frame for a message that its model refuses: documented with the message's id in place of the
/// request's.
pub(super) fn bad_body_frame(connection_id: Id, message_id: Id) -> String {
    format!(
        r#"{{"message": "Bad request body", "connectionId":"{connection_id}", "messageId":"{message_id}"}}"#
    )
}
