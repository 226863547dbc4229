//! Processes that die, hang, grow or never begin fail their own event and no other.

use std::path::Path;

use emulator::processes::Processes;
use serde_json::json;

use crate::fixture::{Fixture, gone, write_program};

#[tokio::test]
async fn a_dead_process_fails_its_event_and_is_replaced() {
    let running = Fixture::new("").start();
    let first = running.tell().await;
    let error = running.invoke(json!({ "do": "exit" })).await.unwrap_err();
    assert_eq!(error.error_type, "Runtime.ExitError");
    assert_eq!(error.error_message, "RequestId: 0c5a-1 Error: Runtime exited with error: exit status 3");
    assert!(!error.is_refusal(), "it was run");
    let next = running.tell().await;
    assert_eq!(next["handled"], 1);
    assert_ne!(next["pid"], first["pid"]);
}

#[tokio::test]
#[cfg(target_os = "linux")]
async fn a_process_that_died_while_it_was_idle_is_not_used_again() {
    let running = Fixture::new("").start();
    let pid = running.tell().await["pid"].as_u64().unwrap();
    let id = rustix::process::Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
    rustix::process::kill_process(id, rustix::process::Signal::KILL).unwrap();
    gone(pid).await;
    // Reaped by now or not, the event must not be lost in it.
    match running.invoke(json!({ "do": "tell" })).await {
        Ok(told) => assert_ne!(told["pid"], pid),
        Err(error) => assert_eq!(error.error_type, "Runtime.ExitError"),
    }
    assert_ne!(running.tell().await["pid"], pid);
}

#[tokio::test]
#[cfg(target_os = "linux")]
async fn a_timeout_fails_the_event_kills_the_process_and_replaces_it() {
    let running = Fixture::new("").start();
    let pid = running.tell().await["pid"].as_u64().unwrap();
    let error = running.invoke(json!({ "do": "hang" })).await.unwrap_err();
    assert_eq!(error.error_message, "RequestId: 0c5a-1 Error: Task timed out after 2.00 seconds");
    gone(pid).await;
    assert_ne!(running.tell().await["pid"], pid);
}

#[tokio::test]
#[cfg(target_os = "linux")]
async fn a_process_that_outgrows_its_memory_is_killed() {
    let running = Fixture::new("").start();
    let error = running.invoke(json!({ "do": "grow" })).await.unwrap_err();
    assert_eq!(error.error_message, "RequestId: 0c5a-1 Error: Runtime exited with error: signal: killed");
}

#[tokio::test]
async fn an_error_of_the_handler_keeps_its_type_and_the_process() {
    let running = Fixture::new("").start();
    let pid = running.tell().await["pid"].clone();
    let error = running.invoke(json!({ "do": "fail" })).await.unwrap_err();
    assert_eq!((&*error.error_type, &*error.error_message), ("Lost", "no way"));
    assert_eq!(running.tell().await["pid"], pid);
}

#[tokio::test]
async fn a_program_that_reports_an_init_error_fails_the_event_with_it() {
    let error = Fixture::new("export INIT=error").start().invoke(json!({})).await.unwrap_err();
    assert_eq!((&*error.error_type, &*error.error_message), ("Config.Missing", "no table"));
}

#[tokio::test]
async fn a_program_that_exits_before_its_first_event_fails_it() {
    let error = Fixture::new("export INIT=exit").start().invoke(json!({})).await.unwrap_err();
    assert!(error.error_message.ends_with("Runtime exited with error: exit status 7"), "{error}");
}

#[tokio::test]
async fn a_program_that_cannot_be_started_fails_the_event() {
    let fixture = Fixture::new("");
    std::fs::write(fixture.folder.path().join("Worker/bootstrap"), "no program").unwrap();
    let running = fixture.start();
    // Not even a shell's script: the system refuses it, or a shell does.
    let error = running.invoke(json!({})).await.unwrap_err();
    assert!(error.error_type.starts_with("Runtime."), "{error}");
}

#[tokio::test]
async fn events_beyond_the_limit_are_refused_and_not_queued() {
    let mut fixture = Fixture::new("");
    fixture.settings.concurrency = 1;
    let running = fixture.start();
    let (hanging, refused) = tokio::join!(running.invoke(json!({ "do": "hang" })), running.invoke(json!({})));
    assert!(hanging.unwrap_err().error_message.contains("timed out"));
    let refused = refused.unwrap_err();
    assert!(refused.is_refusal(), "{refused}");
    assert_eq!(refused.error_type, "TooManyRequestsException");
    assert_eq!(running.tell().await["handled"], 1, "the limit is not used up");
}

#[test]
fn a_function_that_is_not_built_is_an_error_that_names_where_it_was_looked_for() {
    let mut fixture = Fixture::new("");
    let empty = tempfile::TempDir::new().unwrap();
    fixture.settings.build_dir = empty.path().to_owned();
    let error = Processes::new(&fixture.template, &fixture.settings).unwrap_err().to_string();
    for part in ["the function Worker is not built", "Worker/bootstrap", "worker/bootstrap", "--build-dir"] {
        assert!(error.contains(part), "{part}: {error}");
    }
}

#[tokio::test]
async fn a_program_is_found_where_each_build_tool_puts_it() {
    for place in ["Worker/bootstrap", "worker/bootstrap", "worker"] {
        let mut fixture = Fixture::new("");
        let folder = tempfile::TempDir::new().unwrap();
        let program = folder.path().join(Path::new(place));
        std::fs::create_dir_all(program.parent().unwrap()).unwrap();
        write_program(&program, "");
        fixture.settings.build_dir = folder.path().to_owned();
        assert_eq!(fixture.start().tell().await["handled"], 1, "{place}");
    }
}
