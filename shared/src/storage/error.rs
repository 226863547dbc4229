//! What can go wrong between us and the database.

use std::error::Error;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};

/// Names the operation; the cause is the SDK's.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The request failed after the SDK's own retries.
    #[error("{operation} failed")]
    Request {
        /// The method of [`super::Store`].
        operation: &'static str,
        /// Whether it was refused because of too much load.
        throttled: bool,
        /// The SDK's error.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// An item is not as we write them.
    #[error("{operation} read an item whose {attribute} is missing or malformed")]
    Malformed {
        /// The method of [`super::Store`].
        operation: &'static str,
        /// The attribute.
        attribute: &'static str,
    },
    /// Somebody else wrote first, as often as we tried.
    #[error("{operation} met other writers too often")]
    Contended {
        /// The method of [`super::Store`].
        operation: &'static str,
    },
    /// Another message already has this sequence.
    #[error("{operation} found another message with the same sequence")]
    SequenceTaken {
        /// The method of [`super::Store`].
        operation: &'static str,
    },
}

impl StoreError {
    /// Too much load for a partition or the table: waiting helps.
    pub fn is_throttled(&self) -> bool {
        matches!(self, Self::Request { throttled: true, .. })
    }

    /// Whether a conditional write was made: `false` where its condition did not hold.
    pub(super) fn unless_refused<T, E, R>(
        operation: &'static str,
        written: Result<T, SdkError<E, R>>,
    ) -> Result<bool, Self>
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
        R: std::fmt::Debug + Send + Sync + 'static,
    {
        let Err(error) = written else { return Ok(true) };
        match error.as_service_error().and_then(ProvideErrorMetadata::code) {
            Some("ConditionalCheckFailedException") => Ok(false),
            _ => Err(Self::request(operation)(error)),
        }
    }

    /// For `map_err`.
    pub(super) fn request<E, R>(operation: &'static str) -> impl FnOnce(SdkError<E, R>) -> Self
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
        R: std::fmt::Debug + Send + Sync + 'static,
    {
        move |error| {
            let code = error.as_service_error().and_then(|error| error.code().map(str::to_owned));
            let throttled = matches!(
                code.as_deref(),
                Some(
                    "ProvisionedThroughputExceededException" | "ThrottlingException" | "RequestLimitExceeded"
                )
            );
            Self::Request { operation, throttled, source: Box::new(error) }
        }
    }
}
