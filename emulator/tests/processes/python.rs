//! Handlers in Python: what they get, what becomes of what they answer, and of what goes wrong.

use std::path::Path;

use serde_json::{Value, json};

use crate::app::{App, Functions, installed};
use crate::fixture::{DEADLINE, captured};

const WORKER: &str = r#"
import decimal, logging, os, sys, time

class Lost(Exception):
    pass

def lost():
    raise Lost("no way")

def tell(event, context):
    return {
        "function_name": context.function_name,
        "function_version": context.function_version,
        "memory_limit_in_mb": context.memory_limit_in_mb,
        "log_group_name": context.log_group_name,
        "log_stream_name": context.log_stream_name,
        "aws_request_id": context.aws_request_id,
        "invoked_function_arn": context.invoked_function_arn,
        "client_context": context.client_context,
        "identity": context.identity.cognito_identity_id,
        "remaining": context.get_remaining_time_in_millis(),
        "folder": os.getcwd(),
        "path": sys.path,
        "environment": dict(os.environ),
    }

def log(event, context):
    logger = logging.getLogger(__name__)
    logger.setLevel(logging.INFO)
    logger.info("a line of a logger")
    print("a printed line")

deeds = {
    "pid": lambda event, context: os.getpid(),
    "dictionary": lambda event, context: {"statusCode": 200, "body": "ä"},
    "nothing": lambda event, context: None,
    "decimals": lambda event, context: [decimal.Decimal("3"), decimal.Decimal("2.5"), decimal.Decimal("1E+2")],
    "bytes": lambda event, context: b'{"raw": true}',
    "raise": lambda event, context: lost(),
    "no JSON": lambda event, context: {1, 2},
    "exit": lambda event, context: sys.exit(3),
    "hang": lambda event, context: time.sleep(60),
    "tell": tell,
    "log": log,
}

def handler(event, context):
    return deeds[event["do"]](event, context)
"#;

fn worker() -> Option<(App, Functions)> {
    let app = installed("python3").then(|| App::of("python3.12", "app.handler", &[("app.py", WORKER)]))?;
    let functions = app.start();
    Some((app, functions))
}

#[tokio::test]
async fn a_handler_in_python_answers() {
    let Some((_app, functions)) = worker() else { return };
    for (what, expected) in [
        ("dictionary", json!({ "statusCode": 200, "body": "ä" })),
        ("nothing", Value::Null),
        ("decimals", json!([3, 2.5, 100])),
        ("bytes", json!({ "raw": true })),
    ] {
        assert_eq!(functions.does(what).await.unwrap_or_else(|e| panic!("{what}: {e}")), expected, "{what}");
    }
}

#[tokio::test]
async fn an_error_of_a_handler_in_python_keeps_its_type_and_the_process() {
    let Some((_app, functions)) = worker() else { return };
    let pid = functions.does("pid").await.unwrap();
    assert_eq!(functions.fails("raise").await, ("Lost".to_owned(), "no way".to_owned()));
    assert_eq!(functions.fails("unknown").await, ("KeyError".to_owned(), "'unknown'".to_owned()));
    let message = "Unable to marshal response: Object of type set is not JSON serializable";
    assert_eq!(functions.fails("no JSON").await, ("Runtime.MarshalError".to_owned(), message.to_owned()));
    assert_eq!(functions.does("pid").await.unwrap(), pid);
}

#[tokio::test]
async fn a_handler_in_python_that_exits_or_hangs_fails_its_event_and_is_replaced() {
    let Some((_app, functions)) = worker() else { return };
    for (what, kind, end) in [
        ("exit", "Runtime.ExitError", "Error: Runtime exited with error: exit status 3"),
        ("hang", "Sandbox.Timedout", "Error: Task timed out after 2.00 seconds"),
    ] {
        let pid = functions.does("pid").await.unwrap();
        assert_eq!(functions.fails(what).await, (kind.to_owned(), format!("RequestId: 0c5a-1 {end}")));
        assert_ne!(functions.does("pid").await.unwrap(), pid, "{what}");
    }
}

#[tokio::test]
async fn a_handler_in_python_has_lambdas_context_and_environment() {
    let Some((app, functions)) = worker() else { return };
    let told = functions.does("tell").await.unwrap();
    for (name, value) in [
        ("function_name", "worker-of-mine"),
        ("function_version", "$LATEST"),
        ("memory_limit_in_mb", "128"),
        ("log_group_name", "/aws/lambda/worker-of-mine"),
        ("log_stream_name", "local/[$LATEST]"),
        ("aws_request_id", "0c5a-1"),
        ("invoked_function_arn", "arn:aws:lambda:us-east-1:000000000000:function:worker-of-mine"),
    ] {
        assert_eq!(told[name], value, "{name}");
    }
    assert_eq!((&told["client_context"], &told["identity"]), (&Value::Null, &Value::Null));
    let remaining = told["remaining"].as_i64().unwrap();
    assert!((1..=2000).contains(&remaining), "{remaining}");
    let folder = app.folder.path().canonicalize().unwrap();
    for place in [&told["folder"], &told["path"][0], &told["environment"]["LAMBDA_TASK_ROOT"]] {
        assert_eq!(Path::new(place.as_str().unwrap()).canonicalize().unwrap(), folder);
    }
    assert_eq!(told["environment"]["AWS_EXECUTION_ENV"], "AWS_Lambda_python3.12");
    assert!(told["environment"]["_X_AMZN_TRACE_ID"].as_str().unwrap().starts_with("Root=1-"), "{told}");
}

