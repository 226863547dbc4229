//! A function's `Schedule` and `ScheduleV2` events.
//! <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-function-schedulev2.html>

use super::section::Section;
use super::{ScheduleEvent, Scheduler, TemplateError};
use crate::clock::Timestamp;
use crate::schedules::{ScheduleExpression, with_context};

/// `key` is the event's name.
pub(super) fn read(event: &Section<'_>, kind: &str, key: &str) -> Result<ScheduleEvent, TemplateError> {
    let (scheduler, property) = match kind {
        "Schedule" => (Scheduler::Rule, "Schedule"),
        _ => (Scheduler::Scheduler, "ScheduleExpression"),
    };
    let Some(properties) = event.section("Properties")? else {
        return Err(event.problem("Properties", format!("a schedule needs a `{property}`; add it")));
    };
    let text = properties.required_text(property)?;
    let expression = text
        .parse::<ScheduleExpression>()
        .map_err(|bad| properties.problem(property, format!("`{text}` is no schedule: {bad}")))?;
    let id = event.id();
    let name = properties.text("Name")?.unwrap_or_else(|| match scheduler {
        // As CloudFormation begins it, and as SAM names it.
        Scheduler::Rule => format!("{}-{id}{key}", properties.resolver.options.stack_name),
        Scheduler::Scheduler => format!("{id}{key}"),
    });
    let expression = match scheduler {
        Scheduler::Rule => expression,
        Scheduler::Scheduler => {
            let zone = properties.text("ScheduleExpressionTimezone")?.unwrap_or_else(|| "UTC".to_owned());
            let expression = expression.in_zone(&zone).ok_or_else(|| {
                let message = format!("`{zone}` is no time zone; use a name such as Europe/Berlin");
                properties.problem("ScheduleExpressionTimezone", message)
            })?;
            expression.between(date(&properties, "StartDate")?, date(&properties, "EndDate")?)
        }
    };
    Ok(ScheduleEvent {
        name,
        group: properties.text("GroupName")?.unwrap_or_else(|| "default".to_owned()),
        expression,
        scheduler,
        input: input(&properties, scheduler)?,
        enabled: enabled(&properties)?,
    })
}

fn date(properties: &Section<'_>, name: &str) -> Result<Option<Timestamp>, TemplateError> {
    let Some(text) = properties.text(name)? else { return Ok(None) };
    let time = chrono::DateTime::parse_from_rfc3339(&text).map_err(|_| {
        properties.problem(name, format!("`{text}` is no time; use one such as 2026-11-24T10:00:00Z"))
    })?;
    Ok(Some(Timestamp(time.timestamp_millis())))
}

fn input(properties: &Section<'_>, scheduler: Scheduler) -> Result<Option<String>, TemplateError> {
    let Some(input) = properties.text("Input")? else { return Ok(None) };
    let sent = match scheduler {
        Scheduler::Rule => input.clone(),
        Scheduler::Scheduler => with_context(&input, "", "", ""),
    };
    match serde_json::from_str::<serde::de::IgnoredAny>(&sent) {
        Ok(_) => Ok(Some(input)),
        Err(error) => Err(properties.problem("Input", format!("JSON is wanted: {error}"))),
    }
}

fn enabled(properties: &Section<'_>) -> Result<bool, TemplateError> {
    match properties.text("State")?.as_deref() {
        Some("ENABLED" | "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS") => Ok(true),
        Some("DISABLED") => Ok(false),
        Some(_) => Err(properties.problem("State", "ENABLED or DISABLED is wanted")),
        None => Ok(properties.flag("Enabled")?.unwrap_or(true)),
    }
}
