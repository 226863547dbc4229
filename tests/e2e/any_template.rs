//! Hubbub run by the emulator's own program, which knows only its template and its built functions:
//! as anybody's application would be.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tests::Stack;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

use crate::world::built;

#[tokio::test]
async fn the_emulator_runs_hubbub_from_its_template_alone() {
    // Only `cargo build --workspace` makes the programs, and `cargo test` alone does not.
    let Some(folder) = built() else { return };
    let template = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("template.yaml");
    let mut program = Command::new(folder.join("emulator"))
        .arg("--template")
        .arg(template)
        .arg("--build-dir")
        .arg(&folder)
        .args(["--port", "0"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(program.stdout.take().unwrap()).lines();
    let address = async {
        loop {
            let line = lines.next_line().await.unwrap().expect("a line with the address");
            if let Some(url) = line.strip_prefix("ChatApi  ws://") {
                return url.trim_end_matches("/ws").parse().unwrap();
            }
        }
    };
    let address = tokio::time::timeout(Duration::from_secs(20), address).await.expect("a start in time");

    let stack = Stack::at(address);
    let (mut alice, mut bob) = (stack.connect("alice").await, stack.connect("bob").await);
    alice.say("from process to process").await;
    assert_eq!(bob.expect_message("from process to process").await["username"], "alice");
    assert_eq!(stack.history("global").await.len(), 1);
    // The stream of connections reaches `presence`, and `api` counts.
    stack.expect_clients(2).await;
    bob.leave().await;
    stack.expect_clients(1).await;
}
