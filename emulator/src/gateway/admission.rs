//! Whether a handshake is accepted, in the service's order: is it one for a stage of ours, does the
//! authorizer let it in, does `$connect` agree. Until then there is no connection, for the
//! management API either.

use std::net::IpAddr;
use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::{HeaderName, HeaderValue, header};
use serde_json::value::RawValue;
use sha1::{Digest, Sha1};

use super::Gateway;
use super::api::{Api, Route};
use super::authorizer;
use super::connection::{Connection, Facts};
use super::ending::Ending;
use super::event::{self, Handshake, Moment, raw};
use super::head::Head;
use super::proxy_result::ProxyResult;
use super::refusal::Refusal;
use crate::clock::Timestamp;
use crate::codec::Deflate;
use crate::connections::Connecting;
use crate::faults::SocketFault;
use crate::functions::InvokeError;
use crate::ids::Id;
use crate::template::{ApiKey, ApiKeySource};

/// RFC 6455, section 1.3.
const ACCEPT_GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// A handshake that everybody agreed to, and that is not answered yet.
pub(super) struct Admission {
    api: Arc<Api>,
    facts: Facts,
    /// `sec-websocket-accept`.
    pub(super) accept: String,
    /// What the `$connect` function chose: the subprotocol, and other headers if they are wanted.
    chosen: Vec<(HeaderName, HeaderValue)>,
    _pending: Option<Connecting>,
}

impl Admission {
    /// The headers of the 101 beyond those that every one has.
    pub(super) fn headers(&self) -> Vec<(HeaderName, HeaderValue)> {
        let mut headers = self.chosen.clone();
        let extensions = self.facts.deflate.and_then(|deflate| HeaderValue::try_from(deflate.header()).ok());
        headers.extend(extensions.map(|value| (header::SEC_WEBSOCKET_EXTENSIONS, value)));
        headers
    }

    /// Opens the connection: a post may be queued from here on, before the 101 is written, though
    /// it cannot leave before it.
    pub(super) fn open(self, gateway: &Gateway, peer: IpAddr) -> Arc<Connection> {
        let connection = Arc::new(Connection::new(self.api, self.facts));
        connection.api.connections.insert(Arc::clone(&connection));
        // A shutdown that has closed all connections by now has not seen this one.
        if gateway.is_stopping() {
            connection.outbox.close(Ending::GOING_AWAY);
        }
        if connection.api.faults.on_socket(SocketFault::AtOpen, None) {
            connection.outbox.close(Ending::LOST);
        }
        tracing::debug!(connection = %connection.id(), %peer, stage = %connection.api.stage, "connected");
        connection
    }
}

