//! What `/proc` says about processes and the machine: CPU time and resident memory.
//!
//! Linux only, as are the figures.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{fs, io};

/// What two readings of CPU time can be wrong by. The kernel keeps nanoseconds but shows user and
/// system time in ticks of 10 ms, each cut down (proc(5), `/proc/pid/stat`).
pub const CPU_RESOLUTION: Duration = Duration::from_millis(20);

#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    #[error("cannot read {path}")]
    Read {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("{path} does not look as proc(5) says")]
    Format { path: PathBuf },
}

/// A process and all its living descendants.
#[derive(Clone, Debug)]
pub struct ProcessTree {
    pub pids: Vec<u32>,
}

/// One line of `/proc/PID/stat`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stat {
    parent: u32,
    /// User and system time in ticks, waited-for children included.
    ticks: u64,
}

impl ProcessTree {
    pub fn of(root: u32) -> Result<Self, ProcessError> {
        let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
        for entry in list("/proc")? {
            let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
            // A process that ended since the directory was read has no children.
            if let Ok(stat) = stat(pid) {
                children.entry(stat.parent).or_default().push(pid);
            }
        }
        let mut pids = vec![root];
        let mut at = 0;
        while let Some(pid) = pids.get(at) {
            pids.extend(children.remove(pid).unwrap_or_default());
            at += 1;
        }
        Ok(Self { pids })
    }

    /// CPU time used so far. Two of them make a figure as long as no process of the tree ends
    /// unwaited in between.
    pub fn cpu(&self) -> Result<Duration, ProcessError> {
        self.pids.iter().map(|pid| Ok(from_ticks(stat(*pid)?.ticks))).sum()
    }

    /// Resident memory in bytes. From `smaps_rollup`, which walks the page tables: the counters in
    /// `stat` and `statm` lag behind by up to some hundred kilobytes.
    pub fn resident(&self) -> Result<u64, ProcessError> {
        self.pids.iter().map(|pid| resident(*pid)).sum()
    }
}

/// CPU time of this process.
pub fn own_cpu() -> Result<Duration, ProcessError> {
    stat(std::process::id()).map(|stat| from_ticks(stat.ticks))
}

/// Time that all cores together were busy since the machine started; idle, waiting for disks and
/// stolen by the hypervisor do not count.
pub fn machine_cpu() -> Result<Duration, ProcessError> {
    let path = Path::new("/proc/stat");
    let text = read(path)?;
    busy_ticks(&text).map(from_ticks).ok_or_else(|| ProcessError::Format { path: path.to_owned() })
}

fn busy_ticks(text: &str) -> Option<u64> {
    let mut fields = text.lines().next()?.strip_prefix("cpu ")?.split_whitespace().map(str::parse::<u64>);
    let mut next = || fields.next()?.ok();
    let (user, nice, system, _idle, _iowait) = (next()?, next()?, next()?, next()?, next()?);
    Some(user + nice + system + next()? + next()?)
}

fn stat(pid: u32) -> Result<Stat, ProcessError> {
    let path = PathBuf::from(format!("/proc/{pid}/stat"));
    parse_stat(&read(&path)?).ok_or(ProcessError::Format { path })
}

fn parse_stat(text: &str) -> Option<Stat> {
    // The name stands in parentheses and may hold anything, parentheses and spaces included.
    let (_, fields) = text.rsplit_once(')')?;
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let field = |at: usize| fields.get(at)?.parse::<u64>().ok();
    let ticks = field(11)? + field(12)? + field(13)? + field(14)?;
    Some(Stat { parent: u32::try_from(field(1)?).ok()?, ticks })
}

fn resident(pid: u32) -> Result<u64, ProcessError> {
    let path = PathBuf::from(format!("/proc/{pid}/smaps_rollup"));
    parse_resident(&read(&path)?).ok_or(ProcessError::Format { path })
}

fn parse_resident(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("Rss:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

fn from_ticks(ticks: u64) -> Duration {
    Duration::from_secs_f64(ticks as f64 / rustix::param::clock_ticks_per_second() as f64)
}

fn read(path: &Path) -> Result<String, ProcessError> {
    fs::read_to_string(path).map_err(|source| ProcessError::Read { path: path.to_owned(), source })
}

fn list(path: &str) -> Result<impl Iterator<Item = fs::DirEntry>, ProcessError> {
    let entries = fs::read_dir(path);
    let entries = entries.map_err(|source| ProcessError::Read { path: path.into(), source })?;
    Ok(entries.filter_map(Result::ok))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn a_process_name_may_look_like_fields() {
        let line = "42 (a) S 9 (b)) R 7 42 42 0 -1 4194304 100 0 0 0 11 22 33 44 20 0 1 0 5";
        assert_eq!(parse_stat(line), Some(Stat { parent: 7, ticks: 110 }));
        assert_eq!(parse_stat("42 (short) R 7"), None);
    }

    #[test]
    fn idle_disk_and_stolen_time_are_not_busy() {
        let text = "cpu  1 2 4 1000 2000 8 16 4000 0 0\ncpu0 9 9 9 9 9 9 9\n";
        assert_eq!(busy_ticks(text), Some(31));
    }

    #[test]
    fn resident_memory_is_the_rss_line_and_not_a_part_of_it() {
        let text = "00400000-7fff r--p [rollup]\nRss:    1234 kB\nPss:  1 kB\nPss_Anon: 2 kB\n";
        assert_eq!(parse_resident(text), Some(1_234 * 1024));
    }

    #[test]
    fn a_tree_holds_the_children_and_their_memory_and_cpu() {
        let mut child = Command::new("sleep").arg("60").stdin(Stdio::null()).spawn().unwrap();
        let tree = ProcessTree::of(std::process::id());
        let own = ProcessTree { pids: vec![std::process::id()] };
        let figures = tree.and_then(|tree| Ok((tree.resident()? > own.resident()? / 2, tree.cpu()?, tree)));
        child.kill().unwrap();
        child.wait().unwrap();
        let (resident, cpu, tree) = figures.unwrap();
        assert!(resident && tree.pids.contains(&child.id()) && tree.pids[0] == std::process::id());
        assert!(cpu <= machine_cpu().unwrap());
    }

    #[test]
    fn work_shows_in_our_own_cpu_time() {
        let before = own_cpu().unwrap();
        let mut sum = 0_u64;
        while own_cpu().unwrap() < before + Duration::from_millis(30) {
            sum = std::hint::black_box(sum.wrapping_mul(31) + 1);
        }
        assert!(own_cpu().unwrap() >= before + Duration::from_millis(30), "{sum}");
    }
}
