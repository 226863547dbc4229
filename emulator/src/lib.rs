//! API Gateway WebSocket and HTTP APIs, Lambda and DynamoDB streams on one machine, for any SAM
//! template. Knows nothing about what runs on it.

pub mod dynamodb;
pub mod function;
pub mod sdk;
pub mod streams;
pub mod template;

pub use function::{Function, FunctionError, Invocation};
pub use template::Template;
