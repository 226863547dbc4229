//! Why a value that came from outside is not one of ours.

/// A field and what is wrong with it, as a sentence that is safe to show: it never repeats the value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} {problem}")]
pub struct Invalid {
    /// The field's name as clients know it.
    pub field: &'static str,
    /// What a valid value looks like, for example `must be 1 to 64 characters of A-Z`.
    pub problem: String,
}

impl Invalid {
    pub(crate) fn new(field: &'static str, problem: impl Into<String>) -> Self {
        Self { field, problem: problem.into() }
    }
}

/// An identifier of 1 to `max` bytes, each a letter, a digit or one of `also`.
pub(crate) fn identifier(field: &'static str, text: &str, max: usize, also: &str) -> Result<String, Invalid> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || also.contains(c);
    if text.is_empty() || text.len() > max || !text.chars().all(allowed) {
        let also = also.chars().map(String::from).collect::<Vec<_>>().join(" ");
        return Err(Invalid::new(field, format!("must be 1 to {max} characters of A-Z a-z 0-9 {also}")));
    }
    Ok(text.to_owned())
}
