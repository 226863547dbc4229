//! Where the code of managed runtimes is found, and what is said where it is not.

use std::os::unix::fs::PermissionsExt;
use std::time::UNIX_EPOCH;

use emulator::processes::ProgramError;
use serde_json::json;

use crate::app::{App, installed, write};
use crate::fixture::{DEADLINE, captured, write_program};

/// Code that says where it is from.
fn from(place: &str) -> String {
    format!("exports.handler = async () => '{place}';")
}

fn function(id: &str, properties: &str) -> String {
    format!("  {id}: {{ Type: AWS::Serverless::Function, Properties: {{ {properties} }} }}\n")
}

#[tokio::test]
async fn code_is_where_the_template_or_a_build_says() {
    if !installed("node") {
        return;
    }
    let mut template = "
Globals: { Function: { Runtime: nodejs20.x, Handler: app.handler, CodeUri: shared/ } }
Resources:
  Raw:
    Type: AWS::Lambda::Function
    Properties: { Code: { ZipFile: \"exports.handler = async () => 'ZipFile';\" }, Handler: index.handler, Runtime: nodejs20.x }
  Cdk:
    Type: AWS::Lambda::Function
    Properties: { Code: { S3Bucket: assets, S3Key: 0f.zip }, Handler: app.handler, Runtime: nodejs20.x }
    Metadata: { 'aws:asset:path': asset.0f }
"
    .to_owned();
    template += &function("Own", "CodeUri: own/");
    template += &function("Global", "Timeout: 2");
    template += &function(
        "Inline",
        "InlineCode: \"exports.handler = async () => 'InlineCode';\", Handler: index.handler",
    );
    template += &function("Built", "CodeUri: own/");
    template += &function("BuiltTogether", "CodeUri: own/");
    let files = [
        ("own/app.js", from("own")),
        ("shared/app.js", from("shared")),
        ("asset.0f/app.js", from("asset")),
        (".aws-sam/build/Built/app.js", from("built")),
    ];
    let files: Vec<_> = files.iter().map(|(path, text)| (*path, &**text)).collect();
    let app = App::new(&template, &files);
    let built = function("Built", "CodeUri: Built") + &function("BuiltTogether", "CodeUri: Built");
    let built_template = app.settings.build_dir.join("template.yaml");
    write(&built_template, &format!("Resources:\n{built}"));
    let log = captured();
    let functions = app.start();
    let stale =
        || String::from_utf8(log.lock().clone()).unwrap().matches("changed after `sam build`").count();
    assert_eq!(stale(), 0);
    // As if it was built before the code was written.
    std::fs::File::options().write(true).open(&built_template).unwrap().set_modified(UNIX_EPOCH).unwrap();
    app.start();
    assert_eq!(stale(), 2, "both functions that a build made");
    for (id, expected) in [
        ("Own", "own"),
        ("Global", "shared"),
        ("Raw", "ZipFile"),
        ("Inline", "InlineCode"),
        ("Cdk", "asset"),
        ("Built", "built"),
        ("BuiltTogether", "built"),
    ] {
        let answer = functions.of(id, json!({})).await.unwrap_or_else(|e| panic!("{id}: {e}"));
        assert_eq!(answer, expected, "{id}");
    }
}

#[tokio::test]
async fn what_layers_hold_is_found() {
    if !installed("node") || !installed("python3") {
        return;
    }
    let template = "
Globals: { Function: { Layers: [!Ref Words], CodeUri: code/ } }
Resources:
  Words: { Type: AWS::Serverless::LayerVersion, Properties: { LayerName: words-of-mine, ContentUri: layers/words } }
  Newer: { Type: AWS::Lambda::LayerVersion, Properties: { Content: layers/newer } }
  Built: { Type: AWS::Serverless::LayerVersion, Properties: { ContentUri: layers/source } }
  Cdk:
    Type: AWS::Lambda::LayerVersion
    Properties: { Content: { S3Bucket: assets, S3Key: 0f.zip } }
    Metadata: { 'aws:asset:path': asset.0f }
  Bucket: { Type: AWS::Lambda::LayerVersion, Properties: { Content: { S3Bucket: assets, S3Key: 0f.zip } } }
  Node:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: nodejs20.x
      Handler: app.handler
      Layers:
        - !Ref Newer
        - !Ref Built
        - !Ref Cdk
        - arn:aws:lambda:us-east-1:123456789012:layer:telemetry:7
        - !Ref Bucket
        - !ImportValue layer-of-others
  Python: { Type: AWS::Serverless::Function, Properties: { Runtime: python3.12, Handler: app.handler, Layers: [!Ref Newer] } }
";
    let names = ["both", "old", "new", "built", "asset"];
    let node = format!(
        "const {{ execFileSync }} = require('child_process');
exports.handler = async () => [...{}.map((name) => require(name)), execFileSync('tool').toString().trim()];",
        json!(names)
    );
    let module = |value: &str| format!("module.exports = '{value}';");
    let files = [
        ("code/app.js", node),
        (
            "code/app.py",
            "import both, late\ndef handler(event, context): return [both.value, late.value]".to_owned(),
        ),
        ("layers/words/nodejs/node_modules/both/index.js", module("words")),
        ("layers/words/nodejs/node_modules/old.js", module("words")),
        ("layers/words/bin/README", String::new()),
        ("layers/words/python/both.py", "value = 'words'".to_owned()),
        ("layers/words/python/lib/python3.12/site-packages/late.py", "value = 'words'".to_owned()),
        ("layers/newer/nodejs/node20/node_modules/both/index.js", module("newer")),
        ("layers/newer/nodejs/node_modules/new.js", module("newer")),
        ("layers/newer/python/both.py", "value = 'newer'".to_owned()),
        ("layers/source/package.json", "{}".to_owned()),
        ("asset.0f/nodejs/node_modules/asset.js", module("asset")),
        (".aws-sam/build/Built/nodejs/node_modules/built.js", module("built")),
    ];
    let files: Vec<_> = files.iter().map(|(path, text)| (*path, &**text)).collect();
    let app = App::new(template, &files);
    write_program(&app.folder.path().join("layers/words/bin/tool"), "echo tool; exit");
    write(
        &app.settings.build_dir.join("template.yaml"),
        "Resources: { Built: { Type: AWS::Serverless::LayerVersion, Properties: { ContentUri: Built } } }",
    );
    let log = captured();
    let functions = app.start();
    let log = String::from_utf8(log.lock().clone()).unwrap();
    assert!(!log.contains("is not emulated"), "{log}");
    for place in ["arn:aws:lambda:us-east-1:123456789012:layer:telemetry:7", "Bucket", "layer-of-others"] {
        assert!(log.contains(place), "{place}: {log}");
    }
    let found = functions.of("Node", json!({})).await.unwrap();
    assert_eq!(found, json!(["newer", "words", "newer", "built", "asset", "tool"]));
    assert_eq!(functions.of("Python", json!({})).await.unwrap(), json!(["newer", "words"]));
}

#[tokio::test]
async fn changed_code_is_loaded_for_the_next_event() {
    for (program, runtime, file, code) in [
        ("node", "nodejs20.x", "lib/app.js", "exports.handler = async () => [process.pid, 'VERSION'];"),
        (
            "python3",
            "python3.12",
            "lib/app.py",
            "import os\ndef handler(event, context): return [os.getpid(), 'VERSION']",
        ),
    ] {
        if !installed(program) {
            continue;
        }
        let app = App::of(runtime, "lib/app.handler", &[(file, &code.replace("VERSION", "one"))]);
        let functions = app.start();
        let first = functions.does("").await.unwrap();
        assert_eq!(first[1], "one");
        // Of another length: Python's cache tells versions of one second by that alone.
        write(&app.folder.path().join(file), &code.replace("VERSION", "another"));
        let changed = async {
            loop {
                let next = functions.does("").await.unwrap();
                if next[1] == "another" {
                    return next;
                }
            }
        };
        let next = tokio::time::timeout(DEADLINE, changed).await.expect("the change is seen");
        assert_ne!(next[0], first[0], "{program}");
        assert_eq!(functions.does("").await.unwrap(), next, "{program}");
    }
}

#[tokio::test]
async fn inline_code_in_python_is_run() {
    if !installed("python3") {
        return;
    }
    let template = "
Resources:
  Worker:
    Type: AWS::Lambda::Function
    Properties:
      Runtime: python3.13
      Handler: index.handler
      Code:
        ZipFile: |
          def handler(event, context):
              return event['do']
";
    assert_eq!(App::new(template, &[]).start().does("this").await.unwrap(), "this");
}

#[tokio::test]
async fn a_bootstrap_wins_over_a_managed_runtime() {
    let mut app = App::of("python3.12", "app.handler", &[("app.py", "")]);
    write_program_in(&mut app, "");
    assert_eq!(app.start().does("tell").await.unwrap()["handled"], 1);
}

fn write_program_in(app: &mut App, before: &str) {
    let folder = app.settings.build_dir.join("Worker");
    std::fs::create_dir_all(&folder).unwrap();
    write_program(&folder.join("bootstrap"), before);
}

#[tokio::test]
async fn what_cannot_run_here_is_a_warning_and_fails_when_it_is_invoked() {
    let log = captured();
    let mut template = "Resources:\n".to_owned();
    template += &function("Java", "Runtime: java21, Handler: app.Handler, CodeUri: .");
    template += &function("Image", "PackageType: Image, ImageUri: somewhere");
    template += &function("Bucket", "Runtime: nodejs20.x, Handler: app.handler, CodeUri: s3://bucket/key");
    template +=
        &function("Parts", "Runtime: python3.12, Handler: app.handler, CodeUri: { Bucket: b, Key: k }");
    template += &function("Archive", "Runtime: python3.12, Handler: app.handler, CodeUri: code.zip");
    let functions = App::new(&template, &[("code.zip", "PK")]).start();
    for (id, why) in [
        (
            "Java",
            "the runtime java21 does not run here; `sam local start-lambda` runs it, behind --lambda-endpoint",
        ),
        ("Image", "its code is elsewhere (an image of a container); "),
        ("Bucket", "its code is elsewhere (s3://bucket/key); let `CodeUri` name a folder"),
        ("Parts", "its code is elsewhere (S3); "),
        ("Archive", "code.zip; unpack it and let `CodeUri` name the folder"),
    ] {
        let error = functions.of(id, json!({})).await.unwrap_err();
        assert_eq!(error.error_type, "Runtime.InvalidEntrypoint");
        assert!(error.error_message.contains(why), "{id}: {error}");
        let warning = format!("the function {id} fails whenever it is invoked: {}", error.error_message);
        let log = String::from_utf8(log.lock().clone()).unwrap();
        assert!(log.lines().any(|line| line.contains("WARN") && line.contains(&warning)), "{warning}: {log}");
    }
}

#[tokio::test]
async fn code_that_is_missing_is_an_error_with_its_mend() {
    let template = "Resources:\n".to_owned()
        + &function("Worker", "Runtime: nodejs20.x, Handler: app.handler, CodeUri: dist/");
    let error = App::new(&template, &[]).try_start().unwrap_err();
    assert!(matches!(&error, ProgramError::NoCode { function, .. } if function == "Worker"), "{error}");
    assert!(error.to_string().contains("dist/; run `sam build` if a build makes it"), "{error}");
}

#[tokio::test]
async fn an_interpreter_that_cannot_be_used_is_an_error_with_its_mend() {
    let mut app = App::of("nodejs20.x", "app.handler", &[("app.js", "")]);
    app.settings.interpreters.node = "no-such-program".into();
    let error = app.try_start().unwrap_err().to_string();
    assert!(
        error.starts_with("the function Worker has the runtime nodejs20.x, and `no-such-program` cannot"),
        "{error}"
    );
    assert!(
        error.ends_with("install Node.js 18 or newer, or name one with --runtime nodejs=PATH"),
        "{error}"
    );

    for (text, why) in [
        ("#!/bin/sh\necho /somewhere/node\necho 16.20.2\n", "is only Node.js 16.20.2; install"),
        ("#!/bin/sh\necho 'what is -e?' >&2\nexit 2\n", "is no Node.js (what is -e?); install"),
    ] {
        let program = app.folder.path().join("node");
        write(&program, text);
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        app.settings.interpreters.node = program;
        let error = app.try_start().unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
    }
}
