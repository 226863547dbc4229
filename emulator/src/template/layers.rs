//! `Layers` of a function: those that the template makes itself, whose content is on this machine, and others.

use serde_json::Value;

use super::code::asset;
use super::resolver::text_of;
use super::section::Section;
use super::{Code, Layer};

/// In the order of the template, those of `Globals` first, as SAM puts lists together. Never an error: a layer
/// whose ARN nobody knows here is one that is elsewhere.
pub(super) fn read(resource: &Section<'_>, globals: &Section<'_>) -> Vec<Layer> {
    [globals, resource].into_iter().flat_map(|section| of_section(section)).collect()
}

fn of_section(section: &Section<'_>) -> Vec<Layer> {
    let resolver = section.resolver;
    let layers = match section.raw("Layers") {
        None => return Vec::new(),
        // One that cannot be resolved leaves the others.
        Some(Value::Array(layers)) => layers.clone(),
        Some(list) => match resolver.resolve(list) {
            Ok(Some(Value::Array(layers))) => layers,
            Ok(_) => return Vec::new(),
            Err(reason) => return vec![Layer::Elsewhere(reason)],
        },
    };
    let layer = |value: &Value| match resolver.resolve(value) {
        Ok(value) => value.as_ref().and_then(text_of).map(|arn| of_arn(section, arn)),
        Err(reason) => Some(Layer::Elsewhere(reason)),
    };
    layers.iter().filter_map(layer).collect()
}

fn of_arn(section: &Section<'_>, arn: String) -> Layer {
    let resolver = section.resolver;
    let made_here = |id: &&String| {
        matches!(resolver.kind(id), "AWS::Serverless::LayerVersion" | "AWS::Lambda::LayerVersion")
            && resolver.resource_reference(id).is_ok_and(|reference| reference == arn)
    };
    match resolver.document.resources.keys().find(made_here) {
        Some(id) => Layer::Here { id: id.clone(), content: content(&Section::of_resource(resolver, id)) },
        None => Layer::Elsewhere(arn),
    }
}

fn content(layer: &Section<'_>) -> Code {
    let name = if layer.has("Content") { "Content" } else { "ContentUri" };
    match layer.value(name).ok().flatten().as_ref().and_then(text_of) {
        Some(path) if !path.starts_with("s3://") => Code::Path(path),
        _ => asset(layer).unwrap_or_else(|| Code::Elsewhere("S3".to_owned())),
    }
}
