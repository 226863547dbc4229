//! Requests that say themselves when they happen, so that a log can be replayed with every event at its
//! own time. AWS has nothing like it: an emulator believes it only where it is told to. Handshakes
//! happen now in any case, because their sockets do.

use http::HeaderMap;
use serde::Deserialize;

use crate::clock::Timestamp;

/// Header of HTTP requests: milliseconds since 1970.
const HEADER: &str = "x-emulator-time";
/// The last millisecond of the year 9999.
const LATEST: i64 = 253_402_300_799_999;

/// What a message's body may say; everything else in it is the application's.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    emulator_time: Option<i64>,
}

/// The time that an HTTP request tells; `None` if it tells none, or none that there is.
pub(crate) fn of_headers(headers: &HeaderMap) -> Option<Timestamp> {
    valid(headers.get(HEADER)?.to_str().ok()?.parse().ok()?)
}

/// The time in the field `emulatorTime` of a message that is a JSON object.
pub(super) fn of_body(body: &str) -> Option<Timestamp> {
    valid(serde_json::from_str::<Told>(body).ok()?.emulator_time?)
}

fn valid(ms: i64) -> Option<Timestamp> {
    (1..=LATEST).contains(&ms).then_some(Timestamp(ms))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_taken_from_a_field_and_nothing_else_is_one() {
        assert_eq!(
            of_body(r#"{"action":"x","emulatorTime":1103977080000}"#),
            Some(Timestamp(1_103_977_080_000))
        );
        for other in
            ["", "[]", "{}", r#"{"emulatorTime":"1"}"#, r#"{"emulatorTime":-1}"#, r#"{"emulatorTime":1e300}"#]
        {
            assert_eq!(of_body(other), None, "{other}");
        }
    }
}
