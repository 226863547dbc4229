//! What a mapping is: a table's stream, a function, and how the two meet.

use std::time::Duration;

use indexmap::IndexMap;

use super::filter::FilterError;
use crate::Function;
use crate::faults::Faults;
use crate::template::{LogicalId, StreamEvent, Template};

/// Lambda does not document its first delay.
const FIRST_BACKOFF: Duration = Duration::from_millis(200);

/// A DynamoDB stream event source mapping.
#[derive(Clone, Debug)]
pub struct Mapping {
    /// Names its checkpoints, so it must be unique and stay the same across restarts; for example
    /// `PresenceFunction/Connections`.
    pub name: String,
    /// The template's settings.
    pub stream_event: StreamEvent,
    /// The table's name, for the logical id in the settings.
    pub table_name: String,
    /// Whom the batches go to.
    pub function: Function,
    /// The function's timeout.
    pub timeout: Duration,
    /// The delay before the first retry; it doubles from there to 5 s.
    pub first_backoff: Duration,
    /// For tests: what a stream may do to a function, done often.
    pub faults: Faults,
}

impl Mapping {
    /// A mapping with the usual delays and no faults.
    pub fn new(
        name: impl Into<String>,
        stream_event: StreamEvent,
        table_name: impl Into<String>,
        function: Function,
        timeout: Duration,
    ) -> Self {
        Self {
            name: name.into(),
            stream_event,
            table_name: table_name.into(),
            function,
            timeout,
            first_backoff: FIRST_BACKOFF,
            faults: Faults::none(),
        }
    }

    /// The mappings of a template, for those of its functions that there are, each named after its
    /// function and event.
    pub fn of_template(template: &Template, functions: &IndexMap<LogicalId, Function>) -> Vec<Self> {
        let mut mappings = Vec::new();
        for (id, function) in functions {
            let Some(spec) = template.functions.get(id) else { continue };
            for (event, settings) in &spec.stream_events {
                let Some(table) = template.tables.get(&settings.table) else { continue };
                let (name, function) = (format!("{id}/{event}"), function.clone());
                mappings.push(Self::new(name, settings.clone(), &*table.name, function, spec.timeout));
            }
        }
        mappings
    }
}

/// Why a mapping cannot start.
#[derive(Debug, thiserror::Error)]
pub enum MappingError {
    /// Two mappings of one name would share their checkpoints.
    #[error("there are two stream mappings named {mapping}")]
    NotUnique {
        /// The mapping's name.
        mapping: String,
    },
    /// A filter cannot be read.
    #[error("stream mapping {mapping} has a bad filter")]
    Filter {
        /// The mapping's name.
        mapping: String,
        /// What is wrong.
        source: FilterError,
    },
    /// The table is not there.
    #[error("stream mapping {mapping}: table {table} does not exist")]
    NoTable {
        /// The mapping's name.
        mapping: String,
        /// The table's name.
        table: String,
    },
    /// The table has no stream that is switched on.
    #[error("stream mapping {mapping}: table {table} has no stream; give it a StreamSpecification")]
    NoStream {
        /// The mapping's name.
        mapping: String,
        /// The table's name.
        table: String,
    },
    /// A request failed.
    #[error("stream mapping {mapping}: {operation} failed: {message}")]
    Request {
        /// The mapping's name.
        mapping: String,
        /// For example `DescribeStream`.
        operation: &'static str,
        /// The SDK's error with its causes.
        message: String,
    },
}
