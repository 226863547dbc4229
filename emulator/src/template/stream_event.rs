//! A function's `DynamoDB` event: the settings of an event source mapping.

use std::time::Duration;

use super::section::Section;
use super::{StartingPosition, StreamEvent, TemplateError};

// Ranges: https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-params.html
const MAX_BATCH_SIZE: i64 = 10_000;
const DEFAULT_BATCH_SIZE: i64 = 100;
const MAX_BATCHING_WINDOW_SECONDS: i64 = 300;
const MAX_PARALLELIZATION: i64 = 10;
const MAX_RETRIES: i64 = 10_000;
const MAX_RECORD_AGE_SECONDS: i64 = 604_800;
const MAX_TUMBLING_WINDOW_SECONDS: i64 = 900;

/// `None` for the stream of a table that is not in this template.
pub(super) fn read(event: &Section<'_>) -> Result<Option<StreamEvent>, TemplateError> {
    let Some(properties) = event.section("Properties")? else {
        return Err(event.problem("Properties", "a stream event needs `Stream` and `StartingPosition`"));
    };
    of_properties(&properties, "Stream")
}

/// `AWS::Lambda::EventSourceMapping`: the function, the name, and the same settings. `None` for one of
/// another source than a stream of this template.
pub(super) fn read_mapping(
    resource: &Section<'_>,
) -> Result<Option<(String, String, StreamEvent)>, TemplateError> {
    if resource.flag("Enabled")? == Some(false) {
        return Ok(None);
    }
    let function = resource.function("FunctionName")?;
    let event = of_properties(resource, "EventSourceArn")?;
    Ok(event.map(|event| (function, resource.id().to_owned(), event)))
}

fn of_properties(properties: &Section<'_>, source: &str) -> Result<Option<StreamEvent>, TemplateError> {
    let stream = properties.required_text(source)?;
    let Some(table) = table_of(properties, &stream) else {
        let id = properties.id();
        properties.resolver.warn(format!("{id}: the source `{stream}` is no stream of this template"));
        return Ok(None);
    };
    let starting_position = match properties.required_text("StartingPosition")?.as_str() {
        "TRIM_HORIZON" => StartingPosition::TrimHorizon,
        "LATEST" => StartingPosition::Latest,
        _ => return Err(properties.problem("StartingPosition", "TRIM_HORIZON or LATEST is wanted")),
    };
    let whole =
        |name: &str, range| properties.number(name, range).map(|n| n.and_then(|n| usize::try_from(n).ok()));
    let seconds = |n: i64| Duration::from_secs(n.unsigned_abs());
    // -1 stands for "no end" in both of these.
    let retries = properties.number("MaximumRetryAttempts", -1..=MAX_RETRIES)?;
    let age = properties.number("MaximumRecordAgeInSeconds", -1..=MAX_RECORD_AGE_SECONDS)?;
    let window = properties.number("MaximumBatchingWindowInSeconds", 0..=MAX_BATCHING_WINDOW_SECONDS)?;
    let parallelization_factor = whole("ParallelizationFactor", 1..=MAX_PARALLELIZATION)?.unwrap_or(1);
    let tumbling_window = properties
        .number("TumblingWindowInSeconds", 0..=MAX_TUMBLING_WINDOW_SECONDS)?
        .filter(|length| *length > 0);
    // Users report that Lambda takes no other, because a shard has one state:
    // https://github.com/terraform-aws-modules/terraform-aws-lambda/issues/619
    if tumbling_window.is_some() && parallelization_factor > 1 {
        return Err(properties.problem("ParallelizationFactor", "1 is wanted with TumblingWindowInSeconds"));
    }
    let on_failure = match properties.section("DestinationConfig")? {
        Some(config) => match config.section("OnFailure")? {
            Some(on_failure) => on_failure.text("Destination")?,
            None => None,
        },
        None => None,
    };
    Ok(Some(StreamEvent {
        table,
        starting_position,
        batch_size: whole("BatchSize", 1..=MAX_BATCH_SIZE)?.unwrap_or(DEFAULT_BATCH_SIZE as usize),
        batching_window: seconds(window.unwrap_or(0)),
        parallelization_factor,
        maximum_retry_attempts: retries.and_then(|n| u32::try_from(n).ok()),
        maximum_record_age: age.filter(|age| *age >= 0).map(seconds),
        bisect_on_function_error: properties.flag("BisectBatchOnFunctionError")?.unwrap_or(false),
        report_batch_item_failures: properties
            .texts("FunctionResponseTypes")?
            .iter()
            .any(|kind| kind == "ReportBatchItemFailures"),
        filters: filters(properties)?,
        on_failure,
        tumbling_window: tumbling_window.map(seconds),
    }))
}

fn filters(properties: &Section<'_>) -> Result<Vec<String>, TemplateError> {
    let Some(criteria) = properties.section("FilterCriteria")? else { return Ok(Vec::new()) };
    criteria.sections("Filters")?.iter().map(|filter| filter.required_text("Pattern")).collect()
}

/// The table whose stream ARN this is.
fn table_of(properties: &Section<'_>, arn: &str) -> Option<String> {
    let resolver = properties.resolver;
    let (_, rest) = arn.split_once(":table/")?;
    let name = rest.split('/').next()?;
    let mut tables = resolver.document.resources.keys().filter(|id| {
        matches!(resolver.kind(id), "AWS::DynamoDB::Table" | "AWS::DynamoDB::GlobalTable")
            && resolver.table_name(id).is_ok_and(|known| known == name)
    });
    tables.next().cloned()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::super::{Options, Template};
    use super::*;

    fn read(text: &str) -> Result<Template, TemplateError> {
        Template::read(text, &Options::default())
    }

    #[test]
    fn a_tumbling_window_is_read_and_what_aws_would_refuse_is_an_error() {
        let template = |settings: &str| {
            format!(
                "
Resources:
  Handler:
    Type: AWS::Serverless::Function
    Properties:
      Events:
        Items:
          Type: DynamoDB
          Properties: {{ Stream: !GetAtt Items.StreamArn, StartingPosition: LATEST, {settings} }}
  Items:
    Type: AWS::DynamoDB::Table
    Properties:
      AttributeDefinitions: [{{ AttributeName: id, AttributeType: S }}]
      KeySchema: [{{ AttributeName: id, KeyType: HASH }}]
      StreamSpecification: {{ StreamViewType: NEW_IMAGE }}
"
            )
        };
        for (seconds, expected) in [(0, None), (1, Some(1)), (900, Some(900))] {
            let template = read(&template(&format!("TumblingWindowInSeconds: {seconds}"))).unwrap();
            let event = &template.functions["Handler"].stream_events["Items"];
            assert_eq!(event.tumbling_window, expected.map(Duration::from_secs));
            assert_eq!(template.warnings, [""; 0]);
        }
        for (settings, expected) in [
            (
                "TumblingWindowInSeconds: 901",
                "TumblingWindowInSeconds: a whole number from 0 to 900 is wanted",
            ),
            (
                "TumblingWindowInSeconds: 5, ParallelizationFactor: 2",
                "ParallelizationFactor: 1 is wanted with TumblingWindowInSeconds",
            ),
        ] {
            let problem = read(&template(settings)).unwrap_err().to_string();
            assert!(problem.contains(expected), "{problem}");
        }
        read(&template("TumblingWindowInSeconds: 0, ParallelizationFactor: 2")).unwrap();
    }
}
