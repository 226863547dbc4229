//! Bans, and the log of what was done.

use std::time::Duration;

use shared::domain::{Ban, BlockedTerms, Content, Deed, LogEntry, LogId, Operation, Role, SettingsChange};

use crate::fixture::{actor, at, database, now, room, sequence, user};

#[tokio::test]
async fn a_ban_is_of_one_user_in_one_room_and_the_first_one_counts() {
    let database = database().await;
    let (store, global, bob) = (&database.store, room("global"), user("bob"));
    assert_eq!(store.ban_get(&global, &bob).await.unwrap(), None);
    let ban = Ban { by: actor("olga", Role::Owner), at: now() };
    store.ban_put(&global, &bob, &ban).await.unwrap();
    let again = Ban { by: actor("mia", Role::Moderator), at: now().plus(Duration::from_secs(1)) };
    store.ban_put(&global, &bob, &again).await.unwrap();
    assert_eq!(store.ban_get(&global, &bob).await.unwrap(), Some(ban));

    let (other, ann) = (room("other"), user("ann"));
    let bans = store.bans_of(&[(&global, &ann), (&global, &bob), (&other, &bob)]).await.unwrap();
    assert_eq!(bans, [false, true, false]);

    for _ in 0..2 {
        store.ban_delete(&global, &bob).await.unwrap();
        assert_eq!(store.ban_get(&global, &bob).await.unwrap(), None);
    }
}

#[tokio::test]
async fn the_log_is_read_newest_first_page_by_page() {
    let database = database().await;
    let (store, global, bob) = (&database.store, room("global"), user("bob"));
    let operations = [
        Operation::Timeout { user: bob.clone(), duration: Duration::from_secs(600) },
        Operation::Ban { user: bob.clone() },
        Operation::Unban { user: bob },
        Operation::Delete { sequence: sequence(42) },
        Operation::Announce { content: Content::parse("Be\nkind.").unwrap() },
        Operation::SlowMode { interval: Duration::ZERO },
    ];
    let all = SettingsChange {
        slow_mode: Some(Duration::from_secs(5)),
        max_chars: Some(500),
        refuse_repetition: Some(false),
        blocked_terms: Some(BlockedTerms::parse(&["spam"]).unwrap()),
        announcement: Some(Some(Content::parse("Be kind.").unwrap())),
    };
    let less = SettingsChange {
        blocked_terms: Some(BlockedTerms::default()),
        announcement: Some(None),
        ..SettingsChange::default()
    };
    let deeds = operations.map(Deed::Operation).into_iter().chain([all, less].map(Deed::Settings));
    let mut written = Vec::new();
    for (deed, n) in deeds.zip(0..) {
        // Two at a time at once.
        let at = at(now().as_millis() + i64::from(n / 2));
        let entry = LogEntry { id: LogId::new(at, n), at, by: user("mia"), deed };
        store.moderation_put(&global, &entry).await.unwrap();
        written.insert(0, entry);
    }
    let (mut read, mut before) = (Vec::new(), None);
    loop {
        let page = store.moderation_page(&global, before.as_ref(), 4, now()).await.unwrap();
        assert!(page.entries.len() <= 4);
        read.extend(page.entries);
        before = page.next;
        if before.is_none() {
            break;
        }
    }
    assert_eq!(read, written);
    assert_eq!(store.moderation_page(&room("other"), None, 4, now()).await.unwrap().entries, []);
    let in_a_year = now().plus(Duration::from_secs(366 * 86_400));
    assert_eq!(store.moderation_page(&global, None, 4, in_a_year).await.unwrap().entries, []);
}
