//! The head of the first request on a socket, read by ourselves: events carry header names as the
//! client wrote them, which HTTP libraries do not keep.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt};

/// The request line and all headers, at most.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html>
const MAX_HEADER_BYTES: usize = 10_240;
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html>
const MAX_URL_BYTES: usize = 4_096;
/// Both of them, the method, the version and what separates them.
pub(super) const MAX_HEAD_BYTES: usize = MAX_HEADER_BYTES + MAX_URL_BYTES + 64;
const MAX_HEADERS: usize = 128;

/// A parsed request head.
#[derive(Clone, Debug, Default)]
pub(crate) struct Head {
    pub(crate) method: String,
    /// Without query; as written.
    pub(crate) path: String,
    pub(crate) query: Option<String>,
    /// In the order and casing of the client.
    pub(crate) headers: Vec<(String, String)>,
}

/// What was read from a socket.
pub(super) struct Received {
    pub(super) head: Head,
    /// Everything, the head included.
    pub(super) bytes: Bytes,
    /// Where the head ends in `bytes`.
    pub(super) head_length: usize,
}

/// Why there is no head.
#[derive(Debug, thiserror::Error)]
pub(super) enum HeadError {
    #[error("the client closed without a request")]
    Closed,
    #[error("the request head did not arrive in time")]
    TooSlow,
    #[error("the URL is too long")]
    UrlTooLong,
    #[error("the headers are too large")]
    HeadersTooLarge,
    #[error("the request is not HTTP/1.1")]
    Malformed,
    #[error("the request could not be read")]
    Io(#[from] std::io::Error),
}

/// Reads until the head is complete, within bounds of size and time.
pub(super) async fn read<IO: AsyncRead + Unpin>(
    io: &mut IO,
    patience: Duration,
) -> Result<Received, HeadError> {
    let mut bytes = BytesMut::with_capacity(1024);
    let reading = async {
        loop {
            if io.read_buf(&mut bytes).await? == 0 {
                return Err(if bytes.is_empty() { HeadError::Closed } else { HeadError::Malformed });
            }
            if let Some((head, head_length)) = parse(&bytes)? {
                return Ok((head, head_length));
            }
        }
    };
    match tokio::time::timeout(patience, reading).await {
        Ok(Ok((head, head_length))) => Ok(Received { head, bytes: bytes.freeze(), head_length }),
        Ok(Err(error)) => Err(error),
        Err(_elapsed) if bytes.is_empty() => Err(HeadError::Closed),
        Err(_elapsed) => Err(HeadError::TooSlow),
    }
}

fn parse(bytes: &[u8]) -> Result<Option<(Head, usize)>, HeadError> {
    let mut slots = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut request = httparse::Request::new(&mut slots);
    let status = request.parse(bytes).map_err(|error| match error {
        httparse::Error::TooManyHeaders => HeadError::HeadersTooLarge,
        _ => HeadError::Malformed,
    })?;
    let target = request.path.unwrap_or_default();
    if target.len() > MAX_URL_BYTES {
        return Err(HeadError::UrlTooLong);
    }
    let httparse::Status::Complete(length) = status else {
        // As long as there is no second line, it is the first that grows.
        return match bytes.len() > MAX_HEAD_BYTES {
            true if request.path.is_none() => Err(HeadError::UrlTooLong),
            true => Err(HeadError::HeadersTooLarge),
            false => Ok(None),
        };
    };
    let line = bytes.iter().position(|byte| *byte == b'\n').unwrap_or_default();
    if length - line > MAX_HEADER_BYTES {
        return Err(HeadError::HeadersTooLarge);
    }
    let (path, query) = match target.split_once('?') {
        Some((path, query)) => (path, Some(query.to_owned())),
        None => (target, None),
    };
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    let head = Head {
        method: request.method.unwrap_or_default().to_owned(),
        path: path.to_owned(),
        query,
        headers: request.headers.iter().map(|h| (h.name.to_owned(), text(h.value))).collect(),
    };
    Ok(Some((head, length)))
}

/// Whatever the bytes are, it must not panic.
#[cfg(any(test, feature = "fuzzing"))]
pub(super) fn try_parse(bytes: &[u8]) {
    if let Ok(Some((head, length))) = parse(bytes) {
        assert!(length <= bytes.len());
        let _read = (head.is_upgrade(), head.query_pairs());
    }
}

impl Head {
    /// The first value of a header, whatever its casing.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Every value of a header.
    pub(crate) fn values<'h>(&'h self, name: &'h str) -> impl Iterator<Item = &'h str> {
        let values = self.headers.iter().filter(move |(key, _)| key.eq_ignore_ascii_case(name));
        values.map(|(_, value)| value.as_str())
    }

