//! `POST /2015-03-31/functions/{name}/invocations`. A function that fails is a success of the call:
//! status 200 and the header `X-Amz-Function-Error`.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, header};
use percent_encoding::percent_decode_str;
use serde_json::json;
use uuid::Uuid;

use super::{InvokeApi, LogTail, PREFIX, SUFFIX, run_to_the_end};
use crate::function::{FunctionError, Invocation, MAX_PAYLOAD_BYTES};
use crate::functions::{Functions, Target};
use crate::gateway::Gateway;

/// The largest event that nobody waits for.
/// <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>
const MAX_ASYNC_BYTES: usize = 1024 * 1024;

/// Of the header as it is sent, base64.
/// <https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html#API_Invoke_RequestSyntax>
const MAX_CLIENT_CONTEXT_BYTES: usize = 3_583;

const EXECUTED_VERSION: HeaderName = HeaderName::from_static("x-amz-executed-version");
const FUNCTION_ERROR: HeaderName = HeaderName::from_static("x-amz-function-error");
const INVOCATION_TYPE: HeaderName = HeaderName::from_static("x-amz-invocation-type");
const LOG_TYPE: HeaderName = HeaderName::from_static("x-amz-log-type");
const LOG_RESULT: HeaderName = HeaderName::from_static("x-amz-log-result");
const CLIENT_CONTEXT: HeaderName = HeaderName::from_static("x-amz-client-context");
const REASON: HeaderName = HeaderName::from_static("reason");

/// The answer to a request; `None` if the path is none of the Invoke API.
pub(crate) async fn answer(
    gateway: &Gateway,
    api: InvokeApi,
    request: &Request<Bytes>,
) -> Option<Response<Bytes>> {
    let name = request.uri().path().strip_prefix(PREFIX)?.strip_suffix(SUFFIX)?;
    let name = percent_decode_str(name).decode_utf8_lossy();
    Some(invoke(gateway, api, &name, request).await.unwrap_or_else(|refused| *refused))
}

async fn invoke(
    gateway: &Gateway,
    api: InvokeApi,
    name: &str,
    request: &Request<Bytes>,
) -> Result<Response<Bytes>, Box<Response<Bytes>>> {
    // No web page has business with functions; whatever its content type, it would need no preflight.
    if request.headers().contains_key(header::ORIGIN) {
        return Err(error(
            StatusCode::FORBIDDEN,
            "AccessDeniedException",
            "no web page may invoke a function",
        ));
    }
    if request.method() != Method::POST {
        return Err(error(
            StatusCode::NOT_FOUND,
            "ResourceNotFoundException",
            "functions are invoked by POST",
        ));
    }
    let target = find(&gateway.functions, name).ok_or_else(|| {
        error(StatusCode::NOT_FOUND, "ResourceNotFoundException", &format!("Function not found: {name}"))
    })?;
    let kind = text(request.headers(), &INVOCATION_TYPE).unwrap_or("RequestResponse");
    let payload = payload(request.body(), kind)?;
    match kind {
        "RequestResponse" => {
            let log_tail = wants_log(request.headers())?.then(LogTail::default);
            let invocation = Invocation {
                client_context: client_context(request.headers())?,
                log_tail: log_tail.clone(),
                ..Invocation::new(payload, Uuid::new_v4().to_string())
            };
            // A task of its own: the function goes on if the caller leaves.
            let target = target.clone();
            let running = tokio::spawn(async move { target.invoke_as(invocation).await }).await;
            let result = running.unwrap_or_else(|e| Err(FunctionError::new("Runtime.ExitError", &e)));
            let mut response = self::result(result);
            let log = log_tail.map(|tail| HeaderValue::from_str(&BASE64_STANDARD.encode(tail.bytes())));
            if let Some(Ok(log)) = log {
                response.headers_mut().insert(LOG_RESULT, log);
            }
            Ok(response)
        }
        "Event" => {
            let (target, running) = (target.clone(), gateway.tasks.begin());
            let stopped = gateway.stopped();
            tokio::spawn(async move {
                run_to_the_end(&target, payload, api, stopped).await;
                drop(running);
            });
            Ok(empty(StatusCode::ACCEPTED))
        }
        "DryRun" => Ok(empty(StatusCode::NO_CONTENT)),
        _ => Err(error(
            StatusCode::BAD_REQUEST,
            "InvalidParameterValueException",
            "the invocation type is RequestResponse, Event or DryRun",
        )),
    }
}

