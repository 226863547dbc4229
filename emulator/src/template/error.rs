//! Why a template could not be read: where, what, and how to mend it.

use std::fmt;
use std::path::PathBuf;

/// A template that the emulator cannot serve.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// The file could not be read.
    #[error("the template {} cannot be read", path.display())]
    Unreadable {
        /// As given.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Neither YAML nor JSON.
    #[error("the template is not well-formed YAML or JSON")]
    Malformed(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// One place of it is wrong.
    #[error(transparent)]
    Problem(#[from] Problem),
}

/// One place of a template that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Such as `ChatApi.Routes.$connect.FunctionArn`, the logical id first.
    pub place: String,
    /// What is wrong and how to mend it: one sentence or two.
    pub message: String,
    /// Counted from 1, where it could be found.
    pub line: Option<usize>,
}

impl std::error::Error for Problem {}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        write!(f, "{}: {}", self.place, self.message)
    }
}

impl TemplateError {
    pub(super) fn problem(place: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Problem(Problem { place: place.into(), message: message.into(), line: None })
    }

    /// Adds the line on which the problem's place begins.
    pub(super) fn located(self, text: &str) -> Self {
        match self {
            Self::Problem(problem) => {
                let line = line_of(text, &problem.place);
                Self::Problem(Problem { line, ..problem })
            }
            other => other,
        }
    }
}

/// Follows the segments of `place` down the text by indentation, as far as they can be found. The
/// YAML parser keeps no positions in its values, and a second parser would not be worth this.
fn line_of(text: &str, place: &str) -> Option<usize> {
    let mut found = None;
    let mut minimum_indent = 1;
    let mut lines = text.lines().enumerate();
    for segment in place.split('.') {
        let key = lines.by_ref().find_map(|(number, line)| {
            let trimmed = line.trim_start();
            let indent = line.len() - trimmed.len();
            (indent >= minimum_indent && is_key(trimmed, segment)).then_some((number + 1, indent))
        });
        let Some((number, indent)) = key else { break };
        found = Some(number);
        minimum_indent = indent + 1;
    }
    found
}

fn is_key(line: &str, key: &str) -> bool {
    let line = line.trim_start_matches("- ").trim_start_matches(['"', '\'']);
    let rest = line.strip_prefix(key).map(|rest| rest.trim_start_matches(['"', '\'']));
    rest.is_some_and(|rest| rest.trim_start().starts_with(':'))
}
