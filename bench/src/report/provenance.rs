//! Where figures come from: date, machine, commit and command. A figure without them is hearsay.

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};
use std::{fs, thread};

use anyhow::Context;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Machine {
    pub cpu: String,
    pub cores: usize,
    pub memory_mib: u64,
    pub kernel: String,
}

impl Machine {
    pub(crate) fn read() -> anyhow::Result<Self> {
        let read = |path: &str| fs::read_to_string(path).with_context(|| format!("cannot read {path}"));
        let memory = field(&read("/proc/meminfo")?, "MemTotal").and_then(|value| kibibytes(&value));
        Ok(Self {
            // ARM kernels give no name; the architecture is better than nothing.
            cpu: field(&read("/proc/cpuinfo")?, "model name")
                .unwrap_or_else(|| std::env::consts::ARCH.to_owned()),
            cores: thread::available_parallelism()?.get(),
            memory_mib: memory.context("/proc/meminfo has no MemTotal")? / 1024,
            kernel: format!("Linux {}", read("/proc/sys/kernel/osrelease")?.trim()),
        })
    }
}

/// The first `name : value` of a file in `/proc`.
fn field(text: &str, name: &str) -> Option<String> {
    text.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        (key.trim() == name).then(|| value.trim().to_owned())
    })
}

fn kibibytes(value: &str) -> Option<u64> {
    value.strip_suffix("kB")?.trim().parse().ok()
}

/// UTC.
pub(crate) fn date() -> String {
    OffsetDateTime::now_utc().date().to_string()
}

/// The commit of the working directory, and whether files differ from it.
pub(crate) fn commit() -> String {
    let git = |arguments: &[&str]| {
        let output =
            Command::new("git").args(arguments).output().ok().filter(|output| output.status.success())?;
        Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let Some(commit) = git(&["rev-parse", "--short=12", "HEAD"]) else { return "unknown".to_owned() };
    match git(&["status", "--porcelain", "--untracked-files=no"]) {
        Some(changes) if changes.is_empty() => commit,
        _ => format!("{commit} with uncommitted changes"),
    }
}

/// The command as it was typed, with paths cut to their last part: what is published should not
/// depend on where somebody keeps their files.
pub fn command_line(arguments: impl IntoIterator<Item = OsString>) -> String {
    let shorten = |argument: OsString| {
        let text = argument.to_string_lossy().into_owned();
        let (option, path) = match text.split_once('=') {
            Some((option, path)) if option.starts_with("--") => (format!("{option}="), path),
            _ => (String::new(), text.as_str()),
        };
        let name = Path::new(path).file_name().map(|name| name.to_string_lossy().into_owned());
        let is_url = path.contains("://");
        match name {
            Some(name) if !is_url && path.contains('/') => format!("{option}{name}"),
            _ => text,
        }
    };
    arguments.into_iter().map(shorten).collect::<Vec<_>>().join(" ")
}

/// Tells the rooms and messages of this run from those of any other.
pub(crate) fn run_id() -> u32 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    // Microseconds come round after 71 minutes; two processes rarely share one.
    (now.as_micros() as u32) ^ std::process::id().rotate_left(16)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_command_is_shown_without_the_folders_of_its_machine() {
        let typed =
            ["/a/b/bench", "report", "--server=/a/b/local", "--json", "x/y.json", "--url", "ws://h:1/ws"];
        let shown = command_line(typed.map(OsString::from));
        assert_eq!(shown, "bench report --server=local --json y.json --url ws://h:1/ws");
    }

    #[test]
    fn a_field_of_proc_is_found_by_its_whole_name() {
        let text = "processor\t: 0\nmodel name\t: Some CPU\nMemTotal:   2048 kB\n";
        assert_eq!(field(text, "model name").unwrap(), "Some CPU");
        assert_eq!(field(text, "name"), None);
        assert_eq!(kibibytes(&field(text, "MemTotal").unwrap()), Some(2_048));
    }

    #[test]
    fn this_machine_can_be_described() {
        let machine = Machine::read().unwrap();
        assert!(machine.cores > 0 && machine.memory_mib > 0 && machine.kernel.len() > "Linux ".len());
    }
}
