//! Functions that another program runs: `sam local start-lambda`, `cargo lambda watch`, an emulator
//! like this one. The first two know functions by other names than AWS does, and their answers deviate
//! (see `verdict`).

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Request, StatusCode, Uri};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use indexmap::IndexMap;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::verdict::{Answer, judge, refusal};
use super::{PREFIX, SUFFIX};
use crate::function::{Function, FunctionError, Invocation};
use crate::template::{FunctionSpec, LogicalId, Template};

type HttpClient = Client<HttpConnector, Full<Bytes>>;

/// How long a connection is kept for the next invocation. Servers hang up on idle ones, Node's after five
/// seconds, and an event that is sent at that moment is lost: it must not be sent twice.
const IDLE: Duration = Duration::from_secs(2);

/// What an endpoint may take before a function's timeout counts: it compiles the function, or starts a container. What
/// it has not answered then it never will: `cargo lambda watch` forgets the event of a process that ended.
const START: Duration = Duration::from_secs(300);

/// One function at the endpoint.
struct Remote {
    client: HttpClient,
    /// The function's.
    timeout: Duration,
    /// One for each name that a program may know it by.
    urls: Vec<Uri>,
    /// The one that worked.
    known: AtomicUsize,
}

/// The functions of `template`, run by what answers at `endpoint` (`http://host:port`). Their
/// timeouts are that program's business: it may have to start a container first. An answer that does not
/// come within five minutes more than the timeout is given up.
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
        let urls = names(template, id, spec).into_iter().map(|name| {
            let name = utf8_percent_encode(name, NON_ALPHANUMERIC)
                .to_string()
                .replace("%2D", "-")
                .replace("%5F", "_");
            format!("{}{PREFIX}{name}{SUFFIX}", endpoint.trim_end_matches('/')).parse()
        });
        let urls = urls.collect::<Result<_, _>>()?;
        let timeout = spec.timeout;
        let remote = Arc::new(Remote { client: client.clone(), timeout, urls, known: AtomicUsize::new(0) });
        let function = Function::keeping_time(move |invocation| {
            let remote = Arc::clone(&remote);
            async move { remote.within(timeout + START, invocation).await }
        });
        functions.insert(id.clone(), function.in_place(&format!("at {endpoint}")));
    }
    Ok(functions)
}

/// AWS and the emulator know a function by its name, `sam local start-lambda` by its logical id as
/// well, and `cargo lambda watch` by its binary: the one that the template names, else its package's,
/// which is its folder; and the only one of a project by `_`.
fn names<'s>(template: &Template, id: &'s str, spec: &'s FunctionSpec) -> Vec<&'s str> {
    let folder = spec.code_path().and_then(|uri| uri.trim_end_matches('/').rsplit('/').next());
    let folder = folder.filter(|folder| !folder.is_empty() && *folder != ".");
    let alone = (template.functions.len() == 1).then_some("_");
    let all = [Some(&*spec.name), Some(id), spec.binary.as_deref(), folder, alone];
    let mut names: Vec<_> = Vec::new();
    for name in all.into_iter().flatten() {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

impl Remote {
    async fn within(&self, limit: Duration, invocation: Invocation) -> Result<Bytes, FunctionError> {
        let request_id = invocation.request_id.clone();
        let answered = tokio::time::timeout(limit, self.invoke(invocation)).await;
        answered.unwrap_or_else(|_elapsed| Err(FunctionError::timed_out(&request_id, limit)))
    }

    async fn invoke(&self, invocation: Invocation) -> Result<Bytes, FunctionError> {
        let Invocation { payload, request_id, .. } = invocation;
        let first = self.known.load(Ordering::Relaxed);
        let mut unknown = None;
        for attempt in 0..self.urls.len() {
            let at = (first + attempt) % self.urls.len();
            let answer = self.post(&self.urls[at], payload.clone()).await?;
            if answer.status == StatusCode::NOT_FOUND {
                unknown = Some(refusal(answer.status, &answer.body));
                continue;
            }
            self.known.store(at, Ordering::Relaxed);
            return judge(answer, &request_id, self.timeout);
        }
        Err(unknown.unwrap_or_else(|| FunctionError::refused("ResourceNotFoundException", &"it has no name")))
    }

    async fn post(&self, url: &Uri, payload: Bytes) -> Result<Answer, FunctionError> {
        let unreachable = |error: &dyn std::error::Error| {
            // The outermost error says only that a request failed.
            let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
            FunctionError::refused("ServiceException", &format!("{url} does not answer: {error}{cause}"))
        };
        let began = Instant::now();
        let request = Request::post(url).header("content-type", "application/json").body(Full::new(payload));
        let request = request.map_err(|error| unreachable(&error))?;
        let response = self.client.request(request).await.map_err(|error| unreachable(&error))?;
        let (head, body) = response.into_parts();
        let body = body.collect().await.map_err(|error| unreachable(&error))?.to_bytes();
        let failed = head.headers.contains_key("x-amz-function-error");
        Ok(Answer { status: head.status, failed, body, took: began.elapsed() })
    }
}
