//! One DynamoDB operation: from its name and the JSON of its request to dynoxide's typed method,
//! and back. dynoxide's own dispatcher is private to its HTTP server, so its request-reading rules
//! that a client can see (which error class a bad body gets) are kept here.

use dynoxide::{Database, DynoxideError};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::tokens::{self, Tokens};

/// Whether the operation can change a table, and so write stream records.
pub(super) fn writes(operation: &str) -> bool {
    const READS: [&str; 14] = [
        "GetItem",
        "BatchGetItem",
        "TransactGetItems",
        "Query",
        "Scan",
        "DescribeTable",
        "ListTables",
        "DescribeTimeToLive",
        "ListTagsOfResource",
        "ListStreams",
        "DescribeStream",
        "GetShardIterator",
        "GetRecords",
        "SearchVectors",
    ];
    !READS.contains(&operation)
}

/// Runs `operation`; `None` if there is none of that name.
pub(super) fn run(
    db: &Database,
    tokens: &mut Tokens,
    operation: &str,
    body: &[u8],
) -> Option<Result<Vec<u8>, DynoxideError>> {
    macro_rules! call {
        ($method:ident) => {
            read(operation, body).and_then(|request| db.$method(request)).and_then(|answer| write(&answer))
        };
    }
    Some(match operation {
        "PutItem" => call!(put_item),
        "GetItem" => call!(get_item),
        "UpdateItem" => call!(update_item),
        "DeleteItem" => call!(delete_item),
        "Query" => call!(query),
        "Scan" => call!(scan),
        "BatchGetItem" => call!(batch_get_item),
        "BatchWriteItem" => call!(batch_write_item),
        "TransactGetItems" => call!(transact_get_items),
        "TransactWriteItems" => read(operation, body)
            .and_then(|request| tokens::transact_write_items(db, tokens, request))
            .and_then(|answer| write(&answer)),
        "ExecuteStatement" => call!(execute_statement).map_err(statement_condition),
        "ExecuteTransaction" => call!(execute_transaction),
        "BatchExecuteStatement" => call!(batch_execute_statement),
        "CreateTable" => call!(create_table),
        "DeleteTable" => call!(delete_table),
        "DescribeTable" => call!(describe_table),
        "ListTables" => call!(list_tables),
        "UpdateTable" => call!(update_table),
        "UpdateTimeToLive" => call!(update_time_to_live),
        "DescribeTimeToLive" => call!(describe_time_to_live),
        "TagResource" => call!(tag_resource),
        "UntagResource" => call!(untag_resource),
        "ListTagsOfResource" => call!(list_tags_of_resource),
        "SearchVectors" => call!(search_vectors),
        "ListStreams" => call!(list_streams),
        "DescribeStream" => call!(describe_stream),
        "GetShardIterator" => call!(get_shard_iterator),
        "GetRecords" => read(operation, body)
            .and_then(|request| db.get_records(request))
            .and_then(|answer| write(&with_identity_as_aws_spells_it(&answer)?)),
        _ => return None,
    })
}

fn read<T: DeserializeOwned>(operation: &str, body: &[u8]) -> Result<T, DynoxideError> {
    serde_json::from_slice(body).map_err(|e| request_error(operation, &e.to_string()))
}

fn write<T: Serialize>(answer: &T) -> Result<Vec<u8>, DynoxideError> {
    serde_json::to_vec(answer).map_err(|e| DynoxideError::InternalServerError(e.to_string()))
}

/// The error for a body that dynoxide's request types refuse. They mark the class of an error of
/// their own at the front of its text, and no mark may reach a client.
fn request_error(operation: &str, text: &str) -> DynoxideError {
    let message = text.rsplit_once(" at line ").map_or(text, |(message, _position)| message);
    if let Some(message) = message.strip_prefix("VALIDATION_REQUEST:") {
        return DynoxideError::ValidationException(match operation {
            "PutItem" | "UpdateItem" | "DeleteItem" => format!("1 validation error detected: {message}"),
            _ => message.to_owned(),
        });
    }
    for mark in ["VALIDATION:", "VALIDATION_AS_READ:"] {
        if let Some(message) = message.strip_prefix(mark) {
            return DynoxideError::ValidationException(message.to_owned());
        }
    }
    for mark in ["SERIALIZATION:", "SERIALIZATION_AS_READ:"] {
        if let Some(message) = message.strip_prefix(mark) {
            return DynoxideError::SerializationException(message.to_owned());
        }
    }
    if message.starts_with("recursion limit exceeded") {
        return DynoxideError::ValidationException(
            "Nesting Levels have exceeded supported limits".to_owned(),
        );
    }
    let validation = ["missing field", "unknown variant", "invalid type: null", "Supplied AttributeValue"];
    if validation.iter().any(|text| message.contains(text)) {
        return DynoxideError::ValidationException(message.to_owned());
    }
    if message.contains("empty AttributeValue") {
        return DynoxideError::ValidationException(
            "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
                .to_owned(),
        );
    }
    DynoxideError::SerializationException(message.to_owned())
}

/// `ExecuteStatement` spells a failed condition's item in a form of its own.
fn statement_condition(error: DynoxideError) -> DynoxideError {
    match error {
        DynoxideError::ConditionalCheckFailedException(message, Some(item)) => {
            DynoxideError::StatementConditionalCheckFailed(message, item)
        }
        other => other,
    }
}

/// dynoxide writes `userIdentity` as stream *events* have it (`type`, `principalId`); the API spells
/// the members `Type` and `PrincipalId`, and an SDK sees nothing else.
fn with_identity_as_aws_spells_it<T: Serialize>(answer: &T) -> Result<Value, DynoxideError> {
    let mut answer =
        serde_json::to_value(answer).map_err(|e| DynoxideError::InternalServerError(e.to_string()))?;
    let records = answer.get_mut("Records").and_then(Value::as_array_mut);
    for record in records.into_iter().flatten() {
        if let Some(Value::Object(identity)) = record.get_mut("userIdentity") {
            for (ours, theirs) in [("type", "Type"), ("principalId", "PrincipalId")] {
                if let Some(value) = identity.remove(ours) {
                    identity.insert(theirs.to_owned(), value);
                }
            }
        }
    }
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_mark_of_dynoxides_reaches_a_client() {
        let cases = [
            ("PutItem", "VALIDATION:bad name at line 1 column 5", "bad name"),
            ("PutItem", "VALIDATION_REQUEST:bad item", "1 validation error detected: bad item"),
            ("Query", "VALIDATION_REQUEST:bad item", "bad item"),
        ];
        for (operation, text, message) in cases {
            let error = request_error(operation, text);
            assert!(matches!(&error, DynoxideError::ValidationException(m) if m == message), "{error:?}");
        }
        let error = request_error("Query", "SERIALIZATION:NUMBER_VALUE cannot be converted to String");
        assert!(matches!(error, DynoxideError::SerializationException(_)), "{error:?}");
    }
}
