//! Connection, request and message ids of the service's form: 11 bytes as URL-safe base64 with
//! padding, so 15 characters and `=`. Handlers treat them as opaque, but they store them, put them
//! into URLs and compare their length, so the form matters.
//!
//! As in captured ids, the first characters grow with time, the twelfth is `C` for connections and
//! messages and `F` for requests, and a message's last four are its connection's.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE;
use serde::{Serialize, Serializer};

use crate::clock::Timestamp;

const LENGTH: usize = 16;

/// 2020-01-01, so that 40 bits of milliseconds last until 2054.
const EPOCH_MS: i64 = 1_577_836_800_000;

/// The number of the last id; the next one is greater, and not less than the time.
static LAST: AtomicU64 = AtomicU64::new(0);

/// Seeded by the operating system; it makes ids of this process unlike those of an earlier one.
static RANDOM: LazyLock<RandomState> = LazyLock::new(RandomState::new);

/// An id of a connection, a request or a message. It is text of 16 characters.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Id([u8; LENGTH]);

impl Id {
    pub(crate) fn connection() -> Self {
        let number = next_number();
        Self::compose(number, b'C', random_tail(number))
    }

    pub(crate) fn request() -> Self {
        let number = next_number();
        Self::compose(number, b'F', random_tail(number))
    }

    pub(crate) fn message(connection: Id) -> Self {
        let mut id = Self::compose(next_number(), b'C', 0);
        id.0[12..].copy_from_slice(&connection.0[12..]);
        id
    }

    /// The id that the text spells, if it is of the service's form: 15 characters of the URL-safe
    /// alphabet and `=`. Stray bits in the fifteenth are let pass: well-formed ids have been seen
    /// with some (localstack#4694).
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let bytes: [u8; LENGTH] = text.as_bytes().try_into().ok()?;
        let (last, characters) = bytes.split_last()?;
        let in_alphabet = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'-' || *byte == b'_';
        (*last == b'=' && characters.iter().all(in_alphabet)).then_some(Self(bytes))
    }

    /// The id as text.
    pub(crate) fn as_str(&self) -> &str {
        // Always ASCII, by construction.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// 48 bits of number, 12 of this process, two fixed characters, 16 bits of tail.
    fn compose(number: u64, kind: u8, tail: u16) -> Self {
        let process = RANDOM.hash_one(0_u8);
        let mut bytes = [0_u8; 11];
        bytes[..6].copy_from_slice(&number.to_be_bytes()[2..]);
        bytes[6..8].copy_from_slice(&process.to_be_bytes()[..2]);
        bytes[9..].copy_from_slice(&tail.to_be_bytes());
        let mut text = [b'='; LENGTH];
        // Eleven bytes fill sixteen characters exactly.
        let written = BASE64_URL_SAFE.encode_slice(bytes, &mut text);
        debug_assert_eq!(written, Ok(LENGTH));
        text[10] = b'c';
        text[11] = kind;
        Self(text)
    }
}

/// An X-Ray header's value: `Root=1-{seconds}-{random}`.
/// <https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader>
pub(crate) fn trace_id(at: Timestamp) -> String {
    let seconds = at.0 / 1000;
    let random = uuid::Uuid::new_v4().simple().to_string();
    format!("Root=1-{seconds:08x}-{}", &random[..24])
}

fn next_number() -> u64 {
    let now = u64::try_from(Timestamp::now().0 - EPOCH_MS).unwrap_or_default() << 8;
    let last = LAST.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| Some(now.max(last + 1)));
    now.max(last.unwrap_or_default() + 1)
}

fn random_tail(number: u64) -> u16 {
    RANDOM.hash_one(number) as u16
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Id {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::collections::HashSet;

    use super::*;

    #[test]
    fn ids_are_unique_and_of_the_services_form() {
        let ids: Vec<Id> = (0..10_000).map(|_| Id::connection()).collect();
        assert_eq!(ids.iter().collect::<HashSet<_>>().len(), ids.len());
        for id in ids {
            assert_eq!(Id::parse(id.as_str()), Some(id));
            assert_eq!(BASE64_URL_SAFE.decode(id.as_str()).unwrap().len(), 11, "{id}");
            assert_eq!(id.as_str().as_bytes()[11], b'C');
        }
        assert_eq!(Id::request().as_str().as_bytes()[11], b'F');
    }

    #[test]
    fn a_messages_id_ends_as_its_connections() {
        let connection = Id::connection();
        let message = Id::message(connection);
        assert_ne!(message, connection);
        assert_eq!(message.as_str()[12..], connection.as_str()[12..]);
    }

    #[test]
    fn only_the_services_form_is_an_id() {
        for id in ["PJqB0E1tKRcF-Qw=", "RYG0LEicPHcFo_A=", "H111mc0HywMCEEf="] {
            assert!(Id::parse(id).is_some(), "{id}");
        }
        for text in [
            "",
            "abc",
            "PJqB0E1tKRcF-Qw",
            "PJqB0E1tKRcF+Qw=",
            "PJqB0E1tKRcF-Qw==",
            "PJqB0E1tKRc/-Qw=",
            "ééééééé=",
        ] {
            assert!(Id::parse(text).is_none(), "{text}");
        }
    }
}
