//! Functions that another program runs: `sam local start-lambda`, `cargo lambda watch`, an emulator
//! like this one. The first two deviate from AWS in ways that are known, and tolerated here.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, StatusCode, Uri};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use indexmap::IndexMap;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::{PREFIX, SUFFIX};
use crate::function::{Function, FunctionError, Invocation};
use crate::template::{FunctionSpec, LogicalId, Template};

type HttpClient = Client<HttpConnector, Full<Bytes>>;

/// How long a connection is kept for the next invocation. Servers hang up on idle ones, Node's after five
/// seconds, and an event that is sent at that moment is lost: it must not be sent twice.
const IDLE: Duration = Duration::from_secs(2);

/// One function at the endpoint.
struct Remote {
    client: HttpClient,
    /// One for each name that a program may know it by.
    urls: Vec<Uri>,
    /// The one that worked.
    known: AtomicUsize,
}

/// The functions of `template`, run by what answers at `endpoint` (`http://host:port`). Their
/// timeouts are that program's business: it may have to start a container first.
pub fn at_endpoint(
    template: &Template,
    endpoint: &str,
) -> Result<IndexMap<LogicalId, Function>, http::uri::InvalidUri> {
    let client = Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(IDLE)
        .build_http();
    let mut functions = IndexMap::new();
    for (id, spec) in &template.functions {
        let urls = names(id, spec).into_iter().map(|name| {
            let name = utf8_percent_encode(name, NON_ALPHANUMERIC)
                .to_string()
                .replace("%2D", "-")
                .replace("%5F", "_");
            format!("{}{PREFIX}{name}{SUFFIX}", endpoint.trim_end_matches('/')).parse()
        });
        let urls = urls.collect::<Result<_, _>>()?;
        let remote = Arc::new(Remote { client: client.clone(), urls, known: AtomicUsize::new(0) });
        let function = Function::keeping_time(move |invocation| {
            let remote = Arc::clone(&remote);
            async move { remote.invoke(invocation).await }
        });
        functions.insert(id.clone(), function.in_place(&format!("at {endpoint}")));
    }
    Ok(functions)
}

/// AWS and the emulator know a function by its name, `sam local start-lambda` by its logical id as
/// well, and `cargo lambda watch` by its package, which is its folder.
fn names<'s>(id: &'s str, spec: &'s FunctionSpec) -> Vec<&'s str> {
    let folder = spec.code_path().and_then(|uri| uri.trim_end_matches('/').rsplit('/').next());
    let mut names = vec![&*spec.name, id];
    names.extend(folder.filter(|folder| !folder.is_empty() && *folder != "."));
    names.dedup();
    names
}

impl Remote {
    async fn invoke(&self, Invocation { payload, .. }: Invocation) -> Result<Bytes, FunctionError> {
        let first = self.known.load(Ordering::Relaxed);
        let mut unknown = None;
        for attempt in 0..self.urls.len() {
            let at = (first + attempt) % self.urls.len();
            let (status, failed, body) = self.post(&self.urls[at], payload.clone()).await?;
            if status == StatusCode::NOT_FOUND {
                unknown = Some(refusal(status, &body));
                continue;
            }
            self.known.store(at, Ordering::Relaxed);
            return judge(status, failed, body);
        }
        Err(unknown.unwrap_or_else(|| FunctionError::refused("ResourceNotFoundException", &"it has no name")))
    }

    /// Status, whether the header of a function error was there, and body.
    async fn post(&self, url: &Uri, payload: Bytes) -> Result<(StatusCode, bool, Bytes), FunctionError> {
        let unreachable = |error: &dyn std::error::Error| {
            // The outermost error says only that a request failed.
            let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
            FunctionError::refused("ServiceException", &format!("{url} does not answer: {error}{cause}"))
        };
        let request = Request::post(url).header("content-type", "application/json").body(Full::new(payload));
        let request = request.map_err(|error| unreachable(&error))?;
        let response = self.client.request(request).await.map_err(|error| unreachable(&error))?;
        let (head, body) = response.into_parts();
        let body = body.collect().await.map_err(|error| unreachable(&error))?.to_bytes();
        Ok((head.status, head.headers.contains_key("x-amz-function-error"), body))
    }
}

fn judge(status: StatusCode, failed: bool, body: Bytes) -> Result<Bytes, FunctionError> {
    if failed {
        return Err(FunctionError::of_runtime(None, body));
    }
    if status.is_success() {
        return Ok(body);
    }
    // `cargo lambda watch` answers 500 with the function's error, and without the header.
    let is_error = serde_json::from_slice::<Value>(&body).is_ok_and(|body| body.get("errorType").is_some());
    if status == StatusCode::INTERNAL_SERVER_ERROR && is_error {
        return Err(FunctionError::of_runtime(None, body));
    }
    Err(refusal(status, &body))
}

fn refusal(status: StatusCode, body: &[u8]) -> FunctionError {
    let kind = match status {
        StatusCode::TOO_MANY_REQUESTS => "TooManyRequestsException",
        StatusCode::NOT_FOUND => "ResourceNotFoundException",
        _ => "ServiceException",
    };
    // Its beginning tells what went wrong, if anything does.
    let beginning = String::from_utf8_lossy(&body[..body.len().min(300)]);
    FunctionError::refused(kind, &format!("the endpoint answered {status}: {beginning}"))
}
