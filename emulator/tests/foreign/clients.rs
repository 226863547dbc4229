//! WebSocket clients of other languages, each offering compression as it does by itself: it is negotiated
//! as on AWS, and both directions use it.

use std::path::Path;
use std::process::Stdio;

use emulator::template::Options;
use emulator::{Emulator, Function, Template};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::process::Command;
use tokio::sync::mpsc;

use crate::program::{DEADLINE, Program};
use crate::{NODE, PYTHON, folder, foreign};

/// Without functions: `$connect` accepts everybody, and the gateway itself answers.
const TEMPLATE: &str = "
Resources:
  Chat: { Type: AWS::ApiGatewayV2::Api, Properties: { ProtocolType: WEBSOCKET, RouteSelectionExpression: $request.body.action } }
  Stage: { Type: AWS::ApiGatewayV2::Stage, Properties: { ApiId: !Ref Chat, StageName: prod } }
";

async fn start() -> Program {
    let folder = tempfile::TempDir::new().unwrap();
    let template = folder.path().join("template.yaml");
    std::fs::write(&template, TEMPLATE).unwrap();
    Program::start(&template, &[]).await
}

async fn output(mut command: Command) -> String {
    let output = tokio::time::timeout(DEADLINE, command.output()).await.expect("an end in time").unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// What a script says of its conversation.
async fn conversation(script: &str, (program, installed): (&str, &str)) -> Option<Value> {
    let emulator = start().await;
    let mut command = foreign(program, installed, ("", ""))?;
    command.arg(folder("foreign").join(script)).arg(emulator.address("Chat"));
    Some(serde_json::from_str(&output(command).await).unwrap())
}

#[tokio::test]
async fn pythons_and_nodes_clients_talk_compressed() {
    for (script, language) in [("websockets_client.py", PYTHON), ("ws_client.mjs", NODE)] {
        let Some(said) = conversation(script, language).await else { continue };
        let expected = json!({ "offered": true, "negotiated": true, "heard": "Forbidden", "closed": 4000 });
        assert_eq!(said, expected, "{script}");
    }
}

#[tokio::test]
async fn wscat_sends_and_hears() {
    let emulator = start().await;
    let Some(mut command) = foreign(NODE.0, NODE.1, ("", "")) else { return };
    let wscat = Path::new(&std::env::var(NODE.1).unwrap()).join("node_modules/wscat/bin/wscat");
    command.arg(wscat).args(["-c", emulator.address("Chat"), "-x", "hello", "-w", "1"]);
    // It ends with its terminal, so that has to stay for as long as the answer takes.
    let mut running = command.stdin(Stdio::piped()).spawn().unwrap();
    let _terminal = running.stdin.take();
    let output = tokio::time::timeout(DEADLINE, running.wait_with_output()).await.unwrap().unwrap();
    let heard = String::from_utf8(output.stdout).unwrap();
    assert!(heard.contains(r#"{"message": "Forbidden", "connectionId":""#), "{heard}");
}

/// The browser of this machine, if it has one.
fn browser() -> Option<&'static str> {
    let known = ["chromium", "chromium-browser", "google-chrome"];
    known.into_iter().find(|name| {
        let version = std::process::Command::new(name).arg("--version").stderr(Stdio::null()).output();
        version.is_ok_and(|output| output.status.success())
    })
}

#[tokio::test]
async fn a_browser_talks_compressed() {
    let Some(browser) = browser() else {
        return eprintln!("skipped: needs Chromium or Chrome");
    };
    let template = "
Resources:
  Api:
    Type: AWS::Serverless::WebSocketApi
    Properties:
      StageName: dev
      RouteSelectionExpression: $request.body.action
      Routes:
        $connect: { FunctionArn: !GetAtt Handler.Arn }
        $default: { FunctionArn: !GetAtt Handler.Arn, RouteResponseSelectionExpression: $default }
  Response:
    Type: AWS::ApiGatewayV2::RouteResponse
    Properties: { ApiId: !Ref Api, RouteId: !Ref ApiDefaultRoute, RouteResponseKey: $default }
  Handler: { Type: AWS::Serverless::Function }
";
    let template = Template::read(template, &Options::default()).unwrap_or_else(|e| panic!("{e}"));
    let (log, mut events) = mpsc::unbounded_channel();
    let handler = Function::in_process(move |event: Value| {
        let answer = json!({ "statusCode": 200, "body": event["body"] });
        log.send(event).unwrap();
        async { Ok::<_, String>(answer) }
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let emulator = Emulator::builder(template).function("Handler", handler).start(listener).await.unwrap();
    let profile = tempfile::TempDir::new().unwrap();
    let page = format!(
        "file://{}?url=ws://{}/dev",
        folder("foreign/browser_client.html").display(),
        emulator.local_addr()
    );
    let mut command = Command::new(browser);
    command
        // A container's user may be root, and its /dev/shm too small.
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(page)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true);
    let mut running = command.spawn().unwrap();
    let mut next = async || tokio::time::timeout(DEADLINE, events.recv()).await.expect("an event").unwrap();
    let headers = &next().await["headers"];
    let offered = headers["Sec-WebSocket-Extensions"].as_str().unwrap();
    assert!(offered.contains("permessage-deflate"), "{offered}");
    assert!(headers["User-Agent"].as_str().unwrap().contains("Chrome"), "{headers}");
    assert_eq!(next().await["body"], "hello ".repeat(500));
    let outcome: Value = serde_json::from_str(next().await["body"].as_str().unwrap()).unwrap();
    let negotiated = "permessage-deflate;server_no_context_takeover;client_no_context_takeover";
    assert_eq!(outcome, json!({ "negotiated": negotiated, "heard": true }));
    running.kill().await.unwrap();
}
