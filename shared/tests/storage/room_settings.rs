//! What a room's moderators decide.

use std::time::Duration;

use shared::domain::{BlockedTerms, Content, RoomSettings, SettingsChange};

use crate::fixture::{database, room};

#[tokio::test]
async fn a_room_has_the_defaults_until_somebody_decides_and_keeps_what_is_left_out() {
    let database = database().await;
    let (store, global) = (&database.store, room("global"));
    assert_eq!(store.room_settings(&global).await.unwrap(), RoomSettings::default());

    let announcement = Content::parse("Welcome.\nBe kind.").unwrap();
    let first = SettingsChange {
        slow_mode: Some(Duration::from_secs(30)),
        blocked_terms: Some(BlockedTerms::parse(&["spam", "悪い"]).unwrap()),
        announcement: Some(Some(announcement.clone())),
        ..SettingsChange::default()
    };
    store.room_settings_change(&global, &first).await.unwrap();
    let second =
        SettingsChange { max_chars: Some(200), refuse_repetition: Some(true), ..SettingsChange::default() };
    store.room_settings_change(&global, &second).await.unwrap();

    let other = store.elsewhere();
    let settings = other.room_settings(&global).await.unwrap();
    assert_eq!(settings.announcement, Some(announcement));
    assert_eq!(settings.rules.version, 2);
    assert_eq!(settings.rules.slow_mode, first.slow_mode);
    assert_eq!((settings.rules.max_chars, settings.rules.refuse_repetition), (200, true));
    assert_eq!(settings.rules.blocked_terms.as_slice(), ["spam", "悪い"]);
    assert_eq!(other.room_rules(&global).await.unwrap(), settings.rules);
    assert_eq!(other.room_settings(&room("b")).await.unwrap(), RoomSettings::default());
}

#[tokio::test]
async fn settings_can_be_taken_back() {
    let database = database().await;
    let (store, global) = (&database.store, room("global"));
    let set = SettingsChange {
        slow_mode: Some(Duration::from_secs(30)),
        blocked_terms: Some(BlockedTerms::parse(&["spam"]).unwrap()),
        announcement: Some(Some(Content::parse("hello").unwrap())),
        ..SettingsChange::default()
    };
    store.room_settings_change(&global, &set).await.unwrap();
    let back = SettingsChange {
        slow_mode: Some(Duration::ZERO),
        blocked_terms: Some(BlockedTerms::default()),
        announcement: Some(None),
        ..SettingsChange::default()
    };
    store.room_settings_change(&global, &back).await.unwrap();
    let mut settings = store.room_settings(&global).await.unwrap();
    assert_eq!(settings.rules.version, 2);
    settings.rules.version = 0;
    assert_eq!(settings, RoomSettings::default());
}

#[tokio::test]
async fn an_announcement_alone_changes_no_rule() {
    let database = database().await;
    let (store, global) = (&database.store, room("global"));
    let said = Content::parse(&"語".repeat(1000)).unwrap();
    let change = SettingsChange { announcement: Some(Some(said.clone())), ..SettingsChange::default() };
    store.room_settings_change(&global, &change).await.unwrap();
    let settings = store.room_settings(&global).await.unwrap();
    assert_eq!((settings.rules.version, settings.announcement), (0, Some(said)));
}
