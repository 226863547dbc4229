//! Accepts sockets and gives each a task of its own.

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};

use super::connection::Connection;
use super::handshake::{self, Upgrade};
use super::socket::Socket;
use super::tasks::Running;
use super::{Gateway, disconnect, head, plain};
use crate::ids::Id;
use crate::tls;

/// How long accepting rests after it failed. The kernel says at once, again and again, that there is
/// no file descriptor, and nothing tells when there is one.
const PAUSE: Duration = Duration::from_millis(100);

/// Accepts until the gateway stops.
pub(crate) async fn run(gateway: Arc<Gateway>, listener: TcpListener) {
    let mut stopped = pin!(gateway.stopped());
    let mut failures = 0_u64;
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stopped => return,
        };
        match accepted {
            Ok((stream, peer)) => {
                failures = 0;
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!(%peer, %error, "a socket keeps Nagle's algorithm");
                }
                let running = gateway.tasks.begin();
                let gateway = Arc::clone(&gateway);
                tokio::spawn(async move { begin(&gateway, stream, peer, running).await });
            }
            Err(error) if is_of_one_client(&error) => {
                tracing::debug!(%error, "a client left before it was accepted");
            }
            Err(error) => {
                report(&error, failures);
                failures += 1;
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

/// The client's own failure, which says nothing about the next one.
fn is_of_one_client(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

/// Says it at once, and then every ten seconds for as long as it lasts.
fn report(error: &io::Error, failures: u64) {
    /// EMFILE and ENFILE have no `ErrorKind` of their own.
    const OUT_OF_DESCRIPTORS: [i32; 2] = [24, 23];
    if !failures.is_multiple_of(100) {
        return;
    }
    if error.raw_os_error().is_some_and(|code| OUT_OF_DESCRIPTORS.contains(&code)) {
        tracing::error!(
            "out of file descriptors: no new connection can be accepted until one closes; \
             raise the limit (`ulimit -n`) for more connections"
        );
    } else {
        tracing::error!(%error, "no new connection can be accepted");
    }
}

/// Tells TLS from plain HTTP, where both are served.
async fn begin(gateway: &Arc<Gateway>, stream: TcpStream, peer: SocketAddr, running: Running) {
    let Some(tls) = &gateway.tls else { return serve(gateway, stream, peer, running).await };
    let mut first = [0];
    let peeked = tokio::select! {
        peeked = tokio::time::timeout(gateway.limits.request_head, stream.peek(&mut first)) => peeked,
        // Browsers open sockets for later; nobody need wait for those.
        () = gateway.stopped() => return,
    };
    if !matches!(peeked, Ok(Ok(1))) {
        return tracing::debug!(%peer, "no request");
    }
    if first != [tls::FIRST_BYTE] {
        return serve(gateway, stream, peer, running).await;
    }
    let handshake = tokio::time::timeout(gateway.limits.request_head, tls.acceptor().accept(stream));
    match Box::pin(handshake).await {
        Ok(Ok(stream)) => Box::pin(serve(gateway, stream, peer, running)).await,
        Ok(Err(error)) => tracing::debug!(%peer, %error, "no TLS"),
        Err(_elapsed) => tracing::debug!(%peer, "the TLS handshake took too long"),
    }
}

/// Serves one socket: a handshake, or requests to the end.
async fn serve<IO>(gateway: &Arc<Gateway>, mut io: IO, peer: SocketAddr, running: Running)
where
    IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let reading = Box::pin(head::read(&mut io, gateway.limits.request_head));
    let received = tokio::select! {
        received = reading => received,
        // Browsers open sockets for later; nobody need wait for those.
        () = gateway.stopped() => return,
    };
    let received = match received {
        Ok(received) => received,
        Err(error) => {
            tracing::debug!(%peer, %error, "no request");
            let Some(refusal) = error.refusal() else { return };
            let form = gateway.doubts.refusal_body;
            let written = Box::pin(refusal.write(&mut io, form, Id::connection(), Id::request())).await;
            return tracing::debug!(%peer, ?written, "refused a request");
        }
    };
    let head::Received { head, bytes, head_length } = received;
    if !head.is_upgrade() {
        return Box::pin(plain::serve(gateway, io, peer.ip(), bytes)).await;
    }
    let upgrade = Upgrade { io, peer: peer.ip(), head, early: bytes.slice(head_length..) };
    let opened = Box::pin(handshake::open(gateway, upgrade)).await;
    let Some((socket, connection)) = opened else { return };
    // A task of its own, which is no larger than an idle connection needs: this one is as large as
    // the largest thing that it has done so far.
    tokio::spawn(run_socket(socket, connection, running));
}

/// Serves an open connection to its end, and `$disconnect` behind it.
pub(super) async fn run_socket<IO>(socket: Socket<IO>, connection: Arc<Connection>, running: Running)
where
    IO: AsyncRead + AsyncWrite + Unpin,
{
    let ending = socket.await;
    Box::pin(disconnect::run(&connection.api, &connection.facts, &ending)).await;
    drop(running);
}