/// Asks everybody who has a say. The id is allocated before: the authorizer's event carries it.
pub(super) async fn admit(
    gateway: &Gateway,
    connection_id: Id,
    moment: Moment,
    head: &Head,
    peer: IpAddr,
) -> Result<Admission, Refusal> {
    if !gateway.origins.admit(head.header("origin"), head.header("host")) {
        return Err(Refusal::forbidden());
    }
    let api = gateway.api_of(&head.path).ok_or_else(Refusal::forbidden)?;
    if !gateway.connects.admits() || !api.routes.get("$connect").is_none_or(Route::admits) {
        return Err(Refusal::throttled());
    }
    if head.header("sec-websocket-version") != Some("13") {
        return Err(Refusal::version());
    }
    let key = head.header("sec-websocket-key").unwrap_or_default().trim();
    if !BASE64_STANDARD.decode(key).is_ok_and(|key| key.len() == 16) {
        return Err(Refusal::bad_request());
    }
    let accept = Sha1::new().chain_update(key).chain_update(ACCEPT_GUID).finalize();
    let source_ip = peer.to_canonical().to_string();
    let handshake = Handshake::new(head, &source_ip, moment);
    let key_from = |wanted| api.keys.as_ref().filter(|keys| keys.source == wanted);
    let sent = head.header("x-api-key");
    let key = key_from(ApiKeySource::Header).map(|keys| keys.check(sent)).transpose()?;
    let mut facts = facts(connection_id, moment.at, head, source_ip);
    if let Some(key) = key {
        facts.identity = identity(&facts, Some(key));
    }
    if api.doubts.compression {
        facts.deflate = Deflate::negotiate(head.values("sec-websocket-extensions"));
    }
    if let Some(authorizer) = &api.authorizer {
        let authorized = authorizer::authorize(&api, authorizer, &facts, moment, &handshake).await?;
        facts.authorizer = Some(authorized.context);
        if let Some(keys) = key_from(ApiKeySource::Authorizer) {
            let key = keys.check(authorized.key.as_deref())?;
            facts.identity = identity(&facts, Some(key));
        }
    } else if key_from(ApiKeySource::Authorizer).is_some() {
        return Err(Refusal::forbidden());
    }
    let pending = api.connections.begin_connect(connection_id);
    let chosen = connect(&api, &facts, moment, &handshake).await?;
    if gateway.is_stopping() {
        return Err(Refusal::new(http::StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable"));
    }
    Ok(Admission { api, facts, accept: BASE64_STANDARD.encode(accept), chosen, _pending: pending })
}

fn facts(connection_id: Id, connected_at: Timestamp, head: &Head, source_ip: String) -> Facts {
    let user_agent = head.header("user-agent");
    let facts = Facts {
        connection_id,
        connected_at,
        domain_name: head.header("host").unwrap_or_default().into(),
        user_agent: user_agent.map(Into::into),
        source_ip: source_ip.into(),
        identity: raw(&()),
        authorizer: None,
        deflate: None,
    };
    Facts { identity: identity(&facts, None), ..facts }
}

/// `requestContext.identity`.
fn identity(facts: &Facts, key: Option<&ApiKey>) -> Box<RawValue> {
    #[derive(serde::Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Identity<'a> {
        #[serde(skip_serializing_if = "Option::is_none")]
        api_key: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        api_key_id: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        user_agent: Option<&'a str>,
        source_ip: &'a str,
    }
    raw(&Identity {
        api_key: key.map(|key| &*key.value),
        api_key_id: key.map(|key| &*key.id),
        user_agent: facts.user_agent.as_deref(),
        source_ip: &facts.source_ip,
    })
}

/// Runs the `$connect` route, if there is one. Yields the headers that its function chose: the
/// subprotocol, which the gateway itself never chooses, and the others only if that is wanted.
async fn connect(
    api: &Api,
    facts: &Facts,
    moment: Moment,
    handshake: &Handshake,
) -> Result<Vec<(HeaderName, HeaderValue)>, Refusal> {
    let Some(route) = api.routes.get("$connect") else { return Ok(Vec::new()) };
    if route.is_broken {
        failed(facts, moment, &"it is not emulated");
        return Err(Refusal::internal());
    }
    let Some(target) = &route.target else { return Ok(Vec::new()) };
    let payload = event::connect(api, facts, moment, handshake);
    let result = target.integrate(payload, route.timeout).await.map_err(|error| {
        failed(facts, moment, &error);
        match error {
            // Lambda did not run it: throttled, or no permission.
            // https://docs.aws.amazon.com/lambda/latest/dg/services-apigateway-errors.html
            InvokeError::Function(error) if error.is_refusal() => Refusal::internal(),
            InvokeError::Function(_) => Refusal::bad_gateway(),
            InvokeError::IntegrationTimeout(_) => Refusal::timeout(),
        }
    })?;
    let malformed = |error: &dyn std::fmt::Display| {
        failed(facts, moment, error);
        Refusal::bad_gateway()
    };
    let result = ProxyResult::parse(&result).map_err(|e| malformed(&e))?;
    if !result.is_success() {
        let status = result.status_code;
        return Err(Refusal::by_function(status, result.body().map_err(|e| malformed(&e))?));
    }
    let protocol = result.header("sec-websocket-protocol").map(HeaderValue::from_str).transpose();
    let protocol = protocol.map_err(|e| malformed(&e))?;
    let mut chosen: Vec<_> =
        protocol.map(|value| (header::SEC_WEBSOCKET_PROTOCOL, value)).into_iter().collect();
    if api.doubts.connect_headers {
        chosen.extend(result.all_headers().filter(|(name, _)| !is_the_handshakes(name)));
    }
    Ok(chosen)
}

/// Headers that make the 101 what it is.
fn is_the_handshakes(name: &HeaderName) -> bool {
    let name = name.as_str();
    name.starts_with("sec-websocket-")
        || matches!(name, "connection" | "upgrade" | "date" | "content-length" | "transfer-encoding")
}

fn failed(facts: &Facts, moment: Moment, error: &dyn std::fmt::Display) {
    let (connection, request) = (facts.connection_id, moment.request_id);
    tracing::error!(%connection, route = "$connect", %request, %error, "the integration failed");
}
