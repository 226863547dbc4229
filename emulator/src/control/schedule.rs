//! `POST /_emulator/schedule/{function}`: a function's schedule, now. Its result is the answer, as the
//! Invoke API gives it: 200, and a header if the function failed.

use bytes::Bytes;
use http::{Response, StatusCode};

use crate::gateway::Gateway;
use crate::schedules::RunError;
use crate::{invoke, management};

pub(super) async fn run(gateway: &Gateway, function: &str, event: Option<&str>) -> Response<Bytes> {
    // A task of its own: the function goes on if the caller leaves.
    let (schedules, running) = (gateway.schedules.clone(), gateway.tasks.begin());
    let (function, event) = (function.to_owned(), event.map(str::to_owned));
    let task = tokio::spawn(async move {
        let result = schedules.run(&function, event.as_deref()).await;
        drop(running);
        result
    });
    match task.await {
        Ok(Ok(result)) => invoke::result(Ok(result)),
        Ok(Err(RunError::Function(failed))) => invoke::result(Err(failed)),
        Ok(Err(unknown @ RunError::Unknown(_))) => super::not_found(&unknown.to_string()),
        Ok(Err(several @ RunError::Several { .. })) => {
            management::error(StatusCode::BAD_REQUEST, "BadRequestException", &several.to_string())
        }
        Err(stopped) => {
            management::error(StatusCode::INTERNAL_SERVER_ERROR, "ServiceException", &stopped.to_string())
        }
    }
}
