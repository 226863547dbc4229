//! The log as it leaves the program: in colour for a terminal, as JSON for other programs.

use std::fs::File;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::process::Stdio;

use futures_util::{SinkExt, StreamExt};
use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use serde_json::Value;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;

use crate::program::{DEADLINE, Program, command};
use crate::serves::{lambda, template};

const ESCAPE: &str = "\u{1b}[";

/// Both ends of a terminal: whoever sits at it, and what a program takes for one.
fn terminal() -> (File, OwnedFd) {
    let seat = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&seat).unwrap();
    unlockpt(&seat).unwrap();
    let path = ptsname(&seat, Vec::new()).unwrap();
    let program = rustix::fs::open(path, OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).unwrap();
    (File::from(seat), program)
}

/// Reads until the program's end is closed, which the system reports as an error.
fn read_all(mut seat: File) -> String {
    let (mut seen, mut part) = (Vec::new(), [0; 4096]);
    while let Ok(read @ 1..) = seat.read(&mut part) {
        seen.extend_from_slice(&part[..read]);
    }
    String::from_utf8(seen).unwrap()
}

/// A client comes, says something and goes with the program; returned is what the log had of it.
async fn visit(program: Program) -> String {
    let (mut socket, _) = connect_async(program.address("Api")).await.unwrap();
    socket.send(Message::text("hello")).await.unwrap();
    let answer = tokio::time::timeout(DEADLINE, socket.next()).await.unwrap().unwrap().unwrap();
    assert_eq!(answer, Message::text("hello"));
    let (success, log) = program.stop().await;
    assert!(success, "{log}");
    log
}

#[tokio::test]
async fn the_log_is_in_colour_on_a_terminal_unless_no_color_is_set() {
    let (lambda, _events) = lambda().await;
    let (_folder, path) = template();
    let endpoint = format!("http://{}", lambda.local_addr());
    for (no_color, in_colour) in [(None, true), (Some(""), true), (Some("1"), false)] {
        let (seat, stderr) = terminal();
        let mut command = command(&path, &["--lambda-endpoint", &endpoint]);
        command
            .stderr(Stdio::from(stderr))
            .env_remove("NO_COLOR")
            .envs(no_color.map(|value| ("NO_COLOR", value)));
        let reading = tokio::task::spawn_blocking(move || read_all(seat));
        let elsewhere = visit(Program::of(command).await).await;
        assert_eq!(elsewhere, "", "the log is on the terminal");
        let log = tokio::time::timeout(DEADLINE, reading).await.unwrap().unwrap();
        assert!(log.contains("connected"), "{log}");
        assert_eq!(log.contains(ESCAPE), in_colour, "NO_COLOR={no_color:?}: {log}");
    }
}

#[tokio::test]
async fn the_log_may_be_one_json_object_a_line() {
    let (lambda, _events) = lambda().await;
    let (_folder, path) = template();
    let endpoint = format!("http://{}", lambda.local_addr());
    let program = Program::start(&path, &["--lambda-endpoint", &endpoint, "--log", "json"]).await;
    let log = visit(program).await;
    let lines: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}")))
        .collect();
    for line in &lines {
        for key in ["timestamp", "level", "message"] {
            assert!(line[key].is_string(), "{key}: {line}");
        }
    }
    let line = |message: &str| {
        let found = lines.iter().find(|line| line["message"] == message && line["level"] == "DEBUG");
        found.unwrap_or_else(|| panic!("no {message}: {log}"))
    };
    // What README.md says of each.
    for (message, texts, numbers) in [
        ("connected", &["connection", "peer", "stage"][..], &[][..]),
        ("message", &["connection", "route", "request"][..], &[][..]),
        ("invoked", &["function", "request_id", "status"][..], &["milliseconds"][..]),
        ("disconnected", &["connection"][..], &["code"][..]),
    ] {
        let line = line(message);
        assert!(texts.iter().all(|key| line[*key].is_string()), "{line}");
        assert!(numbers.iter().all(|key| line[*key].is_number()), "{line}");
        assert_eq!(line.as_object().unwrap().len(), 3 + texts.len() + numbers.len(), "{line}");
    }
    assert_eq!(line("connected")["stage"], "dev");
    assert_eq!(line("message")["route"], "$default");
    assert_eq!(line("message")["connection"], line("connected")["connection"]);
    assert_eq!(line("disconnected")["connection"], line("connected")["connection"]);
    let invoked = line("invoked");
    assert_eq!((invoked["function"].as_str(), invoked["status"].as_str()), (Some("Worker"), Some("ok")));
}
