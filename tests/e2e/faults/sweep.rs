//! The hourly sweep makes good what the stream never told anybody.

use serde_json::json;
use shared::App;
use shared::domain::{Counts, RoomId};
use shared::event::ScheduledEvent;
use shared::storage::Scope;
use tests::faults::{Fault, every};

use super::members::batch;
use super::{Database, Mailbox};

fn an_hour_later() -> ScheduledEvent {
    serde_json::from_value(json!({"time": "2026-11-24T09:31:00Z"})).unwrap()
}

/// Alice and her feed were counted and went without a record; bob came without one.
async fn after_losses(mailbox: &Mailbox) -> (Database, App) {
    let database = Database::new().await;
    let app = App { management: mailbox.management(), ..database.app.clone() };
    database.connect("global", "alice", "a1").await;
    let event = batch(&[("INSERT", "global", "alice", "a1")]);
    presence::handle(&app, event).await.unwrap();
    database.disconnect("a1").await;
    database.connect("global", "bob", "b1").await;
    (database, app)
}

async fn expect_only_bob(app: &App) {
    let room = RoomId::parse("global").unwrap();
    let expected = Counts { members: 1, connections: 1 };
    assert_eq!(app.store.room_counts(&room).await.unwrap(), expected);
    assert_eq!(app.store.service_connections().await.unwrap(), 1);
    assert_eq!(app.store.attendance(&Scope::Room(room.clone())).await.unwrap().now, expected);
    let members = app.store.room_members(&room, 10, None).await.unwrap().members;
    assert_eq!(members.iter().map(|member| member.user_id.as_str()).collect::<Vec<_>>(), ["bob"]);
}

#[tokio::test(start_paused = true)]
async fn who_came_without_a_record_is_counted_and_who_went_is_counted_out() {
    let mailbox = Mailbox::default();
    let (_database, app) = after_losses(&mailbox).await;
    for _ in 0..2 {
        let swept = sweep::handle(&app, an_hour_later()).await.unwrap();
        let swept = serde_json::to_value(swept).unwrap();
        assert_eq!(
            (&swept["connections"], &swept["gone"], &swept["failed"]),
            (&json!(1), &json!(0), &json!(0))
        );
        expect_only_bob(&app).await;
    }
    assert!(mailbox.notices("b1").iter().any(|(kind, user, _)| kind == "join" && user == "bob"));
}

#[tokio::test(start_paused = true)]
async fn a_room_whose_summary_was_never_written_is_found() {
    let database = Database::new().await;
    let (app, faults) = database.app_with_faults();
    database.connect("global", "alice", "a1").await;
    faults.strike(every("UpdateItem").with("summary#"), Fault::internal());
    presence::handle(&app, batch(&[("INSERT", "global", "alice", "a1")])).await.unwrap();
    faults.heal();
    assert_eq!(app.store.rooms_active(10).await.unwrap(), []);
    sweep::handle(&database.app, an_hour_later()).await.unwrap();
    let rooms = app.store.rooms_active(10).await.unwrap();
    assert_eq!(rooms.len(), 1);
    assert_eq!(rooms[0].counts, Counts { members: 1, connections: 1 });
}
