//! Requests that are no handshakes, on sockets that stay for more of them: `@connections`, the HTTP
//! API, `/_emulator`, and what the gateway says to the rest. HTTP/1.1 itself is hyper's.

use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};

use super::Gateway;
use super::head;
use super::late_handshake;
use super::prefixed::Prefixed;
use crate::codec::MAX_MESSAGE_BYTES;
use crate::control;
use crate::faults::LostReply;
use crate::http_api;
use crate::invoke;
use crate::management;

/// How long a socket may take to its next request. Longer than clients usually keep one, so that it
/// is seldom we who close and lose a request that is on its way.
const KEEP_ALIVE: Duration = Duration::from_secs(75);

/// Payload of an HTTP API.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html>
const MAX_HTTP_API_BYTES: usize = 10 * 1024 * 1024;

/// How much of a body is read beyond what it may have.
const MAX_DISCARDED_BYTES: usize = 1024 * 1024;

/// Serves requests until either side closes.
pub(super) async fn serve<IO>(gateway: &Arc<Gateway>, io: IO, peer: IpAddr, received: Bytes)
where
    IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let io = TokioIo::new(Prefixed { prefix: received, io });
    let service = service_fn(|request| async {
        // An error breaks the connection, which is what a lost reply is.
        respond::<IO>(gateway, peer, request).await.map(|response| response.map(Full::new))
    });
    let mut server = http1::Builder::new();
    server.timer(TokioTimer::new()).header_read_timeout(KEEP_ALIVE).max_buf_size(head::MAX_HEAD_BYTES);
    let mut connection = pin!(server.serve_connection(io, service).with_upgrades());
    let result = tokio::select! {
        result = connection.as_mut() => result,
        () = gateway.stopped() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = result {
        tracing::debug!(%peer, %error, "an HTTP connection ended");
    }
}

async fn respond<IO>(
    gateway: &Arc<Gateway>,
    peer: IpAddr,
    request: Request<Incoming>,
) -> Result<Response<Bytes>, LostReply>
where
    IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let text = |name| request.headers().get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    if !gateway.origins.admit(text(header::ORIGIN), text(header::HOST)) {
        return Ok(management::forbidden());
    }
    if late_handshake::is_handshake(&request) {
        return Ok(late_handshake::answer::<IO>(gateway, peer, request).await);
    }
    let is_management = management::is_target(request.uri().path());
    let limit = if is_management { MAX_MESSAGE_BYTES } else { MAX_HTTP_API_BYTES };
    let (head, body) = request.into_parts();
    match read(body, limit).await {
        Ok(body) => answer(gateway, peer, Request::from_parts(head, body)).await,
        Err(Unread::Broken) => Ok(http_api::message(StatusCode::BAD_REQUEST, "Bad Request")),
        Err(Unread::TooLarge { all_read }) => {
            let mut response = match is_management {
                true => management::too_large(),
                false => http_api::message(StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large"),
            };
            if !all_read {
                // The socket is of no further use. A client that is not told sends its next request
                // there: Node's gets a reset.
                response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            Ok(response)
        }
    }
}

/// Why there is no body.
enum Unread {
    TooLarge { all_read: bool },
    Broken,
}

/// The whole body, if it is within `limit`. What is a little more is read and thrown away: a client that
/// is still sending when the socket closes may never see the answer, and over TLS surely not.
async fn read(mut body: Incoming, limit: usize) -> Result<Bytes, Unread> {
    let most = limit + MAX_DISCARDED_BYTES;
    if body.size_hint().lower() > most as u64 {
        return Err(Unread::TooLarge { all_read: false });
    }
    let (mut bytes, mut total) = (BytesMut::new(), 0);
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| Unread::Broken)?.into_data() else { continue };
        total += data.len();
        if total > most {
            return Err(Unread::TooLarge { all_read: false });
        }
        if total <= limit {
            bytes.extend_from_slice(&data);
        }
    }
    if total > limit { Err(Unread::TooLarge { all_read: true }) } else { Ok(bytes.freeze()) }
}

/// The emulator's own paths and the Invoke API's, which no template has, then the HTTP API's own paths,
/// then the WebSocket API's stage, then the extra handler, then the HTTP API's catch-all.
async fn answer(
    gateway: &Gateway,
    peer: IpAddr,
    request: Request<Bytes>,
) -> Result<Response<Bytes>, LostReply> {
    if let Some(response) = control::answer(gateway, &request).await {
        return Ok(response);
    }
    if let Some(api) = gateway.invoke_api
        && let Some(response) = invoke::answer(gateway, api, &request).await
    {
        return Ok(response);
    }
    if let Some(call) = gateway.http_apis.iter().find_map(|api| api.find(&request)) {
        return Ok(call.answer(&request, peer).await);
    }
    let (connections, signed) = (&gateway.connections, gateway.require_signature);
    if let Some(response) = management::respond(connections, &request, signed).await {
        return response;
    }
    let is_stage = gateway.is_stage_path(request.uri().path());
    if !is_stage {
        if let Some(response) = gateway.fallback.as_ref().and_then(|fallback| fallback(&request)) {
            return Ok(response);
        }
        if let Some(call) = gateway.http_apis.iter().find_map(|api| api.catch_all(&request)) {
            return Ok(call.answer(&request, peer).await);
        }
        if !gateway.http_apis.is_empty() {
            return Ok(http_api::message(StatusCode::NOT_FOUND, "Not Found"));
        }
    }
    Ok(match *request.method() {
        Method::GET => upgrade_required(),
        _ => management::forbidden(),
    })
}

fn upgrade_required() -> Response<Bytes> {
    let mut response = http_api::message(StatusCode::UPGRADE_REQUIRED, "Upgrade Required");
    response.headers_mut().insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    response
}
