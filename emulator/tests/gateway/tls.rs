//! TLS beside plain connections, on one port.

use std::path::Path;
use std::sync::Arc;

use emulator::Tls;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::Message;

use crate::TEMPLATE;
use crate::harness::{Harness, ok, soon};
use futures_util::{SinkExt, StreamExt};

async fn start(folder: Option<&Path>) -> (Harness, Tls) {
    let tls = Tls::new(folder, [127, 0, 0, 1].into()).unwrap();
    let of_gateway = Some(tls.clone());
    (Harness::start_with(TEMPLATE, |_| ok(), |builder| builder.tls(of_gateway)).await, tls)
}

/// A client that trusts the authority in `ca`, and nobody else.
async fn connect(harness: &Harness, ca: &Path, name: &'static str) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(ca).unwrap()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(harness.address).await.unwrap();
    soon(TlsConnector::from(Arc::new(config)).connect(ServerName::try_from(name).unwrap(), stream)).await
}

#[tokio::test]
async fn plain_and_tls_are_served_on_one_port() {
    let (harness, tls) = start(None).await;
    let mut plain = harness.connect("/dev").await;
    let id = harness.connection_id().await;
    let secure = connect(&harness, tls.ca(), "localhost").await.unwrap();
    let (mut secure, _) = client_async("wss://localhost/dev", secure).await.unwrap();
    secure.send(Message::text(r#"{"action":"ask"}"#)).await.unwrap();
    assert_eq!(soon(secure.next()).await.unwrap().unwrap(), Message::text(""));

    // `@connections` over TLS, to the client without it.
    let mut https = connect(&harness, tls.ca(), "127.0.0.1").await.unwrap();
    let post = format!(
        "POST /dev/@connections/{id} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello"
    );
    https.write_all(post.as_bytes()).await.unwrap();
    let mut answer = String::new();
    // The server may go without TLS's own goodbye.
    let _end = soon(https.read_to_string(&mut answer)).await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert_eq!(plain.text().await, "hello");
    assert_eq!(harness.http("GET", "/items/1", "", "").await.0, 200);
}

#[tokio::test]
async fn the_certificate_is_for_this_machines_names_and_of_its_own_authority() {
    let (harness, tls) = start(None).await;
    for name in ["localhost", "127.0.0.1", "::1", "abc.execute-api.localhost"] {
        connect(&harness, tls.ca(), name).await.unwrap_or_else(|error| panic!("{name}: {error}"));
    }
    assert!(connect(&harness, tls.ca(), "example.com").await.is_err());
    let (_other, stranger) = start(None).await;
    assert!(connect(&harness, stranger.ca(), "localhost").await.is_err());
}

#[tokio::test]
async fn an_authority_that_is_trusted_once_stays() {
    let folder = tempfile::TempDir::new().unwrap();
    let (_first, tls) = start(Some(folder.path())).await;
    let trusted = std::fs::read(tls.ca()).unwrap();
    let (second, tls) = start(Some(folder.path())).await;
    assert_eq!(std::fs::read(tls.ca()).unwrap(), trusted);
    connect(&second, tls.ca(), "localhost").await.unwrap();
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(folder.path().join("ca.key")).unwrap().permissions().mode();
    assert_eq!(mode & 0o077, 0, "only its owner reads the key");
}

#[tokio::test]
async fn what_begins_like_tls_and_is_not_harms_nobody() {
    let (harness, _tls) = start(None).await;
    let mut stream = TcpStream::connect(harness.address).await.unwrap();
    stream.write_all(b"\x16\x03\x01\xFF\xFFnonsense").await.unwrap();
    drop(stream);
    harness.connect("/dev").await;
}
