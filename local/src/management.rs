//! `@connections` for functions in the gateway's own process.

use std::sync::Arc;

use emulator::{Connections, EncodedFrame, PostError};
use shared::management::{DeliveryError, ManagementApi};

/// Posts straight into the connections' queues: the frame is encoded once, however many get it.
pub(crate) fn in_process(connections: Connections) -> ManagementApi {
    ManagementApi::in_process(Arc::new(move |ids, frame| {
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
