//! Applications whose functions are handlers in Node.js and Python, run right away: no build, no container,
//! and no packages, so that `@connections` is called as anything is that speaks HTTPS.

use std::path::PathBuf;
use std::process::Command;

use futures_util::{SinkExt, StreamExt};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::program::{DEADLINE, Program};

const NODE: &str = r#"
const https = require("node:https");

const post = ({ domainName, stage, connectionId }, data) =>
  new Promise((resolve, reject) => {
    const url = `https://${domainName}/${stage}/@connections/${encodeURIComponent(connectionId)}`;
    const request = https.request(url, { method: "POST" }, (response) => {
      response.resume();
      response.on("end", () => resolve(response.statusCode));
    });
    request.on("error", reject);
    request.end(data);
  });

exports.connect = async () => ({ statusCode: 200 });
exports.disconnect = async ({ requestContext }) => console.log("left: " + requestContext.disconnectStatusCode);
exports.send = async ({ requestContext, body }) => {
  const { data } = JSON.parse(body);
  if (data === "throw") throw new Error("thrown");
  if (data === "crash") setTimeout(() => { throw new Error("crashed"); });
  if (data === "crash") await new Promise((resolve) => setTimeout(resolve, 5000));
  await post(requestContext, data);
  return { statusCode: 200 };
};
"#;

const PYTHON: &str = r#"
import json, os, urllib.parse, urllib.request

def connect(event, context):
    return {"statusCode": 200}

def disconnect(event, context):
    print("left:", event["requestContext"]["disconnectStatusCode"])

def send(event, context):
    data = json.loads(event["body"])["data"]
    if data == "throw":
        raise ValueError("thrown")
    if data == "crash":
        os._exit(1)
    where = event["requestContext"]
    connection = urllib.parse.quote(where["connectionId"])
    url = f"https://{where['domainName']}/{where['stage']}/@connections/{connection}"
    urllib.request.urlopen(urllib.request.Request(url, data=data.encode(), method="POST")).close()
    return {"statusCode": 200}
"#;

fn template(runtime: &str) -> String {
    format!(
        "
Transform: AWS::Serverless-2016-10-31
Globals: {{ Function: {{ Runtime: {runtime}, CodeUri: chat/, Timeout: 10 }} }}
Resources:
  Chat:
    Type: AWS::Serverless::WebSocketApi
    Properties:
      StageName: Prod
      RouteSelectionExpression: $request.body.action
      Routes:
        $connect: {{ FunctionArn: !GetAtt OnConnect.Arn }}
        $disconnect: {{ FunctionArn: !GetAtt OnDisconnect.Arn }}
        sendmessage: {{ FunctionArn: !GetAtt SendMessage.Arn }}
  OnConnect: {{ Type: AWS::Serverless::Function, Properties: {{ Handler: app.connect }} }}
  OnDisconnect: {{ Type: AWS::Serverless::Function, Properties: {{ Handler: app.disconnect }} }}
  SendMessage: {{ Type: AWS::Serverless::Function, Properties: {{ Handler: app.send }} }}
"
    )
}

fn application(runtime: &str, file: &str, code: &str) -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    std::fs::create_dir(folder.path().join("chat")).unwrap();
    std::fs::write(folder.path().join("chat").join(file), code).unwrap();
    let path = folder.path().join("template.yaml");
    std::fs::write(&path, template(runtime)).unwrap();
    (folder, path)
}

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

async fn ask(socket: &mut Socket, data: &str) -> String {
    let frame = serde_json::json!({ "action": "sendmessage", "data": data }).to_string();
    socket.send(Message::text(frame)).await.unwrap();
    let heard = tokio::time::timeout(DEADLINE, socket.next()).await.expect("an answer in time");
    heard.unwrap().unwrap().into_text().unwrap().as_str().to_owned()
}

#[tokio::test]
async fn an_application_in_node_or_python_runs_right_away() {
    for (interpreter, runtime, file, code) in
        [("node", "nodejs22.x", "app.js", NODE), ("python3", "python3.13", "app.py", PYTHON)]
    {
        if !Command::new(interpreter).arg("--version").output().is_ok_and(|output| output.status.success()) {
            #[allow(clippy::print_stderr)]
            {
                eprintln!("skipped: needs {interpreter}");
            }
            continue;
        }
        let (_folder, path) = application(runtime, file, code);
        let program = Program::start(&path, &[]).await;
        let (mut socket, _) = connect_async(program.address("Chat")).await.unwrap();
        assert_eq!(ask(&mut socket, "hello").await, "hello");
        for wrong in ["throw", "crash"] {
            let answer = ask(&mut socket, wrong).await;
            assert!(answer.starts_with(r#"{"message": "Internal server error", "#), "{wrong}: {answer}");
        }
        assert_eq!(ask(&mut socket, "still here").await, "still here");
        socket.close(None).await.unwrap();
        // The gateway's own goodbye: it has seen the client's.
        let goodbye = async { while let Some(Ok(_)) = socket.next().await {} };
        tokio::time::timeout(DEADLINE, goodbye).await.expect("an end in time");
        let (success, log) = program.stop().await;
        assert!(success, "{log}");
        for line in ["left: 1005", "thrown"] {
            assert!(log.contains(line), "{runtime}: {line}: {log}");
        }
    }
}

#[tokio::test]
async fn tls_is_not_on_where_no_handler_runs() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("template.yaml");
    let template = "
Resources:
  Api:
    Type: AWS::Serverless::WebSocketApi
    Properties:
      StageName: Prod
      RouteSelectionExpression: $request.body.action
      Routes: { $default: { FunctionArn: !GetAtt Ruby.Arn } }
  Ruby: { Type: AWS::Serverless::Function, Properties: { Runtime: ruby3.3, Handler: app.handler } }
  Stored:
    Type: AWS::Serverless::Function
    Properties: { Runtime: nodejs22.x, Handler: app.handler, CodeUri: s3://bucket/code.zip }
  Program: { Type: AWS::Serverless::Function, Properties: { Runtime: nodejs22.x, Handler: app.handler } }
";
    std::fs::write(&path, template).unwrap();
    std::fs::create_dir_all(folder.path().join(".aws-sam/build/Program")).unwrap();
    std::fs::write(folder.path().join(".aws-sam/build/Program/bootstrap"), "").unwrap();
    let serves_tls = |program: &Program| program.greeting.iter().any(|line| line.starts_with("TLS  "));
    let program = Program::start(&path, &[]).await;
    assert!(!serves_tls(&program), "{:?}", program.greeting);
    let (success, log) = program.stop().await;
    assert!(success, "{log}");
    let program = Program::start(&path, &["--tls"]).await;
    assert!(serves_tls(&program), "{:?}", program.greeting);
}
