//! The stream of `connections` once more, removals only and some seconds late: tells the rooms who
//! left. Whoever was back by then never left, as far as anybody was told.

use std::time::SystemTime;

use shared::App;
use shared::event::{BatchFailures, StreamEvent};
use shared::presence;
use shared::reply::Failure;

/// Waits until the youngest of the removals is as old as the configuration wants it, then names the
/// records of users of whom could not be found out whether they left.
pub async fn handle(app: &App, event: StreamEvent) -> Result<BatchFailures, Failure> {
    let users = presence::touched(&event);

    #[expect(clippy::disallowed_methods, reason = "how old a record is by now is a duration")]
    let now = SystemTime::now();
    let age = presence::age_of_youngest(&users, now);
    tokio::time::sleep(app.config.leave_notice_delay.saturating_sub(age)).await;

    Ok(presence::see_off(app, &users).await.into_iter().collect())
}
