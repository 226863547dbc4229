//! An emulator with the Invoke API, and a plain HTTP client.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use emulator::invoke::InvokeApi;
use emulator::template::Options;
use emulator::{Emulator, Function, FunctionError, Template};
use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use tokio::net::TcpListener;

pub(crate) const TEMPLATE: &str = "
Resources:
  Worker:
    Type: AWS::Serverless::Function
    Metadata: { BuildMethod: rust-cargolambda, BuildProperties: { Binary: worker-binary } }
    Properties: { FunctionName: worker-of-mine, CodeUri: functions/worker }
";

pub(crate) fn template() -> Template {
    Template::read(TEMPLATE, &Options::default()).unwrap_or_else(|e| panic!("{e}"))
}

/// A function that does what its event says, and counts how often it was run.
pub(crate) fn worker(runs: &Arc<AtomicUsize>) -> Function {
    let runs = Arc::clone(runs);
    Function::new(move |invocation| {
        let run = runs.fetch_add(1, Ordering::SeqCst);
        let event: Value = serde_json::from_slice(&invocation.payload).unwrap();
        let answer = match event["do"].as_str() {
            Some("fail") => Err(FunctionError::new("Lost", &"no way")),
            Some("fail twice") if run < 2 => Err(FunctionError::new("Lost", &"not yet")),
            Some("throttle") => Err(FunctionError::refused("TooManyRequestsException", &"Rate Exceeded.")),
            _ => Ok(Bytes::from(json!({ "got": event }).to_string())),
        };
        std::future::ready(answer)
    })
}

pub(crate) struct Served {
    pub(crate) emulator: Emulator,
    pub(crate) address: SocketAddr,
    pub(crate) runs: Arc<AtomicUsize>,
}

impl Served {
    pub(crate) async fn start() -> Self {
        let runs = Arc::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let quick = InvokeApi { first_delay: Duration::from_millis(1), ..InvokeApi::default() };
        let builder = Emulator::builder(template()).function("Worker", worker(&runs)).invoke_api(quick);
        let emulator = builder.start(listener).await.unwrap();
        Self { address: emulator.local_addr(), emulator, runs }
    }

    pub(crate) async fn invoke(
        &self,
        name: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> (StatusCode, HeaderMap, Bytes) {
        let url = format!("http://{}/2015-03-31/functions/{name}/invocations", self.address);
        let mut request = Request::post(url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let client = Client::builder(TokioExecutor::new()).build_http();
        let response = client.request(request.body(Full::new(body.into())).unwrap()).await.unwrap();
        let (head, body) = response.into_parts();
        (head.status, head.headers, body.collect().await.unwrap().to_bytes())
    }

    /// Waits until the function was run so often.
    pub(crate) async fn expect_runs(&self, expected: usize) {
        let reached = async {
            while self.runs.load(Ordering::SeqCst) != expected {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        let seen = || self.runs.load(Ordering::SeqCst);
        tokio::time::timeout(Duration::from_secs(10), reached)
            .await
            .unwrap_or_else(|_| panic!("{expected} runs expected, {} seen", seen()));
    }
}
