//! The usual handshake: the first request on its socket, read and answered by ourselves.

use std::future::poll_fn;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::Gateway;
use super::admission::{Admission, admit};
use super::connection::Connection;
use super::event::Moment;
use super::head::Head;
use super::socket::Socket;
use crate::clock::Timestamp;
use crate::ids::Id;

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
    let (connection_id, moment) = (Id::connection(), Moment::now());
    match admit(gateway, connection_id, moment, &head, peer).await {
        Ok(admission) => {
            // Such a client was never connected, so there is no `$disconnect` for it.
            let Some(more) = meanwhile(&mut io).await else {
                tracing::debug!(connection = %connection_id, "the client left during $connect");
                return None;
            };
            let early = if more.is_empty() { early } else { [early, more].concat().into() };
            let answer = switching_protocols(&admission);
            let connection = admission.open(gateway, peer);
            Some((Socket::new(io, Arc::clone(&connection), Some(answer), early), connection))
        }
        Err(refusal) => {
            tracing::debug!(connection = %connection_id, %peer, status = refusal.status.as_u16(), "refused a handshake");
            let form = gateway.doubts.refusal_body;
            if let Err(error) = refusal.write(&mut io, form, connection_id, moment.request_id).await {
                tracing::debug!(connection = %connection_id, %error, "the refusal could not be written");
            }
            None
        }
    }
}

/// The 101 as the service writes it: header names after `Connection` are in lower case.
fn switching_protocols(admission: &Admission) -> Bytes {
    let (date, accept) = (Timestamp::now().http_date(), &admission.accept);
    let mut answer = format!(
        "HTTP/1.1 101 Switching Protocols\r\nDate: {date}\r\nConnection: upgrade\r\nupgrade: websocket\r\n\
         sec-websocket-accept: {accept}\r\n",
    )
    .into_bytes();
    for (name, value) in admission.headers() {
        answer.extend_from_slice(name.as_str().as_bytes());
        answer.extend_from_slice(b": ");
        answer.extend_from_slice(value.as_bytes());
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
