//! `bench report` from end to end, as a process, against a server that behaves and against servers
//! that lose, repeat, change, refuse or hang up.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// Built by `cargo test` like every example.
fn fixture() -> PathBuf {
    let path = Path::new(env!("CARGO_BIN_EXE_bench")).with_file_name("examples").join("fixture-server");
    assert!(path.exists(), "build it first: cargo build -p bench --example fixture-server");
    path
}

/// A short report of a room of 5.
fn report(fixture: &str, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_bench"))
        .args([
            "report",
            "--idle-connections=40",
            "--connections=5",
            "--seconds=0.3",
            "--starts=1",
            "--stall=3",
        ])
        .args(arguments)
        .env("FIXTURE", fixture)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn launched(fixture_mode: &str, arguments: &[&str]) -> Output {
    let server = format!("--server={}", fixture().display());
    report(fixture_mode, &[&[server.as_str()], arguments].concat())
}

/// A fixture that outlives a `bench`, for `--url`.
struct Running(Child, String);

impl Running {
    fn start() -> Self {
        let mut child = Command::new(fixture()).stdout(Stdio::piped()).spawn().unwrap();
        let mut address = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut address).unwrap();
        Self(child, format!("ws://{}/ws", address.trim()))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

fn number(report: &Value, pointer: &str) -> f64 {
    report
        .pointer(pointer)
        .and_then(Value::as_f64)
        .unwrap_or_else(|| panic!("no number at {pointer}: {report:#}"))
}

/// Every figure of a good run is there and adds up.
fn check(report: &Value, launched: bool) {
    let room = "/rooms/0/saturation";
    let (deliveries, stored) =
        (number(report, &format!("{room}/deliveries")), number(report, &format!("{room}/stored_messages")));
    let window = number(report, &format!("{room}/window"));
    assert_eq!((window, number(report, "/rooms/0/connections")), (128.0, 5.0));
    // The two edges cut through at most a window of messages each.
    assert!(
        stored > window && (deliveries - stored * 5.0).abs() <= 2.0 * 5.0 * window,
        "{deliveries} {stored}"
    );
    let (p50, p99) =
        (number(report, "/rooms/0/latency/receipt/p50"), number(report, "/rooms/0/latency/receipt/p99"));
    assert!(0.0 < p50 && p50 <= p99 && p99 <= number(report, "/rooms/0/latency/last_receipt/max"));
    let messages = number(report, "/rooms/0/latency/messages");
    assert_eq!(number(report, "/rooms/0/latency/receipt/samples"), messages * 5.0);
    assert_eq!(number(report, "/rooms/0/latency/ack/samples"), messages);
    assert_eq!(number(report, "/idle/opening/connections"), 40.0);
    assert!(number(report, &format!("{room}/bytes_per_delivery")) > 200.0);
    if launched {
        assert!(number(report, "/start/accepted_ms_median") >= number(report, "/start/listening_ms_median"));
        assert_eq!(number(report, "/start/starts"), 3.0);
        assert!(number(report, &format!("{room}/server_cpu_us_per_delivery")) > 0.0);
        assert!(number(report, "/idle/resident_bytes_before") > 100_000.0);
    }
}

fn read_json(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

#[track_caller]
fn succeeded(output: &Output) -> String {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn a_server_that_behaves_is_measured_whatever_its_framing() {
    let folder = TempDir::new().unwrap();
    for framing in ["plain", "merged", "fragmented"] {
        let json = folder.path().join(framing);
        let output = launched(framing, &[&format!("--json={}", json.display())]);
        let shown = succeeded(&output);
        assert!(shown.contains("room of 5: CPU of the server per delivery"), "{shown}");
        let report = read_json(&json);
        check(&report, true);
        let frames = number(&report, "/rooms/0/saturation/frames_per_delivery");
        assert!(if framing == "merged" { frames < 0.9 } else { frames == 1.0 }, "{framing}: {frames}");
    }
}

#[test]
fn a_server_that_runs_already_is_measured_by_url_and_left_running() {
    let mut running = Running::start();
    let folder = TempDir::new().unwrap();
    let json = folder.path().join("report.json");
    let pid = running.0.id().to_string();
    let output = report("", &["--url", &running.1, "--pid", &pid, "--json", &json.display().to_string()]);
    succeeded(&output);
    let report = read_json(&json);
    check(&report, false);
    assert!(report["start"].is_null());
    assert!(number(&report, "/rooms/0/saturation/server_cpu_us_per_delivery") > 0.0);
    assert!(running.0.try_wait().unwrap().is_none());
}

#[test]
fn every_fault_of_a_server_is_an_error_and_not_a_figure() {
    let cases = [
        ("plain drop 30", "missing receipts of message 29: 1, one of them on connection 1"),
        ("plain duplicate 30", "connection 1 received message 29 twice"),
        ("merged duplicate 30", "connection 1 received message 29 twice"),
        ("fragmented mangle 30", "connection 1 received a message whose content is not what was sent"),
        ("plain lose-ack 30", "missing acks: 1"),
        ("plain wrong-ack 30", "2 sequences of the room have not exactly one copy and one ack"),
        ("plain refuse 30", "rate_limited"),
        ("plain hang-up 30", "the server closed the connection"),
        // More messages than the low rate allows in its time, fewer than one window has on top.
        ("plain drop 100", "one of them on connection 1"),
        ("merged duplicate 100", "connection 1 received message 99 twice"),
    ];
    let folder = TempDir::new().unwrap();
    // All at once: they mostly wait for what will not come.
    std::thread::scope(|scope| {
        for (number, (fault, words)) in cases.into_iter().enumerate() {
            let json = folder.path().join(number.to_string());
            scope.spawn(move || {
                let output = launched(fault, &[&format!("--json={}", json.display())]);
                let errors = String::from_utf8_lossy(&output.stderr);
                assert!(!output.status.success() && output.stdout.is_empty(), "{fault} passed");
                assert!(errors.contains(words), "{fault}: {errors}");
                assert!(!json.exists(), "{fault} left figures");
            });
        }
    });
}

#[test]
fn the_figures_reach_the_page_and_nothing_else_changes() {
    let folder = TempDir::new().unwrap();
    let page = folder.path().join("PAGE.md");
    std::fs::write(&page, "# Before\n<!-- bench:begin -->\nold\n<!-- bench:end -->\nafter\n").unwrap();
    succeeded(&launched("plain", &[&format!("--write-readme={}", page.display())]));
    let page = std::fs::read_to_string(&page).unwrap();
    assert!(
        page.starts_with("# Before\n<!-- bench:begin -->\n")
            && page.ends_with("\n<!-- bench:end -->\nafter\n")
    );
    assert!(
        page.contains("| room of 5: CPU of the server per delivery |") && !page.contains("old"),
        "{page}"
    );
    // Date, commit, machine and command, and no folder of this machine.
    for words in
        ["Measured on 20", "at commit ", " cores, ", "Linux ", "Command: `bench report --idle-connections=40"]
    {
        assert!(page.contains(words), "{words} is missing: {page}");
    }
    assert!(!page.contains(&folder.path().display().to_string()) && !page.contains("/examples/"), "{page}");
}

#[test]
fn a_page_without_markers_is_found_out_before_anything_is_measured() {
    let folder = TempDir::new().unwrap();
    let page = folder.path().join("PAGE.md");
    std::fs::write(&page, "# Nothing\n").unwrap();
    let output = launched("plain", &[&format!("--write-readme={}", page.display())]);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        !output.status.success() && errors.contains("bench:begin") && !errors.contains("idle"),
        "{errors}"
    );
}

#[test]
fn a_server_that_cannot_start_is_quoted() {
    let output = launched("sideways", &[]);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && errors.contains("unknown framing sideways"), "{errors}");
}
