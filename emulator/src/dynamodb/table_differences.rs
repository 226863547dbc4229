//! In what an existing table differs from the template's: keys, indexes and stream, which cannot be
//! changed in passing. Billing, tags and protection are not looked at; they change no behaviour.

use aws_sdk_dynamodb::types::{KeySchemaElement, KeyType, TableDescription};

use crate::template::{KeySchema, Table};

/// One clause each; empty if the table will do.
pub(super) fn differences(wanted: &Table, existing: &TableDescription) -> Vec<String> {
    let mut found = Vec::new();
    let mut compare = |what: &str, existing: String, wanted: String| {
        if existing != wanted {
            found.push(format!("{what} is {existing}, the template says {wanted}"));
        }
    };

    let types = |name: &str| {
        let defined = existing.attribute_definitions().iter().find(|a| a.attribute_name == name);
        defined.map_or("?", |a| a.attribute_type.as_str()).to_owned()
    };
    let wanted_types = |name: &str| {
        let defined = wanted.attributes.iter().find(|(attribute, _)| attribute == name);
        defined.map_or("?", |(_, kind)| kind).to_owned()
    };
    compare("the key", described_key(existing.key_schema(), &types), key(&wanted.key, &wanted_types));

    let mut indexes: Vec<String> = existing
        .global_secondary_indexes()
        .iter()
        .map(|index| {
            let projection = index.projection();
            let kind = projection.and_then(|p| p.projection_type()).map_or("?", |kind| kind.as_str());
            let attributes = projection.map(|p| p.non_key_attributes().to_vec()).unwrap_or_default();
            let name = index.index_name().unwrap_or_default();
            self::index(name, &described_key(index.key_schema(), &types), kind, attributes)
        })
        .collect();
    let mut wanted_indexes: Vec<String> = wanted
        .global_indexes
        .iter()
        .map(|index| {
            let key = key(&index.key, &wanted_types);
            self::index(&index.name, &key, &index.projection_type, index.non_key_attributes.clone())
        })
        .collect();
    indexes.sort();
    wanted_indexes.sort();
    compare("the set of global indexes", list(&indexes), list(&wanted_indexes));

    let stream = existing
        .stream_specification()
        .filter(|stream| stream.stream_enabled)
        .and_then(|stream| stream.stream_view_type())
        .map_or("off", |view| view.as_str());
    let wanted_stream = wanted.stream_view_type.as_deref().unwrap_or("off");
    compare("the stream", stream.to_owned(), wanted_stream.to_owned());
    found
}

fn key(key: &KeySchema, types: &dyn Fn(&str) -> String) -> String {
    let part = |name: &str| format!("{name} ({})", types(name));
    let sort = key.sort.as_deref().map(|sort| format!(" + {}", part(sort))).unwrap_or_default();
    part(&key.partition) + &sort
}

fn described_key(schema: &[KeySchemaElement], types: &dyn Fn(&str) -> String) -> String {
    let of = |kind: KeyType| schema.iter().find(|e| e.key_type == kind).map(|e| e.attribute_name.clone());
    let partition = of(KeyType::Hash).unwrap_or_default();
    key(&KeySchema { partition, sort: of(KeyType::Range) }, types)
}

fn index(name: &str, key: &str, projection: &str, mut attributes: Vec<String>) -> String {
    attributes.sort();
    let included =
        if attributes.is_empty() { String::new() } else { format!(" [{}]", attributes.join(", ")) };
    format!("{name}: {key}, {projection}{included}")
}

fn list(indexes: &[String]) -> String {
    if indexes.is_empty() { "empty".to_owned() } else { format!("{{{}}}", indexes.join(" | ")) }
}
