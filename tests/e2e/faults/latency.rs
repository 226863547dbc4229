//! How long deliveries take is measured from the gateway's receipt of the frame.

use shared::analytics::of_service;
use tests::token;

use super::{Database, Mailbox, at, event};

/// The median, where the gateway received the only frame so long ago.
async fn median_of(ms_ago: i64) -> f64 {
    let database = Database::new().await;
    database.connect("global", "bob", "b").await;
    let (app, _) = database.app_with_faults();
    let app = shared::App { management: Mailbox::default().management(), ..app };
    let received = token::now() * 1_000 - ms_ago;
    let frame = r#"{"action":"sendMessage","content":"hello"}"#;
    let event = event("sendMessage", "alice", "a", received, Some(frame));
    send_message::handle(&app, event).await.unwrap();
    let service = of_service(&app.store, at(received + 1_000)).await.unwrap();
    service.latencies.percentile_ms(50).unwrap()
}

#[tokio::test]
async fn a_frame_that_the_gateway_was_long_with_took_long() {
    let median = median_of(9_000).await;
    // The clock is read to the second, and the machine is busy.
    assert!((9_000.0 * 0.975..15_000.0).contains(&median), "{median}");
}

#[tokio::test]
async fn a_time_of_another_clock_is_not_believed() {
    for ms_ago in [3_600_000, -3_600_000] {
        let median = median_of(ms_ago).await;
        assert!(median < 5_000.0, "{median}");
    }
}
