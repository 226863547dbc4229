//! What a function behind a Lambda proxy integration returns.

use base64::Engine as _;
use http::{HeaderName, HeaderValue};
use serde::Deserialize;
use serde::de::Error as _;
use serde_json::{Map, Value};

/// A result of the form that the gateway accepts. Any other key makes the whole result malformed
/// (middyjs/middy#1219).
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ProxyResult {
    #[serde(deserialize_with = "status")]
    pub(crate) status_code: u16,
    #[serde(default)]
    headers: Option<Map<String, Value>>,
    #[serde(default)]
    multi_value_headers: Option<Map<String, Value>>,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: Option<bool>,
}

/// The function ran and its result is not one.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Malformed {
    #[error("the result is not a proxy response: {0}")]
    Shape(String),
    #[error("the body is said to be base64 and is not, or not of text")]
    Body,
}

impl ProxyResult {
    pub(crate) fn parse(payload: &[u8]) -> Result<Self, Malformed> {
        serde_json::from_slice(payload).map_err(|_| Malformed::Shape(diagnosis(payload)))
    }

    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status_code)
    }

    /// A header under any casing, from either map: `lambda_http` fills only the second.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let maps = [&self.headers, &self.multi_value_headers].into_iter().flatten();
        maps.flatten()
            .filter(|(key, _)| key.eq_ignore_ascii_case(name))
            .find_map(|(_, value)| value.as_str().or_else(|| value.as_array()?.last()?.as_str()))
    }

    /// Every header that can be one; of a name in both maps the list.
    pub(crate) fn all_headers(&self) -> impl Iterator<Item = (HeaderName, HeaderValue)> {
        let lists = self.multi_value_headers.iter().flatten();
        let lists =
            lists.flat_map(|(name, values)| values.as_array().into_iter().flatten().map(move |v| (name, v)));
        let listed =
            |name: &str| self.multi_value_headers.as_ref().is_some_and(|lists| lists.contains_key(name));
        let single = self.headers.iter().flatten().filter(move |(name, _)| !listed(name));
        lists
            .chain(single)
            .filter_map(|(name, value)| Some((name.parse().ok()?, value.as_str()?.parse().ok()?)))
    }

    /// The body as text; empty if there is none.
    pub(crate) fn body(self) -> Result<String, Malformed> {
        let body = self.body.unwrap_or_default();
        if !self.is_base64_encoded.unwrap_or(false) {
            return Ok(body);
        }
        let bytes = base64::prelude::BASE64_STANDARD.decode(body).map_err(|_| Malformed::Body)?;
        String::from_utf8(bytes).map_err(|_| Malformed::Body)
    }
}

/// What is wrong with a result, without its values: a parser's own message quotes them, and they
/// may be what a client sent.
fn diagnosis(payload: &[u8]) -> String {
    const KEYS: [&str; 5] = ["statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"];
    let Ok(value) = serde_json::from_slice(payload) else { return "it is not JSON".to_owned() };
    let Value::Object(map) = value else { return "it is not an object with a `statusCode`".to_owned() };
    if let Some(key) = map.keys().find(|key| !KEYS.contains(&key.as_str())) {
        return format!("it has the key {key:?}, and only {} are known", KEYS.join(", "));
    }
    match map.get("statusCode") {
        None => "`statusCode` is missing".to_owned(),
        Some(_) => {
            "`statusCode` is no final HTTP status, or another key has a value of the wrong type".to_owned()
        }
    }
}

/// A final HTTP status, as number or as digits.
fn status<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<u16, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Status {
        Number(u16),
        Text(String),
    }
    let status = match Status::deserialize(deserializer)? {
        Status::Number(number) => Some(number),
        Status::Text(text) => text.parse().ok(),
    };
    status
        .filter(|status| (200..600).contains(status))
        .ok_or_else(|| D::Error::custom("no final HTTP status"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_result_with_anything_else_in_it_is_malformed() {
        for result in [
            "null",
            "\"ok\"",
            "{}",
            r#"{"statusCode":"ok"}"#,
            r#"{"statusCode":99}"#,
            r#"{"statusCode":200,"body":{}}"#,
            r#"{"statusCode":200,"ConnectionId":"x"}"#,
        ] {
            assert!(ProxyResult::parse(result.as_bytes()).is_err(), "{result}");
        }
        assert_eq!(ProxyResult::parse(br#"{"statusCode":"201","body":null}"#).unwrap().status_code, 201);
    }

    #[test]
    fn a_header_is_found_under_any_casing_and_in_both_maps() {
        let both = br#"{"statusCode":200,"headers":{},"multiValueHeaders":{"SEC-websocket-Protocol":["a"]}}"#;
        assert_eq!(ProxyResult::parse(both).unwrap().header("sec-websocket-protocol"), Some("a"));
    }

    #[test]
    fn a_base64_body_is_decoded() {
        let result =
            ProxyResult::parse(br#"{"statusCode":200,"body":"aGk=","isBase64Encoded":true}"#).unwrap();
        assert_eq!(result.body().unwrap(), "hi");
    }
}
