//! Shows a report, as text or as Markdown, from the same rows. Rounding happens here only.

use super::figures::{Idle, Report, RoomFigures, Start, SystemCallFigures};
use crate::generator::Percentiles;
use crate::process::CPU_RESOLUTION;

/// What a figure is worth in a comparison.
#[derive(Clone, Copy)]
enum Kind {
    /// Depends on the machine and on what else it did: compare only inside one run.
    Wall,
    /// CPU time of the server per unit, within about 7 % whatever else runs.
    Cpu,
    /// A count or a size, the same on a busy machine.
    Count,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Wall => "wall clock",
            Self::Cpu => "CPU",
            Self::Count => "count",
        }
    }
}

type Row = (String, String, Kind);

/// For a terminal.
pub fn text(report: &Report) -> String {
    let rows = rows(report);
    let width = rows.iter().map(|(what, ..)| what.chars().count()).max().unwrap_or_default();
    let lines =
        rows.iter().map(|(what, figure, kind)| format!("{:10}  {what:width$}  {figure}\n", kind.name()));
    format!("{}\n\n{}\n{}\n", origin(report), lines.collect::<String>(), EXPLANATION)
}

/// For a page; ends with a newline.
pub fn markdown(report: &Report) -> String {
    let rows = rows(report);
    let lines = rows.iter().map(|(what, figure, kind)| format!("| {what} | {figure} | {} |\n", kind.name()));
    let Report { command, .. } = report;
    format!(
        "{}\n\n| what | figure | kind |\n|---|---:|---|\n{}\n{EXPLANATION} Command: `{command}`.\n",
        origin(report),
        lines.collect::<String>()
    )
}

const EXPLANATION: &str = "Server and generator share the machine. Wall-clock figures change with what else it does \
    and compare only inside one run; CPU and counts compare across runs.";

fn origin(report: &Report) -> String {
    let Report { date, commit, subject, machine, payload, debug_build, .. } = report;
    let build = if *debug_build { "DEBUG BUILD, not for comparison. " } else { "" };
    format!(
        "{build}Measured on {date} at commit {commit}: {subject}. {}, {} cores, {:.1} GiB, {}. \
         Messages of {payload} bytes, each acknowledged as stored.",
        machine.cpu,
        machine.cores,
        machine.memory_mib as f64 / 1024.0,
        machine.kernel
    )
}

fn rows(report: &Report) -> Vec<Row> {
    let mut rows = Vec::new();
    rows.extend(report.start.as_ref().map(start));
    idle(&report.idle, &mut rows);
    for room in &report.rooms {
        load(room, &mut rows);
    }
    rows
}

fn start(start: &Start) -> Row {
    let Start { starts, accepted_ms_median, accepted_ms_least, accepted_ms_most, .. } = start;
    let figure = format!(
        "{} ms (median of {starts}, {} to {})",
        digits(*accepted_ms_median),
        digits(*accepted_ms_least),
        digits(*accepted_ms_most)
    );
    ("start: exec to first accepted connection, empty database".to_owned(), figure, Kind::Wall)
}

fn idle(idle: &Idle, rows: &mut Vec<Row>) {
    let n = digits(idle.opening.connections as f64);
    let cut = idle.connections_asked.map_or(String::new(), |asked| format!(" (file limit; {asked} asked)"));
    let opening = &idle.opening;
    let handshake = percentiles(&opening.handshake);
    rows.push((
        format!("connects, {n} connections{cut}, 32 at once"),
        format!("{}/s", digits(opening.per_second)),
        Kind::Wall,
    ));
    rows.push((format!("handshake of one of them, {PERCENTILES}"), handshake, Kind::Wall));
    if let Some(cpu) = idle.server_cpu_us_per_connect {
        let resolution = CPU_RESOLUTION.as_secs_f64() * 1e6 / opening.connections as f64;
        let figure = format!("{} µs, within {}", digits(cpu), digits(resolution));
        rows.push(("CPU of the server per connect".to_owned(), figure, Kind::Cpu));
    }
    if let Some(bytes) = idle.resident_bytes_per_connection {
        let figure = format!("{} KiB", digits(bytes / 1024.0));
        rows.push((format!("resident memory per idle connection, {n} connections"), figure, Kind::Count));
    }
    if let Some(bytes) = idle.resident_bytes_before {
        let figure = format!("{} MiB", digits(bytes as f64 / 1024.0 / 1024.0));
        rows.push(("resident memory without connections".to_owned(), figure, Kind::Count));
    }
}

