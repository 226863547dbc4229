//! DynamoDB Streams event source mappings: what Lambda does between a table's stream and a function.
//!
//! [`Mappings::start`] reads each stream through the SDK (the embedded engine's, DynamoDB Local's or
//! AWS's own), spreads every shard over lanes by partition key, and invokes functions with batches.
//! Delivery is at least once and in order per partition key; nothing else may be relied on, and
//! [`Faults`](crate::faults::Faults) are there to prove that a function does not.

mod checkpoints;
mod consumer;
mod delivery;
mod disorder;
mod drained;
mod due;
mod event;
mod filter;
mod lane;
mod mapping;
mod mappings;
mod outcome;
mod reader;
mod sequence;
mod source;
mod stop;
mod stream;
mod turnover;
mod view;
mod window;

pub use checkpoints::{CheckpointError, Checkpoints};
pub use filter::FilterError;
pub use mapping::{Mapping, MappingError};
pub use mappings::{Mappings, TurnoverError};
pub use turnover::TooManyShards;
pub(crate) use view::View;
