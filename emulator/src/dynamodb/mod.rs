//! A DynamoDB of this process: dynoxide-rs (SQLite) behind the AWS SDK, with nothing to install.
//!
//! [`Engine`] opens it in a folder, or in one that lives as long as it does; [`Clients`] are
//! unmodified SDK clients for it, or for any other endpoint; a [`Proxy`] stands before an endpoint
//! whose requests shall meet faults; [`create_tables`] makes a template's tables. Nothing above the
//! SDK may tell the engine from DynamoDB: what dynoxide does differently is mended in here.

mod answer;
mod clients;
mod engine;
mod folder;
mod operation;
mod port;
mod proxy;
mod stream_records;
mod table_differences;
mod tables;
mod tokens;
mod upkeep;
mod worker;

pub use clients::{Clients, local_credentials};
pub use engine::{Engine, EngineError, Written};
pub use port::Port;
pub use proxy::{Proxy, ProxyError};
pub use tables::{TableError, create_tables};
