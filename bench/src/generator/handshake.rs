//! The opening handshake, as bytes: the request of one client and the judgement of the answer.

use super::Target;

/// The sample key of RFC 6455, section 1.3. The key only proves to a client that the answer is not
/// a cached one, and the generator would notice that; a known key has a known answer, which saves
/// a SHA-1 for every connection.
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
const ACCEPT: &[u8] = b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/// Longest answer in bytes that is read before the handshake counts as broken.
const MAX_RESPONSE: usize = 16 * 1024;
/// How much of a refusal's body is shown.
const SHOWN: usize = 200;

#[derive(Debug, thiserror::Error)]
pub enum HandshakeError {
    #[error("the server refused with status {status}: {body}")]
    Refused { status: u16, body: String },
    #[error("the answer is not HTTP")]
    Http(#[from] httparse::Error),
    #[error("the answer has status 101 but the wrong Sec-WebSocket-Accept")]
    Accept,
    #[error("the answer is longer than {MAX_RESPONSE} bytes")]
    TooLong,
}

pub(super) fn request(target: &Target, room: &str, user: usize, out: &mut Vec<u8>) {
    let Target { host, path, .. } = target;
    out.extend_from_slice(
        format!(
            "GET {path}room={room}&userId=bench-{user}&username=bench-{user} HTTP/1.1\r\n\
             Host: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\n\r\n"
        )
        .as_bytes(),
    );
}

/// The length of the answer's head once it is whole and accepts; frames may follow it in `bytes`.
pub(super) fn response(bytes: &[u8]) -> Result<Option<usize>, HandshakeError> {
    let mut headers = [httparse::EMPTY_HEADER; 32];
    let mut response = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(length) = response.parse(bytes)? else {
        return if bytes.len() > MAX_RESPONSE { Err(HandshakeError::TooLong) } else { Ok(None) };
    };
    let status = response.code.unwrap_or_default();
    if status != 101 {
        let body = &bytes[length..bytes.len().min(length + SHOWN)];
        // Escaped: the text is the server's, and it ends up on a terminal.
        let body = String::from_utf8_lossy(body).escape_debug().to_string();
        return Err(HandshakeError::Refused { status, body });
    }
    let accepted = response
        .headers
        .iter()
        .any(|header| header.name.eq_ignore_ascii_case("sec-websocket-accept") && header.value == ACCEPT);
    if accepted { Ok(Some(length)) } else { Err(HandshakeError::Accept) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const ACCEPTED: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\
        sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

    #[test]
    fn frames_behind_the_head_are_left_for_the_frame_reader() {
        let bytes = [ACCEPTED, b"\x81\x00"].concat();
        assert_eq!(response(&bytes).unwrap(), Some(ACCEPTED.len()));
        assert_eq!(response(&ACCEPTED[..40]).unwrap(), None);
    }

    #[test]
    fn a_refusal_is_named_by_its_status_and_its_body_cannot_drive_a_terminal() {
        let error = response(b"HTTP/1.1 403 Forbidden\r\n\r\n\x1b[2Jbanned").unwrap_err();
        assert_eq!(error.to_string(), r"the server refused with status 403: \u{1b}[2Jbanned");
    }

    #[test]
    fn an_answer_to_another_key_is_refused() {
        let bytes = b"HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: other\r\n\r\n";
        assert!(matches!(response(bytes), Err(HandshakeError::Accept)));
    }
}
