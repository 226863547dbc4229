//! Handlers in Node.js: what they get, what becomes of what they answer, and of what goes wrong.

use std::path::Path;

use serde_json::{Value, json};

use crate::app::{App, Functions, installed};
use crate::fixture::captured;

const WORKER: &str = r#"
let ticked = false;
const later = (milliseconds, run) => setTimeout(run, milliseconds);
const error = () => new RangeError("too far");
const deeds = {
  pid: async () => process.pid,
  promise: async () => ({ statusCode: 200 }),
  nothing: async () => {},
  callback: (_, context, callback) => callback(null, "called back"),
  "callback and work": (_, context, callback) => {
    callback(null, "called back");
    later(50, () => (ticked = true));
  },
  "callback and work for ever": (_, context, callback) => {
    context.callbackWaitsForEmptyEventLoop = false;
    setInterval(() => {}, 1000);
    callback(null, "called back");
  },
  ticked: async () => ticked,
  done: (_, context) => context.done(null, "done"),
  succeed: (_, context) => later(1, () => context.succeed("succeeded")),
  neither: () => "ignored",
  throw: () => { throw error(); },
  reject: async () => { throw error(); },
  "callback error": (_, context, callback) => callback(error()),
  fail: (_, context) => context.fail(error()),
  "throw text": async () => { throw "a text"; },
  "no JSON": async () => 1n,
  uncaught: () => { later(1, () => { throw error(); }); },
  unhandled: async () => { Promise.reject(error()); await new Promise((resolve) => later(1000, resolve)); },
  exit: async () => process.exit(3),
  hang: async () => new Promise((resolve) => later(60_000, resolve)),
  "never settled": async () => new Promise(() => {}),
  "answer and crash": async () => { setImmediate(() => { throw error(); }); return process.pid; },
  repeat: async ({ text }) => text,
  tell: async (event, context) => ({
    ...context,
    remaining: context.getRemainingTimeInMillis(),
    folder: process.cwd(),
    argv: process.execArgv,
    environment: process.env,
  }),
};
exports.handler = (event, context, callback) => deeds[event.do](event, context, callback);
"#;

fn worker() -> Option<(App, Functions)> {
    let app = installed("node").then(|| App::of("nodejs20.x", "app.handler", &[("app.js", WORKER)]))?;
    let functions = app.start();
    Some((app, functions))
}

#[tokio::test]
async fn a_handler_in_node_answers_by_promise_or_by_callback() {
    let Some((_app, functions)) = worker() else { return };
    for (what, expected) in [
        ("promise", json!({ "statusCode": 200 })),
        ("nothing", Value::Null),
        ("callback", json!("called back")),
        ("done", json!("done")),
        ("succeed", json!("succeeded")),
        ("neither", Value::Null),
        ("callback and work", json!("called back")),
        // It waited for the work.
        ("ticked", json!(true)),
        ("callback and work for ever", json!("called back")),
        ("promise", json!({ "statusCode": 200 })),
    ] {
        assert_eq!(functions.does(what).await.unwrap_or_else(|e| panic!("{what}: {e}")), expected, "{what}");
    }
}

#[tokio::test]
async fn events_and_results_of_megabytes_pass_whole_through_node() {
    let Some((_app, functions)) = worker() else { return };
    for length in [0, 1, 60_000, 2_000_000] {
        let text = "éx".repeat(length);
        let repeated = functions.of("Worker", json!({ "do": "repeat", "text": text })).await.unwrap();
        assert!(repeated == text, "{length}");
    }
}

#[tokio::test]
async fn an_error_of_a_handler_in_node_keeps_its_type_and_the_process() {
    let Some((_app, functions)) = worker() else { return };
    let pid = functions.does("pid").await.unwrap();
    let of_type = |kind: &str, message: &str| (kind.to_owned(), message.to_owned());
    for what in ["throw", "reject", "callback error", "fail"] {
        assert_eq!(functions.fails(what).await, of_type("RangeError", "too far"), "{what}");
    }
    assert_eq!(functions.fails("throw text").await, of_type("string", "a text"));
    assert_eq!(functions.fails("no JSON").await, of_type("Error", "Unable to stringify response body"));
    let (kind, _) = functions.fails("never settled").await;
    assert_eq!(kind, "Runtime.NodeJsExit");
    assert_eq!(functions.does("pid").await.unwrap(), pid);
}

