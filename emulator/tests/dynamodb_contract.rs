//! What the project needs of DynamoDB, as AWS documents it: run against the embedded engine, or with
//! `DYNAMODB_ENDPOINT` (and `AWS_REGION`, `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`) against
//! DynamoDB Local or AWS itself. Error texts differ between regions: only their codes are compared.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod contract {
    mod capacity;
    mod database;
    mod indexes;
    mod items;
    mod many_items;
    mod queries;
    mod streams;
    mod tables;
    mod transactions;
}
