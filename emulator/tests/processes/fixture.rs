//! A template, a `bootstrap` for its function, and the processes behind it.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use emulator::processes::{Endpoints, Environment, Interpreters, Processes, Settings};
use emulator::template::Options;
use emulator::{Function, FunctionError, Invocation, Template};
use serde_json::{Value, json};
use tempfile::TempDir;

/// Longer than anything here takes.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);

pub(crate) const TEMPLATE: &str = "
Resources:
  Api:
    Type: AWS::Serverless::WebSocketApi
    Properties:
      StageName: dev
      RouteSelectionExpression: $request.body.do
      Routes:
        $connect: { FunctionArn: !GetAtt Worker.Arn }
        $default: { FunctionArn: !GetAtt Worker.Arn, RouteResponseSelectionExpression: $default }
  Response:
    Type: AWS::ApiGatewayV2::RouteResponse
    Properties: { ApiId: !Ref Api, RouteId: !Ref ApiDefaultRoute, RouteResponseKey: $default }
  Worker:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: worker-of-mine
      Handler: bootstrap
      CodeUri: functions/worker
      MemorySize: 300
      Timeout: 2
      Environment: { Variables: { COLOUR: blue, SIZE: small } }
";

/// A function whose program is built.
pub(crate) struct Fixture {
    pub(crate) template: Template,
    pub(crate) folder: Arc<TempDir>,
    pub(crate) settings: Settings,
}

impl Fixture {
    /// A `bootstrap` that first runs these lines of shell.
    pub(crate) fn new(before: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let program = folder.path().join("Worker/bootstrap");
        std::fs::create_dir(program.parent().unwrap()).unwrap();
        write_program(&program, before);
        let settings = Settings {
            build_dir: folder.path().to_owned(),
            template_dir: folder.path().to_owned(),
            data: None,
            interpreters: Interpreters::default(),
            concurrency: 10,
            environment: Environment {
                endpoints: Endpoints {
                    gateway: Some("http://127.0.0.1:1".to_owned()),
                    dynamodb: Some("http://127.0.0.1:2".to_owned()),
                },
                ..Environment::default()
            },
        };
        let template = Template::read(TEMPLATE, &Options::default()).unwrap_or_else(|e| panic!("{e}"));
        Self { template, folder: Arc::new(folder), settings }
    }

    pub(crate) fn start(&self) -> Running {
        let processes = Processes::new(&self.template, &self.settings).unwrap_or_else(|e| panic!("{e}"));
        let (_, function) = processes.functions().next().unwrap();
        Running { processes, function, _folder: Arc::clone(&self.folder) }
    }
}

pub(crate) fn write_program(path: &Path, before: &str) {
    let this = std::env::current_exe().unwrap();
    let script = format!(
        "#!/bin/sh\n{before}\nexec '{}' --ignored --exact runtime::function --nocapture\n",
        this.display()
    );
    std::fs::write(path, script).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// Its processes.
pub(crate) struct Running {
    pub(crate) processes: Processes,
    pub(crate) function: Function,
    _folder: Arc<TempDir>,
}

impl Running {
    pub(crate) async fn invoke(&self, event: Value) -> Result<Value, FunctionError> {
        invoke(&self.function, event).await
    }

    /// What a process says about itself.
    pub(crate) async fn tell(&self) -> Value {
        self.invoke(json!({ "do": "tell" })).await.unwrap()
    }
}

pub(crate) async fn invoke(function: &Function, event: Value) -> Result<Value, FunctionError> {
    let invocation = Invocation::new(event.to_string(), "0c5a-1");
    let answer = tokio::time::timeout(DEADLINE, function.invoke(invocation, DEADLINE));
    let answer = answer.await.expect("an answer in time")?;
    Ok(serde_json::from_slice(&answer).unwrap())
}

/// Waits until no process has this id.
pub(crate) async fn gone(pid: u64) {
    let ended = async {
        // A zombie's folder has no program behind it, but it is there: `status` says so.
        while std::fs::read_to_string(format!("/proc/{pid}/status")).is_ok_and(|s| !s.contains("State:\tZ")) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(DEADLINE, ended).await.unwrap_or_else(|_| panic!("process {pid} is still there"));
}

/// What this thread logs. One subscriber for all threads, for ever: with one that comes and goes, a line
/// that another test logs first can be switched off for this one too.
pub(crate) fn captured() -> Arc<parking_lot::Mutex<Vec<u8>>> {
    #[derive(Clone, Default)]
    struct Log(Arc<parking_lot::Mutex<Vec<u8>>>);
    impl std::io::Write for Log {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    thread_local! {
        static LOG: Log = Log::default();
    }
    static SUBSCRIBED: std::sync::Once = std::sync::Once::new();
    SUBSCRIBED.call_once(|| {
        let writer = || LOG.with(Log::clone);
        let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(writer).finish();
        tracing::subscriber::set_global_default(subscriber).unwrap();
    });
    LOG.with(|log| Arc::clone(&log.0))
}
