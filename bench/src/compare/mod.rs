//! `bench compare`: several reports of one sitting side by side, and what each is to one of them.

use std::fs;
use std::path::PathBuf;

use anyhow::Context;
use clap::Args;

use crate::readme;
use crate::report::{Machine, Report};

#[derive(Args, Clone, Debug)]
pub struct CompareOptions {
    /// What `bench report --json` wrote, and what to call it
    #[arg(value_name = "NAME=FILE", required = true, value_parser = named)]
    pub reports: Vec<(String, PathBuf)>,

    /// The report to which the others are put in relation
    #[arg(long, value_name = "NAME")]
    pub to: String,

    /// Which markers of the page the table is for
    #[arg(long, value_name = "NAME", default_value = "compare")]
    pub marker: String,

    /// Write the table between those markers of this page
    #[arg(long, value_name = "FILE")]
    pub write_readme: Option<PathBuf>,
}

/// Reads the reports and returns the table as text.
pub fn run(options: &CompareOptions, command: &str) -> anyhow::Result<String> {
    let reports = options.reports.iter().map(|(name, path)| {
        let shown = path.display();
        let json = fs::read_to_string(path).with_context(|| format!("cannot read {shown}"))?;
        let report = serde_json::from_str(&json).with_context(|| format!("{shown} is no report"))?;
        Ok((name.clone(), report))
    });
    let reports = reports.collect::<anyhow::Result<Vec<(String, Report)>>>()?;
    let table = table(&reports, &options.to, command)?;
    if let Some(path) = &options.write_readme {
        readme::write(path, &options.marker, &table)?;
    }
    Ok(table)
}

/// Markdown; the columns of the rooms are those that the first report has.
fn table(reports: &[(String, Report)], to: &str, command: &str) -> anyhow::Result<String> {
    let (_, base) =
        reports.iter().find(|(name, _)| name == to).with_context(|| format!("no report is called {to}"))?;
    anyhow::ensure!(
        !reports.iter().any(|(_, report)| report.debug_build),
        "a debug build's figures are for trying out only"
    );
    let sizes: Vec<usize> = base.rooms.iter().map(|room| room.connections).collect();
    let mut head = String::from("| server |");
    for size in &sizes {
        head += &format!(
            " room of {size}: p50 ms | deliveries/s | against {to}: p50; deliveries | CPU µs a delivery |"
        );
    }
    head += &format!(" {} connects, a second | KiB an idle connection |", base.idle.opening.connections);
    let rule = format!("|---|{}", "---:|".repeat(head.matches('|').count() - 2));
    let rows = reports.iter().map(|(name, report)| row(name, report, base, &sizes));
    let rows = rows.collect::<anyhow::Result<Vec<_>>>()?.join("\n");
    let Report { date, commit, machine: Machine { cpu, cores, .. }, .. } = base;
    Ok(format!(
        "Measured on {date} at commit {commit}. {cpu}, {cores} cores, shared with the generator and others.\n\n\
         {head}\n{rule}\n{rows}\n\nOne after the other in one sitting: compare only inside the table. Command: `{command}`.\n"
    ))
}

fn row(name: &str, report: &Report, base: &Report, sizes: &[usize]) -> anyhow::Result<String> {
    let mut row = format!("| {name} |");
    for size in sizes {
        let room = |report: &Report| report.rooms.iter().find(|room| room.connections == *size).cloned();
        let measured = room(report).with_context(|| format!("{name} has no room of {size}"))?;
        let base = room(base).with_context(|| format!("there is no room of {size} to compare with"))?;
        let (p50, base_p50) = (measured.latency.receipt.p50, base.latency.receipt.p50);
        let (rate, base_rate) =
            (measured.saturation.deliveries_per_second, base.saturation.deliveries_per_second);
        let cpu = measured
            .saturation
            .server_cpu_us_per_delivery
            .map_or("–".to_owned(), |cpu| format!("{cpu:.1}"));
        row +=
            &format!(" {p50:.2} | {rate:.0} | {:.2} ×; {:.1} × | {cpu} |", p50 / base_p50, rate / base_rate);
    }
    let idle = report.idle.resident_bytes_per_connection;
    let idle = idle.map_or("–".to_owned(), |bytes| format!("{:.1}", bytes / 1024.0));
    Ok(row + &format!(" {:.0} | {idle} |", report.idle.opening.per_second))
}

fn named(text: &str) -> Result<(String, PathBuf), String> {
    let (name, path) = text.split_once('=').ok_or("must be NAME=FILE")?;
    Ok((name.to_owned(), PathBuf::from(path)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::json;

    use super::*;

    fn report(p50: f64, rate: f64, debug_build: bool) -> Report {
        let percentiles = |p50: f64| json!({"p50": p50, "p95": p50, "p99": p50, "max": p50, "samples": 1});
        let cores = json!({"server": null, "generator": 0.5, "others": 0.5});
        serde_json::from_value(json!({
            "date": "2026-11-24", "commit": "abc", "command": "bench report", "debug_build": debug_build,
            "subject": "local", "payload": 64, "start": null,
            "machine": {"cpu": "A", "cores": 2, "memory_mib": 1, "kernel": "Linux"},
            "idle": {
                "opening": {
                    "connections": 1000, "seconds": 1.0, "per_second": 900.0, "handshake": percentiles(1.0),
                },
                "connections_asked": null, "resident_bytes_before": null,
                "resident_bytes_per_connection": 10_240.0, "server_cpu_us_per_connect": null, "cores": cores,
            },
            "rooms": [{
                "connections": 100,
                "latency": {
                    "messages": 1, "receipt": percentiles(p50), "last_receipt": percentiles(p50),
                    "ack": percentiles(p50),
                },
                "saturation": {
                    "window": 32, "seconds": 1.0, "deliveries": 1, "stored_messages": 1,
                    "deliveries_per_second": rate, "stored_messages_per_second": rate,
                    "stored_messages_per_server_cpu_second": null, "server_cpu_us_per_delivery": null,
                    "frames_per_delivery": 1.0, "bytes_per_delivery": 64.0,
                    "receipt_ms": percentiles(p50), "cores": cores,
                },
                "system_calls": {"skipped": "a test"},
            }],
        }))
        .unwrap()
    }

    #[test]
    fn ratios_are_to_the_report_that_was_named() {
        let reports =
            [("a".to_owned(), report(1.5, 100_000.0, false)), ("b".to_owned(), report(30.0, 2_000.0, false))];
        let table = table(&reports, "b", "bench compare").unwrap();
        assert!(table.contains("| a | 1.50 | 100000 | 0.05 ×; 50.0 × | – | 900 | 10.0 |"), "{table}");
        let lines: Vec<&str> = table.lines().filter(|line| line.starts_with('|')).collect();
        let columns = lines.iter().map(|line| line.matches('|').count());
        assert!(columns.collect::<std::collections::BTreeSet<_>>().len() == 1, "{table}");
    }

    #[test]
    fn an_unknown_name_and_a_debug_build_are_refused() {
        let of = |debug_build| [("a".to_owned(), report(1.0, 1.0, debug_build))];
        assert!(table(&of(false), "b", "").unwrap_err().to_string().contains("called b"));
        assert!(table(&of(true), "a", "").unwrap_err().to_string().contains("debug build"));
    }
}
