//! Functions of managed runtimes, which are no programs of their own: an interpreter of this machine runs
//! a small client of the Runtime API, which loads the handler and calls it, as AWS's own clients do.
//! Knows nothing about processes: what comes out is a [`Program`].

mod code;
mod interpreter;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use indexmap::IndexMap;
use tempfile::TempDir;

use super::Settings;
use super::launch::Program;
use super::program::{Found, ProgramError};
use super::sources::Sources;
use crate::template::{FunctionSpec, LogicalId, built_code};

pub use interpreter::Interpreters;
use interpreter::{Interpreter, Unusable};

/// A language whose handlers run here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    Node,
    Python,
}

impl Language {
    /// That of a template's `Runtime`, for example `nodejs22.x`.
    pub(super) fn of(runtime: &str) -> Option<Self> {
        match runtime {
            _ if runtime.starts_with("nodejs") => Some(Self::Node),
            _ if runtime.starts_with("python3") => Some(Self::Python),
            _ => None,
        }
    }

    /// The client's files and their texts; the first is the one that is run.
    fn client(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Node => &[
                ("client.mjs", include_str!("client.mjs")),
                ("runtime_api.mjs", include_str!("runtime_api.mjs")),
            ],
            Self::Python => &[("client.py", include_str!("client.py"))],
        }
    }

    /// What AWS calls the file of a function whose code is in the template.
    fn inline_file(self) -> &'static str {
        match self {
            Self::Node => "index.js",
            Self::Python => "index.py",
        }
    }

    fn flags(self, memory_mb: u32) -> Vec<String> {
        match self {
            // In the proportions of AWS's runtime: V8 collects before the function's memory is used up.
            Self::Node => vec![
                format!("--max-semi-space-size={}", (memory_mb * 5 / 100).max(1)),
                format!("--max-old-space-size={}", memory_mb * 90 / 100),
            ],
            // Unbuffered, so that a line is logged when it is printed.
            Self::Python => vec!["-u".to_owned(), "-X".to_owned(), "utf8".to_owned()],
        }
    }

    /// Where its packages are besides the function's folder, as whoever started the emulator says.
    fn packages(self) -> &'static str {
        match self {
            Self::Node => "NODE_PATH",
            Self::Python => "PYTHONPATH",
        }
    }
}

/// What functions of managed runtimes have in common: interpreters, each looked for once, and files.
#[derive(Debug)]
pub(super) struct Runtimes {
    node: Option<Interpreter>,
    python: Option<Interpreter>,
    files: Option<Arc<TempDir>>,
    /// What `sam build` says.
    built: IndexMap<LogicalId, String>,
}

impl Runtimes {
    pub(super) fn new(settings: &Settings) -> Self {
        let built = built_code(&settings.build_dir.join("template.yaml"));
        Self { node: None, python: None, files: None, built }
    }

    /// Where `sam build` says that it put code.
    pub(super) fn built(&self) -> &IndexMap<LogicalId, String> {
        &self.built
    }

    /// What runs a function of such a runtime.
    pub(super) fn program(
        &mut self,
        settings: &Settings,
        language: Language,
        id: &str,
        spec: &FunctionSpec,
        runtime: &str,
    ) -> Result<Found, ProgramError> {
        let folder = match code::place(settings, &self.built, id, spec)? {
            code::Place::Folder(folder) => folder,
            code::Place::Text(text) => self.inline(language, id, text)?,
            code::Place::Elsewhere(why) => return Ok(Found::Nothing(why)),
        };
        code::warn_of_old_build(settings, &self.built, id, spec);
        let interpreter =
            self.interpreter(settings, language).map_err(|Unusable(why)| ProgramError::NoInterpreter {
                function: id.to_owned(),
                runtime: runtime.to_owned(),
                why,
                wanted: language.wanted(),
                flag: language.flag(),
            })?;
        let files = self.files()?;
        let written = language.client().iter().map(|file| write(files.path(), *file));
        let client = written.collect::<Result<Vec<_>, _>>()?.swap_remove(0);
        let mut arguments: Vec<OsString> =
            language.flags(spec.memory_mb).into_iter().map(OsString::from).collect();
        arguments.push(client.into_os_string());
        let folder = std::path::absolute(&folder).unwrap_or(folder);
        tracing::info!(
            function = id,
            by = interpreter.described,
            "{} in {}",
            spec.handler.as_deref().unwrap_or("no handler"),
            folder.display()
        );
        let mut variables = vec![("AWS_EXECUTION_ENV", format!("AWS_Lambda_{runtime}"))];
        if let Ok(packages) = std::env::var(language.packages()) {
            variables.push((language.packages(), packages));
        }
        let described = format!("{} in {}", interpreter.described, folder.display());
        let file = interpreter.file;
        let sources = Some(Arc::new(Sources::new(&folder, settings.data.as_deref())));
        let program = Program { file, arguments, folder, variables, described, sources, _files: Some(files) };
        Ok(Found::Program(Box::new(program)))
    }

    /// Whether there is code to run for a function of such a runtime.
    pub(super) fn have_code(&self, settings: &Settings, id: &str, spec: &FunctionSpec) -> bool {
        let place = code::place(settings, &self.built, id, spec);
        matches!(place, Ok(code::Place::Folder(_) | code::Place::Text(_)))
    }

    fn interpreter(&mut self, settings: &Settings, language: Language) -> Result<Interpreter, Unusable> {
        let (known, program) = match language {
            Language::Node => (&mut self.node, &settings.interpreters.node),
            Language::Python => (&mut self.python, &settings.interpreters.python),
        };
        match known {
            Some(interpreter) => Ok(interpreter.clone()),
            None => Ok(known.insert(Interpreter::find(language, program)?).clone()),
        }
    }

    /// The folder of a function whose code is in the template.
    fn inline(&mut self, language: Language, id: &str, text: &str) -> Result<PathBuf, ProgramError> {
        let folder = self.files()?.path().join(id);
        std::fs::create_dir_all(&folder).map_err(ProgramError::Unwritable)?;
        write(&folder, (language.inline_file(), text))?;
        Ok(folder)
    }

    fn files(&mut self) -> Result<Arc<TempDir>, ProgramError> {
        if let Some(files) = &self.files {
            return Ok(Arc::clone(files));
        }
        let files = tempfile::Builder::new().prefix("emulator-").tempdir();
        Ok(Arc::clone(self.files.insert(Arc::new(files.map_err(ProgramError::Unwritable)?))))
    }
}

fn write(folder: &Path, (name, text): (&str, &str)) -> Result<PathBuf, ProgramError> {
    let path = folder.join(name);
    std::fs::write(&path, text).map_err(ProgramError::Unwritable)?;
    Ok(path)
}
