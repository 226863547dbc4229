//! Accepts sockets and gives each a task of its own.

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;

use super::handshake::{self, Upgrade};
use super::tasks::Running;
use super::{Gateway, disconnect, head, plain};
use crate::ids::Id;

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
                tokio::spawn(async move { serve(&gateway, stream, peer, running).await });
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

/// Serves one socket: a handshake, or requests to the end.
async fn serve<IO>(gateway: &Arc<Gateway>, mut io: IO, peer: SocketAddr, running: Running)
where
    IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let received = match Box::pin(head::read(&mut io, gateway.limits.request_head)).await {
        Ok(received) => received,
        Err(error) => {
            tracing::debug!(%peer, %error, "no request");
            let Some(refusal) = error.refusal() else { return };
            let written = Box::pin(refusal.write(&mut io, Id::connection(), Id::request())).await;
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
    tokio::spawn(async move {
        let ending = socket.await;
        Box::pin(disconnect::run(&connection.api, &connection.facts, &ending)).await;
        drop(running);
    });
}
