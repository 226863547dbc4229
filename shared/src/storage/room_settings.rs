//! Table `rooms`, item `room#R`, `room`: what a room's moderators decided, next to its sequence, so
//! that taking a sequence also checks that the rules still hold. That item is written with every
//! message and has to stay small: texts are in an item of their own, `room#R`, `texts`.

use std::time::Duration;

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};

use super::attributes::{Item, Reader, n, s};
use super::{Store, StoreError, keys, logged_settings};
use crate::domain::{BlockedTerms, Content, RoomId, RoomRules, RoomSettings, SettingsChange};

impl Store {
    /// A room's rules as they were last seen here, without a request: to be confirmed by
    /// [`Store::room_sequence_next`], or by [`Store::room_rules`] before they refuse anything.
    pub fn room_rules_last_seen(&self, room: &RoomId) -> RoomRules {
        self.rooms_known.last_seen(room).unwrap_or_default()
    }

    /// A room's rules, at most a second old.
    pub async fn room_rules(&self, room: &RoomId) -> Result<RoomRules, StoreError> {
        const OPERATION: &str = "room_rules";
        if let Some(rules) = self.rooms_known.fresh(room) {
            return Ok(rules);
        }
        let row = self.rooms_item(OPERATION, keys::room(room)).await?;
        self.rules_of(OPERATION, room, row.as_ref()).await
    }

    /// A room's settings, read consistently.
    pub async fn room_settings(&self, room: &RoomId) -> Result<RoomSettings, StoreError> {
        const OPERATION: &str = "room_settings";
        let row = self.rooms_item(OPERATION, keys::room(room)).await?;
        let texts = self.rooms_item(OPERATION, keys::room_texts(room)).await?;
        let mut rules = rules(OPERATION, row.as_ref())?;
        rules.blocked_terms = blocked_terms(OPERATION, texts.as_ref())?;
        Ok(RoomSettings { rules, announcement: announcement(OPERATION, texts.as_ref())? })
    }

    /// Changes a room's settings; made again, it changes nothing more.
    pub async fn room_settings_change(
        &self,
        room: &RoomId,
        change: &SettingsChange,
    ) -> Result<(), StoreError> {
        // The texts first: whoever sees the new version finds the terms that belong to it.
        self.texts_change(room, change).await?;
        self.rules_change(room, change).await
    }

    async fn texts_change(&self, room: &RoomId, change: &SettingsChange) -> Result<(), StoreError> {
        let (mut set, mut remove) = (vec![], vec![]);
        let (pk, sk) = keys::room_texts(room);
        let mut update = self.client.update_item().table_name(&self.tables.rooms);
        update = update.key("pk", s(pk)).key("sk", s(sk));
        match &change.announcement {
            None => {}
            Some(None) => remove.push("announcement"),
            Some(Some(text)) => {
                set.push("announcement = :announcement");
                update = update.expression_attribute_values(":announcement", s(text.as_str()));
            }
        }
        if let Some(terms) = &change.blocked_terms {
            let terms = terms.as_slice().iter().map(s).collect();
            set.push("blockedTerms = :terms");
            update = update.expression_attribute_values(":terms", AttributeValue::L(terms));
        }
        let expression = clauses(&[("SET", set), ("REMOVE", remove)]);
        if expression.is_empty() {
            return Ok(());
        }
        let update = update.update_expression(expression);
        update.send().await.map_err(StoreError::request("room_settings_change"))?;
        Ok(())
    }

