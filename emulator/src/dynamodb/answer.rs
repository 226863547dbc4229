//! Requests and answers of DynamoDB's JSON 1.0 protocol: which operation a request names, and how a
//! result or an error is put on the wire so that every SDK reads it.

use bytes::Bytes;
use dynoxide::DynoxideError;
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{HeaderMap, Response, StatusCode};

const JSON: HeaderValue = HeaderValue::from_static("application/x-amz-json-1.0");

/// The operation that `x-amz-target` names, DynamoDB's or DynamoDB Streams'.
pub(super) fn operation(headers: &HeaderMap) -> Option<&str> {
    let target = headers.get("x-amz-target")?.to_str().ok()?;
    let (service, operation) = target.split_once('.')?;
    matches!(service, "DynamoDB_20120810" | "DynamoDBStreams_20120810").then_some(operation)
}

/// An operation's result.
pub(super) fn result(result: Result<Vec<u8>, DynoxideError>) -> Response<Bytes> {
    match result {
        Ok(body) => respond(StatusCode::OK, None, Bytes::from(body)),
        Err(error) => {
            let status =
                StatusCode::from_u16(error.status_code()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            respond(status, Some(code(error.error_type())), Bytes::from(error.to_json()))
        }
    }
}

/// An error that is not the engine's: `code` without its name space.
pub(super) fn error(status: StatusCode, code: &'static str, message: &str) -> Response<Bytes> {
    let body = serde_json::json!({
        "__type": format!("com.amazon.coral.service#{code}"),
        "message": message,
    });
    respond(status, Some(code), Bytes::from(body.to_string()))
}

/// No operation of that name: what DynamoDB answers, without a message.
pub(super) fn unknown_operation() -> Response<Bytes> {
    error(StatusCode::BAD_REQUEST, "UnknownOperationException", "")
}

/// The engine is closed. Not a 5xx: an SDK would only try again.
pub(super) fn closed() -> Response<Bytes> {
    error(StatusCode::BAD_REQUEST, "EngineClosed", "the embedded DynamoDB is closed")
}

/// The request made the engine panic. A 500, which an SDK may try again.
pub(super) fn panicked() -> Response<Bytes> {
    error(StatusCode::INTERNAL_SERVER_ERROR, "InternalServerError", "the embedded DynamoDB failed")
}

fn code(error_type: &'static str) -> &'static str {
    error_type.rsplit_once('#').map_or(error_type, |(_namespace, code)| code)
}

fn respond(status: StatusCode, code: Option<&'static str>, body: Bytes) -> Response<Bytes> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    if let Some(code) = code {
        response.headers_mut().insert("x-amzn-errortype", HeaderValue::from_static(code));
    }
    response
}
