//! A DynamoDB on a TCP port, for other processes of this machine. Through the same door as the
//! clients of this process: dynoxide's own server answers every web page (`access-control-allow-
//! origin: *`), and writes through it would wake no reader of a stream.

use std::future::Future;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::answer;
use crate::faults::LostReply;

/// DynamoDB's largest request, a `BatchWriteItem`:
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html>
const LARGEST_BODY: usize = 16 * 1024 * 1024;

/// A client that sends part of a request's head and no more is cut off after this long.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// What a shutdown waits for requests that are under way.
const DRAIN: Duration = Duration::from_secs(2);

/// An open port. Dropping it closes it; [`Port::close`] waits for that.
#[derive(Debug)]
pub struct Port {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    served: JoinHandle<()>,
}

impl Port {
    /// At `host`, if that is a single address, such as the bridge that Docker's containers reach this machine
    /// by, else at loopback: whoever opens a gateway to everybody has not said that they may read and
    /// write the database too. 0 is any free port. Every request that may be here goes to `carry_out`.
    pub(super) async fn open<F, Fut>(host: IpAddr, port: u16, carry_out: F) -> io::Result<Self>
    where
        F: Fn(Request<Bytes>) -> Fut + Clone + Send + 'static,
        Fut: Future<Output = Result<Response<Bytes>, LostReply>> + Send + 'static,
    {
        let host = if host.is_unspecified() { Ipv4Addr::LOCALHOST.into() } else { host };
        let listener = TcpListener::bind((host, port)).await?;
        let address = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel::<()>();
        // A sender that is gone means that all is over: stop all the same.
        let served = tokio::spawn(serve(carry_out, listener, async { drop(stopped.await) }));
        Ok(Self { address, stop, served })
    }

    /// Where it is.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The endpoint for SDKs.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Accepts nothing more, and waits for requests that are under way, for two seconds at most.
    pub async fn close(self) {
        // Either end may be gone already, which is what is wanted.
        let _stopped = self.stop.send(());
        let _ended = self.served.await;
    }
}

async fn serve<F, Fut>(carry_out: F, listener: TcpListener, shutdown: impl Future<Output = ()> + Send)
where
    F: Fn(Request<Bytes>) -> Fut + Clone + Send + 'static,
    Fut: Future<Output = Result<Response<Bytes>, LostReply>> + Send + 'static,
{
    let connections = GracefulShutdown::new();
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            () = &mut shutdown => break,
            accepted = listener.accept() => accepted,
        };
        let stream = match accepted {
            Ok((stream, _peer)) => stream,
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection to the DynamoDB port");
                // Usually out of file descriptors, and at once again if asked at once.
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let _delay_is_only_slower = stream.set_nodelay(true);
        let carry_out = carry_out.clone();
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIMEOUT)
            .serve_connection(
                TokioIo::new(stream),
                service_fn(move |request| {
                    let carry_out = carry_out.clone();
                    // An error breaks the connection, which is what a lost reply is.
                    async move { answer(carry_out, request).await.map(|answer| answer.map(Full::new)) }
                }),
            );
        let connection = connections.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection to the DynamoDB port broke");
            }
        });
    }
    if tokio::time::timeout(DRAIN, connections.shutdown()).await.is_err() {
        tracing::warn!("requests to the DynamoDB port were still under way at shutdown");
    }
}

async fn answer<F, Fut>(carry_out: F, request: Request<Incoming>) -> Result<Response<Bytes>, LostReply>
where
    F: Fn(Request<Bytes>) -> Fut,
    Fut: Future<Output = Result<Response<Bytes>, LostReply>>,
{
    // Only a web page sends an origin, and no page has business with the database.
    if request.headers().contains_key(header::ORIGIN) {
        return Ok(answer::error(
            StatusCode::FORBIDDEN,
            "AccessDeniedException",
            "no web page may use this port",
        ));
    }
    if request.method() != Method::POST {
        return Ok(answer::error(StatusCode::NOT_FOUND, "UnknownOperationException", ""));
    }
    let signed = request.headers().get(header::AUTHORIZATION);
    if !signed.is_some_and(|value| value.as_bytes().starts_with(b"AWS4-HMAC-SHA256 ")) {
        return Ok(answer::error(
            StatusCode::BAD_REQUEST,
            "MissingAuthenticationTokenException",
            "Request is missing Authentication Token",
        ));
    }
    let (head, body) = request.into_parts();
    match Limited::new(body, LARGEST_BODY).collect().await {
        Ok(body) => carry_out(Request::from_parts(head, body.to_bytes())).await,
        Err(_too_large_or_broken) => Ok(answer::error(
            StatusCode::PAYLOAD_TOO_LARGE,
            "RequestEntityTooLargeException",
            "the request is larger than 16 MB or incomplete",
        )),
    }
}
