//! API Gateway WebSocket and HTTP APIs, Lambda and DynamoDB streams on one machine, for any SAM
//! template. Knows nothing about what runs on it.

mod clock;
mod codec;
pub mod connections;
pub mod dynamodb;
pub mod emulator;
pub mod function;
mod functions;
mod gateway;
mod http_api;
mod ids;
pub mod limits;
mod management;
pub mod sdk;
pub mod streams;
pub mod template;

pub use codec::{EncodedFrame, MAX_FRAME_BYTES, MAX_MESSAGE_BYTES};
pub use connections::{Connections, PostError};
pub use emulator::{Builder, Emulator, LeftConnection, StartError, Summary};
pub use function::{Function, FunctionError, Invocation};
pub use gateway::{ApiError, BadExpression};
pub use limits::Limits;
pub use template::Template;
