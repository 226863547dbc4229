//! A DynamoDB that is not the program's own, with faults before it: another engine's port plays it.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use emulator::dynamodb::Engine;
use futures_util::{SinkExt, StreamExt};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;

use crate::program::{DEADLINE, Program, command};
use crate::serves::{expect_record, lambda, put, state, template};

/// The first write is throttled, which SDKs try again. Whoever reads records always fails.
const FAULTS: &str = "
[[dynamodb]]
operation = \"PutItem\"
table = \"mine-items\"
fault = \"throttle\"
nth = 1

[[dynamodb]]
operation = \"GetRecords\"
fault = \"internal\"
";

#[tokio::test]
async fn a_dynamodb_elsewhere_has_its_faults_and_the_emulators_own_reads_are_spared() {
    let (lambda, events) = lambda().await;
    let (folder, path) = template();
    let runs = format!("http://{}", lambda.local_addr());
    let other = Engine::temporary().unwrap();
    let port = other.open_port([127, 0, 0, 1].into(), 0).await.unwrap();
    let elsewhere = port.url();
    let faults = folder.path().join("faults.toml");
    std::fs::write(&faults, FAULTS).unwrap();
    let arguments =
        ["--lambda-endpoint", &runs, "--parameter", "Prefix=mine", "--dynamodb-endpoint", &elsewhere];
    let program =
        Program::start(&path, &[&arguments[..], &["--faults", faults.to_str().unwrap()]].concat()).await;
    assert_ne!(program.address("DynamoDB"), elsewhere);
    assert!(
        program.greeting.iter().any(|line| line.ends_with(&format!("(with faults, before {elsewhere})")))
    );
    put(program.address("DynamoDB"), "one").await;
    // By the other's own address nothing is struck, nor counted.
    put(&elsewhere, "two").await;
    for id in ["one", "two"] {
        expect_record(&events, id).await;
    }
    let struck = json!([
        { "rule": "dynamodb 1", "applied": 2, "struck": 1 },
        { "rule": "dynamodb 2", "applied": 0, "struck": 0 },
    ]);
    assert_eq!(state(&program).await["faults"], struck);
    let (success, log) = program.stop().await;
    assert!(success, "{log}");

    // Without rules for it nothing stands before it.
    std::fs::write(&faults, "[[socket]]\nfault = \"before-message\"\nnth = 1\n").unwrap();
    let program =
        Program::start(&path, &[&arguments[..], &["--faults", faults.to_str().unwrap()]].concat()).await;
    assert_eq!(program.address("DynamoDB"), elsewhere);
}

const PYTHON: &str = r#"
import os, urllib.error, urllib.request

def handler(event, context):
    item = b'{"TableName": "mine-items", "Item": {"id": {"S": "one"}}}'
    headers = {"X-Amz-Target": "DynamoDB_20120810.PutItem", "Authorization": "AWS4-HMAC-SHA256 Credential=local"}
    request = urllib.request.Request(os.environ["AWS_ENDPOINT_URL_DYNAMODB"], item, headers, method="POST")
    try:
        urllib.request.urlopen(request).close()
        return {"statusCode": 200, "body": "written"}
    except urllib.error.HTTPError as error:
        return {"statusCode": 200, "body": error.read().decode()}
"#;

#[tokio::test]
async fn functions_reach_a_dynamodb_elsewhere_through_its_faults() {
    if !Command::new("python3").arg("--version").output().is_ok_and(|output| output.status.success()) {
        #[allow(clippy::print_stderr)]
        {
            eprintln!("skipped: needs python3");
        }
        return;
    }
    let (folder, path) = template();
    let text = std::fs::read_to_string(&path).unwrap();
    let handler =
        "    Properties:\n      Runtime: python3.13\n      Handler: app.handler\n      Timeout: 10\n";
    let text = text.replace("    Properties:\n      Timeout: 10\n", handler);
    let (text, events) = text.split_once("      Events:").unwrap();
    assert!(text.contains("app.handler") && events.contains("StreamArn"));
    std::fs::write(&path, text).unwrap();
    std::fs::write(folder.path().join("app.py"), PYTHON).unwrap();
    let faults = folder.path().join("faults.toml");
    std::fs::write(&faults, FAULTS).unwrap();
    let other = Engine::temporary().unwrap();
    let port = other.open_port([127, 0, 0, 1].into(), 0).await.unwrap();
    let elsewhere = port.url();
    let arguments = ["--parameter", "Prefix=mine", "--dynamodb-endpoint", &elsewhere, "--faults"];
    let program = Program::start(&path, &[&arguments[..], &[faults.to_str().unwrap()]].concat()).await;
    let (mut socket, _) = connect_async(program.address("Api")).await.unwrap();
    for expected in ["ThrottlingException", "written"] {
        socket.send(Message::text("write")).await.unwrap();
        let answer = tokio::time::timeout(DEADLINE, socket.next()).await.unwrap().unwrap().unwrap();
        assert!(answer.to_text().unwrap().contains(expected), "{answer}");
    }
}

/// TLS before a plain port; the certificate to trust is in `ca`.
async fn behind_tls(plain: SocketAddr, ca: &Path) -> SocketAddr {
    let certified = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    std::fs::write(ca, certified.cert.pem()).unwrap();
    let key = PrivateKeyDer::Pkcs8(certified.signing_key.serialize_der().into());
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certified.cert.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(mut secure) = acceptor.accept(stream).await else { return };
                let mut to = TcpStream::connect(plain).await.unwrap();
                // Either side may leave without TLS's goodbye.
                let _ended = tokio::io::copy_bidirectional(&mut secure, &mut to).await;
            });
        }
    });
    address
}

#[tokio::test]
async fn a_dynamodb_elsewhere_may_speak_https() {
    let (lambda, events) = lambda().await;
    let (folder, path) = template();
    let (ca, faults) = (folder.path().join("ca.pem"), folder.path().join("faults.toml"));
    std::fs::write(&faults, FAULTS).unwrap();
    let other = Engine::temporary().unwrap();
    let port = other.open_port([127, 0, 0, 1].into(), 0).await.unwrap();
    let secure = behind_tls(port.address(), &ca).await;
    let elsewhere = format!("https://localhost:{}", secure.port());
    let runs = format!("http://{}", lambda.local_addr());
    let arguments =
        ["--lambda-endpoint", &runs, "--parameter", "Prefix=mine", "--dynamodb-endpoint", &elsewhere];
    let mut command = command(&path, &[&arguments[..], &["--faults", faults.to_str().unwrap()]].concat());
    command.env("SSL_CERT_FILE", &ca);
    let program = Program::of(command).await;
    put(program.address("DynamoDB"), "one").await;
    expect_record(&events, "one").await;
    assert_eq!(
        state(&program).await["faults"][0],
        json!({ "rule": "dynamodb 1", "applied": 2, "struck": 1 })
    );
}
