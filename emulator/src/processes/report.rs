//! The line that Lambda logs after each invocation, and the memory in it.

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::time::Duration;

/// `REPORT RequestId: … Duration: … Init Duration: …`, in AWS's wording.
pub(super) struct Report<'a> {
    pub(super) request_id: &'a str,
    pub(super) duration: Duration,
    /// Only the first invocation of a process has one.
    pub(super) init: Option<Duration>,
    pub(super) memory_mb: u32,
    pub(super) peak_bytes: Option<u64>,
    /// What went wrong with the process itself, such as `timeout`.
    pub(super) status: Option<&'a str>,
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = |duration: Duration| duration.as_secs_f64() * 1000.0;
        // Since August 2025 the time of initialization is billed too.
        // https://aws.amazon.com/blogs/compute/aws-lambda-standardizes-billing-for-init-phase/
        let billed = ms(self.duration + self.init.unwrap_or_default()).ceil();
        let (request_id, duration, memory) = (self.request_id, ms(self.duration), self.memory_mb);
        write!(
            f,
            "REPORT RequestId: {request_id} Duration: {duration:.2} ms Billed Duration: {billed:.0} ms Memory Size: {memory} MB"
        )?;
        if let Some(peak) = self.peak_bytes {
            write!(f, " Max Memory Used: {} MB", peak.div_ceil(1024 * 1024))?;
        }
        if let Some(init) = self.init {
            write!(f, " Init Duration: {:.2} ms", ms(init))?;
        }
        if let Some(status) = self.status {
            write!(f, " Status: {status}")?;
        }
        Ok(())
    }
}

/// What a process has resident, in bytes: now, and at most so far. `None` where the system has no
/// `/proc`, or the process is gone.
#[derive(Clone, Copy, Debug)]
pub(super) struct Memory {
    pub(super) resident: u64,
    pub(super) peak: u64,
}

impl Memory {
    pub(super) fn of(pid: u32) -> Option<Self> {
        // At once: the system writes the text anew for each piece that is read.
        let mut text = [0; 4096];
        let length = File::open(format!("/proc/{pid}/status")).ok()?.read(&mut text).ok()?;
        let status = String::from_utf8_lossy(&text[..length]);
        let bytes = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            Some(line.trim().strip_suffix(" kB")?.parse::<u64>().ok()? * 1024)
        };
        Some(Self { resident: bytes("VmRSS:")?, peak: bytes("VmHWM:")? })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_report_reads_as_lambdas() {
        let report = Report {
            request_id: "r-1",
            duration: Duration::from_micros(1_234),
            init: Some(Duration::from_micros(10_500)),
            memory_mb: 256,
            peak_bytes: Some(9 * 1024 * 1024 - 1),
            status: Some("timeout"),
        };
        assert_eq!(
            report.to_string(),
            "REPORT RequestId: r-1 Duration: 1.23 ms Billed Duration: 12 ms Memory Size: 256 MB \
             Max Memory Used: 9 MB Init Duration: 10.50 ms Status: timeout"
        );
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn this_process_has_memory() {
        let memory = Memory::of(std::process::id()).unwrap();
        assert!(memory.resident > 0 && memory.peak >= memory.resident);
    }
}
