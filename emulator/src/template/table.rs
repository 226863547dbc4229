//! `AWS::DynamoDB::Table` and `AWS::Serverless::SimpleTable`.

use super::section::Section;
use super::{GlobalIndex, KeySchema, Table, TemplateError};

pub(super) fn read(resource: &Section<'_>, warnings: &mut Vec<String>) -> Result<Table, TemplateError> {
    let mut attributes = Vec::new();
    for definition in resource.sections("AttributeDefinitions")? {
        attributes
            .push((definition.required_text("AttributeName")?, definition.required_text("AttributeType")?));
    }
    let key = key_schema(resource)?;
    let mut global_indexes = Vec::new();
    for index in resource.sections("GlobalSecondaryIndexes")? {
        let Some(projection) = index.section("Projection")? else {
            return Err(index.problem("Projection", "the property is missing; add it"));
        };
        global_indexes.push(GlobalIndex {
            name: index.required_text("IndexName")?,
            key: key_schema(&index)?,
            projection_type: projection.text("ProjectionType")?.unwrap_or_else(|| "ALL".to_owned()),
            non_key_attributes: projection.texts("NonKeyAttributes")?,
        });
    }
    if resource.has("LocalSecondaryIndexes") {
        warnings.push(format!("{}: local secondary indexes are not emulated", resource.id()));
    }
    let used = std::iter::once(&key).chain(global_indexes.iter().map(|index| &index.key));
    for name in used.flat_map(|key| std::iter::once(&key.partition).chain(&key.sort)) {
        if !attributes.iter().any(|(defined, _)| defined == name) {
            let message = format!("the key attribute `{name}` is not defined; add it");
            return Err(resource.problem("AttributeDefinitions", message));
        }
    }
    let stream = resource.section("StreamSpecification")?;
    Ok(Table {
        name: name_of(resource)?,
        attributes,
        key,
        global_indexes,
        ttl_attribute: ttl(resource)?,
        stream_view_type: stream.map(|stream| stream.required_text("StreamViewType")).transpose()?,
    })
}

/// A table with a partition key and nothing else.
pub(super) fn read_simple(resource: &Section<'_>) -> Result<Table, TemplateError> {
    let primary_key = resource.section("PrimaryKey")?;
    let text = |name: &str| primary_key.as_ref().map(|key| key.text(name)).transpose().map(Option::flatten);
    let partition = text("Name")?.unwrap_or_else(|| "id".to_owned());
    let kind = match text("Type")?.as_deref() {
        None | Some("String") => "S",
        Some("Number") => "N",
        Some("Binary") => "B",
        Some(_) => return Err(resource.problem("PrimaryKey", "the type is String, Number or Binary")),
    };
    Ok(Table {
        name: name_of(resource)?,
        attributes: vec![(partition.clone(), kind.to_owned())],
        key: KeySchema { partition, sort: None },
        global_indexes: Vec::new(),
        ttl_attribute: None,
        stream_view_type: None,
    })
}

fn name_of(resource: &Section<'_>) -> Result<String, TemplateError> {
    resource.resolver.table_name(resource.id()).map_err(|e| resource.problem("TableName", e))
}

fn key_schema(section: &Section<'_>) -> Result<KeySchema, TemplateError> {
    let (mut partition, mut sort) = (None, None);
    for element in section.sections("KeySchema")? {
        let name = Some(element.required_text("AttributeName")?);
        match element.required_text("KeyType")?.as_str() {
            "HASH" => partition = name,
            "RANGE" => sort = name,
            _ => return Err(element.problem("KeyType", "HASH or RANGE is wanted")),
        }
    }
    let partition = partition.ok_or_else(|| section.problem("KeySchema", "a HASH key is missing; add it"))?;
    Ok(KeySchema { partition, sort })
}

fn ttl(resource: &Section<'_>) -> Result<Option<String>, TemplateError> {
    let Some(ttl) = resource.section("TimeToLiveSpecification")? else { return Ok(None) };
    if ttl.flag("Enabled")? == Some(true) { ttl.required_text("AttributeName").map(Some) } else { Ok(None) }
}
