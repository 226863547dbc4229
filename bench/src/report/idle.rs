//! Many connections that do nothing: how fast they come, what they cost to open and to keep.

use std::time::Duration;

use super::ReportOptions;
use super::cpu::CpuSample;
use super::figures::Idle;
use super::provenance::run_id;
use super::subject::Subject;
use crate::generator::{Room, RoomPlan};
use crate::process::ProcessTree;
use crate::server::Started;

/// Descriptors that a server, or we, need beside the connections.
const RESERVED: usize = 256;
/// Nothing may have arrived for this long before connections count as idle.
const QUIET: Duration = Duration::from_secs(1);
/// A join is announced to everybody in a small room, so the notices of many joins take a while.
const QUIET_LIMIT: Duration = Duration::from_secs(60);
/// For the server to hang up after our close frames.
pub(super) const CLOSE: Duration = Duration::from_secs(10);

pub(super) fn measure(
    options: &ReportOptions,
    subject: &Subject,
    descriptors: usize,
    starts: &mut Vec<Started>,
    progress: &mut impl FnMut(&str),
) -> anyhow::Result<Idle> {
    let asked = options.idle_connections;
    let connections = asked.min(descriptors.saturating_sub(RESERVED)).max(1);
    progress(&format!("{connections} idle connections"));
    let up = subject.up(options, starts)?;
    let resident = |pid: Option<u32>| pid.map(|pid| ProcessTree::of(pid)?.resident()).transpose();
    let run = run_id();
    let plan = RoomPlan {
        target: up.target.clone(),
        room: format!("bench-idle-{run:08x}"),
        run,
        connections,
        payload: options.payload,
        stall: options.stall,
    };
    let (before, first) = (resident(up.pid)?, CpuSample::read(up.pid)?);
    let (mut room, opening) = Room::open(plan)?;
    let last = CpuSample::read(up.pid)?;
    room.wait_until_quiet(QUIET, QUIET_LIMIT)?;
    let after = resident(up.pid)?;
    room.close(CLOSE)?;
    up.down()?;
    let per_connection =
        before.zip(after).map(|(before, after)| (after as f64 - before as f64) / connections as f64);
    let cpu = last.server_since(&first).map(|cpu| cpu.as_secs_f64() * 1e6 / connections as f64);
    Ok(Idle {
        opening,
        connections_asked: (connections < asked).then_some(asked),
        resident_bytes_before: before,
        resident_bytes_per_connection: per_connection,
        server_cpu_us_per_connect: cpu,
        cores: last.cores_since(&first),
    })
}
