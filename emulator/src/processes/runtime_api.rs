//! The Runtime API of one process, on a loopback port of its own: AWS hands out `host:port` without
//! a path, and runtimes of some languages take nothing else. The port also tells who is asking.
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;

use super::output::Tail;
use crate::clock::Timestamp;
use crate::function::{FunctionError, Invocation, MAX_PAYLOAD_BYTES};
use crate::ids::trace_id;

const RUNTIME: &str = "/2018-06-01/runtime/";

/// Header names as AWS sends them.
const REQUEST_ID: &str = "lambda-runtime-aws-request-id";
const DEADLINE: &str = "lambda-runtime-deadline-ms";
const FUNCTION_ARN: &str = "lambda-runtime-invoked-function-arn";
const TRACE_ID: &str = "lambda-runtime-trace-id";
const CLIENT_CONTEXT: &str = "lambda-runtime-client-context";
const ERROR_TYPE: &str = "lambda-runtime-function-error-type";

pub(super) type Answer = Result<Bytes, FunctionError>;

/// An event for the process.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) invocation: Invocation,
    /// Milliseconds since 1970.
    pub(super) deadline: i64,
    pub(super) answer: oneshot::Sender<Answer>,
    /// Whether the process asked for it.
    pub(super) taken: Arc<AtomicBool>,
}

/// How far a process has come.
#[derive(Clone, Debug)]
pub(super) enum Init {
    Starting,
    /// It asked for its first event.
    Ready,
    Failed(FunctionError),
}

/// What the process's requests are answered from.
#[derive(Debug)]
pub(super) struct Desk {
    arn: String,
    /// Of the process's output.
    tail: Tail,
    calls: tokio::sync::Mutex<mpsc::Receiver<Call>>,
    /// The event that is being handled: its request id, and who waits for the answer.
    current: Mutex<Option<(String, oneshot::Sender<Answer>)>>,
    init: watch::Sender<Init>,
}

impl Desk {
    pub(super) fn new(
        arn: String,
        tail: Tail,
        calls: mpsc::Receiver<Call>,
        init: watch::Sender<Init>,
    ) -> Arc<Self> {
        Arc::new(Self { arn, tail, calls: calls.into(), current: Mutex::new(None), init })
    }

    /// Serves the process until this is dropped, or the system accepts nothing more.
    pub(super) async fn serve(self: Arc<Self>, listener: TcpListener) {
        let mut connections = JoinSet::new();
        loop {
            let stream = tokio::select! {
                accepted = listener.accept() => match accepted {
                    Ok((stream, _peer)) => stream,
                    Err(error) => {
                        tracing::warn!(%error, "a function's process cannot reach its Runtime API");
                        return;
                    }
                },
                Some(_ended) = connections.join_next() => continue,
            };
            let _delay_is_only_slower = stream.set_nodelay(true);
            let desk = Arc::clone(&self);
            connections.spawn(async move {
                let service = service_fn(|request| async {
                    Ok::<_, Infallible>(desk.respond(request).await.map(Full::new))
                });
                // A process that breaks its connection has died, which its exit status tells better.
                let _ended = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
            });
        }
    }

    async fn respond(&self, request: Request<Incoming>) -> Response<Bytes> {
        let (head, body) = request.into_parts();
        let path = head.uri.path().strip_prefix(RUNTIME).unwrap_or_default();
        let steps: Vec<&str> = path.split('/').collect();
        match (&head.method, &*steps) {
            (&Method::GET, ["invocation", "next"]) => self.next().await,
            (&Method::POST, ["invocation", id, "response"]) => {
                // Bytes, whatever the content type: runtimes send none, or `text/plain`.
                match Limited::new(body, MAX_PAYLOAD_BYTES).collect().await {
                    Ok(body) => self.answer(id, Ok(body.to_bytes())),
                    Err(_too_large_or_broken) => self.too_large(id),
                }
            }
            (&Method::POST, ["invocation", id, "error"]) => {
                let error = error_of(&head.headers, body).await;
                self.answer(id, Err(error))
            }
            (&Method::POST, ["init", "error"]) => {
                self.init.send_replace(Init::Failed(error_of(&head.headers, body).await));
                accepted()
            }
            _ => {
                refused(StatusCode::NOT_FOUND, "ResourceNotFound", "there is no such call in the Runtime API")
            }
        }
    }

    /// Waits for an event, however long: runtimes take any other answer for a fault.
    async fn next(&self) -> Response<Bytes> {
        self.init.send_if_modified(|init| {
            let first = matches!(init, Init::Starting);
            if first {
                *init = Init::Ready;
            }
            first
        });
        let Some(Call { invocation, deadline, answer, taken }) = self.calls.lock().await.recv().await else {
            return refused(StatusCode::GONE, "Shutdown", "the emulator stops");
        };
        taken.store(true, Ordering::Relaxed);
        let Invocation { payload, request_id, client_context, log_tail, .. } = invocation;
        if let Some(log_tail) = &log_tail {
            log_tail.line(&format!("START RequestId: {request_id} Version: $LATEST"));
        }
        *self.tail.lock() = log_tail;
        let mut response = Response::new(payload);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(DEADLINE, HeaderValue::from(deadline));
        let trace_id = trace_id(Timestamp::now());
        for (name, value) in [(REQUEST_ID, &request_id), (FUNCTION_ARN, &self.arn), (TRACE_ID, &trace_id)] {
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(name, value);
            }
        }
        if let Some(Ok(context)) = client_context.map(|context| HeaderValue::from_str(&context)) {
            headers.insert(CLIENT_CONTEXT, context);
        }
        *self.current.lock() = Some((request_id, answer));
        response
    }

    fn answer(&self, id: &str, answer: Answer) -> Response<Bytes> {
        let mut current = self.current.lock();
        match current.take_if(|(request_id, _)| request_id == id) {
            Some((_, waiting)) => {
                // Whoever waited may have given up by now, and its result is dropped, as on AWS.
                let _given_up = waiting.send(answer);
                accepted()
            }
            None => refused(StatusCode::BAD_REQUEST, "InvalidRequestID", "Invalid request ID"),
        }
    }

    fn too_large(&self, id: &str) -> Response<Bytes> {
        let message = format!("the response is over {MAX_PAYLOAD_BYTES} bytes or incomplete");
        self.answer(id, Err(FunctionError::new("Function.ResponseSizeTooLarge", &message)));
        refused(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLarge", &message)
    }
}

async fn error_of(headers: &HeaderMap, body: Incoming) -> FunctionError {
    let kind = headers.get(ERROR_TYPE).and_then(|value| value.to_str().ok());
    let body = Limited::new(body, MAX_PAYLOAD_BYTES).collect().await;
    FunctionError::of_runtime(kind, body.map(|body| body.to_bytes()).unwrap_or_default())
}

fn accepted() -> Response<Bytes> {
    answer(StatusCode::ACCEPTED, json!({ "status": "OK" }))
}

fn refused(status: StatusCode, kind: &str, message: &str) -> Response<Bytes> {
    answer(status, json!({ "errorType": kind, "errorMessage": message }))
}

fn answer(status: StatusCode, body: serde_json::Value) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body.to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
