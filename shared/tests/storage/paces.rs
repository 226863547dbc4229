//! When somebody may speak, over the table.

use std::time::Duration;

use shared::domain::{Gcra, Pace, Rejection, Role, RoomRules, Spoken, Timestamp};
use shared::storage::Store;

use crate::fixture::{database, draft, now, room, user};

const MS: fn(u64) -> Duration = Duration::from_millis;

fn limited() -> Pace {
    Pace { rate: Gcra::new(5.0, 10), ..rules(0, false, "hello") }
}

/// A room's rules, without a rate.
fn rules(slow_seconds: u64, refuse_repetition: bool, content: &str) -> Pace {
    let slow_mode = (slow_seconds > 0).then(|| Duration::from_secs(slow_seconds));
    let rules = RoomRules { slow_mode, refuse_repetition, ..RoomRules::default() };
    Pace::new(None, &rules, Role::Viewer, &draft(content).content)
}

async fn take(store: &Store, name: &str, pace: &Pace, at: Timestamp) -> Result<Spoken, Rejection> {
    store.pace_take(&room("global"), &user(name), pace, at).await.unwrap()
}

#[tokio::test]
async fn ten_pass_at_once_the_next_one_waits_and_others_are_not_held_up() {
    let database = database().await;
    let take = async |name, at| take(&database.store, name, &limited(), at).await.map(|_| ());
    let wait = Err(Rejection::RateLimited { retry_after: MS(200) });
    for _ in 0..10 {
        assert_eq!(take("alice", now()).await, Ok(()));
    }
    assert_eq!(take("alice", now()).await, wait);
    assert_eq!(take("bob", now()).await, Ok(()));
    let soon = now().plus(MS(200));
    assert_eq!(take("alice", soon).await, Ok(()));
    assert_eq!(take("alice", soon).await, wait);
    assert_eq!(take("alice", now().plus(MS(60_000))).await, Ok(()));
}

#[tokio::test]
async fn thirty_at_once_get_no_more_than_the_burst() {
    let database = database().await;
    let mut takers = tokio::task::JoinSet::new();
    for _ in 0..30 {
        let store = database.store.clone();
        takers.spawn(async move { take(&store, "alice", &limited(), now()).await });
    }
    let passed = takers.join_all().await.into_iter().filter(Result::is_ok).count();
    assert!((1..=10).contains(&passed), "{passed} passed");
}

#[tokio::test]
async fn slow_mode_lets_one_message_through_in_its_time_and_says_what_was_before() {
    let database = database().await;
    let slow = rules(5, false, "hello");
    let take = async |at| take(&database.store, "alice", &slow, at).await;
    assert_eq!(take(now()).await, Ok(Spoken::default()));
    let refused = take(now().plus(MS(1200))).await;
    assert_eq!(refused, Err(Rejection::SlowMode { retry_after: MS(3800) }));
    let next = take(now().plus(MS(5000))).await.unwrap();
    assert_eq!(next.at, Some(now()), "a refusal wrote nothing");
    assert_eq!(next.said, Some(slow.said.clone()));
}

#[tokio::test]
async fn of_ten_at_once_slow_mode_lets_one_through() {
    let database = database().await;
    let mut takers = tokio::task::JoinSet::new();
    for _ in 0..10 {
        let store = database.store.clone();
        takers.spawn(async move { take(&store, "alice", &rules(5, false, "hello"), now()).await });
    }
    assert_eq!(takers.join_all().await.into_iter().filter(Result::is_ok).count(), 1);
}

#[tokio::test]
async fn a_repetition_is_refused_for_thirty_seconds() {
    let database = database().await;
    let take =
        async |content, at| take(&database.store, "alice", &rules(0, true, content), at).await.map(|_| ());
    assert_eq!(take("hello", now()).await, Ok(()));
    let later = now().plus(MS(10_000));
    assert_eq!(take("Hello!", later).await, Err(Rejection::Repetition { retry_after: MS(20_000) }));
    assert_eq!(take("bye", later).await, Ok(()));
    assert_eq!(take("hello", later).await, Ok(()), "only what was said last counts");
    assert_eq!(take("hello", later.plus(MS(30_000))).await, Ok(()));
}

#[tokio::test]
async fn a_mute_holds_whatever_the_rate_and_ends_by_itself() {
    let database = database().await;
    let (store, global, bob, mia) = (&database.store, room("global"), user("bob"), user("mia"));
    let free = rules(0, false, "hello");
    for (other, pace) in [("a", limited()), ("b", free.clone()), ("c", rules(5, true, "hello"))] {
        let until = now().plus(MS(60_000));
        store.mute_put(&global, &bob, until, &mia).await.unwrap();
        let refused = take(store, "bob", &pace, now().plus(MS(1500))).await;
        assert_eq!(refused, Err(Rejection::Muted { retry_after: Some(MS(58_500)) }), "{pace:?}");
        assert_eq!(take(store, other, &pace, now()).await.map(|_| ()), Ok(()));
        store.mute_delete(&global, &bob, now()).await.unwrap();
    }
    store.mute_put(&global, &bob, now().plus(MS(1000)), &mia).await.unwrap();
    assert_eq!(take(store, "bob", &limited(), now().plus(MS(1000))).await.map(|_| ()), Ok(()));

    store.mute_put(&global, &bob, Timestamp::MAX, &mia).await.unwrap();
    store.mute_put(&global, &bob, now().plus(MS(1000)), &mia).await.unwrap();
    for pace in [limited(), free] {
        let much_later = now().plus(MS(1 << 40));
        assert_eq!(take(store, "bob", &pace, much_later).await, Err(Rejection::Muted { retry_after: None }));
    }
    let owner = Pace { heeds_mutes: false, ..limited() };
    assert_eq!(take(store, "bob", &owner, now().plus(MS(60_000))).await.map(|_| ()), Ok(()));
    store.mute_delete(&global, &bob, now()).await.unwrap();
    assert_eq!(take(store, "bob", &limited(), now().plus(MS(90_000))).await.map(|_| ()), Ok(()));
}
