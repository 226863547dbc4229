//! Processes come, are used again, and go.

use serde_json::{Value, json};

use crate::fixture::{Fixture, captured, gone};

#[tokio::test]
async fn a_process_handles_one_event_after_another() {
    let running = Fixture::new("").start();
    let (first, second) = (running.tell().await, running.tell().await);
    assert_eq!((&first["handled"], &second["handled"]), (&json!(1), &json!(2)));
    assert_eq!(first["pid"], second["pid"]);
}

#[tokio::test]
async fn two_events_at_once_are_handled_by_two_processes() {
    let fixture = Fixture::new("");
    let running = fixture.start();
    let file = fixture.folder.path().join("present");
    let meet = || running.invoke(json!({ "do": "meet", "file": file }));
    let (one, other) = tokio::join!(meet(), meet());
    assert_eq!(
        (one.unwrap()["statusCode"].as_u64(), other.unwrap()["statusCode"].as_u64()),
        (Some(200), Some(200))
    );
    let present = std::fs::read_to_string(file).unwrap();
    let pids: std::collections::BTreeSet<_> = present.lines().collect();
    assert_eq!(pids.len(), 2, "{present}");
}

#[tokio::test]
async fn the_environment_is_lambdas_with_the_templates_variables_and_the_local_endpoints() {
    let mut fixture = Fixture::new("");
    fixture.settings.environment.overrides.insert("SIZE".to_owned(), "large".to_owned());
    fixture.settings.environment.overrides.insert("UNDECLARED".to_owned(), "x".to_owned());
    let told = fixture.start().tell().await;
    let variables = &told["environment"];
    for (name, value) in [
        ("AWS_LAMBDA_FUNCTION_NAME", "worker-of-mine"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "300"),
        ("AWS_REGION", "us-east-1"),
        ("_HANDLER", "bootstrap"),
        ("AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI", "http://127.0.0.1:1/dev"),
        ("AWS_ENDPOINT_URL_LAMBDA", "http://127.0.0.1:1"),
        ("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:2"),
        ("COLOUR", "blue"),
        ("SIZE", "large"),
    ] {
        assert_eq!(variables[name], value, "{name}");
    }
    assert!(variables["AWS_ACCESS_KEY_ID"].is_string() && variables["AWS_SECRET_ACCESS_KEY"].is_string());
    for name in ["UNDECLARED", "AWS_ENDPOINT_URL", "CARGO_MANIFEST_DIR"] {
        assert_eq!(variables[name], Value::Null, "{name}");
    }
}

#[tokio::test]
async fn an_event_comes_with_its_deadline_in_epoch_milliseconds_and_the_functions_arn() {
    let before = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
    let told = Fixture::new("").start().tell().await;
    let deadline: u128 = told["deadline"].as_str().unwrap().parse().unwrap();
    // The timeout is two seconds, and counts from when the process is ready.
    assert!((before + 2_000..before + 32_000).contains(&deadline), "{before} {deadline}");
    assert_eq!(told["arn"], "arn:aws:lambda:us-east-1:000000000000:function:worker-of-mine");
    assert!(told["trace"].as_str().unwrap().starts_with("Root=1-"), "{told}");
}

#[tokio::test]
async fn each_invocation_is_reported_and_what_a_process_prints_is_logged_with_its_functions_name() {
    let log = captured();
    let running = Fixture::new("").start();
    running.invoke(json!({ "do": "say" })).await.unwrap();
    running.tell().await;
    running.processes.shutdown(std::time::Duration::from_secs(10)).await;
    let text = || String::from_utf8(log.lock().clone()).unwrap();
    // The pipes are read by tasks of their own.
    let printed = async {
        while !(text().contains("a line on stderr") && text().contains("a line on stdout")) {
            tokio::task::yield_now().await;
        }
    };
    let in_time = tokio::time::timeout(std::time::Duration::from_secs(30), printed).await;
    assert!(in_time.is_ok(), "{}", text());
    let text = text();
    let printed: Vec<_> = text.lines().filter(|line| line.contains("a line on std")).collect();
    assert!(printed.iter().all(|line| line.contains("Worker")), "{printed:?}");
    let reports: Vec<_> =
        text.lines().filter(|line| line.contains("REPORT RequestId: 0c5a-1 Duration: ")).collect();
    assert_eq!(reports.len(), 2, "{text}");
    assert!(
        reports[0].contains("Memory Size: 300 MB") && reports[0].contains("Init Duration: "),
        "{reports:?}"
    );
    assert!(!reports[1].contains("Init Duration: "), "only the first one initialized: {reports:?}");
    #[cfg(target_os = "linux")]
    assert!(reports[1].contains("Max Memory Used: "), "{reports:?}");
}

#[tokio::test]
#[cfg(target_os = "linux")]
async fn a_shutdown_leaves_no_process_behind_nor_what_it_started() {
    let fixture = Fixture::new("sleep 600 & echo $! > pid");
    let running = fixture.start();
    let pid = running.tell().await["pid"].as_u64().unwrap();
    let child = std::fs::read_to_string(fixture.folder.path().join("Worker/pid")).unwrap();
    assert_eq!(running.processes.shutdown(std::time::Duration::from_secs(10)).await, 0);
    gone(pid).await;
    gone(child.trim().parse().unwrap()).await;
}

#[tokio::test]
async fn after_a_shutdown_nothing_is_started() {
    let running = Fixture::new("").start();
    let function = running.function.clone();
    running.processes.shutdown(std::time::Duration::from_secs(10)).await;
    let error = crate::fixture::invoke(&function, json!({})).await.unwrap_err();
    assert!(error.is_refusal(), "{error}");
}
