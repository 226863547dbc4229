//! `bench moments`: runs the detector over a log, and compares what it found with what people marked.

mod command;
mod found;
mod labels;
mod plain;
mod score;

pub use command::{MomentsOptions, run};
pub use found::{Found, find};
pub use labels::{LabelError, read_labels};
pub use plain::find_plain;
pub use score::{AFTER, BEFORE, Card, Window, score};
