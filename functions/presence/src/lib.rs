//! The stream of `connections`: keeps who is in which room, and how many, and tells the rooms who
//! joined. Who left is told by `leave-notices`, some seconds later.

use shared::App;
use shared::event::{BatchFailures, StreamEvent};
use shared::presence;
use shared::reply::Failure;

/// Names the records whose users could not be brought up to date.
pub async fn handle(app: &App, event: StreamEvent) -> Result<BatchFailures, Failure> {
    let users = presence::touched(&event);

    Ok(presence::catch_up(app, &users).await.into_iter().collect())
}
