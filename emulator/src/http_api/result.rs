//! What a function of an HTTP API returns, and what becomes of it.

use base64::Engine as _;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode, header};
use serde_json::{Map, Value};

/// The result cannot be made into a response.
#[derive(Debug, thiserror::Error)]
pub(super) enum Malformed {
    #[error("it is not JSON: {0}")]
    Json(#[from] serde_json::Error),
    #[error("`{0}` is not of the form that payload format 2.0 has")]
    Field(&'static str),
}

/// A result with a `statusCode` is a response; anything else is the body of a 200.
pub(super) fn response(payload: &[u8]) -> Result<Response<Bytes>, Malformed> {
    match serde_json::from_slice(payload)? {
        Value::Object(result) if result.contains_key("statusCode") => explicit(&result),
        Value::String(text) => Ok(inferred(text)),
        other => Ok(inferred(other.to_string())),
    }
}

fn inferred(body: String) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

fn explicit(result: &Map<String, Value>) -> Result<Response<Bytes>, Malformed> {
    let status = match &result["statusCode"] {
        Value::Number(number) => number.as_u64().and_then(|n| u16::try_from(n).ok()),
        Value::String(text) => text.parse().ok(),
        _ => None,
    };
    let status =
        status.and_then(|status| StatusCode::from_u16(status).ok()).filter(|s| !s.is_informational());
    let mut response = Response::new(body(result)?);
    *response.status_mut() = status.ok_or(Malformed::Field("statusCode"))?;
    for field in ["headers", "multiValueHeaders"] {
        let Some(Value::Object(map)) = result.get(field) else { continue };
        for (name, value) in map {
            let values = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
            for (index, value) in values.iter().enumerate() {
                set(&mut response, name, value, index > 0).ok_or(Malformed::Field("headers"))?;
            }
        }
    }
    for cookie in result.get("cookies").and_then(Value::as_array).into_iter().flatten() {
        set(&mut response, "set-cookie", cookie, true).ok_or(Malformed::Field("cookies"))?;
    }
    let headers = response.headers_mut();
    if !headers.contains_key(header::CONTENT_TYPE) {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain;charset=UTF-8"));
    }
    Ok(response)
}

/// Sets a header, or adds to it. Those of the connection are the server's own.
fn set(response: &mut Response<Bytes>, name: &str, value: &Value, add: bool) -> Option<()> {
    let name: HeaderName = name.parse().ok()?;
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(_) | Value::Bool(_) => value.to_string(),
        _ => return None,
    };
    let value = HeaderValue::from_str(&text).ok()?;
    if matches!(name, header::CONTENT_LENGTH | header::TRANSFER_ENCODING | header::CONNECTION) {
        return Some(());
    }
    let headers = response.headers_mut();
    if add {
        headers.append(name, value);
    } else {
        headers.insert(name, value);
    }
    Some(())
}

fn body(result: &Map<String, Value>) -> Result<Bytes, Malformed> {
    let encoded = result.get("isBase64Encoded").and_then(Value::as_bool).unwrap_or(false);
    match result.get("body") {
        None | Some(Value::Null) => Ok(Bytes::new()),
        Some(Value::String(text)) if encoded => {
            let decoded = base64::prelude::BASE64_STANDARD.decode(text);
            decoded.map(Bytes::from).map_err(|_| Malformed::Field("body"))
        }
        Some(Value::String(text)) => Ok(Bytes::from(text.clone())),
        Some(_) => Err(Malformed::Field("body")),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_plain_value_is_the_body_of_a_200() {
        for (payload, body) in [(r#""hello""#, "hello"), (r#"{"a":1}"#, r#"{"a":1}"#), ("null", "null")] {
            let response = response(payload.as_bytes()).unwrap();
            assert_eq!((response.status(), response.body().as_ref()), (StatusCode::OK, body.as_bytes()));
            assert_eq!(response.headers()["content-type"], "application/json");
        }
    }

    #[test]
    fn a_result_with_a_status_is_the_response() {
        let payload =
            br#"{"statusCode":201,"headers":{"X-A":"b","content-length":"9"},"cookies":["a=1","b=2"],
            "body":"aGk=","isBase64Encoded":true}"#;
        let response = response(payload).unwrap();
        assert_eq!((response.status(), response.body().as_ref()), (StatusCode::CREATED, &b"hi"[..]));
        assert_eq!(response.headers()["x-a"], "b");
        assert_eq!(response.headers().get_all("set-cookie").iter().count(), 2);
        assert!(!response.headers().contains_key("content-length"));
    }

    #[test]
    fn what_cannot_be_a_response_is_malformed() {
        for payload in [
            "",
            "not JSON",
            r#"{"statusCode":"x"}"#,
            r#"{"statusCode":100}"#,
            r#"{"statusCode":200,"body":{}}"#,
            r#"{"statusCode":200,"headers":{"a\nb":"c"}}"#,
            r#"{"statusCode":200,"headers":{"a":"b\r\nc: d"}}"#,
        ] {
            assert!(response(payload.as_bytes()).is_err(), "{payload}");
        }
    }
}
