//! The tables, over the AWS SDK. One concrete type for AWS, one machine and tests: what differs is
//! the endpoint or the SDK's HTTP client underneath.
//!
//! Methods put the noun first and live next to the items they read and write. None of them scans a
//! table; every query has a limit.

mod attributes;
mod connections;
mod counts;
mod error;
mod history;
mod keys;
mod members;
mod messages;
mod nonces;
mod rate_limits;
mod sequences;

pub use connections::{Connection, ConnectionPage, PageCursor, Recipient};
pub use error::StoreError;
pub use history::{HistoryCursor, HistoryPage};
pub use members::{MemberKey, MemberRow, MemberUpdate};
pub use nonces::Claim;

use aws_sdk_dynamodb::Client;

use crate::config::Tables;

/// Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    client: Client,
    tables: Tables,
}

impl Store {
    /// Speaks to the tables of these names through `client`.
    pub fn new(client: Client, tables: Tables) -> Self {
        Self { client, tables }
    }
}