    /// Whether a header's comma-separated list has a token, whatever its casing.
    pub(crate) fn has_token(&self, name: &str, token: &str) -> bool {
        let values = self.headers.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name));
        values.flat_map(|(_, value)| value.split(',')).any(|part| part.trim().eq_ignore_ascii_case(token))
    }

    /// Whether the client asks for a WebSocket.
    pub(crate) fn is_upgrade(&self) -> bool {
        self.method == "GET"
            && self.has_token("upgrade", "websocket")
            && self.has_token("connection", "upgrade")
    }

    /// The query's keys and values, decoded, in the client's order.
    pub(crate) fn query_pairs(&self) -> Vec<(String, String)> {
        let query = self.query.as_deref().unwrap_or_default();
        form_urlencoded::parse(query.as_bytes()).into_owned().collect()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    async fn read_all(mut bytes: &[u8]) -> Result<Received, HeadError> {
        read(&mut bytes, Duration::from_secs(1)).await
    }

    #[tokio::test]
    async fn names_keep_their_casing_and_what_follows_is_kept() {
        let request = b"GET /ws?a=1&a=2 HTTP/1.1\r\nHOST: x\r\nuPgRaDe: WebSocket\r\nConnection: keep-alive, Upgrade\r\n\r\nrest";
        let received = read_all(request).await.unwrap();
        assert_eq!(received.head.headers[1].0, "uPgRaDe");
        assert!(received.head.is_upgrade());
        assert_eq!(received.head.query_pairs(), [("a".into(), "1".into()), ("a".into(), "2".into())]);
        assert_eq!(&received.bytes[received.head_length..], b"rest");
    }

    #[tokio::test]
    async fn an_endless_head_is_given_up() {
        let url = format!("GET /{} HTTP/1.1\r\n\r\n", "a".repeat(MAX_URL_BYTES));
        assert!(matches!(read_all(url.as_bytes()).await, Err(HeadError::UrlTooLong)));
        let endless = format!("GET /{}", "a".repeat(MAX_HEAD_BYTES));
        assert!(matches!(read_all(endless.as_bytes()).await, Err(HeadError::UrlTooLong)));
        let headers = format!("GET / HTTP/1.1\r\nx: {}\r\n\r\n", "a".repeat(MAX_HEADER_BYTES));
        assert!(matches!(read_all(headers.as_bytes()).await, Err(HeadError::HeadersTooLarge)));
        let many = format!("GET / HTTP/1.1\r\n{}\r\n", "x: y\r\n".repeat(MAX_HEADERS + 1));
        assert!(matches!(read_all(many.as_bytes()).await, Err(HeadError::HeadersTooLarge)));
    }

    #[tokio::test]
    async fn a_slow_head_is_given_up() {
        let (mut ours, mut theirs) = tokio::io::duplex(64);
        tokio::io::AsyncWriteExt::write_all(&mut theirs, b"GET / HT").await.unwrap();
        assert!(matches!(read(&mut ours, Duration::from_millis(20)).await, Err(HeadError::TooSlow)));
        assert!(matches!(read(&mut ours, Duration::from_millis(20)).await, Err(HeadError::Closed)));
    }

    /// A request of a browser, for hostile hands to change.
    const HANDSHAKE: &[u8] = b"GET /ws?a=1 HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

    proptest! {
        #[test]
        fn no_bytes_panic_the_parser(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            if let Ok(Some((head, length))) = parse(&bytes) {
                prop_assert!(length <= bytes.len());
                let _ = (head.is_upgrade(), head.query_pairs());
            }
        }

        #[test]
        fn a_spoilt_handshake_is_read_or_refused_and_never_read_past_its_end(
            spoilt in proptest::collection::vec((0..HANDSHAKE.len(), any::<u8>()), 0..6),
            cut in 0..=HANDSHAKE.len(),
        ) {
            let mut bytes = HANDSHAKE.to_vec();
            for (at, byte) in spoilt {
                bytes[at] = byte;
            }
            match (parse(&bytes), parse(&bytes[..cut])) {
                // What is a head already stays the same head, whatever comes behind it.
                (Ok(Some((whole, length))), Ok(Some((part, of_part)))) => {
                    prop_assert_eq!((whole.path, whole.headers, length), (part.path, part.headers, of_part));
                }
                (whole, Ok(Some(_))) => prop_assert!(false, "a part was a head and the whole is {:?}", whole.map(|_| ())),
                (Ok(Some((head, length))), _) => {
                    prop_assert!(length <= bytes.len());
                    let _ = (head.is_upgrade(), head.query_pairs());
                }
                _ => {}
            }
        }
    }
}
