//! What a function's answer means for its batch.
//! <https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html>

use bytes::Bytes;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::FunctionError;

/// The fate of a batch after one invocation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Succeeded,
    /// The records before this index succeeded; this one and all after it are to be retried, those
    /// among them that succeeded too.
    FailedFrom(usize),
    /// The whole batch failed, and why.
    Failed(String),
    /// Lambda did not run the function, and why. Retried outside the count of retries.
    Refused(String),
}

/// Judges an answer. `report_batch_item_failures` is the mapping's `FunctionResponseTypes`; without
/// it the answer's content means nothing.
pub(super) fn outcome(
    answer: &Result<Bytes, FunctionError>,
    report_batch_item_failures: bool,
    sequence_numbers: &[&str],
) -> Outcome {
    let body = match answer {
        Err(error) if error.is_refusal() => return Outcome::Refused(error.to_string()),
        Err(error) => return Outcome::Failed(error.to_string()),
        Ok(_) if !report_batch_item_failures => return Outcome::Succeeded,
        Ok(body) => body,
    };
    let Some(failures) = failures(body) else { return Outcome::Succeeded };
    let Value::Array(failures) = failures else {
        return Outcome::Failed("batchItemFailures is not a list".to_owned());
    };
    let mut first = sequence_numbers.len();
    for failure in &failures {
        let Some(id) = failure.get("itemIdentifier").and_then(Value::as_str).filter(|id| !id.is_empty())
        else {
            return Outcome::Failed("an itemIdentifier is empty, null or missing".to_owned());
        };
        let Some(index) = sequence_numbers.iter().position(|sequence| *sequence == id) else {
            return Outcome::Failed("an itemIdentifier is no sequence number of the batch".to_owned());
        };
        first = first.min(index);
    }
    if failures.is_empty() { Outcome::Succeeded } else { Outcome::FailedFrom(first) }
}

impl Outcome {
    /// Whether some record was done with.
    pub(super) fn is_progress(&self) -> bool {
        matches!(self, Self::Succeeded) || matches!(self, Self::FailedFrom(index) if *index > 0)
    }

    /// With tumbling windows an answer without a state is a failure, whatever else is in it.
    /// <https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-windows.html>
    pub(super) fn wanting(self, state: Option<&str>) -> Self {
        match self {
            Self::Succeeded | Self::FailedFrom(_) if state.is_none() => {
                Self::Failed("the mapping has a tumbling window, and the result has no `state`".to_owned())
            }
            outcome => outcome,
        }
    }
}

/// The JSON of `state` in an answer, unless that is missing or null.
pub(super) fn state(body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Answer<'a> {
        #[serde(borrow)]
        state: Option<&'a RawValue>,
    }
    let answer: Answer<'_> = serde_json::from_slice(body).ok()?;
    answer.state.map(|state| state.get().to_owned())
}

/// Whether the answer names failed records, for the warning about a mapping that ignores them.
pub(super) fn names_failures(answer: &Result<Bytes, FunctionError>) -> bool {
    let failures = answer.as_ref().ok().and_then(|body| failures(body));
    failures.is_some_and(|failures| failures.as_array().is_some_and(|list| !list.is_empty()))
}

/// `batchItemFailures`, unless the answer, or the list in it, is missing or null.
fn failures(body: &[u8]) -> Option<Value> {
    let mut answer: Value = serde_json::from_slice(body).ok()?;
    Some(answer.get_mut("batchItemFailures")?.take()).filter(|failures| !failures.is_null())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(answer: &'static str) -> Outcome {
        outcome(&Ok(Bytes::from_static(answer.as_bytes())), true, &["10", "20", "30"])
    }

    #[test]
    fn every_form_of_nothing_is_success() {
        for answer in
            ["", "null", "{}", r#"{"batchItemFailures":null}"#, r#"{"batchItemFailures":[]}"#, "\"ok\""]
        {
            assert_eq!(judged(answer), Outcome::Succeeded, "{answer}");
        }
    }

    #[test]
    fn the_lowest_failed_record_is_where_the_retry_begins() {
        let failed = r#"{"batchItemFailures":[{"itemIdentifier":"30"},{"itemIdentifier":"20"}]}"#;
        assert_eq!(judged(failed), Outcome::FailedFrom(1));
    }

    #[test]
    fn a_bad_identifier_fails_the_whole_batch() {
        let bad = [
            r#"{"batchItemFailures":[{"itemIdentifier":""}]}"#,
            r#"{"batchItemFailures":[{"itemIdentifier":null}]}"#,
            r#"{"batchItemFailures":[{"itemIdentifer":"20"}]}"#,
            r#"{"batchItemFailures":[{"itemIdentifier":"20"},{"itemIdentifier":"25"}]}"#,
            r#"{"batchItemFailures":["20"]}"#,
            r#"{"batchItemFailures":"20"}"#,
        ];
        for answer in bad {
            assert!(matches!(judged(answer), Outcome::Failed(_)), "{answer}");
        }
    }

    #[test]
    fn a_function_error_fails_the_whole_batch() {
        let error = Err(FunctionError::new("HandlerError", &"no"));
        assert_eq!(outcome(&error, false, &["10"]), Outcome::Failed("HandlerError: no".to_owned()));
    }

    #[test]
    fn a_window_wants_a_state_of_every_answer() {
        for (answer, expected) in [
            (r#"{"state": {"a": 1.0}, "batchItemFailures": []}"#, Some(r#"{"a": 1.0}"#)),
            (r#"{"state":{}}"#, Some("{}")),
            (r#"{"state":null}"#, None),
            ("{}", None),
            ("null", None),
            ("", None),
        ] {
            let state = state(answer.as_bytes());
            assert_eq!(state.as_deref(), expected, "{answer}");
            let outcome = Outcome::Succeeded.wanting(state.as_deref());
            assert_eq!(outcome.is_progress(), expected.is_some(), "{answer}");
        }
        let refused = Outcome::Refused("throttled".to_owned());
        assert_eq!(refused.clone().wanting(None), refused);
    }

    #[test]
    fn without_the_setting_the_answer_means_nothing_but_deserves_a_warning() {
        let answer = Ok(Bytes::from_static(br#"{"batchItemFailures":[{"itemIdentifier":"20"}]}"#));
        assert_eq!(outcome(&answer, false, &["10", "20"]), Outcome::Succeeded);
        assert!(names_failures(&answer));
        assert!(!names_failures(&Ok(Bytes::from_static(br#"{"batchItemFailures":[]}"#))));
    }
}
