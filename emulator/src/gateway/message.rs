//! A text message of a client: select its route, run the function, send back what the route says.
//! One task for each message, so two messages of one client may overtake each other, as on AWS.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-routes-integrations.html>

use std::sync::Arc;

use serde_json::Value;

use super::api::{Api, Route};
use super::connection::Connection;
use super::ending::Ending;
use super::event::{self, Moment};
use super::proxy_result::{Malformed, ProxyResult};
use super::refusal::{bad_body_frame, error_frame};
use super::told_time;
use crate::codec::{EncodedFrame, MAX_MESSAGE_BYTES};
use crate::faults::SocketFault;
use crate::functions::InvokeError;
use crate::ids::Id;

const DEFAULT: &str = "$default";

/// Begins to handle a message.
pub(super) fn spawn(connection: &Arc<Connection>, body: String) {
    let message = connection.begin_message();
    tokio::spawn(async move { handle(&message.connection, &body).await });
}

async fn handle(connection: &Connection, body: &str) {
    let api = &*connection.api;
    let told = if api.told_times { told_time::of_body(body) } else { None };
    let moment = Moment::at(told);
    let Some(route) = select(api, body) else {
        tracing::debug!(connection = %connection.id(), "no route for a message");
        return answer_error(connection, moment, "Forbidden");
    };
    tracing::debug!(connection = %connection.id(), route = %route.key, request = %moment.request_id, "message");
    if api.faults.on_socket(SocketFault::BeforeMessage, Some(&route.key)) {
        return connection.outbox.close(Ending::LOST);
    }
    if !route.admits() {
        return answer_error(connection, moment, &api.doubts.throttled_message);
    }
    if route.models.as_ref().is_some_and(|models| !models.accept(body)) {
        return answer(connection, &bad_body_frame(connection.id(), Id::message(connection.id())));
    }
    if route.is_broken {
        tracing::error!(connection = %connection.id(), route = %route.key, "the route's integration is not emulated");
        return answer_error(connection, moment, "Internal server error");
    }
    let Some(target) = &route.target else { return };
    let payload = event::message(api, &connection.facts, moment, &route.key, body);
    let failed = |error: &dyn std::fmt::Display| {
        let (id, key, request) = (connection.id(), &route.key, moment.request_id);
        tracing::error!(connection = %id, route = %key, %request, %error, "the integration failed");
    };
    let result = target.integrate(payload, route.timeout).await;
    if api.faults.on_socket(SocketFault::AfterMessage, Some(&route.key)) {
        return connection.outbox.close(Ending::LOST);
    }
    let result = match result {
        Ok(result) => result,
        Err(error) => {
            failed(&error);
            let timed_out = matches!(error, InvokeError::IntegrationTimeout(_));
            let message = if timed_out { &api.doubts.timeout_message } else { "Internal server error" };
            return answer_error(connection, moment, message);
        }
    };
    // The status is of no consequence for a message: only the body is sent, and only two-way.
    match body_of(&result, api.doubts.lenient_results) {
        Ok(body) if route.route_response && body.len() <= MAX_MESSAGE_BYTES => answer(connection, &body),
        Ok(body) if route.route_response => {
            failed(&format_args!("the result's body of {} bytes is over 128 KB", body.len()));
            answer_error(connection, moment, "Internal server error");
        }
        Ok(_) => {}
        Err(error) => {
            failed(&error);
            answer_error(connection, moment, "Internal server error");
        }
    }
}

/// The route for a body: the selected one, else `$default`. Keys that begin with `$` are the
/// service's own, and no message can reach `$connect` by naming it.
fn select<'a>(api: &'a Api, body: &str) -> Option<&'a Route> {
    let selected = api.selection.evaluate(body, api.doubts.lenient_json).filter(|key| !key.starts_with('$'));
    selected.and_then(|key| api.routes.get(&key)).or_else(|| api.routes.get(DEFAULT))
}

/// The body of a function's result; of any JSON, if that is wanted.
fn body_of(result: &[u8], lenient: bool) -> Result<String, Malformed> {
    match ProxyResult::parse(result).and_then(ProxyResult::body) {
        Err(malformed) if lenient => match serde_json::from_slice(result) {
            Ok(Value::Null) => Ok(String::new()),
            Ok(Value::String(text)) => Ok(text),
            Ok(other) => Ok(other.to_string()),
            Err(_) => Err(malformed),
        },
        strict => strict,
    }
}

fn answer_error(connection: &Connection, moment: Moment, message: &str) {
    answer(connection, &error_frame(message, connection.id(), moment.request_id));
}

fn answer(connection: &Connection, text: &str) {
    let frame = connection.wire(&EncodedFrame::text(text.as_bytes()));
    match connection.outbox.push(frame, connection.api.limits.outbound_bytes) {
        Ok(()) => connection.touch(),
        Err(_full) => {
            tracing::debug!(connection = %connection.id(), "a slow client's queue is full, an answer is dropped");
        }
    }
}
