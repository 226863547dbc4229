//! What is run for a function: a program that was built, or the interpreter of its managed runtime. Build
//! tools lay their results out in several ways; the name of the function's folder is what cargo calls
//! its program.

use std::path::{Path, PathBuf};

use super::Settings;
use super::launch::Program;
use super::runtimes::{Language, Runtimes};
use crate::template::{Code, FunctionSpec};

/// Why there is nothing to run for a function.
#[derive(Debug, thiserror::Error)]
pub enum ProgramError {
    /// A function has no program.
    #[error(
        "the function {function} is not built: there is none of {}; run `sam build`, `cargo lambda build` or \
         `cargo build`, or name the folder of its output with --build-dir",
        paths(looked_at)
    )]
    NotBuilt {
        /// The function's logical id.
        function: String,
        /// In the order in which they were looked at.
        looked_at: Vec<PathBuf>,
    },
    /// A function of a managed runtime has no code.
    #[error(
        "the function {function} has no code: there is no folder {}; run `sam build` if a build makes it, or \
         mend `CodeUri`",
        folder.display()
    )]
    NoCode {
        /// The function's logical id.
        function: String,
        /// What the template says.
        folder: PathBuf,
    },
    /// The interpreter of a managed runtime cannot be used.
    #[error(
        "the function {function} has the runtime {runtime}, and {why}; install {wanted}, or name one with \
         --runtime {flag}=PATH"
    )]
    NoInterpreter {
        /// The function's logical id.
        function: String,
        /// As the template names it.
        runtime: String,
        /// What is wrong with the interpreter.
        why: String,
        /// What to install.
        wanted: &'static str,
        /// What --runtime calls it.
        flag: &'static str,
    },
    /// Files for managed runtimes cannot be written.
    #[error("the files that functions of managed runtimes need cannot be written")]
    Unwritable(#[source] std::io::Error),
}

fn paths(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
}

/// What there is to run for a function.
pub(super) enum Found {
    Program(Box<Program>),
    /// It cannot run here, and why.
    Nothing(String),
}

/// Finds the program of a function. A `bootstrap` wins over a managed runtime.
pub(super) fn find(
    settings: &Settings,
    runtimes: &mut Runtimes,
    id: &str,
    spec: &FunctionSpec,
) -> Result<Found, ProgramError> {
    let candidates = candidates(settings, id, spec);
    if let Some(file) = candidates.iter().find(|path| path.is_file()) {
        return Ok(Found::Program(Box::new(bootstrap(file))));
    }
    let Some(runtime) = spec.runtime.as_deref().filter(|_| spec.is_of_managed_runtime()) else {
        return match &spec.code {
            Some(Code::Elsewhere(place)) => Ok(Found::Nothing(elsewhere(place))),
            _ => Err(ProgramError::NotBuilt { function: id.to_owned(), looked_at: candidates }),
        };
    };
    match Language::of(runtime) {
        Some(language) => runtimes.program(settings, language, id, spec, runtime),
        None => Ok(Found::Nothing(format!(
            "the runtime {runtime} does not run here; `sam local start-lambda` runs it, behind --lambda-endpoint"
        ))),
    }
}

/// Whether an interpreter would run a function, and no program of its own.
pub(super) fn is_interpreted(
    settings: &Settings,
    runtimes: &Runtimes,
    id: &str,
    spec: &FunctionSpec,
) -> bool {
    !candidates(settings, id, spec).iter().any(|path| path.is_file())
        && spec.runtime.as_deref().is_some_and(|runtime| Language::of(runtime).is_some())
        && runtimes.have_code(settings, id, spec)
}

pub(super) fn elsewhere(place: &str) -> String {
    format!(
        "its code is elsewhere ({place}); let `CodeUri` name a folder, or let `sam local start-lambda` run it, \
         behind --lambda-endpoint"
    )
}

fn candidates(settings: &Settings, id: &str, spec: &FunctionSpec) -> Vec<PathBuf> {
    let build_dir = &settings.build_dir;
    let mut candidates = vec![build_dir.join(id).join("bootstrap")];
    if let Some(path) = spec.code_path() {
        if let Some(folder) = Path::new(path).file_name() {
            candidates.push(build_dir.join(folder).join("bootstrap"));
            candidates.push(build_dir.join(folder));
        }
        candidates.push(settings.template_dir.join(path).join("bootstrap"));
    }
    candidates
}

fn bootstrap(file: &Path) -> Program {
    // The process starts in the program's folder, where a relative path would mean another file.
    let file = std::path::absolute(file).unwrap_or_else(|_no_current_folder| file.to_owned());
    let folder = file.parent().unwrap_or(Path::new("/")).to_owned();
    let described = file.display().to_string();
    Program {
        file,
        arguments: Vec::new(),
        folder,
        variables: Vec::new(),
        described,
        sources: None,
        _files: None,
    }
}
