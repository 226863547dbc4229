//! Starts the server under test on a free port and an empty data folder, and stops that process,
//! and no other, at the end.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};
use std::{fs, thread};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open};
use tempfile::TempDir;

use crate::generator::{GeneratorError, Room, RoomPlan, Target, TargetError};

/// What `local` is started with; `{port}` and `{data}` are filled in.
pub const ARGUMENTS: [&str; 4] = ["--port", "{port}", "--data", "{data}"];
/// The program that is started by default.
const PROGRAM: &str = "local";
/// The rate limit would measure itself: one connection sends everything.
const RATE_LIMIT: (&str, &str) = ("RATE_LIMIT_PER_SEC", "0");
/// Writing a line per message would be measured too. What the caller has set wins.
const LOG_LEVEL: (&str, &str) = ("LOG_LEVEL", "warn");
/// Of a server that fails the error is quoted, which a stack would push out of sight.
const BACKTRACE: (&str, &str) = ("RUST_BACKTRACE", "0");

/// Until the first connection is accepted.
const START: Duration = Duration::from_secs(20);
/// Between two attempts to connect while it starts; the resolution of the start figure.
const ATTEMPT: Duration = Duration::from_micros(500);
/// From SIGTERM to SIGKILL.
const STOP: Duration = Duration::from_secs(10);
/// How much of the server's log an error shows, in bytes.
const SHOWN: usize = 2_000;

