//! Makes the tables that a template asks for, where they are missing. Never changes or deletes a
//! table that exists: one that differs is an error which says what to do.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType, StreamSpecification, StreamViewType, TableDescription, TableStatus,
    TimeToLiveSpecification, TimeToLiveStatus,
};

use super::table_differences::differences;
use crate::template::{KeySchema, Table};

/// Tables are ready at once here, within a second in DynamoDB Local, and within half a minute on AWS.
const READY_WITHIN: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Why the tables are not as the template asks.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// The table exists and is another one than the template describes.
    #[error(
        "table {table} exists but differs from the template: {}. Delete the table (an embedded \
         database: its data folder) to have it made anew, or change the template back",
        differences.join("; ")
    )]
    Differs {
        /// The table's name.
        table: String,
        /// One clause each.
        differences: Vec<String>,
    },
    /// The template describes no possible table.
    #[error("the template's table {table} cannot be made")]
    Invalid {
        /// The table's name.
        table: String,
        /// What is wrong.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A request failed.
    #[error("{operation} of table {table} failed: {message}")]
    Request {
        /// The table's name.
        table: String,
        /// For example `CreateTable`.
        operation: &'static str,
        /// The SDK's error with its causes.
        message: String,
    },
    /// It was made and does not become ACTIVE.
    #[error("table {table} is still not active after {} s", READY_WITHIN.as_secs())]
    NotReady {
        /// The table's name.
        table: String,
    },
}

/// Makes those of `tables` that do not exist, with keys, indexes, stream and TTL, on demand, and
/// returns when all are ACTIVE. Calling it again changes nothing.
pub async fn create_tables<'a>(
    client: &Client,
    tables: impl IntoIterator<Item = &'a Table>,
) -> Result<(), TableError> {
    for table in tables {
        let existing = describe(client, table).await?;
        let description = match existing {
            Some(existing) if is_active(&existing) => existing,
            Some(_not_yet) => ready(client, table).await?,
            None => {
                create(client, table).await?;
                ready(client, table).await?
            }
        };
        // Right after creation too: it proves that what was made is what was asked for.
        let differences = differences(table, &description);
        if !differences.is_empty() {
            return Err(TableError::Differs { table: table.name.clone(), differences });
        }
        enable_ttl(client, table).await?;
    }
    Ok(())
}

async fn describe(client: &Client, table: &Table) -> Result<Option<TableDescription>, TableError> {
    match client.describe_table().table_name(&table.name).send().await {
        Ok(output) => Ok(output.table),
        Err(error) if error.as_service_error().is_some_and(|e| e.is_resource_not_found_exception()) => {
            Ok(None)
        }
        Err(error) => Err(failed(table, "DescribeTable", error)),
    }
}

async fn create(client: &Client, table: &Table) -> Result<(), TableError> {
    let invalid = |source: aws_sdk_dynamodb::error::BuildError| TableError::Invalid {
        table: table.name.clone(),
        source: Box::new(source),
    };
    let mut request = client
        .create_table()
        .table_name(&table.name)
        .billing_mode(BillingMode::PayPerRequest)
        .set_key_schema(Some(key_schema(&table.key).map_err(invalid)?));
    for (name, kind) in &table.attributes {
        let attribute = AttributeDefinition::builder()
            .attribute_name(name)
            .attribute_type(ScalarAttributeType::from(kind.as_str()));
        request = request.attribute_definitions(attribute.build().map_err(invalid)?);
    }
    for index in &table.global_indexes {
        let mut projection =
            Projection::builder().projection_type(ProjectionType::from(index.projection_type.as_str()));
        if !index.non_key_attributes.is_empty() {
            projection = projection.set_non_key_attributes(Some(index.non_key_attributes.clone()));
        }
        let index = GlobalSecondaryIndex::builder()
            .index_name(&index.name)
            .set_key_schema(Some(key_schema(&index.key).map_err(invalid)?))
            .projection(projection.build());
        request = request.global_secondary_indexes(index.build().map_err(invalid)?);
    }
    if let Some(view) = &table.stream_view_type {
        let stream = StreamSpecification::builder()
            .stream_enabled(true)
            .stream_view_type(StreamViewType::from(view.as_str()));
        request = request.stream_specification(stream.build().map_err(invalid)?);
    }
    match request.send().await {
        Ok(_description) => Ok(()),
        // Somebody else has just made it; whether it is the right one is looked at next.
        Err(error) if error.as_service_error().is_some_and(|e| e.is_resource_in_use_exception()) => Ok(()),
        Err(error) => Err(failed(table, "CreateTable", error)),
    }
}

async fn ready(client: &Client, table: &Table) -> Result<TableDescription, TableError> {
    let waiting = async {
        loop {
            if let Some(description) = describe(client, table).await?
                && is_active(&description)
            {
                return Ok(description);
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    };
    tokio::time::timeout(READY_WITHIN, waiting)
        .await
        .unwrap_or_else(|_elapsed| Err(TableError::NotReady { table: table.name.clone() }))
}

fn is_active(description: &TableDescription) -> bool {
    description.table_status == Some(TableStatus::Active)
}

async fn enable_ttl(client: &Client, table: &Table) -> Result<(), TableError> {
    let Some(wanted) = &table.ttl_attribute else { return Ok(()) };
    let described = client
        .describe_time_to_live()
        .table_name(&table.name)
        .send()
        .await
        .map_err(|e| failed(table, "DescribeTimeToLive", e))?
        .time_to_live_description;
    let existing = described.filter(|ttl| {
        matches!(ttl.time_to_live_status, Some(TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling))
    });
    match existing.and_then(|ttl| ttl.attribute_name) {
        Some(attribute) if attribute == *wanted => return Ok(()),
        Some(attribute) => {
            let differences = vec![format!("items expire by {attribute}, the template says {wanted}")];
            return Err(TableError::Differs { table: table.name.clone(), differences });
        }
        None => {}
    }
    let ttl = TimeToLiveSpecification::builder().attribute_name(wanted).enabled(true);
    let ttl =
        ttl.build().map_err(|e| TableError::Invalid { table: table.name.clone(), source: Box::new(e) })?;
    client
        .update_time_to_live()
        .table_name(&table.name)
        .time_to_live_specification(ttl)
        .send()
        .await
        .map_err(|e| failed(table, "UpdateTimeToLive", e))?;
    Ok(())
}

fn key_schema(key: &KeySchema) -> Result<Vec<KeySchemaElement>, aws_sdk_dynamodb::error::BuildError> {
    let element = |name: &str, kind| KeySchemaElement::builder().attribute_name(name).key_type(kind).build();
    let mut schema = vec![element(&key.partition, KeyType::Hash)?];
    if let Some(sort) = &key.sort {
        schema.push(element(sort, KeyType::Range)?);
    }
    Ok(schema)
}

fn failed<E, R>(table: &Table, operation: &'static str, error: SdkError<E, R>) -> TableError
where
    E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    let message = match error.as_service_error().and_then(|e| e.code().zip(e.message())) {
        Some((code, message)) => format!("{code}: {message}"),
        None => DisplayErrorContext(error).to_string(),
    };
    TableError::Request { table: table.name.clone(), operation, message }
}
