//! `--tls`: what a client has that trusts the printed authority, and nobody else.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use futures_util::{SinkExt, StreamExt};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::Message;

use crate::process::{PATIENCE, Process};

/// Address and authority, as the greeting tells them.
fn told(process: &Process) -> (SocketAddr, PathBuf) {
    let after = |text: &str| {
        let rest = process.greeting.split_once(text).unwrap_or_else(|| panic!("{}", process.greeting)).1;
        rest.split_once(char::is_whitespace).unwrap().0.to_owned()
    };
    (after("wss://").strip_suffix("/ws").unwrap().parse().unwrap(), after("CA        ").into())
}

async fn connect((address, ca): &(SocketAddr, PathBuf)) -> TlsStream<TcpStream> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(ca).unwrap()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(address).await.unwrap();
    let connecting = TlsConnector::from(Arc::new(config)).connect(ServerName::from(address.ip()), stream);
    timeout(PATIENCE, connecting).await.expect("a handshake in time").unwrap()
}

#[tokio::test]
async fn one_chats_over_wss_with_those_who_do_not() {
    let process = Process::start(&["--tls"], &[]).await;
    let told = told(&process);
    let url = format!("wss://{}/ws?userId=alice&username=Alice", told.0);
    let (mut alice, _) = client_async(url, connect(&told).await).await.unwrap();
    let mut bob = process.stack.connect("bob").await;
    alice
        .send(Message::text(json!({"action": "sendMessage", "content": "in secret"}).to_string()))
        .await
        .unwrap();
    bob.expect_message("in secret").await;
    bob.say("in the open").await;
    let heard = async {
        loop {
            let frame = alice.next().await.unwrap().unwrap();
            let frame: Value = serde_json::from_str(frame.to_text().unwrap()).unwrap();
            if frame["content"] == "in the open" {
                return;
            }
        }
    };
    timeout(PATIENCE, heard).await.expect("a message in time");

    let mut https = connect(&told).await;
    https.write_all(b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await.unwrap();
    let mut health = String::new();
    // The server may go without TLS's own goodbye.
    let _end = timeout(PATIENCE, https.read_to_string(&mut health)).await.expect("an answer in time");
    assert!(health.starts_with("HTTP/1.1 200"), "{health}");
}

#[tokio::test]
async fn an_authority_that_is_trusted_once_stays_with_the_data() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["--tls", "--data", folder.path().to_str().unwrap()];
    let first = Process::start(&arguments, &[]).await;
    let trusted = std::fs::read(told(&first).1).unwrap();
    first.kill().await;
    let second = Process::start(&arguments, &[]).await;
    let told = told(&second);
    assert_eq!(std::fs::read(&told.1).unwrap(), trusted);
    connect(&told).await;
}
