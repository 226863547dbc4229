//! System calls of the server, counted by `perf stat` between two moments.
//!
//! Optional: it needs the program and the right to use it. A count costs the server some CPU, so
//! it gets a load of its own and never runs while CPU is measured.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{CWD, FileType, Mode, mknodat};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

const EVENT: &str = "raw_syscalls:sys_enter";
/// For `perf` to attach to every thread, or to say why not.
const ANSWER: Duration = Duration::from_secs(5);

/// A `perf` that is attached to the server and counts on command.
#[derive(Debug)]
pub struct SystemCalls {
    perf: Child,
    commands: File,
    answers: File,
    folder: TempDir,
}

impl SystemCalls {
    /// Attaches, without counting yet. An error says in a few words why it cannot.
    pub fn attach(pids: &[u32]) -> io::Result<Self> {
        let folder = TempDir::with_prefix("hubbub-bench-perf-")?;
        let (commands, answers) = (folder.path().join("commands"), folder.path().join("answers"));
        for fifo in [&commands, &answers] {
            mknodat(CWD, fifo, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0)?;
        }
        let pids: Vec<String> = pids.iter().map(u32::to_string).collect();
        let perf = Command::new("perf")
            .args(["stat", "--delay=-1", "--field-separator=,", "--event", EVENT])
            .arg(format!("--pid={}", pids.join(",")))
            .arg(format!("--output={}", folder.path().join("count").display()))
            .arg(format!("--control=fifo:{},{}", commands.display(), answers.display()))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(folder.path().join("errors"))?)
            .spawn()?;
        // Read and write both: opening a FIFO for one of them waits for the other end.
        let open = |path| OpenOptions::new().read(true).write(true).open(path);
        let mut calls = Self { perf, commands: open(&commands)?, answers: open(&answers)?, folder };
        // The first command is answered once every thread is attached.
        calls.command("disable\n").map_err(|error| calls.reason().unwrap_or(error))?;
        Ok(calls)
    }

    pub fn enable(&mut self) -> io::Result<()> {
        self.command("enable\n")
    }

    pub fn disable(&mut self) -> io::Result<()> {
        self.command("disable\n")
    }

    fn command(&mut self, command: &str) -> io::Result<()> {
        self.commands.write_all(command.as_bytes())?;
        let timeout = Timespec { tv_sec: ANSWER.as_secs() as i64, tv_nsec: 0 };
        if poll(&mut [PollFd::new(&self.answers, PollFlags::IN)], Some(&timeout))? == 0 {
            return Err(io::Error::new(io::ErrorKind::TimedOut, "perf does not answer"));
        }
        self.answers.read_exact(&mut [0; "ack\n".len()])
    }

    /// What `perf` itself said, if it has ended.
    fn reason(&mut self) -> Option<io::Error> {
        self.perf.try_wait().ok()??;
        let said = fs::read_to_string(self.folder.path().join("errors")).ok()?;
        let line = said.lines().map(str::trim).find(|line| !line.is_empty())?;
        Some(io::Error::other(format!("perf: {}", line.escape_debug())))
    }

    /// Ends `perf` and reads what it counted.
    pub fn count(mut self) -> io::Result<u64> {
        kill_process(Pid::from_child(&self.perf), Signal::INT)?;
        self.perf.wait()?;
        let text = fs::read_to_string(self.folder.path().join("count"))?;
        parse(&text).ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "perf counted nothing"))
    }
}

impl Drop for SystemCalls {
    fn drop(&mut self) {
        if let Ok(None) = self.perf.try_wait() {
            let _ = self.perf.kill();
            let _ = self.perf.wait();
        }
    }
}

fn parse(text: &str) -> Option<u64> {
    let line = text.lines().find(|line| line.contains(EVENT))?;
    line.split(',').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_count_is_the_first_field_of_the_events_line() {
        let text = "# started on Tue Nov 24 11:00:00 2026\n\n1234567,,raw_syscalls:sys_enter,99,100.00,,\n";
        assert_eq!(parse(text), Some(1_234_567));
        assert_eq!(parse("<not counted>,,raw_syscalls:sys_enter,0,100.00,,\n"), None);
    }
}