    async fn rules_change(&self, room: &RoomId, change: &SettingsChange) -> Result<(), StoreError> {
        const OPERATION: &str = "room_settings_change";
        let mut set = vec![];
        let (pk, sk) = keys::room(room);
        let mut update = self.client.update_item().table_name(&self.tables.rooms);
        update = update.key("pk", s(pk)).key("sk", s(sk));
        if let Some(slow) = change.slow_mode {
            set.push("slowModeSeconds = :slow");
            update = update.expression_attribute_values(":slow", n(slow.as_secs()));
        }
        if let Some(chars) = change.max_chars {
            set.push("maxContentLength = :chars");
            update = update.expression_attribute_values(":chars", n(chars));
        }
        if let Some(refuse) = change.refuse_repetition {
            set.push("refuseRepetition = :refuse");
            update = update.expression_attribute_values(":refuse", AttributeValue::Bool(refuse));
        }
        if let Some(terms) = &change.blocked_terms {
            set.push("blocksTerms = :blocks");
            let blocks = AttributeValue::Bool(!terms.as_slice().is_empty());
            update = update.expression_attribute_values(":blocks", blocks);
        }
        if set.is_empty() {
            return Ok(());
        }
        let answer = update
            .update_expression(clauses(&[("SET", set), ("ADD", vec!["settingsVersion :one"])]))
            .expression_attribute_values(":one", n(1))
            .return_values(ReturnValue::AllNew)
            .send()
            .await
            .map_err(StoreError::request(OPERATION))?;
        // Remembered here, so that the process that changed them needs no failed attempt to see them.
        self.rules_of(OPERATION, room, answer.attributes.as_ref()).await?;
        Ok(())
    }

    /// The rules of a room's row, with the blocked terms that belong to them; they are remembered.
    pub(super) async fn rules_of(
        &self,
        operation: &'static str,
        room: &RoomId,
        row: Option<&Item>,
    ) -> Result<RoomRules, StoreError> {
        let mut rules = rules(operation, row)?;
        if matches!(row.and_then(|row| row.get("blocksTerms")), Some(AttributeValue::Bool(true))) {
            let known = self.rooms_known.last_seen(room).filter(|known| known.version == rules.version);
            rules.blocked_terms = match known {
                Some(known) => known.blocked_terms,
                None => {
                    let texts = self.rooms_item(operation, keys::room_texts(room)).await?;
                    blocked_terms(operation, texts.as_ref())?
                }
            };
        }
        self.rooms_known.remember(room, &rules);
        Ok(rules)
    }
}

/// An update expression of the clauses that are not empty.
fn clauses(clauses: &[(&str, Vec<&str>)]) -> String {
    let given = clauses.iter().filter(|(_, actions)| !actions.is_empty());
    given.map(|(verb, actions)| format!("{verb} {}", actions.join(", "))).collect::<Vec<_>>().join(" ")
}

/// The rules without the terms.
fn rules(operation: &'static str, row: Option<&Item>) -> Result<RoomRules, StoreError> {
    let defaults = RoomRules::default();
    let Some(item) = row else { return Ok(defaults) };
    let row = Reader { item, operation };
    let slow_mode = row.optional_number("slowModeSeconds")?.map(Duration::from_secs);
    Ok(RoomRules {
        version: row.optional_number("settingsVersion")?.unwrap_or(0),
        slow_mode: slow_mode.filter(|slow| !slow.is_zero()),
        max_chars: row.optional_number("maxContentLength")?.unwrap_or(defaults.max_chars),
        refuse_repetition: matches!(item.get("refuseRepetition"), Some(AttributeValue::Bool(true))),
        blocked_terms: BlockedTerms::default(),
    })
}

fn blocked_terms(operation: &'static str, texts: Option<&Item>) -> Result<BlockedTerms, StoreError> {
    let Some(item) = texts else { return Ok(BlockedTerms::default()) };
    logged_settings::blocked_terms(Reader { item, operation })
}

fn announcement(operation: &'static str, texts: Option<&Item>) -> Result<Option<Content>, StoreError> {
    let Some(item) = texts else { return Ok(None) };
    let row = Reader { item, operation };
    let text = row.optional_text("announcement")?;
    text.map(|text| Content::parse(text).map_err(|_| row.malformed("announcement"))).transpose()
}