#[tokio::test]
async fn what_nobody_catches_in_node_fails_the_event_and_replaces_the_process() {
    let Some((_app, functions)) = worker() else { return };
    for (what, kind, message) in [
        ("uncaught", "RangeError", "too far"),
        ("unhandled", "Runtime.UnhandledPromiseRejection", "RangeError: too far"),
        ("exit", "Runtime.ExitError", "RequestId: 0c5a-1 Error: Runtime exited with error: exit status 3"),
    ] {
        let pid = functions.does("pid").await.unwrap();
        assert_eq!(functions.fails(what).await, (kind.to_owned(), message.to_owned()), "{what}");
        assert_ne!(functions.does("pid").await.unwrap(), pid, "{what}");
    }
}

#[tokio::test]
async fn an_event_is_not_lost_in_a_process_that_ended_after_its_last_answer() {
    let Some((_app, functions)) = worker() else { return };
    for _ in 0..10 {
        // At once: nobody knows yet that it will not ask for another event.
        let pid = functions.does("answer and crash").await.unwrap();
        assert_ne!(functions.does("pid").await.unwrap(), pid);
    }
}

#[tokio::test]
async fn a_handler_in_node_that_hangs_is_ended_at_its_timeout() {
    let Some((_app, functions)) = worker() else { return };
    let pid = functions.does("pid").await.unwrap();
    let (kind, message) = functions.fails("hang").await;
    assert_eq!(kind, "Sandbox.Timedout");
    assert_eq!(message, "RequestId: 0c5a-1 Error: Task timed out after 2.00 seconds");
    assert_ne!(functions.does("pid").await.unwrap(), pid);
}

#[tokio::test]
async fn a_handler_in_node_has_lambdas_context_and_environment() {
    let Some((app, functions)) = worker() else { return };
    let told = functions.does("tell").await.unwrap();
    for (name, value) in [
        ("functionName", "worker-of-mine"),
        ("functionVersion", "$LATEST"),
        ("memoryLimitInMB", "128"),
        ("logGroupName", "/aws/lambda/worker-of-mine"),
        ("logStreamName", "local/[$LATEST]"),
        ("awsRequestId", "0c5a-1"),
        ("invokedFunctionArn", "arn:aws:lambda:us-east-1:000000000000:function:worker-of-mine"),
    ] {
        assert_eq!(told[name], value, "{name}");
    }
    assert_eq!(told["callbackWaitsForEmptyEventLoop"], true);
    let remaining = told["remaining"].as_i64().unwrap();
    assert!((1..=2000).contains(&remaining), "{remaining}");
    let folder = app.folder.path().canonicalize().unwrap();
    assert_eq!(Path::new(told["folder"].as_str().unwrap()).canonicalize().unwrap(), folder);
    let environment = &told["environment"];
    for (name, value) in [("_HANDLER", "app.handler"), ("AWS_EXECUTION_ENV", "AWS_Lambda_nodejs20.x")] {
        assert_eq!(environment[name], value, "{name}");
    }
    assert!(environment["_X_AMZN_TRACE_ID"].as_str().unwrap().starts_with("Root=1-"), "{environment}");
    let root = Path::new(environment["LAMBDA_TASK_ROOT"].as_str().unwrap());
    assert_eq!(root.canonicalize().unwrap(), folder);
    assert!(told["argv"].as_array().unwrap().contains(&json!("--max-old-space-size=115")), "{told}");
}

