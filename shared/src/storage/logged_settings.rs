//! Table `rooms`, items `log#R`, attribute `settings`: which of a room's settings were changed, under the
//! names that they have in the room's own items. What stayed as it was is not there.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;

use super::StoreError;
use super::attributes::{Item, Reader, n, s};
use crate::domain::{BlockedTerms, Content, SettingsChange};

pub(super) fn item(change: &SettingsChange) -> Item {
    let SettingsChange { slow_mode, max_chars, refuse_repetition, blocked_terms, announcement } = change;
    let terms = |terms: &BlockedTerms| AttributeValue::L(terms.as_slice().iter().map(s).collect());
    let text = |text: &Option<Content>| match text {
        Some(text) => s(text.as_str()),
        // It was taken away.
        None => AttributeValue::Null(true),
    };
    let attributes = [
        ("slowModeSeconds", slow_mode.map(|slow| n(slow.as_secs()))),
        ("maxContentLength", max_chars.map(n)),
        ("refuseRepetition", refuse_repetition.map(AttributeValue::Bool)),
        ("blockedTerms", blocked_terms.as_ref().map(terms)),
        ("announcement", announcement.as_ref().map(text)),
    ];
    let given = attributes.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    given.collect()
}

pub(super) fn read(row: Reader<'_>) -> Result<SettingsChange, StoreError> {
    let Some(AttributeValue::M(item)) = row.item.get("settings") else {
        return Err(row.malformed("settings"));
    };
    let row = Reader { item, operation: row.operation };
    let announcement = match item.get("announcement") {
        None => None,
        Some(AttributeValue::Null(_)) => Some(None),
        Some(_) => Some(Some(row.parsed("announcement", Content::parse)?)),
    };
    let is_there = |name: &str| item.contains_key(name);
    Ok(SettingsChange {
        slow_mode: row.optional_number("slowModeSeconds")?.map(Duration::from_secs),
        max_chars: row.optional_number("maxContentLength")?,
        refuse_repetition: is_there("refuseRepetition").then(|| row.flag("refuseRepetition")).transpose()?,
        blocked_terms: is_there("blockedTerms").then(|| blocked_terms(row)).transpose()?,
        announcement,
    })
}

/// The terms of an item; none where there is no such attribute.
pub(super) fn blocked_terms(row: Reader<'_>) -> Result<BlockedTerms, StoreError> {
    let malformed = || row.malformed("blockedTerms");
    let terms = match row.item.get("blockedTerms") {
        None => Vec::new(),
        Some(AttributeValue::L(terms)) => {
            terms.iter().map(|term| term.as_s().map_err(|_| malformed())).collect::<Result<_, _>>()?
        }
        Some(_) => return Err(malformed()),
    };
    BlockedTerms::parse(&terms).map_err(|_| malformed())
}
