//! What requests to DynamoDB cost, as the answers themselves say: put between an SDK client and the
//! database, below the SDK.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use serde_json::Value;

/// Every request since the last bill. Cheap to clone; clones share everything.
#[derive(Clone, Default)]
pub struct Meter(Arc<Mutex<Vec<String>>>);

impl fmt::Debug for Meter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Meter")
    }
}

impl Meter {
    /// A client that asks `service` for the capacity of every request.
    pub fn over(&self, service: SharedHttpClient) -> SharedHttpClient {
        let meter = self.clone();
        http_client_fn(move |settings, components| {
            let service = service.http_connector(settings, components);
            SharedHttpConnector::new(Metered { meter: meter.clone(), service })
        })
    }

    /// The requests since the last bill, in order, for example `PutItem connections 2`: the operation,
    /// and the capacity units of each table that it touched. A write whose condition did not hold says so
    /// in their place; DynamoDB charges it as the write that it would have been.
    pub fn bill(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[derive(Clone)]
struct Metered {
    meter: Meter,
    service: SharedHttpConnector,
}

impl fmt::Debug for Metered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metered")
    }
}

impl HttpConnector for Metered {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let Self { meter, service } = self.clone();
        HttpConnectorFuture::new(async move {
            let (operation, request) = asking(request);
            let answer = service.call(request).await?;
            let entry = format!("{operation} {}", charge(&answer));
            meter.0.lock().unwrap_or_else(PoisonError::into_inner).push(entry);
            Ok::<_, ConnectorError>(answer)
        })
    }
}

fn asking(mut request: HttpRequest) -> (String, HttpRequest) {
    let target = request.headers().get("x-amz-target").unwrap_or_default();
    let operation = target.rsplit_once('.').map_or(target, |(_service, operation)| operation).to_owned();
    let mut body: Value = serde_json::from_slice(request.body().bytes().unwrap_or_default()).expect("JSON");
    body["ReturnConsumedCapacity"] = "TOTAL".into();
    let body = body.to_string();
    request.headers_mut().insert("content-length", body.len().to_string());
    *request.body_mut() = SdkBody::from(body);
    (operation, request)
}

fn charge(answer: &HttpResponse) -> String {
    let body: Value = serde_json::from_slice(answer.body().bytes().unwrap_or_default()).expect("JSON");
    if !answer.status().is_success() {
        let error = body["__type"].as_str().unwrap_or_default();
        return error.rsplit_once('#').map_or(error, |(_prefix, name)| name).to_owned();
    }
    let consumed = match &body["ConsumedCapacity"] {
        Value::Array(tables) => tables.clone(),
        one => vec![one.clone()],
    };
    let tables = consumed.iter().map(|table| {
        let name = table["TableName"].as_str().expect("the name of a table");
        // Without the stack's name, which says nothing here.
        let name = name.split_once('-').map_or(name, |(_stack, name)| name);
        format!("{name} {}", table["CapacityUnits"])
    });
    tables.collect::<Vec<_>>().join(", ")
}
