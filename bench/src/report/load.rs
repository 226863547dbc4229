//! One room under load: latency at a low rate, then saturation, then system calls.

use std::io;
use std::time::Duration;

use super::ReportOptions;
use super::cpu::CpuSample;
use super::figures::{RoomFigures, Saturated, SystemCallFigures};
use super::idle::CLOSE;
use super::provenance::run_id;
use super::subject::Subject;
use crate::generator::{GeneratorError, LatencyPlan, Room, RoomPlan, Saturation, SaturationPlan, window};
use crate::process::ProcessTree;
use crate::server::Started;
use crate::system_calls::SystemCalls;

/// Ten samples beyond the 99th percentile, in a room of one.
const LATENCY_MESSAGES: u32 = 1_000;
/// A bound for a server that is faster than anybody expects, not a target: each message is stored.
const MAX_MESSAGES: u32 = 500_000;
/// Load before anything is counted, and the length of the load under which calls are counted.
const WARM_UP: Duration = Duration::from_millis(500);
const CALLS: Duration = Duration::from_secs(1);
/// Join notices of the room have passed by then.
const QUIET: Duration = Duration::from_millis(500);
const QUIET_LIMIT: Duration = Duration::from_secs(60);

pub(super) fn measure(
    options: &ReportOptions,
    subject: &Subject,
    connections: usize,
    starts: &mut Vec<Started>,
    progress: &mut impl FnMut(&str),
) -> anyhow::Result<RoomFigures> {
    let up = subject.up(options, starts)?;
    let run = run_id();
    let plan = RoomPlan {
        target: up.target.clone(),
        room: format!("bench-{run:08x}"),
        run,
        connections,
        payload: options.payload,
        stall: options.stall,
    };
    let (mut room, _) = Room::open(plan)?;
    room.wait_until_quiet(QUIET, QUIET_LIMIT)?;
    progress(&format!("{connections} connections: latency"));
    let latency = room.measure_latency(LatencyPlan { time: options.seconds, messages: LATENCY_MESSAGES })?;
    progress(&format!("{connections} connections: saturation"));
    let plan = SaturationPlan {
        window: options.window.unwrap_or_else(|| window(connections)),
        warm_up: WARM_UP,
        time: options.seconds,
        messages: MAX_MESSAGES,
    };
    let saturation = room.saturate(&plan, || CpuSample::read(up.pid))?;
    let saturation = saturated(&saturation, plan.window);
    progress(&format!("{connections} connections: system calls"));
    let system_calls = system_calls(&mut room, up.pid, &SaturationPlan { time: CALLS, ..plan })?;
    room.close(CLOSE)?;
    up.down()?;
    Ok(RoomFigures { connections, latency, saturation, system_calls })
}

fn saturated(load: &Saturation<CpuSample>, window: u32) -> Saturated {
    let (first, last) = &load.edges;
    let (seconds, totals) = (load.elapsed.as_secs_f64(), load.totals);
    // A phase without a single delivery has ended with an error before this.
    let deliveries = totals.deliveries.max(1) as f64;
    let cpu = last.server_since(first).map(|cpu| cpu.as_secs_f64()).filter(|cpu| *cpu > 0.0);
    Saturated {
        window,
        seconds,
        deliveries: totals.deliveries,
        stored_messages: totals.acks,
        deliveries_per_second: totals.deliveries as f64 / seconds,
        stored_messages_per_second: totals.acks as f64 / seconds,
        stored_messages_per_server_cpu_second: cpu.map(|cpu| totals.acks as f64 / cpu),
        server_cpu_us_per_delivery: cpu.map(|cpu| cpu * 1e6 / deliveries),
        frames_per_delivery: totals.frames as f64 / deliveries,
        bytes_per_delivery: totals.frame_bytes as f64 / deliveries,
        receipt_ms: load.receipt,
        cores: last.cores_since(first),
    }
}

/// A machine without `perf`, or without the right to use it, costs this figure only; a violation
/// under this load is an error as under any other.
fn system_calls(
    room: &mut Room,
    pid: Option<u32>,
    plan: &SaturationPlan,
) -> Result<SystemCallFigures, GeneratorError> {
    let skipped = |reason: &dyn ToString| Ok(SystemCallFigures::Skipped(reason.to_string()));
    let Some(pid) = pid else { return skipped(&"the server's process is not known") };
    let attached = ProcessTree::of(pid).map_err(io::Error::other);
    let mut calls = match attached.and_then(|tree| SystemCalls::attach(&tree.pids)) {
        Ok(calls) => calls,
        Err(error) => return skipped(&error),
    };
    let mut counting = false;
    let mut edge = || {
        counting = !counting;
        if counting { calls.enable() } else { calls.disable() }
    };
    let load = room.saturate(plan, || Ok(edge()))?;
    let (enabled, disabled) = load.edges;
    match enabled.and(disabled).and_then(|()| calls.count()) {
        Ok(count) => Ok(SystemCallFigures::PerDelivery(count as f64 / load.totals.deliveries.max(1) as f64)),
        Err(error) => skipped(&error),
    }
}