#[tokio::test]
async fn handlers_in_node_are_found_in_every_kind_of_module() {
    if !installed("node") {
        return;
    }
    let common = "exports.handler = async () => 'common'; exports.deep = { inside: async () => 'deep' };";
    let module =
        "import { sep } from 'node:path'; export const handler = async () => 'module' + (sep && '');";
    let files = [
        ("plain/app.js", common),
        ("plain/cjs.cjs", common),
        ("plain/src/api/app.js", common),
        ("plain/esm.mjs", module),
        ("typed/package.json", r#"{ "type": "module" }"#),
        ("typed/app.js", module),
        ("typed/lib/inner.js", module),
        ("typed/old.cjs", common),
        ("plain/node_modules/shipped/package.json", r#"{ "main": "start.js" }"#),
        ("plain/node_modules/shipped/start.js", common),
    ];
    for (folder, handler, expected) in [
        ("plain", "app.handler", "common"),
        ("plain", "app.deep.inside", "deep"),
        ("plain", "cjs.handler", "common"),
        ("plain", "src/api/app.handler", "common"),
        ("plain", "./src/api/app.deep.inside", "deep"),
        ("plain", "esm.handler", "module"),
        ("plain", "shipped.handler", "common"),
        ("typed", "app.handler", "module"),
        ("typed", "lib/inner.handler", "module"),
        ("typed", "old.handler", "common"),
    ] {
        let mut app = App::of("nodejs20.x", handler, &files);
        app.settings.template_dir.push(folder);
        let answer = app.start().does("").await.unwrap_or_else(|e| panic!("{folder} {handler}: {e}"));
        assert_eq!(answer, expected, "{folder} {handler}");
    }
}

#[tokio::test]
async fn what_cannot_be_loaded_in_node_is_an_error_of_the_start_by_lambdas_name() {
    if !installed("node") {
        return;
    }
    let files = [
        ("app.js", "exports.value = 1;"),
        ("broken.js", "exports.handler = async () => {"),
        ("sdk.js", "require('@aws-sdk/client-nowhere/x');"),
        ("throws.js", "throw new TypeError('at the start');"),
    ];
    for (handler, kind, message) in [
        ("missing.handler", "Runtime.ImportModuleError", "Error: Cannot find module 'missing'"),
        ("src/missing.handler", "Runtime.ImportModuleError", "Error: Cannot find module 'missing'"),
        ("sdk.handler", "Runtime.ImportModuleError", "Error: Cannot find module '@aws-sdk/client-nowhere/x'"),
        ("app.handler", "Runtime.HandlerNotFound", "app.handler is undefined or not exported"),
        ("app.value", "Runtime.HandlerNotFound", "app.value is not a function"),
        ("broken.handler", "Runtime.UserCodeSyntaxError", "SyntaxError: Unexpected end of input"),
        ("throws.handler", "TypeError", "at the start"),
        ("app", "Runtime.MalformedHandlerName", "'app' is no handler; it must be file.export"),
        ("../app.handler", "Runtime.MalformedHandlerName", "'../app.handler' is no handler"),
    ] {
        let functions = App::of("nodejs20.x", handler, &files).start();
        // Every time anew.
        for _ in 0..2 {
            let (found, said) = functions.fails("").await;
            assert_eq!(found, kind, "{handler}: {said}");
            assert!(said.starts_with(message), "{handler}: {said}");
        }
    }
}

#[tokio::test]
async fn the_log_says_how_to_install_what_the_runtime_has_on_aws() {
    let log = captured();
    for (runtime, file, text, mend) in [
        (
            "nodejs20.x",
            "app.js",
            "require('@aws-sdk/client-nowhere/x');",
            "npm install @aws-sdk/client-nowhere`",
        ),
        ("nodejs20.x", "app.mjs", "import 'aws-sdk';", "npm install aws-sdk`"),
        ("python3.12", "app.py", "import botocore.nowhere", "-m pip install botocore`"),
    ] {
        let program = if runtime.starts_with("node") { "node" } else { "python3" };
        if !installed(program) {
            continue;
        }
        let functions = App::of(runtime, "app.handler", &[(file, text)]).start();
        functions.does("").await.unwrap_err();
        let said = || String::from_utf8(log.lock().clone()).unwrap().contains(mend);
        let in_time = tokio::time::timeout(crate::fixture::DEADLINE, async {
            while !said() {
                tokio::task::yield_now().await;
            }
        });
        assert!(in_time.await.is_ok(), "{mend}: {}", String::from_utf8(log.lock().clone()).unwrap());
    }
}
