//! What the answer of an Invoke endpoint means: AWS's, and those of the two programs that deviate from it.
//! Nothing here knows which program answered; each deviation is a form that AWS's answers do not have.

use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use serde_json::{Map, Value};

use crate::function::FunctionError;

/// An answer, and what came with it.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    /// Whether `X-Amz-Function-Error` was there.
    pub(super) failed: bool,
    pub(super) body: Bytes,
    /// From the request on.
    pub(super) took: Duration,
}

/// What runtimes say of an error, in any language.
const OF_AN_ERROR: [&str; 7] =
    ["errorType", "errorMessage", "stackTrace", "trace", "requestId", "cause", "causes"];

/// The result, or why there is none, of a function with this timeout.
pub(super) fn judge(answer: Answer, request_id: &str, timeout: Duration) -> Result<Bytes, FunctionError> {
    let Answer { status, failed, body, took } = answer;
    if failed {
        return Err(FunctionError::of_runtime(None, body));
    }
    if status.is_success() {
        if is_timeout_of_start_lambda(&body, took, timeout) {
            return Err(FunctionError::timed_out(request_id, timeout));
        }
        // `sam local start-lambda` sets the header for objects of up to three keys only; Python's have four.
        let is_error = |error: &Map<String, Value>| {
            OF_AN_ERROR[..2].iter().all(|key| error.get(*key).is_some_and(Value::is_string))
                && error.keys().all(|key| OF_AN_ERROR.contains(&&**key))
        };
        return match object(&body).is_some_and(|body| is_error(&body)) {
            true => Err(FunctionError::of_runtime(None, body)),
            false => Ok(body),
        };
    }
    match status {
        // `cargo lambda watch` answers 500 with the function's error, and without the header,
        StatusCode::INTERNAL_SERVER_ERROR if object(&body).is_some_and(|b| b.contains_key("errorType")) => {
            Err(FunctionError::of_runtime(None, body))
        }
        // and with `--timeout` says so when it has passed: the function was run.
        StatusCode::REQUEST_TIMEOUT => Err(FunctionError::timed_out(request_id, took)),
        _ => Err(refusal(status, &body)),
    }
}

/// `sam local start-lambda` answers 200: with a sentence where containers stay warm, else with nothing,
/// as for a function that has no result (.NET's `void`), but never before the timeout.
fn is_timeout_of_start_lambda(body: &[u8], took: Duration, timeout: Duration) -> bool {
    (body.is_empty() && took >= timeout)
        || (body.starts_with(b"Task timed out after ") && body.ends_with(b" seconds"))
}

fn object(body: &[u8]) -> Option<Map<String, Value>> {
    serde_json::from_slice(body).ok()
}

/// The endpoint did not run the function.
pub(super) fn refusal(status: StatusCode, body: &[u8]) -> FunctionError {
    let kind = match status {
        StatusCode::TOO_MANY_REQUESTS => "TooManyRequestsException",
        StatusCode::NOT_FOUND => "ResourceNotFoundException",
        _ => "ServiceException",
    };
    // Its beginning tells what went wrong, if anything does.
    let beginning = String::from_utf8_lossy(&body[..body.len().min(300)]);
    FunctionError::refused(kind, &format!("the endpoint answered {status}: {beginning}"))
}
