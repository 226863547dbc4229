//! What the layers of a function hold is found by the variables that name `/opt`'s folders on AWS. A path
//! below `/opt` that code names itself is not: nothing is put there on this machine.
//! <https://docs.aws.amazon.com/lambda/latest/dg/packaging-layers.html>

use std::path::{Path, PathBuf};

use indexmap::IndexMap;

use super::Settings;
use super::launch::Program;
use crate::template::{Code, FunctionSpec, Layer, LogicalId};

/// Lets a function's program find what its layers hold. `built` is what `sam build` says.
pub(super) fn add(
    program: &mut Program,
    settings: &Settings,
    built: &IndexMap<LogicalId, String>,
    id: &str,
    spec: &FunctionSpec,
) {
    let mut folders = Vec::new();
    for layer in &spec.layers {
        match folder(settings, built, layer) {
            Ok(folder) => folders.push(folder),
            Err(why) => tracing::warn!("{id}.Layers: {why}"),
        }
    }
    // Where two layers have the same file, the later one's counts.
    folders.reverse();
    for (name, places) in search_paths(spec.runtime.as_deref()) {
        let places = folders.iter().flat_map(|folder| places.iter().map(|place| folder.join(place)));
        let mut paths: Vec<PathBuf> = places.filter(|path| path.is_dir()).collect();
        if paths.is_empty() {
            continue;
        }
        let given = program.variables.iter().position(|(given, _)| *given == name);
        let known = match given {
            Some(at) => Some(program.variables.swap_remove(at).1),
            // The only one that a process has from the emulator.
            None => std::env::var("PATH").ok().filter(|_| name == "PATH"),
        };
        paths.extend(std::env::split_paths(&known.unwrap_or_default()).filter(|path| path != Path::new("")));
        match std::env::join_paths(&paths) {
            Ok(paths) => program.variables.push((name, paths.to_string_lossy().into_owned())),
            Err(error) => tracing::warn!("{id}.Layers: {error}"),
        }
    }
}

/// Absolute, since processes start in folders of their own.
fn folder(
    settings: &Settings,
    built: &IndexMap<LogicalId, String>,
    layer: &Layer,
) -> Result<PathBuf, String> {
    let (id, content) = match layer {
        Layer::Here { id, content } => (id, content),
        Layer::Elsewhere(arn) => {
            return Err(format!(
                "what is in {arn} is not on this machine; what the function needs of it has to be in its folder"
            ));
        }
    };
    let built = built.get(id).map(|path| settings.build_dir.join(path)).filter(|folder| folder.is_dir());
    let folder = match (built, content) {
        (Some(folder), _) => folder,
        (None, Code::Path(path)) => settings.template_dir.join(path),
        (None, _) => return Err(format!("the content of {id} is not on this machine")),
    };
    let is_file = folder.is_file();
    match std::path::absolute(&folder) {
        Ok(folder) if folder.is_dir() => Ok(folder),
        _ if is_file => Err(format!("{} has to be unpacked, and {id} to name the folder", folder.display())),
        _ => Err(format!("there is no folder {}; run `sam build` if a build makes it", folder.display())),
    }
}

/// The variables, and the folders of a layer that they name, for a runtime such as `nodejs22.x`.
fn search_paths(runtime: Option<&str>) -> Vec<(&'static str, Vec<String>)> {
    let mut paths = vec![("PATH", vec!["bin".to_owned()]), ("LD_LIBRARY_PATH", vec!["lib".to_owned()])];
    let runtime = runtime.unwrap_or_default();
    if let Some(version) = runtime.strip_prefix("nodejs") {
        let major = version.trim_end_matches(".x");
        let own = format!("nodejs/node{major}/node_modules");
        paths.push(("NODE_PATH", vec![own, "nodejs/node_modules".to_owned()]));
    } else if runtime.starts_with("python") {
        paths.push(("PYTHONPATH", vec!["python".to_owned(), format!("python/lib/{runtime}/site-packages")]));
    }
    paths
}
