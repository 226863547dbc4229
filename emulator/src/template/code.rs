//! Where a function's code is, in the many ways of SAM, CloudFormation and CDK to say it. Looks at the
//! template only: whether something is there is for whoever runs it to find out.

use std::path::Path;

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::document::Document;
use super::resolver::text_of;
use super::section::Section;
use super::{Code, LogicalId, TemplateError};

pub(super) fn read(resource: &Section<'_>, globals: &Section<'_>) -> Result<Option<Code>, TemplateError> {
    let from = |name: &str| if resource.has(name) { resource } else { globals };
    if from("PackageType").text("PackageType")?.as_deref() == Some("Image") {
        return Ok(Some(Code::Elsewhere("an image of a container".to_owned())));
    }
    if let Some(text) = resource.text("InlineCode")? {
        return Ok(Some(Code::Inline(text)));
    }
    let (section, name) =
        if resource.has("Code") { (resource, "Code") } else { (from("CodeUri"), "CodeUri") };
    // A bucket's name that cannot be resolved is as much elsewhere as one that can.
    let value = section.value(name).unwrap_or(Some(Value::Object(Map::new())));
    let Some(value) = value else { return Ok(asset(resource)) };
    if let Some(text) = value.get("ZipFile").and_then(text_of) {
        return Ok(Some(Code::Inline(text)));
    }
    Ok(match text_of(&value) {
        Some(uri) if uri.starts_with("s3://") => Some(Code::Elsewhere(uri)),
        Some(path) => Some(Code::Path(path)),
        // What CDK uploads to S3 is beside the template that it writes.
        None => asset(resource).or(Some(Code::Elsewhere("S3".to_owned()))),
    })
}

/// The folder that CDK names in a resource's metadata.
pub(super) fn asset(resource: &Section<'_>) -> Option<Code> {
    let path = metadata(resource)?.get("aws:asset:path")?.as_str()?;
    Some(Code::Path(path.to_owned()))
}

/// The program of several in one package that `sam build` takes, by `BuildMethod: rust-cargolambda`.
/// <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/building-rust.html>
pub(super) fn binary(resource: &Section<'_>) -> Option<String> {
    Some(metadata(resource)?.get("BuildProperties")?.get("Binary")?.as_str()?.to_owned())
}

fn metadata<'d>(resource: &Section<'d>) -> Option<&'d Value> {
    resource.resolver.document.resources.get(resource.id())?.get("Metadata")
}

/// Where `sam build` says that it put the code of each function and layer, relative to its template: functions of one
/// source may share one folder. Empty where there is no such template.
pub(crate) fn built(template: &Path) -> IndexMap<LogicalId, String> {
    let Ok(text) = std::fs::read_to_string(template) else { return IndexMap::new() };
    let Ok(document) = Document::parse(&text) else { return IndexMap::new() };
    let code = |resource: &Value| {
        let properties = resource.get("Properties")?;
        let names = ["CodeUri", "Code", "ContentUri", "Content"];
        names.into_iter().find_map(|name| properties.get(name)?.as_str()).map(str::to_owned)
    };
    document.resources.iter().filter_map(|(id, resource)| Some((id.clone(), code(resource)?))).collect()
}
