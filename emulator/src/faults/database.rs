//! Faults of DynamoDB, between its clients and the engine, or the proxy of one elsewhere. What the emulator
//! itself asks (streams, tables) is spared: those are not requests that an application can lose.

use std::time::Duration;

use bytes::Bytes;
use http::{Response, StatusCode};
use serde_json::json;

use super::{DynamoDbFault, DynamoDbRule, Faults};

/// The request was carried out, and the caller's connection broke before the answer.
#[derive(Debug, thiserror::Error)]
#[error("the connection broke before the answer")]
pub(crate) struct LostReply;

impl Faults {
    /// Whether the plan has rules for DynamoDB, so that requests to it have to pass by here.
    pub fn concern_dynamodb(&self) -> bool {
        self.0.as_ref().is_some_and(|state| !state.plan.dynamodb.is_empty())
    }

    /// The answer to a request of an operation, as faults let it be. `carry_out` does the work.
    pub(crate) async fn on_dynamodb(
        &self,
        operation: &str,
        body: &[u8],
        carry_out: impl Future<Output = Response<Bytes>>,
    ) -> Result<Response<Bytes>, LostReply> {
        match self.dynamodb_fault(operation, body) {
            None => Ok(carry_out.await),
            Some(DynamoDbFault::Throttle) => Ok(refusal(
                StatusCode::BAD_REQUEST,
                "ThrottlingException",
                "Rate of requests exceeds the allowed throughput.",
            )),
            Some(DynamoDbFault::Conflict) if operation.starts_with("Transact") => Ok(cancelled(body)),
            Some(DynamoDbFault::Conflict) => {
                let message = "Transaction is ongoing for the item";
                Ok(refusal(StatusCode::BAD_REQUEST, "TransactionConflictException", message))
            }
            Some(DynamoDbFault::Internal) => {
                let status = StatusCode::INTERNAL_SERVER_ERROR;
                Ok(refusal(status, "InternalServerError", "Internal server error"))
            }
            Some(DynamoDbFault::Delay(ms)) => {
                tokio::time::sleep(Duration::from_millis(ms)).await;
                Ok(carry_out.await)
            }
            Some(DynamoDbFault::LoseReply) => {
                carry_out.await;
                Err(LostReply)
            }
        }
    }

    fn dynamodb_fault(&self, operation: &str, body: &[u8]) -> Option<DynamoDbFault> {
        let state = self.at_work()?;
        // A name is a JSON string of its own in every request that uses the table.
        let names = |table: &str| memchr::memmem::find(body, format!("\"{table}\"").as_bytes()).is_some();
        let applies = |rule: &DynamoDbRule| {
            rule.operation.as_deref().is_none_or(|wanted| wanted == operation)
                && rule.table.as_deref().is_none_or(names)
        };
        let rule = Self::meet(&state.plan.dynamodb, &state.dynamodb, applies)?;
        tracing::debug!(operation, fault = ?rule.fault, "a fault befalls a request to DynamoDB");
        Some(rule.fault)
    }
}

/// Each item of the request has its reason; the first is the one in conflict.
fn cancelled(body: &[u8]) -> Response<Bytes> {
    let request: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    let items = request["TransactItems"].as_array().map_or(1, |items| items.len().max(1));
    let mut reasons =
        vec![json!({ "Code": "TransactionConflict", "Message": "Transaction is ongoing for the item" })];
    reasons.resize(items, json!({ "Code": "None" }));
    let codes: Vec<&str> = reasons.iter().filter_map(|reason| reason["Code"].as_str()).collect();
    let message = format!(
        "Transaction cancelled, please refer cancellation reasons for specific reasons [{}]",
        codes.join(", ")
    );
    let body = json!({
        "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "Message": message,
        "CancellationReasons": reasons,
    });
    respond(StatusCode::BAD_REQUEST, &body)
}

fn refusal(status: StatusCode, name: &str, message: &str) -> Response<Bytes> {
    let kind = format!("com.amazonaws.dynamodb.v20120810#{name}");
    respond(status, &json!({ "__type": kind, "message": message }))
}

fn respond(status: StatusCode, body: &serde_json::Value) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body.to_string()));
    *response.status_mut() = status;
    let json = http::HeaderValue::from_static("application/x-amz-json-1.0");
    response.headers_mut().insert(http::header::CONTENT_TYPE, json);
    response
}
