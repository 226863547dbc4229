//! Where a function's program is. Build tools lay their results out in three ways; the name of the
//! function's folder is what cargo calls its program.

use std::path::{Path, PathBuf};

use crate::template::FunctionSpec;

/// A function has no program.
#[derive(Debug, thiserror::Error)]
#[error(
    "the function {function} is not built: there is none of {}; run `sam build`, `cargo lambda build` or \
     `cargo build`, or name the folder of its output with --build-dir",
    looked_at.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
)]
pub struct ProgramError {
    /// The function's logical id.
    pub function: String,
    /// In the order in which they were looked at.
    pub looked_at: Vec<PathBuf>,
}

/// The program of a function, as an absolute path.
pub(super) fn find(build_dir: &Path, id: &str, spec: &FunctionSpec) -> Result<PathBuf, ProgramError> {
    let folder = spec.code_uri.as_deref().and_then(|uri| Path::new(uri).file_name());
    let mut candidates = vec![build_dir.join(id).join("bootstrap")];
    if let Some(folder) = folder {
        candidates.push(build_dir.join(folder).join("bootstrap"));
        candidates.push(build_dir.join(folder));
    }
    let found = candidates.iter().find(|path| path.is_file());
    // The process starts in the program's folder, where a relative path would mean another file.
    match found.and_then(|path| std::path::absolute(path).ok()) {
        Some(program) => Ok(program),
        None => Err(ProgramError { function: id.to_owned(), looked_at: candidates }),
    }
}
