//! From an upgrade request to an open connection or a refusal, in the service's order: is it a
//! handshake for one of our stages, does the authorizer let it in, does `$connect` agree. Until
//! then there is no 101, and for the management API no connection.

use std::future::poll_fn;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::HeaderValue;
use sha1::{Digest, Sha1};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::Gateway;
use super::api::Api;
use super::authorizer;
use super::connection::{Connection, Facts};
use super::ending::Ending;
use super::event::{self, Handshake, Moment, raw};
use super::head::Head;
use super::proxy_result::ProxyResult;
use super::refusal::Refusal;
use super::socket::Socket;
use crate::clock::Timestamp;
use crate::functions::InvokeError;
use crate::ids::Id;

/// RFC 6455, section 1.3.
const ACCEPT_GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// An upgrade request on its socket.
pub(super) struct Upgrade<IO> {
    pub(super) io: IO,
    pub(super) peer: IpAddr,
    pub(super) head: Head,
    /// What the client sent behind the head.
    pub(super) early: Bytes,
}

/// Answers the request. `None` if it was refused or the client is gone.
pub(super) async fn open<IO>(gateway: &Gateway, upgrade: Upgrade<IO>) -> Option<(Socket<IO>, Arc<Connection>)>
where
    IO: AsyncRead + AsyncWrite + Unpin,
{
    let Upgrade { mut io, peer, head, early } = upgrade;
    // Allocated before anybody is asked: the authorizer's event carries it already.
    let connection_id = Id::connection();
    let moment = Moment::now();
    match admit(gateway, connection_id, moment, &head, peer).await {
        Ok((api, facts, protocol)) => {
            // Such a client was never connected, so there is no `$disconnect` for it.
            let Some(more) = meanwhile(&mut io).await else {
                tracing::debug!(connection = %connection_id, "the client left during $connect");
                return None;
            };
            let early = if more.is_empty() { early } else { [early, more].concat().into() };
            let answer = switching_protocols(&head, protocol.as_ref());
            let connection = Arc::new(Connection::new(api, facts));
            // Open from here on: a post may be queued before the 101 is written, not leave before it.
            connection.api.connections.insert(Arc::clone(&connection));
            // A shutdown that has closed all connections by now has not seen this one.
            if gateway.is_stopping() {
                connection.outbox.close(Ending::GOING_AWAY);
            }
            tracing::debug!(connection = %connection_id, %peer, stage = %connection.api.stage, "connected");
            Some((Socket::new(io, Arc::clone(&connection), answer, early), connection))
        }
        Err(refusal) => {
            tracing::debug!(connection = %connection_id, %peer, status = refusal.status.as_u16(), "refused a handshake");
            if let Err(error) = refusal.write(&mut io, connection_id, moment.request_id).await {
                tracing::debug!(connection = %connection_id, %error, "the refusal could not be written");
            }
            None
        }
    }
}

async fn admit(
    gateway: &Gateway,
    connection_id: Id,
    moment: Moment,
    head: &Head,
    peer: IpAddr,
) -> Result<(Arc<Api>, Facts, Option<HeaderValue>), Refusal> {
    if !gateway.origins.admit(head.header("origin"), head.header("host")) {
        return Err(Refusal::forbidden());
    }
    let api = gateway.api_of(&head.path).ok_or_else(Refusal::forbidden)?;
    if head.header("sec-websocket-version") != Some("13") {
        return Err(Refusal::version());
    }
    let key = head.header("sec-websocket-key").and_then(|key| BASE64_STANDARD.decode(key.trim()).ok());
    if key.is_none_or(|key| key.len() != 16) {
        return Err(Refusal::bad_request());
    }
    let source_ip = peer.to_canonical().to_string();
    let handshake = Handshake::new(head, &source_ip, moment);
    let mut facts = facts(connection_id, moment.at, head, source_ip);
    if let Some(authorizer) = &api.authorizer {
        let context = authorizer::authorize(&api, authorizer, &facts, moment, &handshake).await?;
        facts.authorizer = Some(context);
    }
    let protocol = connect(&api, &facts, moment, &handshake).await?;
    if gateway.is_stopping() {
        return Err(Refusal::new(http::StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable"));
    }
    Ok((api, facts, protocol))
}

fn facts(connection_id: Id, connected_at: Timestamp, head: &Head, source_ip: String) -> Facts {
    #[derive(serde::Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Identity<'a> {
        #[serde(skip_serializing_if = "Option::is_none")]
        user_agent: Option<&'a str>,
        source_ip: &'a str,
    }
    let user_agent = head.header("user-agent");
    let identity = raw(&Identity { user_agent, source_ip: &source_ip });
    Facts {
        connection_id,
        connected_at,
        domain_name: head.header("host").unwrap_or_default().into(),
        user_agent: user_agent.map(Into::into),
        source_ip: source_ip.into(),
        identity,
        authorizer: None,
    }
}

/// Runs the `$connect` route, if there is one. Yields the subprotocol that its function chose; the
/// gateway itself never chooses one.
async fn connect(
    api: &Api,
    facts: &Facts,
    moment: Moment,
    handshake: &Handshake,
) -> Result<Option<HeaderValue>, Refusal> {
    let Some(route) = api.routes.get("$connect") else { return Ok(None) };
    let Some(target) = &route.target else { return Ok(None) };
    let payload = event::connect(api, facts, moment, handshake);
    let result = target.integrate(payload, route.timeout).await.map_err(|error| {
        failed(facts, moment, &error);
        match error {
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
    protocol.map_err(|e| malformed(&e))
}

fn failed(facts: &Facts, moment: Moment, error: &dyn std::fmt::Display) {
    let (connection, request) = (facts.connection_id, moment.request_id);
    tracing::error!(%connection, route = "$connect", %request, %error, "the integration failed");
}

/// The 101 as the service writes it: header names after `Connection` are in lower case.
fn switching_protocols(head: &Head, protocol: Option<&HeaderValue>) -> Bytes {
    let key = head.header("sec-websocket-key").unwrap_or_default().trim();
    let accept = BASE64_STANDARD.encode(Sha1::new().chain_update(key).chain_update(ACCEPT_GUID).finalize());
    let date = Timestamp::now().http_date();
    let mut answer = format!(
        "HTTP/1.1 101 Switching Protocols\r\nDate: {date}\r\nConnection: upgrade\r\nupgrade: websocket\r\n\
         sec-websocket-accept: {accept}\r\n",
    )
    .into_bytes();
    if let Some(protocol) = protocol {
        answer.extend_from_slice(b"sec-websocket-protocol: ");
        answer.extend_from_slice(protocol.as_bytes());
        answer.extend_from_slice(b"\r\n");
    }
    answer.extend_from_slice(b"\r\n");
    answer.into()
}

/// What a client sent while it waited, without waiting for more; `None` if it left.
async fn meanwhile<IO: AsyncRead + Unpin>(io: &mut IO) -> Option<Bytes> {
    let mut bytes = [0; 512];
    let mut buffer = ReadBuf::new(&mut bytes);
    let polled = poll_fn(|cx| Poll::Ready(Pin::new(&mut *io).poll_read(cx, &mut buffer))).await;
    match polled {
        Poll::Pending => Some(Bytes::new()),
        Poll::Ready(Ok(())) if !buffer.filled().is_empty() => Some(Bytes::copy_from_slice(buffer.filled())),
        Poll::Ready(_) => None,
    }
}
