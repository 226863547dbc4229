//! The `@connections` management API: `POST`, `GET` and `DELETE` of `/{stage}/@connections/{id}`.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html>
//!
//! Answers requests that are there in whole; where they come from (a socket, an SDK client of this
//! process) is not its business.

use std::sync::Once;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode, header};
use percent_encoding::percent_decode_str;
use serde::Serialize;

use crate::connections::{Connections, PostError, is_within_limit, post_to};
use crate::doubts::EndingCause;
use crate::faults::{ConnectionsFault, LostReply};
use crate::gateway::{Connection, Ending};
use crate::ids::Id;

const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");
const EXTENDED_ID: HeaderName = HeaderName::from_static("x-amz-apigw-id");

/// One warning says it; a program that leaves the stage out does so in every call.
static WARNED: Once = Once::new();

/// What a path of the management API names.
struct Target {
    stage: Option<String>,
    id: String,
}

/// Whether the path is one of the management API, of whatever stage.
pub(crate) fn is_target(path: &str) -> bool {
    target(path).is_some()
}

/// The answer to a request, as faults let it be; `None` if the path is none of the management API.
pub(crate) async fn respond(
    connections: &Connections,
    request: &Request<Bytes>,
    require_signature: bool,
) -> Option<Result<Response<Bytes>, LostReply>> {
    if !is_target(request.uri().path()) {
        return None;
    }
    if let Some(id) = target(request.uri().path()).and_then(|target| Id::parse(&target.id)) {
        connections.connect_decided(id).await;
    }
    let answer = || answer(connections, request, require_signature);
    match connections.faults().on_connections(request.method().as_str()) {
        None => answer().map(Ok),
        Some(ConnectionsFault::Gone) => Some(Ok(gone())),
        Some(ConnectionsFault::Throttle) => Some(Ok(refusal(PostError::LimitExceeded, ""))),
        Some(ConnectionsFault::Internal) => Some(Ok(refusal(PostError::Internal, ""))),
        Some(ConnectionsFault::Delay(ms)) => {
            tokio::time::sleep(Duration::from_millis(ms)).await;
            answer().map(Ok)
        }
        Some(ConnectionsFault::LoseReply) => {
            answer();
            Some(Err(LostReply))
        }
    }
}

/// The answer to a request; `None` if the path is none of the management API.
fn answer(
    connections: &Connections,
    request: &Request<Bytes>,
    require_signature: bool,
) -> Option<Response<Bytes>> {
    let Target { stage, id } = target(request.uri().path())?;
    if require_signature && !is_signed(request) {
        let message = "Missing Authentication Token";
        return Some(error(StatusCode::FORBIDDEN, "MissingAuthenticationTokenException", message));
    }
    match &stage {
        Some(stage) if !connections.has_stage(stage) => return Some(forbidden()),
        Some(_) => {}
        // AWS answers 403; many a local set-up leaves the stage out.
        None => WARNED.call_once(|| {
            tracing::warn!("a call of @connections has no stage in its path, which AWS refuses");
        }),
    }
    let Some(parsed) = Id::parse(&id) else { return Some(invalid_id(&id)) };
    let connection = connections.get(parsed);
    let connection = connection.filter(|c| stage.as_ref().is_none_or(|stage| *stage == c.api.stage));
    let response = match (request.method(), connection) {
        (&Method::POST | &Method::GET | &Method::DELETE, None) => gone(),
        (&Method::POST | &Method::GET | &Method::DELETE, Some(connection))
            if !is_within_limit(&connection) =>
        {
            refusal(PostError::LimitExceeded, &id)
        }
        (&Method::POST, Some(connection)) => match post_to(&connection, request.body()) {
            Ok(()) => response(StatusCode::OK, None, Bytes::new()),
            Err(refused) => refusal(refused, &id),
        },
        (&Method::GET, Some(connection)) => description(&connection),
        (&Method::DELETE, Some(connection)) => {
            // Gone for everybody from now on; the socket closes behind what was posted before.
            connections.remove(parsed);
            let chosen = connection.api.doubts.ending(EndingCause::Delete);
            connection.outbox.close(chosen.unwrap_or(Ending::DELETED));
            response(StatusCode::NO_CONTENT, None, Bytes::new())
        }
        _ => forbidden(),
    };
    tracing::debug!(connection = %parsed, method = %request.method(), status = response.status().as_u16(), "@connections");
    Some(response)
}