#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    #[error("cannot start {program}")]
    Spawn {
        program: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("cannot prepare a port, a folder or a log for the server")]
    Prepare(#[source] io::Error),
    #[error("the server ended by itself ({status}); its last words:\n{log}")]
    Ended { status: ExitStatus, log: String },
    #[error("the server accepted no connection within {START:?}; its last words:\n{log}")]
    NotListening { log: String },
    #[error("the server's first WebSocket connection failed; its last words:\n{log}")]
    FirstConnection {
        log: String,
        #[source]
        source: GeneratorError,
    },
    #[error("the server's address")]
    Target(#[from] TargetError),
    #[error("cannot stop the server, process {pid}")]
    Stop {
        pid: u32,
        #[source]
        source: io::Error,
    },
    #[error("the server did not stop within {STOP:?} of SIGTERM and was killed")]
    Killed,
}

/// How to start a server.
#[derive(Clone, Debug)]
pub struct Launch {
    pub program: PathBuf,
    pub arguments: Vec<String>,
}

/// Milliseconds since the process was started. Wall clock.
#[derive(Clone, Copy, Debug)]
pub struct Started {
    /// The port took a TCP connection.
    pub listening: f64,
    /// A WebSocket handshake was answered with 101.
    pub accepted: f64,
}

#[derive(Debug)]
pub struct Server {
    child: Child,
    pub target: Target,
    pub started: Started,
    log: PathBuf,
    /// Deleted when dropped, after the process has ended.
    _folder: TempDir,
}

impl Server {
    pub fn start(launch: &Launch, stall: Duration) -> Result<Self, ServerError> {
        let folder = TempDir::with_prefix("hubbub-bench-").map_err(ServerError::Prepare)?;
        let port = free_port().map_err(ServerError::Prepare)?;
        let log = folder.path().join("server.log");
        let data = folder.path().join("data");
        fs::create_dir(&data).map_err(ServerError::Prepare)?;
        let output = fs::File::create(&log).map_err(ServerError::Prepare)?;
        let fill = |argument: &String| {
            argument.replace("{port}", &port.to_string()).replace("{data}", &data.to_string_lossy())
        };
        let mut command = Command::new(&launch.program);
        command
            .args(launch.arguments.iter().map(fill))
            .current_dir(folder.path())
            .env(RATE_LIMIT.0, RATE_LIMIT.1)
            .env(BACKTRACE.0, BACKTRACE.1)
            .env(LOG_LEVEL.0, std::env::var_os(LOG_LEVEL.0).unwrap_or(LOG_LEVEL.1.into()))
            .stdin(Stdio::null())
            .stdout(output.try_clone().map_err(ServerError::Prepare)?)
            .stderr(output);
        let target = Target::resolve(&format!("ws://127.0.0.1:{port}/ws"))?;
        let begun = Instant::now();
        let child = command
            .spawn()
            .map_err(|source| ServerError::Spawn { program: launch.program.clone(), source })?;
        let started = Started { listening: 0.0, accepted: 0.0 };
        let mut server = Self { child, target, started, log, _folder: folder };
        server.wait_until_listening(begun)?;
        server.started.listening = milliseconds(begun.elapsed());
        server.first_connection(stall)?;
        server.started.accepted = milliseconds(begun.elapsed());
        Ok(server)
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Nothing tells us that a port has become bound, so it has to be asked again and again.
    fn wait_until_listening(&mut self, begun: Instant) -> Result<(), ServerError> {
        while begun.elapsed() < START {
            if accepts(self.target.address) {
                return Ok(());
            }
            if let Ok(Some(status)) = self.child.try_wait() {
                return Err(ServerError::Ended { status, log: self.last_words() });
            }
            thread::sleep(ATTEMPT);
        }
        Err(ServerError::NotListening { log: self.last_words() })
    }

    fn first_connection(&self, stall: Duration) -> Result<(), ServerError> {
        let plan = RoomPlan {
            target: self.target.clone(),
            room: "bench-start".to_owned(),
            run: 0,
            connections: 1,
            payload: 0,
            stall,
        };
        // Dropped at once: how the server takes that is not what is measured here.
        let opened = Room::open(plan);
        opened.map(drop).map_err(|source| ServerError::FirstConnection { log: self.last_words(), source })
    }

    fn last_words(&self) -> String {
        let log = fs::read(&self.log).unwrap_or_else(|error| error.to_string().into_bytes());
        String::from_utf8_lossy(&log[log.len().saturating_sub(SHOWN)..]).trim_end().to_owned()
    }

    /// SIGTERM, and SIGKILL if that does not end it; the latter is an error.
    pub fn stop(mut self) -> Result<(), ServerError> {
        let pid = self.pid();
        self.terminate()
            .map_err(|source| ServerError::Stop { pid, source })
            .and_then(|ended| if ended { Ok(()) } else { Err(ServerError::Killed) })
    }

    /// `false` if the process had to be killed.
    fn terminate(&mut self) -> io::Result<bool> {
        if self.child.try_wait()?.is_some() {
            return Ok(true);
        }
        // Not waited for yet, so the id cannot belong to another process.
        let pid = Pid::from_child(&self.child);
        let handle = pidfd_open(pid, PidfdFlags::empty())?;
        kill_process(pid, Signal::TERM)?;
        let timeout = Timespec { tv_sec: STOP.as_secs() as i64, tv_nsec: 0 };
        let ended = poll(&mut [PollFd::new(&handle, PollFlags::IN)], Some(&timeout))? > 0;
        if !ended {
            self.child.kill()?;
        }
        self.child.wait()?;
        Ok(ended)
    }
}

impl Drop for Server {
    /// For the ways out that are errors already; [`Server::stop`] has left nothing to do.
    fn drop(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// The program that is started by default, next to this one.
pub(crate) fn beside_us() -> anyhow::Result<PathBuf> {
    let program = std::env::current_exe()?.with_file_name(PROGRAM);
    let found = program.try_exists()?;
    anyhow::ensure!(
        found,
        "there is no `{PROGRAM}` next to `bench`: build it, or name one with --server or --url"
    );
    Ok(program)
}

fn free_port() -> io::Result<u16> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr().map(|address| address.port())
}

/// A connection to a port of the ephemeral range that nobody listens on can be given that very port
/// as its own, and then TCP connects it to itself.
fn accepts(address: SocketAddr) -> bool {
    TcpStream::connect(address).is_ok_and(|stream| stream.local_addr().is_ok_and(|own| own != address))
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}
