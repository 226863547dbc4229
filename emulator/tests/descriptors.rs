//! Running out of file descriptors, in a process of its own: the limit is the whole process's.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::time::Duration;

use emulator::template::Options;
use emulator::{Emulator, Template};
use rustix::process::{Resource, getrlimit, setrlimit};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const TEMPLATE: &str = "
Resources:
  Api:
    Type: AWS::Serverless::WebSocketApi
    Properties: { StageName: dev, RouteSelectionExpression: $request.body.action, Routes: {} }
";

async fn status(stream: &mut TcpStream) -> String {
    stream.write_all(b"GET /dev HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"}") {
        let reading = stream.read_u8();
        answer.push(tokio::time::timeout(Duration::from_secs(5), reading).await.expect("an answer").unwrap());
    }
    String::from_utf8(answer[..12].to_vec()).unwrap()
}

#[tokio::test]
async fn without_descriptors_the_emulator_waits_and_goes_on_when_there_are_some() {
    let template = Template::read(TEMPLATE, &Options::default()).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let emulator = Emulator::builder(template).start(listener).await.unwrap();
    let address = emulator.local_addr();
    let mut first = TcpStream::connect(address).await.unwrap();
    assert_eq!(status(&mut first).await, "HTTP/1.1 426");

    // Each connection takes two descriptors here, its client's and the server's.
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = Some(64);
    setrlimit(Resource::Nofile, limit).unwrap();
    let mut clients = Vec::new();
    while let Ok(client) = TcpStream::connect(address).await {
        clients.push(client);
    }
    assert!(clients.len() > 10);
    assert_eq!(status(&mut first).await, "HTTP/1.1 426", "those who are connected are served");

    clients.truncate(5);
    let mut later = TcpStream::connect(address).await.unwrap();
    assert_eq!(status(&mut later).await, "HTTP/1.1 426", "new ones are accepted again");
}
