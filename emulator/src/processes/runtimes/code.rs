//! The folder of a function's code: as `sam build` left it, or the one that the template names.

use std::path::PathBuf;

use indexmap::IndexMap;

use super::super::program::elsewhere;
use super::super::sources::is_newer;
use super::super::{ProgramError, Settings};
use crate::template::{Code, FunctionSpec, LogicalId};

/// Where a function's code is.
pub(super) enum Place<'s> {
    Folder(PathBuf),
    /// In the template.
    Text(&'s str),
    /// Not here, and why.
    Elsewhere(String),
}

pub(super) fn place<'s>(
    settings: &Settings,
    built: &IndexMap<LogicalId, String>,
    id: &str,
    spec: &'s FunctionSpec,
) -> Result<Place<'s>, ProgramError> {
    if let Some(Code::Inline(text)) = &spec.code {
        return Ok(Place::Text(text));
    }
    if let Some(folder) = built_folder(settings, built, id) {
        return Ok(Place::Folder(folder));
    }
    let path = match &spec.code {
        Some(Code::Path(path)) => path,
        Some(Code::Elsewhere(place)) => return Ok(Place::Elsewhere(elsewhere(place))),
        // SAM's default is the template's own folder.
        _ => ".",
    };
    let folder = settings.template_dir.join(path);
    match (folder.is_dir(), folder.is_file()) {
        (true, _) => Ok(Place::Folder(folder)),
        (_, true) => Ok(Place::Elsewhere(format!(
            "its code is in the file {}; unpack it and let `CodeUri` name the folder",
            folder.display()
        ))),
        _ => Err(ProgramError::NoCode { function: id.to_owned(), folder }),
    }
}

/// Says that code was changed after a build made what is run.
pub(super) fn warn_of_old_build(
    settings: &Settings,
    built: &IndexMap<LogicalId, String>,
    id: &str,
    spec: &FunctionSpec,
) {
    let Some(path) = spec.code_path().filter(|_| built_folder(settings, built, id).is_some()) else { return };
    let source = settings.template_dir.join(path);
    // The template of a build is written by each; the code's own times may be those of an archive.
    if is_newer(&source, settings.data.as_deref(), &settings.build_dir.join("template.yaml")) {
        tracing::warn!("{id}: the code was changed after `sam build`; build again, or remove the build");
    }
}

fn built_folder(settings: &Settings, built: &IndexMap<LogicalId, String>, id: &str) -> Option<PathBuf> {
    let named = built.get(id).map(|path| settings.build_dir.join(path));
    let by_id = settings.build_dir.join(id);
    [named, Some(by_id)].into_iter().flatten().find(|folder| folder.is_dir())
}