const PERCENTILES: &str = "p50 / p95 / p99";

fn load(room: &RoomFigures, rows: &mut Vec<Row>) {
    let RoomFigures { connections, latency, saturation, system_calls } = room;
    let n = format!("room of {}", digits(*connections as f64));
    let mut row = |what: &str, figure: String, kind| rows.push((format!("{n}: {what}"), figure, kind));
    let alone = "one message in flight";
    row(&format!("send to each receipt, {alone}, {PERCENTILES}"), percentiles(&latency.receipt), Kind::Wall);
    row(
        &format!("send to last receipt, {alone}, {PERCENTILES}"),
        percentiles(&latency.last_receipt),
        Kind::Wall,
    );
    row(&format!("send to ack, {alone}, {PERCENTILES}"), percentiles(&latency.ack), Kind::Wall);
    let window = saturation.window;
    let per_second = |rate: f64| format!("{}/s", digits(rate));
    let pressed = format!("{window} messages in flight");
    row(&format!("deliveries, {pressed}"), per_second(saturation.deliveries_per_second), Kind::Wall);
    row("messages stored, same load", per_second(saturation.stored_messages_per_second), Kind::Wall);
    row(
        &format!("send to each receipt, {pressed}, {PERCENTILES}"),
        percentiles(&saturation.receipt_ms),
        Kind::Wall,
    );
    let cores = &saturation.cores;
    let server = cores.server.map_or("unknown".to_owned(), |cores| format!("{cores:.2}"));
    let cores = format!("{server} / {:.2} / {:.2}", cores.generator, cores.others);
    row("cores used by server / generator / others, same load", cores, Kind::Wall);
    if let Some(cpu) = saturation.server_cpu_us_per_delivery {
        row("CPU of the server per delivery", format!("{} µs", digits(cpu)), Kind::Cpu);
    }
    if let Some(stored) = saturation.stored_messages_per_server_cpu_second {
        row("messages stored per second of the server's CPU", digits(stored), Kind::Cpu);
    }
    row("frames per delivery", digits(saturation.frames_per_delivery), Kind::Count);
    row("bytes per delivery", digits(saturation.bytes_per_delivery), Kind::Count);
    let calls = match system_calls {
        SystemCallFigures::PerDelivery(calls) => digits(*calls),
        SystemCallFigures::Skipped(reason) => format!("not counted ({reason})"),
    };
    row("system calls of the server per delivery", calls, Kind::Count);
}

fn percentiles(Percentiles { p50, p95, p99, .. }: &Percentiles) -> String {
    format!("{} / {} / {} ms", digits(*p50), digits(*p95), digits(*p99))
}

/// Three significant digits where there are fractions, thousands set apart by commas.
fn digits(number: f64) -> String {
    let size = number.abs();
    if size != 0.0 && size < 99.95 {
        let places = (2.0 - size.log10().floor()).clamp(0.0, 6.0) as usize;
        let text = format!("{number:.places$}");
        return if number.fract() == 0.0 { format!("{number:.0}") } else { text };
    }
    let text = format!("{:.0}", number.abs());
    let mut grouped = String::new();
    for (at, digit) in text.chars().enumerate() {
        if at > 0 && (text.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if number < 0.0 { format!("-{grouped}") } else { grouped }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_three_digits_and_thousands_are_set_apart() {
        let numbers = [
            0.0,
            0.05432,
            1.2345,
            12.345,
            99.99,
            123.45,
            1_000.0,
            355_000.4,
            1_234_567.0,
            -0.5,
            -1_234.0,
            40.0,
        ];
        let shown = numbers.map(digits);
        assert_eq!(
            shown,
            [
                "0",
                "0.0543",
                "1.23",
                "12.3",
                "100",
                "123",
                "1,000",
                "355,000",
                "1,234,567",
                "-0.500",
                "-1,234",
                "40"
            ]
        );
    }
}
