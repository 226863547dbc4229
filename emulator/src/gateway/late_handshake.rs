//! A handshake behind other requests on one socket. Browsers never send one, but proxies that keep
//! their connections to us do. HTTP is hyper's on such a socket, and so is the 101; then the socket
//! becomes ours.

use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use hyper::body::Incoming;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};

use super::Gateway;
use super::accept;
use super::admission::admit;
use super::connection::Connection;
use super::event::Moment;
use super::head::Head;
use super::prefixed::Prefixed;
use super::refusal::Refusal;
use super::socket::Socket;
use super::tasks::Running;
use crate::ids::Id;

pub(super) fn is_handshake(request: &Request<Incoming>) -> bool {
    let has = |name, token: &str| {
        let value = request.headers().get(name).and_then(|value: &HeaderValue| value.to_str().ok());
        value.is_some_and(|value| value.split(',').any(|part| part.trim().eq_ignore_ascii_case(token)))
    };
    request.method() == Method::GET && has(header::UPGRADE, "websocket") && has(header::CONNECTION, "upgrade")
}

/// The answer to a handshake; if it is the 101, a task waits for the socket.
pub(super) async fn answer<IO>(
    gateway: &Arc<Gateway>,
    peer: IpAddr,
    mut request: Request<Incoming>,
) -> Response<Bytes>
where
    IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let upgrade = hyper::upgrade::on(&mut request);
    let head = head_of(&request);
    let gateway = Arc::clone(gateway);
    let form = gateway.doubts.refusal_body;
    // hyper drops what it waits for when the client leaves, but no `$connect` may stop half-way.
    let opening = tokio::spawn(async move {
        let running = gateway.tasks.begin();
        let (connection_id, moment) = (Id::connection(), Moment::now());
        let admission = match admit(&gateway, connection_id, moment, &head, peer).await {
            Ok(admission) => admission,
            Err(refusal) => {
                return refusal.response(gateway.doubts.refusal_body, connection_id, moment.request_id);
            }
        };
        let mut response = Response::new(Bytes::new());
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        let headers = response.headers_mut();
        headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        if let Ok(accept) = HeaderValue::from_str(&admission.accept) {
            headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
        }
        for (name, value) in admission.headers() {
            headers.append(name, value);
        }
        let connection = admission.open(&gateway, peer);
        tokio::spawn(take_over::<IO>(upgrade, connection, running));
        response
    });
    opening.await.unwrap_or_else(|_| Refusal::internal().response(form, Id::connection(), Id::request()))
}

/// Serves the connection once hyper has written the 101 and given the socket up.
async fn take_over<IO>(upgrade: OnUpgrade, connection: Arc<Connection>, running: Running)
where
    IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let upgraded = upgrade.await.ok().and_then(|upgraded| upgraded.downcast::<TokioIo<Prefixed<IO>>>().ok());
    let Some(parts) = upgraded else {
        // Never connected, so there is no `$disconnect`.
        connection.api.connections.remove(connection.id());
        return tracing::debug!(connection = %connection.id(), "the client left during $connect");
    };
    let socket = Socket::new(parts.io.into_inner(), Arc::clone(&connection), None, parts.read_buf);
    accept::run_socket(socket, connection, running).await;
}

/// hyper keeps no casing, so names get the one that browsers and most programs use.
fn head_of(request: &Request<Incoming>) -> Head {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    Head {
        method: request.method().to_string(),
        path: request.uri().path().to_owned(),
        query: request.uri().query().map(str::to_owned),
        headers: request
            .headers()
            .iter()
            .map(|(name, value)| (title_case(name.as_str()), text(value)))
            .collect(),
    }
}

/// `sec-websocket-key` becomes `Sec-WebSocket-Key`.
fn title_case(name: &str) -> String {
    let segments = name.split('-').map(|segment| match segment {
        "websocket" => "WebSocket".to_owned(),
        other => {
            let (first, rest) = other.split_at(other.len().min(1));
            first.to_ascii_uppercase() + rest
        }
    });
    segments.collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    #[test]
    fn names_get_the_casing_of_browsers() {
        for name in ["Sec-WebSocket-Key", "Host", "User-Agent", "X-A"] {
            assert_eq!(super::title_case(&name.to_lowercase()), name);
        }
    }
}