#[tokio::test]
async fn handlers_in_python_are_found_in_modules_and_packages() {
    if !installed("python3") {
        return;
    }
    let code = "def handler(event, context): return __name__\n";
    let files = [("app.py", code), ("pkg/__init__.py", ""), ("pkg/app.py", code), ("pkg/deep/app.py", code)];
    for (handler, expected) in [
        ("app.handler", "app"),
        ("pkg/app.handler", "pkg.app"),
        ("pkg.app.handler", "pkg.app"),
        ("pkg/deep/app.handler", "pkg.deep.app"),
    ] {
        let functions = App::of("python3.12", handler, &files).start();
        assert_eq!(functions.does("").await.unwrap_or_else(|e| panic!("{handler}: {e}")), expected);
    }
}

#[tokio::test]
async fn what_cannot_be_loaded_in_python_is_an_error_of_the_start_by_lambdas_name() {
    if !installed("python3") {
        return;
    }
    let files = [
        ("app.py", "value = 1\n"),
        ("broken.py", "def handler(:\n"),
        ("needs.py", "import nowhere.at_all\n"),
        ("throws.py", "raise TypeError('at the start')\n"),
        ("exits.py", "raise SystemExit(4)\n"),
    ];
    for (handler, kind, message) in [
        (
            "missing.handler",
            "Runtime.ImportModuleError",
            "Unable to import module 'missing': No module named 'missing'",
        ),
        (
            "needs.handler",
            "Runtime.ImportModuleError",
            "Unable to import module 'needs': No module named 'nowhere'",
        ),
        ("app.handler", "Runtime.HandlerNotFound", "Handler 'handler' missing on module 'app'"),
        ("broken.handler", "Runtime.UserCodeSyntaxError", "Syntax error in module 'broken': "),
        ("throws.handler", "TypeError", "at the start"),
        (
            "exits.handler",
            "Runtime.ExitError",
            "RequestId: 0c5a-1 Error: Runtime exited with error: exit status 4",
        ),
        ("app", "Runtime.MalformedHandlerName", "Bad handler 'app'"),
        (
            "sys.handler",
            "Runtime.BuiltInModuleConflict",
            "Cannot use built-in module sys as a handler module",
        ),
    ] {
        let (found, said) = App::of("python3.12", handler, &files).start().fails("").await;
        assert_eq!(found, kind, "{handler}: {said}");
        assert!(said.starts_with(message), "{handler}: {said}");
    }
}

#[tokio::test]
async fn what_a_handler_in_python_logs_and_raises_is_in_the_log() {
    let log = captured();
    let Some((_app, functions)) = worker() else { return };
    functions.does("log").await.unwrap();
    functions.fails("raise").await;
    let text = || String::from_utf8(log.lock().clone()).unwrap();
    let wanted = ["\ta line of a logger", "a printed line", "[ERROR] Lost: no way", "in lost"];
    let said = async {
        while !wanted.iter().all(|line| text().contains(line)) {
            tokio::task::yield_now().await;
        }
    };
    assert!(tokio::time::timeout(DEADLINE, said).await.is_ok(), "{}", text());
    let line = text().lines().find(|line| line.contains("a line of a logger")).unwrap().to_owned();
    assert!(line.contains("[INFO]\t") && line.contains("Z\t0c5a-1\t") && line.contains("Worker"), "{line}");
}

#[tokio::test]
async fn a_process_in_python_waits_for_its_next_event_whatever_the_default_timeout_of_sockets() {
    if !installed("python3") {
        return;
    }
    let code = "
import os, socket, threading
socket.setdefaulttimeout(0.2)
def handler(event, context):
    threading.Timer(0.6, lambda: open('waited', 'w').close()).start()
    return os.getpid()
";
    let app = App::of("python3.12", "app.handler", &[("app.py", code)]);
    let functions = app.start();
    let pid = functions.does("").await.unwrap();
    let waited = async {
        while !app.folder.path().join("waited").exists() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(DEADLINE, waited).await.expect("the timer of the handler");
    assert_eq!(functions.does("").await.unwrap(), pid);
}
