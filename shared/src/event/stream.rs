//! Batches of DynamoDB stream records.
//! <https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html>

use std::collections::HashMap;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::domain::Timestamp;

/// A batch. Records may repeat, split and come in any order across partition keys.
#[derive(Clone, Debug, Deserialize)]
pub struct StreamEvent {
    /// In the order of each partition key.
    #[serde(rename = "Records")]
    pub records: Vec<StreamRecord>,
}

/// One change of one item.
#[derive(Clone, Debug, Deserialize)]
pub struct StreamRecord {
    /// The change.
    pub dynamodb: Change,
}

/// What changed.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Change {
    /// Seconds since the Unix epoch, sometimes with a fraction.
    pub approximate_creation_date_time: f64,
    /// Names the record in [`BatchFailures`].
    pub sequence_number: String,
    /// The item after the change.
    pub new_image: Option<Image>,
    /// The item before the change.
    pub old_image: Option<Image>,
}

/// An item in DynamoDB's JSON, its texts and numbers only.
#[derive(Clone, Debug, Deserialize)]
pub struct Image(HashMap<String, Attribute>);

/// Attributes of other types are skipped over.
#[derive(Clone, Debug, Deserialize)]
struct Attribute {
    #[serde(rename = "S")]
    text: Option<String>,
    #[serde(rename = "N")]
    number: Option<String>,
}

impl Image {
    /// A text attribute.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.text.as_deref()
    }

    /// A whole number.
    pub fn number<T: FromStr>(&self, name: &str) -> Option<T> {
        self.0.get(name)?.number.as_deref()?.parse().ok()
    }
}

impl StreamRecord {
    /// When it was written, on AWS to the second.
    pub fn written(&self) -> Option<Timestamp> {
        #[allow(clippy::cast_possible_truncation)] // `as` saturates, and what is out of range is refused
        let millis = (self.dynamodb.approximate_creation_date_time * 1000.0) as i64;
        Timestamp::from_millis(millis).ok()
    }

    /// The item after the change, or before it if it is gone.
    pub fn image(&self) -> Option<&Image> {
        self.dynamodb.new_image.as_ref().or(self.dynamodb.old_image.as_ref())
    }
}

/// The records to deliver again. Lambda goes back to the lowest of them and repeats all after it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchFailures {
    batch_item_failures: Vec<ItemFailure>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct ItemFailure {
    item_identifier: String,
}

impl FromIterator<String> for BatchFailures {
    fn from_iter<I: IntoIterator<Item = String>>(sequence_numbers: I) -> Self {
        let failures = sequence_numbers.into_iter().map(|item_identifier| ItemFailure { item_identifier });
        Self { batch_item_failures: failures.collect() }
    }
}
