//! `AWS::Serverless::Function` (and the raw `AWS::Lambda::Function`): what it needs to run, and the
//! streams and clocks it listens to. Its routes are with the APIs.

use std::time::Duration;

use indexmap::IndexMap;

use super::section::Section;
use super::{FunctionSpec, TemplateError, code, layers, schedule_event, stream_event};

/// Lambda's own defaults; a template states them in seconds and megabytes.
/// <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>
const DEFAULT_TIMEOUT_SECONDS: i64 = 3;
const MAX_TIMEOUT_SECONDS: i64 = 900;
const DEFAULT_MEMORY_MB: i64 = 128;
const MAX_MEMORY_MB: i64 = 10_240;

pub(super) fn read(resource: &Section<'_>) -> Result<FunctionSpec, TemplateError> {
    let globals = Section::of_globals(resource.resolver, "Function");
    // A property of the function beats the one of `Globals`, except that variables and layers add up.
    let from = |name: &str| if resource.has(name) { resource } else { &globals };

    let mut environment = variables(&globals)?;
    environment.extend(variables(resource)?);
    let timeout = from("Timeout").number("Timeout", 1..=MAX_TIMEOUT_SECONDS)?;
    let memory = from("MemorySize").number("MemorySize", DEFAULT_MEMORY_MB..=MAX_MEMORY_MB)?;
    let name = resource.resolver.function_name(resource.id());

    let (mut stream_events, mut schedules) = (IndexMap::new(), IndexMap::new());
    if let Some(events) = resource.section("Events")? {
        for key in events.keys() {
            let Some(event) = events.section(key)? else { continue };
            match event.required_text("Type")?.as_str() {
                "DynamoDB" => stream_events.extend(stream_event::read(&event)?.map(|e| (key.clone(), e))),
                kind @ ("Schedule" | "ScheduleV2") => {
                    schedules.insert(key.clone(), schedule_event::read(&event, kind, key)?);
                }
                "HttpApi" => {}
                other => {
                    let id = resource.id();
                    resource.resolver.warn(format!("{id}.Events.{key}: {other} is not emulated"));
                }
            }
        }
    }
    Ok(FunctionSpec {
        name: name.map_err(|e| resource.problem("FunctionName", e))?,
        environment,
        timeout: Duration::from_secs(timeout.unwrap_or(DEFAULT_TIMEOUT_SECONDS).unsigned_abs()),
        memory_mb: u32::try_from(memory.unwrap_or(DEFAULT_MEMORY_MB)).unwrap_or_default(),
        code: code::read(resource, &globals)?,
        handler: from("Handler").text("Handler")?,
        binary: code::binary(resource),
        runtime: from("Runtime").text("Runtime")?,
        layers: layers::read(resource, &globals),
        stream_events,
        schedules,
    })
}

fn variables(section: &Section<'_>) -> Result<IndexMap<String, String>, TemplateError> {
    match section.section("Environment")? {
        Some(environment) => environment.text_map("Variables"),
        None => Ok(IndexMap::new()),
    }
}