/// A function by any of its names: plain, with a qualifier, or as a whole or partial ARN.
fn find<'f>(functions: &'f Functions, name: &str) -> Option<&'f Target> {
    let plain = match name.split_once("function:") {
        Some((_, rest)) => rest,
        None => name,
    };
    functions.named(plain.split(':').next().unwrap_or(plain))
}

fn wants_log(headers: &HeaderMap) -> Result<bool, Box<Response<Bytes>>> {
    match text(headers, &LOG_TYPE) {
        None | Some("None") => Ok(false),
        Some("Tail") => Ok(true),
        Some(_) => {
            let message = "the log type is None or Tail";
            Err(error(StatusCode::BAD_REQUEST, "InvalidParameterValueException", message))
        }
    }
}

/// The JSON in the header.
fn client_context(headers: &HeaderMap) -> Result<Option<String>, Box<Response<Bytes>>> {
    let Some(encoded) = headers.get(&CLIENT_CONTEXT) else { return Ok(None) };
    let decoded =
        BASE64_STANDARD.decode(encoded.as_bytes()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let context = decoded.filter(|text| {
        encoded.len() <= MAX_CLIENT_CONTEXT_BYTES
            && serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(text).is_ok()
    });
    context.map(Some).ok_or_else(|| {
        let message = "Client context must be a valid Base64-encoded JSON object.";
        error(StatusCode::BAD_REQUEST, "InvalidRequestContentException", message)
    })
}

fn payload(body: &Bytes, kind: &str) -> Result<Bytes, Box<Response<Bytes>>> {
    let limit = if kind == "Event" { MAX_ASYNC_BYTES } else { MAX_PAYLOAD_BYTES };
    if body.len() > limit {
        let message = format!("Request must be smaller than {limit} bytes for the InvokeFunction operation");
        return Err(error(StatusCode::PAYLOAD_TOO_LARGE, "RequestTooLargeException", &message));
    }
    if body.is_empty() {
        return Ok(Bytes::from_static(b"{}"));
    }
    // Without the parser's own message, which quotes the event.
    serde_json::from_slice::<serde::de::IgnoredAny>(body).map(|_| body.clone()).map_err(|_| {
        let message = "Could not parse request body into json: it is not JSON";
        error(StatusCode::BAD_REQUEST, "InvalidRequestContentException", message)
    })
}

/// What a call answers whose function was run, or refused.
pub(crate) fn result(result: Result<Bytes, FunctionError>) -> Response<Bytes> {
    match result {
        Ok(payload) => success(payload),
        Err(failed) if failed.is_refusal() => refusal(&failed),
        Err(failed) => {
            let mut response = success(failed.payload());
            response.headers_mut().insert(FUNCTION_ERROR, HeaderValue::from_static("Unhandled"));
            response
        }
    }
}

fn success(payload: Bytes) -> Response<Bytes> {
    let mut response = crate::management::response(StatusCode::OK, None, payload);
    response.headers_mut().insert(EXECUTED_VERSION, HeaderValue::from_static("$LATEST"));
    response
}

fn refusal(failed: &FunctionError) -> Response<Bytes> {
    if failed.error_type != "TooManyRequestsException" {
        return *error(StatusCode::INTERNAL_SERVER_ERROR, "ServiceException", &failed.error_message);
    }
    let mut refused = error(StatusCode::TOO_MANY_REQUESTS, "TooManyRequestsException", &failed.error_message);
    let reason = HeaderValue::from_static("ReservedFunctionConcurrentInvocationLimitExceeded");
    refused.headers_mut().insert(REASON, reason);
    refused.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    *refused
}

fn empty(status: StatusCode) -> Response<Bytes> {
    crate::management::response(status, None, Bytes::new())
}

fn error(status: StatusCode, kind: &'static str, message: &str) -> Box<Response<Bytes>> {
    let side = if status.is_server_error() { "Service" } else { "User" };
    let body = json!({ "Type": side, "Message": message }).to_string();
    Box::new(crate::management::response(status, Some(kind), body.into()))
}

fn text<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
