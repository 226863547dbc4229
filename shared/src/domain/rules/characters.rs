//! No text may draw on a terminal or hide in one.

use crate::domain::Rejection;

/// Of control characters only newline and tab.
pub(crate) fn characters(text: &str) -> Result<(), Rejection> {
    if text.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
        return Err(Rejection::invalid(
            "content",
            "must not hold control characters other than newline and tab",
        ));
    }
    Ok(())
}
