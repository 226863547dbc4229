//! `/_emulator`: what no AWS has and whoever works with an emulator wants. For programs and people on
//! this machine; web pages are kept out.

mod schedule;
mod shards;
mod state;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use serde_json::Value;

use crate::gateway::{Gateway, is_local_name};
use crate::management;

const PREFIX: &str = "/_emulator";

/// The answer to a request; `None` if the path is not below `/_emulator`.
pub(crate) async fn answer(gateway: &Gateway, request: &Request<Bytes>) -> Option<Response<Bytes>> {
    let path = request.uri().path().strip_prefix(PREFIX)?;
    if !path.is_empty() && !path.starts_with('/') {
        return None;
    }
    if is_of_a_page(request) {
        let message = "no web page may use /_emulator";
        return Some(management::error(StatusCode::FORBIDDEN, "ForbiddenException", message));
    }
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    Some(match (request.method(), &*segments) {
        (&Method::GET, []) => json(&state::of(gateway)),
        (&Method::GET, ["connections"]) => json(&state::connections(gateway)),
        (&Method::POST, ["schedule", function]) => schedule::run(gateway, function, None).await,
        (&Method::POST, ["schedule", function, event]) => schedule::run(gateway, function, Some(event)).await,
        (&Method::POST, ["shards", mapping @ .., action @ ("roll" | "split")]) => {
            shards::turn_over(gateway, &mapping.join("/"), *action == "split")
        }
        (_, ["schedule", _] | ["schedule", _, _] | ["shards", .., "roll" | "split"]) => {
            management::error(StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowedException", "POST is wanted")
        }
        _ => not_found("there is nothing at this path of the emulator"),
    })
}

/// Indented: it is read by people as well.
fn json(value: &Value) -> Response<Bytes> {
    management::response(StatusCode::OK, None, format!("{value:#}\n").into())
}

fn not_found(message: &str) -> Response<Bytes> {
    management::error(StatusCode::NOT_FOUND, "NotFoundException", message)
}

/// Browsers name the page in every request that could change something. A site that has made its own
/// name lead here (DNS rebinding) gets around that for requests that only read, and not around its name.
fn is_of_a_page(request: &Request<Bytes>) -> bool {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    request.headers().contains_key(header::ORIGIN) || !host.is_none_or(is_local_name)
}