fn target(path: &str) -> Option<Target> {
    let mut segments = path.strip_prefix('/')?.split('/').map(|s| percent_decode_str(s).decode_utf8_lossy());
    let first = segments.next()?;
    let stage = if first == "@connections" { None } else { Some(first.into_owned()) };
    if stage.is_some() && segments.next()? != "@connections" {
        return None;
    }
    // Decoded once: an id ends in `=`, which SDKs send as `%3D`.
    let id = segments.next()?.into_owned();
    segments.next().is_none().then_some(Target { stage, id })
}

/// Whether the request looks signed. The signature is never verified: nobody here has the secret.
fn is_signed(request: &Request<Bytes>) -> bool {
    let value = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let Some(fields) = value.and_then(|value| value.strip_prefix("AWS4-HMAC-SHA256 ")) else { return false };
    let field = |name: &str| {
        let mut fields = fields.split(',').map(str::trim);
        fields.find_map(|field| field.strip_prefix(name)?.strip_prefix('='))
    };
    let scope = field("Credential").is_some_and(|c| c.ends_with("/execute-api/aws4_request"));
    let headers = field("SignedHeaders").is_some_and(|headers| !headers.is_empty());
    let signature = field("Signature");
    scope
        && headers
        && signature.is_some_and(|s| s.len() == 64 && s.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn description(connection: &Connection) -> Response<Bytes> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Description<'a> {
        connected_at: String,
        identity: Identity<'a>,
        last_active_at: String,
    }
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Identity<'a> {
        source_ip: &'a str,
        user_agent: &'a str,
    }
    let facts = &connection.facts;
    let description = Description {
        connected_at: facts.connected_at.iso_8601(),
        // Both members are required by the SDKs.
        identity: Identity {
            source_ip: &facts.source_ip,
            user_agent: facts.user_agent.as_deref().unwrap_or_default(),
        },
        last_active_at: connection.last_active_at().iso_8601(),
    };
    let body = serde_json::to_vec(&description).unwrap_or_default();
    response(StatusCode::OK, None, body.into())
}

fn refusal(refused: PostError, id: &str) -> Response<Bytes> {
    match refused {
        PostError::Gone => gone(),
        PostError::InvalidId => invalid_id(id),
        PostError::TooLarge => {
            error(StatusCode::PAYLOAD_TOO_LARGE, "PayloadTooLargeException", "Message too long")
        }
        PostError::LimitExceeded => {
            error(StatusCode::TOO_MANY_REQUESTS, "LimitExceededException", "Too Many Requests")
        }
        PostError::Internal => {
            error(StatusCode::INTERNAL_SERVER_ERROR, "InternalServerErrorException", "Internal server error")
        }
        PostError::NotText => error(StatusCode::BAD_REQUEST, "BadRequestException", "Data is not UTF-8 text"),
    }
}

/// The header tells SDKs the exception; the body is empty, as captured.
fn gone() -> Response<Bytes> {
    response(StatusCode::GONE, Some("GoneException"), Bytes::new())
}

fn invalid_id(id: &str) -> Response<Bytes> {
    let message = format!("Invalid connectionId: {id}");
    error(StatusCode::BAD_REQUEST, "BadRequestException", &message)
}

pub(crate) fn forbidden() -> Response<Bytes> {
    error(StatusCode::FORBIDDEN, "ForbiddenException", "Forbidden")
}

/// More than a POST may carry, known before its body was read.
pub(crate) fn too_large() -> Response<Bytes> {
    refusal(PostError::TooLarge, "")
}

/// An error with a message, in the form of all of API Gateway.
pub(crate) fn error(status: StatusCode, kind: &'static str, message: &str) -> Response<Bytes> {
    let body = serde_json::json!({ "message": message }).to_string();
    response(status, Some(kind), body.into())
}

/// An answer with the headers that every answer of the gateway has.
pub(crate) fn response(status: StatusCode, kind: Option<&'static str>, body: Bytes) -> Response<Bytes> {
    let has_body = !body.is_empty();
    let length = body.len();
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&uuid::Uuid::new_v4().to_string()) {
        headers.insert(REQUEST_ID, id);
    }
    if let Ok(id) = HeaderValue::from_str(Id::request().as_str()) {
        headers.insert(EXTENDED_ID, id);
    }
    if let Some(kind) = kind {
        headers.insert(ERROR_TYPE, HeaderValue::from_static(kind));
    }
    if has_body {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    // A 204 has no length (RFC 9110, section 8.6).
    if status != StatusCode::NO_CONTENT {
        headers.insert(header::CONTENT_LENGTH, length.into());
    }
    response
}
