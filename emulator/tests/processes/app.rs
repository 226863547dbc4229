//! Applications whose functions are handlers in Node.js and Python: files and a template.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use emulator::processes::{Environment, Interpreters, Processes, ProgramError, Settings};
use emulator::template::Options;
use emulator::{Function, FunctionError, Template};
use indexmap::IndexMap;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::fixture::invoke;

/// Whether a program can be started; a word about it where not.
pub(crate) fn installed(program: &str) -> bool {
    let works = Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success());
    if !works {
        #[allow(clippy::print_stderr)]
        {
            eprintln!("skipped: needs {program}");
        }
    }
    works
}

pub(crate) struct App {
    pub(crate) folder: Arc<TempDir>,
    pub(crate) template: Template,
    pub(crate) settings: Settings,
}

impl App {
    /// With these files beside the template.
    pub(crate) fn new(template: &str, files: &[(&str, &str)]) -> Self {
        let folder = TempDir::new().unwrap();
        for (path, text) in files {
            write(&folder.path().join(path), text);
        }
        let settings = Settings {
            build_dir: folder.path().join(".aws-sam/build"),
            template_dir: folder.path().to_owned(),
            data: None,
            interpreters: Interpreters::default(),
            concurrency: 10,
            environment: Environment::default(),
        };
        let template = Template::read(template, &Options::default()).unwrap_or_else(|e| panic!("{e}"));
        Self { folder: Arc::new(folder), template, settings }
    }

    /// One function, with this code in the template's folder.
    pub(crate) fn of(runtime: &str, handler: &str, files: &[(&str, &str)]) -> Self {
        let template = format!(
            "
Resources:
  Worker:
    Type: AWS::Serverless::Function
    Properties: {{ Runtime: {runtime}, Handler: {handler}, CodeUri: ., FunctionName: worker-of-mine, Timeout: 2 }}
"
        );
        Self::new(&template, files)
    }

    pub(crate) fn start(&self) -> Functions {
        let processes = self.try_start().unwrap_or_else(|e| panic!("{e}"));
        Functions {
            by_id: processes.functions().collect(),
            _processes: processes,
            _folder: Arc::clone(&self.folder),
        }
    }

    pub(crate) fn try_start(&self) -> Result<Processes, ProgramError> {
        Processes::new(&self.template, &self.settings)
    }
}

pub(crate) fn write(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

pub(crate) struct Functions {
    pub(crate) by_id: IndexMap<String, Function>,
    _processes: Processes,
    _folder: Arc<TempDir>,
}

impl Functions {
    pub(crate) async fn of(&self, id: &str, event: Value) -> Result<Value, FunctionError> {
        invoke(&self.by_id[id], event).await
    }

    /// What the only function makes of `{"do": …}`.
    pub(crate) async fn does(&self, what: &str) -> Result<Value, FunctionError> {
        self.of("Worker", json!({ "do": what })).await
    }

    pub(crate) async fn fails(&self, what: &str) -> (String, String) {
        let error = self.does(what).await.unwrap_err();
        assert!(!error.is_refusal(), "{error}");
        (error.error_type, error.error_message)
    }
}
