//! No text may be longer than the room allows.

use crate::domain::Rejection;

/// In Unicode scalar values: bytes would punish everybody who does not write in ASCII.
pub(crate) fn length(text: &str, max: usize) -> Result<(), Rejection> {
    let length = text.chars().count();
    if length > max { Err(Rejection::ContentTooLong { length, max }) } else { Ok(()) }
}
