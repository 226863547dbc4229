//! Plans from TOML. Whatever is not understood is an error with its line: a fault that never happens
//! because of a typing error would prove nothing.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer};
use toml::Spanned;

use super::decision::When;
use super::{ConnectionsRule, DynamoDbRule, FaultPlan, FunctionRule, SocketRule, StreamRule};
use crate::template::Template;

/// Why a plan cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FaultError {
    /// The file could not be read.
    #[error("the faults in {} cannot be read", path.display())]
    Unreadable {
        /// As given.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Not TOML, or a key or value that is not known.
    #[error("the faults cannot be understood: {0}")]
    Malformed(String),
    /// A rule contradicts itself or names what is not there.
    #[error("{place}: {message}")]
    Rule {
        /// `line 12`, or `function 2` where the plan came from code.
        place: String,
        /// What is wrong.
        message: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    seed: u64,
    #[serde(default)]
    function: Vec<Spanned<FunctionRule>>,
    #[serde(default)]
    connections: Vec<Spanned<ConnectionsRule>>,
    #[serde(default)]
    stream: Vec<Spanned<StreamRule>>,
    #[serde(default)]
    dynamodb: Vec<Spanned<DynamoDbRule>>,
    #[serde(default)]
    socket: Vec<Spanned<SocketRule>>,
}

impl FaultPlan {
    /// Reads a plan, and holds its names against the template's.
    pub fn read(text: &str, template: &Template) -> Result<Self, FaultError> {
        let file: File = toml::from_str(text).map_err(|error| FaultError::Malformed(error.to_string()))?;
        let line = |start: usize| format!("line {}", text[..start].matches('\n').count() + 1);
        for rule in &file.function {
            check(rule.get_ref().when(), || line(rule.span().start))?;
            let known =
                |name: &str| template.functions.iter().any(|(id, spec)| id == name || spec.name == name);
            if let Some(name) = rule.get_ref().name.as_deref().filter(|name| !known(name)) {
                let message = format!("the template has no function {name}");
                return Err(FaultError::Rule { place: line(rule.span().start), message });
            }
        }
        for rule in &file.connections {
            check(rule.get_ref().when(), || line(rule.span().start))?;
        }
        for rule in &file.stream {
            check(rule.get_ref().when(), || line(rule.span().start))?;
        }
        for rule in &file.dynamodb {
            check(rule.get_ref().when(), || line(rule.span().start))?;
            let known = |name: &str| template.tables.values().any(|table| table.name == name);
            if let Some(name) = rule.get_ref().table.as_deref().filter(|name| !known(name)) {
                let message = format!("the template has no table {name}");
                return Err(FaultError::Rule { place: line(rule.span().start), message });
            }
        }
        for rule in &file.socket {
            check(rule.get_ref().when(), || line(rule.span().start))?;
        }
        Ok(Self {
            seed: file.seed,
            function: file.function.into_iter().map(Spanned::into_inner).collect(),
            connections: file.connections.into_iter().map(Spanned::into_inner).collect(),
            stream: file.stream.into_iter().map(Spanned::into_inner).collect(),
            dynamodb: file.dynamodb.into_iter().map(Spanned::into_inner).collect(),
            socket: file.socket.into_iter().map(Spanned::into_inner).collect(),
        })
    }

    /// [`FaultPlan::read`] of a file.
    pub fn read_file(path: impl AsRef<Path>, template: &Template) -> Result<Self, FaultError> {
        let path = path.as_ref();
        let text = std::fs::read_to_string(path)
            .map_err(|source| FaultError::Unreadable { path: path.to_owned(), source })?;
        Self::read(&text, template)
    }

    pub(super) fn check(&self) -> Result<(), FaultError> {
        let rules = (self.function.iter().map(|rule| ("function", rule.when())))
            .chain(self.connections.iter().map(|rule| ("connections", rule.when())))
            .chain(self.stream.iter().map(|rule| ("stream", rule.when())))
            .chain(self.dynamodb.iter().map(|rule| ("dynamodb", rule.when())))
            .chain(self.socket.iter().map(|rule| ("socket", rule.when())));
        for (place, when) in rules {
            check(when, || format!("a rule for {place}"))?;
        }
        Ok(())
    }
}

fn check(when: When, place: impl FnOnce() -> String) -> Result<(), FaultError> {
    match when.problem() {
        None => Ok(()),
        Some(message) => Err(FaultError::Rule { place: place(), message: message.to_owned() }),
    }
}

/// `3` or `[3, 5]`.
pub(super) fn one_or_more<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u64>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "a number or a list of numbers is wanted")]
    enum OneOrMore {
        One(u64),
        More(Vec<u64>),
    }
    Ok(match OneOrMore::deserialize(deserializer)? {
        OneOrMore::One(number) => vec![number],
        OneOrMore::More(numbers) => numbers,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::super::{ConnectionsFault, DynamoDbFault, FunctionFault, SocketFault, StreamFault};
    use super::*;
    use crate::template::Options;

    fn template() -> Template {
        let text = "
Resources:
  Worker: { Type: AWS::Serverless::Function, Properties: { FunctionName: worker-of-mine } }
  Items: { Type: AWS::Serverless::SimpleTable, Properties: { TableName: items } }
";
        Template::read(text, &Options::default()).unwrap()
    }

    #[test]
    fn a_plan_is_read_from_toml() {
        let plan = FaultPlan::read(
            r#"
seed = 42

[[function]]
name = "Worker"
route = "$disconnect"
fault = "drop"
nth = 3

[[function]]
fault = { crash-during = 50 }
probability = 0.25

[[connections]]
operation = "POST"
fault = "gone"
nth = [1, 4]

[[stream]]
mapping = "Worker/Items"
fault = "duplicate"

[[dynamodb]]
operation = "PutItem"
table = "items"
fault = { delay = 5 }
from = 2
times = 1

[[socket]]
fault = "after-message"
"#,
            &template(),
        )
        .unwrap();
        assert_eq!((plan.seed, plan.function.len()), (42, 2));
        assert_eq!((&plan.function[0].fault, &*plan.function[0].nth), (&FunctionFault::Drop, &[3][..]));
        assert_eq!(plan.function[1].fault, FunctionFault::CrashDuring(50));
        assert_eq!(
            (plan.connections[0].fault, &*plan.connections[0].nth),
            (ConnectionsFault::Gone, &[1, 4][..])
        );
        assert_eq!(plan.stream[0].fault, StreamFault::Duplicate);
        assert_eq!((plan.dynamodb[0].fault, plan.dynamodb[0].times), (DynamoDbFault::Delay(5), Some(1)));
        assert_eq!(plan.socket[0].fault, SocketFault::AfterMessage);
    }

    #[test]
    fn what_is_not_understood_is_an_error_with_its_line() {
        for (text, expected) in [
            ("sed = 1", "line 1"),
            ("\n[[functions]]\nfault = \"drop\"", "line 2"),
            ("[[function]]\nfault = \"drop\"\nroutes = \"x\"", "line 3"),
            ("[[function]]\nfault = \"crash\"", "line 2"),
            ("[[function]]\nfault = \"drop\"\nnth = \"x\"", "line 3"),
            ("[[function]]\nname = \"Worker\"", "missing field `fault`"),
            (
                "\n[[function]]\nfault = \"drop\"\nprobability = 2",
                "line 2: a probability is a number from 0 to 1",
            ),
            ("[[socket]]\nfault = \"after-message\"\nnth = 0", "line 1: requests are counted from 1"),
            ("[[stream]]\nfault = \"split\"\nnth = 1\nfrom = 2", "line 1: `nth` says it all"),
            (
                "[[function]]\nname = \"Nobody\"\nfault = \"drop\"",
                "line 1: the template has no function Nobody",
            ),
            (
                "[[dynamodb]]\ntable = \"nothing\"\nfault = \"throttle\"",
                "line 1: the template has no table nothing",
            ),
        ] {
            let error = FaultPlan::read(text, &template()).unwrap_err().to_string();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
