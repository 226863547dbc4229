//! What is counted of a room's messages, as a value: [`Rollup`], and [`fold`], which adds records to
//! it.
//!
//! A rollup of a minute knows which sequences it holds, so records may repeat, split, come late and
//! come in any order. Exact while small; what is estimated says between which numbers the truth lies.
//! Rollups merge, so that an hour is its minutes and a day its hours.

mod binary;
mod bucket;
mod chatters;
mod distinct;
mod emotes;
mod encoding;
mod erased;
mod estimate;
mod hash;
mod latency;
mod ledger;
mod lengths;
mod ranges;
mod report;
pub mod retention;
mod rollup;
mod series;
mod service_minute;
mod stop_words;
mod text;
mod top;
mod window;

#[cfg(test)]
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
mod coverage_tests;
#[cfg(test)]
mod equivalence_tests;

pub use binary::Damaged;
pub use bucket::{Day, Hour, Minute};
pub use chatters::Chatters;
pub use emotes::EmoteNames;
pub use estimate::Estimate;
pub use latency::Latencies;
pub use ledger::{Ledger, Tally};
pub use ranges::Ranges;
pub use report::{BucketReport, MinuteReport, Named, Report};
pub use rollup::{Record, Rollup, fold};
pub use service_minute::{Part, SERVICE_LANES, ServiceMinute, service_lane};
pub use text::Reading;
pub use window::Window;
