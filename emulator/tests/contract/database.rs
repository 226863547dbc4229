//! A table of its own for each test, and short spellings for values.

use std::collections::HashMap;

use aws_credential_types::Credentials;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use emulator::dynamodb::{Clients, Engine, create_tables, local_credentials};
use emulator::template::{GlobalIndex, KeySchema, Table};

pub(super) type Item = HashMap<String, AttributeValue>;

/// A database with one table: `pk` (S) and `sk` (of a chosen type).
pub(super) struct Database {
    pub(super) clients: Clients,
    pub(super) table: String,
    // Lives as long as its clients are used.
    _engine: Option<Engine>,
}

impl std::ops::Deref for Database {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.clients.dynamodb
    }
}

pub(super) fn key(partition: &str, sort: Option<&str>) -> KeySchema {
    KeySchema { partition: partition.to_owned(), sort: sort.map(str::to_owned) }
}

impl Database {
    /// With a sort key of type `S`, `N` or `B`.
    pub(super) async fn sorted_by(kind: &str) -> Self {
        Self::with(kind, |_| ()).await
    }

    /// With all that a table can have: two indexes, a stream, TTL.
    pub(super) async fn complete() -> Self {
        Self::with("N", |table| {
            table.attributes.push(("owner".to_owned(), "S".to_owned()));
            table.attributes.push(("score".to_owned(), "N".to_owned()));
            let index = |name: &str, projection_type: &str| GlobalIndex {
                name: name.to_owned(),
                key: key("owner", Some("score")),
                projection_type: projection_type.to_owned(),
                non_key_attributes: Vec::new(),
            };
            table.global_indexes = vec![index("by-owner", "ALL"), index("keys-by-owner", "KEYS_ONLY")];
            table.ttl_attribute = Some("expiresAt".to_owned());
            table.stream_view_type = Some("NEW_AND_OLD_IMAGES".to_owned());
        })
        .await
    }

    async fn with(kind: &str, change: impl FnOnce(&mut Table)) -> Self {
        let mut table = Table {
            name: format!("contract-{}", uuid::Uuid::new_v4()),
            attributes: vec![("pk".to_owned(), "S".to_owned()), ("sk".to_owned(), kind.to_owned())],
            key: key("pk", Some("sk")),
            global_indexes: Vec::new(),
            ttl_attribute: None,
            stream_view_type: None,
        };
        change(&mut table);
        let (clients, engine) = match std::env::var("DYNAMODB_ENDPOINT") {
            Ok(url) => {
                let var = |name: &str| std::env::var(name).ok();
                let region = var("AWS_REGION").unwrap_or_else(|| "eu-central-1".to_owned());
                let credentials = match (var("AWS_ACCESS_KEY_ID"), var("AWS_SECRET_ACCESS_KEY")) {
                    (Some(id), Some(secret)) => {
                        Credentials::new(id, secret, var("AWS_SESSION_TOKEN"), None, "environment")
                    }
                    _ => local_credentials(),
                };
                (Clients::at_endpoint(&url, &region, credentials), None)
            }
            Err(_) => {
                let engine = Engine::temporary().unwrap();
                (Clients::of_engine(&engine), Some(engine))
            }
        };
        create_tables(&clients.dynamodb, [&table]).await.unwrap();
        Self { clients, table: table.name, _engine: engine }
    }

    pub(super) async fn put(&self, item: Item) {
        self.put_item().table_name(&self.table).set_item(Some(item)).send().await.unwrap();
    }

    pub(super) async fn get(&self, key: Item) -> Option<Item> {
        let get = self.get_item().table_name(&self.table).set_key(Some(key)).consistent_read(true);
        get.send().await.unwrap().item
    }

    /// Removes the table; an embedded one goes with its engine anyway.
    pub(super) async fn done(self) {
        self.delete_table().table_name(&self.table).send().await.unwrap();
    }
}

pub(super) fn s(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

pub(super) fn n(value: impl ToString) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

pub(super) fn b(value: &[u8]) -> AttributeValue {
    AttributeValue::B(Blob::new(value))
}

pub(super) fn item<const N: usize>(attributes: [(&str, AttributeValue); N]) -> Item {
    attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

pub(super) fn at(pk: &str, sk: impl ToString) -> Item {
    item([("pk", s(pk)), ("sk", n(sk))])
}

/// The error's code, of a request that must fail.
pub(super) fn code<T: std::fmt::Debug, E: ProvideErrorMetadata + std::fmt::Debug, R: std::fmt::Debug>(
    result: Result<T, SdkError<E, R>>,
) -> String {
    let error = result.expect_err("the request must fail");
    error.as_service_error().and_then(|e| e.code()).unwrap_or_else(|| panic!("{error:?}")).to_owned()
}
