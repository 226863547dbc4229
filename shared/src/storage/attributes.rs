//! Attributes of items, typed.

use std::collections::HashMap;
use std::str::FromStr;

use aws_sdk_dynamodb::types::AttributeValue;

use super::StoreError;
use crate::domain::Timestamp;

pub(super) type Item = HashMap<String, AttributeValue>;

pub(super) fn s(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

pub(super) fn n(number: impl ToString) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

/// What DynamoDB's TTL reads: whole seconds.
pub(super) fn expiry(at: Timestamp) -> AttributeValue {
    n(at.as_secs())
}

/// An item and the operation that read it, so that an error can name both.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a> {
    pub(super) item: &'a Item,
    pub(super) operation: &'static str,
}

impl<'a> Reader<'a> {
    pub(super) fn malformed(self, attribute: &'static str) -> StoreError {
        StoreError::Malformed { operation: self.operation, attribute }
    }

    pub(super) fn text(self, attribute: &'static str) -> Result<&'a str, StoreError> {
        match self.item.get(attribute) {
            Some(AttributeValue::S(text)) => Ok(text),
            _ => Err(self.malformed(attribute)),
        }
    }

    pub(super) fn optional_number<T: FromStr>(
        self,
        attribute: &'static str,
    ) -> Result<Option<T>, StoreError> {
        match self.item.get(attribute) {
            None => Ok(None),
            Some(AttributeValue::N(number)) => {
                number.parse().map(Some).map_err(|_| self.malformed(attribute))
            }
            Some(_) => Err(self.malformed(attribute)),
        }
    }

    pub(super) fn number<T: FromStr>(self, attribute: &'static str) -> Result<T, StoreError> {
        self.optional_number(attribute)?.ok_or_else(|| self.malformed(attribute))
    }

    /// A flag; one that is not there is not set.
    pub(super) fn flag(self, attribute: &'static str) -> Result<bool, StoreError> {
        match self.item.get(attribute) {
            None => Ok(false),
            Some(AttributeValue::Bool(flag)) => Ok(*flag),
            Some(_) => Err(self.malformed(attribute)),
        }
    }

    pub(super) fn optional_text(self, attribute: &'static str) -> Result<Option<&'a str>, StoreError> {
        self.item.contains_key(attribute).then(|| self.text(attribute)).transpose()
    }

    /// A value of the domain, from text.
    pub(super) fn parsed<T, E>(
        self,
        attribute: &'static str,
        parse: impl FnOnce(&'a str) -> Result<T, E>,
    ) -> Result<T, StoreError> {
        parse(self.text(attribute)?).map_err(|_| self.malformed(attribute))
    }

    /// A moment in milliseconds.
    pub(super) fn moment(self, attribute: &'static str) -> Result<Timestamp, StoreError> {
        Timestamp::from_millis(self.number(attribute)?).map_err(|_| self.malformed(attribute))
    }

    pub(super) fn optional_moment(self, attribute: &'static str) -> Result<Option<Timestamp>, StoreError> {
        self.item.contains_key(attribute).then(|| self.moment(attribute)).transpose()
    }

    /// Whether DynamoDB may delete the item, which it does up to days late.
    pub(super) fn is_expired(self, now: Timestamp) -> Result<bool, StoreError> {
        Ok(self.optional_number::<i64>("expiresAt")?.is_some_and(|at| at <= now.as_secs()))
    }
}
