//! Highlights of a room, found while it talks: moments in which far more people than usual say
//! something at once. One detector a room, of constant size, fed with messages in about their order.
//!
//! What counts is people, not messages: nobody makes a moment alone. Measured on marked chat logs of
//! Twitch, unique chatters over a running mean find moments that fixed multiples of a mean miss;
//! that reactions are short and alike, where conversation is neither, tells the two apart
//! (LIGHTOR, arXiv 1910.12201).
//!
//! Must not: read a clock, keep texts beyond a few words, or grow with the length of a stream.

mod baseline;
mod bucket;
mod candidate;
mod codec;
mod detector;
mod moment;
mod places;
mod ranges;
mod reaction;
mod signal;
mod state;
mod tuning;
mod words;

#[cfg(test)]
mod tests;

pub use bucket::BUCKET_MS;
pub use codec::StateError;
pub use detector::{Detector, Folded, GRACE_MS, Said};
pub use moment::{Moment, Term, Why};
