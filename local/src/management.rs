//! `@connections` for functions in the gateway's own process.

use std::sync::Arc;

use emulator::{Connections, EncodedFrame, PostError};
use shared::config::Config;
use shared::management::{DeliveryError, ManagementApi};

/// Answered by the connections themselves, without a socket, and posting straight into their queues:
/// the frame is encoded once, however many get it. `stage` is the WebSocket API's.
pub(crate) fn in_process(config: &Config, stage: &str, connections: Connections) -> ManagementApi {
    let endpoint = Some(format!("http://gateway.in-process/{stage}"));
    let config = Config { management_endpoint: endpoint, ..config.clone() };
    let api = ManagementApi::new(&config, connections.http_client());
    api.posting_by(Arc::new(move |ids, frame| {
        let frame = EncodedFrame::text(frame);
        let post = |id: &&shared::domain::ConnectionId| connections.post_frame(id.as_str(), &frame);
        ids.iter().map(|id| post(id).map_err(delivery_error)).collect()
    }))
}

fn delivery_error(error: PostError) -> DeliveryError {
    match error {
        PostError::Gone => DeliveryError::Gone,
        PostError::LimitExceeded => DeliveryError::Throttled,
        PostError::InvalidId | PostError::TooLarge | PostError::Internal | PostError::NotText => {
            DeliveryError::Failed(Box::new(error))
        }
    }
}
