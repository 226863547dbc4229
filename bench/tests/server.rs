//! Servers that `bench` starts do not outlive it, and leave nothing behind.
#![allow(clippy::unwrap_used)]

use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

use bench::server::{ARGUMENTS, Launch, Server, ServerError};

fn launch() -> Launch {
    Launch {
        program: Path::new(env!("CARGO_BIN_EXE_bench")).with_file_name("examples").join("fixture-server"),
        arguments: ARGUMENTS.map(str::to_owned).into(),
    }
}

fn start() -> Server {
    Server::start(&launch(), Duration::from_secs(5)).unwrap()
}

/// Where the server works: a folder of its own.
fn folder(server: &Server) -> std::path::PathBuf {
    std::fs::read_link(format!("/proc/{}/cwd", server.pid())).unwrap()
}

#[test]
fn a_stopped_server_is_gone_with_its_folder() {
    let server = start();
    let (pid, address, folder) = (server.pid(), server.target.address, folder(&server));
    assert!(folder.join("data").is_dir() && TcpStream::connect(address).is_ok());
    assert!(server.started.accepted >= server.started.listening && server.started.listening > 0.0);
    server.stop().unwrap();
    assert!(!Path::new(&format!("/proc/{pid}")).exists() && !folder.exists());
}

#[test]
fn a_server_whose_measurement_failed_is_gone_too() {
    let server = start();
    let (pid, folder) = (server.pid(), folder(&server));
    drop(server);
    assert!(!Path::new(&format!("/proc/{pid}")).exists() && !folder.exists());
}

#[test]
fn two_servers_do_not_share_a_port_or_a_folder() {
    let (one, other) = (start(), start());
    assert_ne!(one.target.address, other.target.address);
    assert_ne!(folder(&one), folder(&other));
}

#[test]
fn a_server_that_ends_at_once_is_an_error_with_its_last_words() {
    let wrong = Launch { arguments: vec!["--nonsense".to_owned(), "1".to_owned()], ..launch() };
    let error = Server::start(&wrong, Duration::from_secs(5)).unwrap_err();
    assert!(matches!(&error, ServerError::Ended { log, .. } if log.contains("--nonsense")), "{error}");
    let missing = Launch { program: "/nonexistent/server".into(), ..launch() };
    assert!(matches!(Server::start(&missing, Duration::from_secs(5)), Err(ServerError::Spawn { .. })));
}
