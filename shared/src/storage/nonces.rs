//! Table `rooms`, items `user#R#U`, `nonce#N`: what a client's nonce stands for.

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;

use super::attributes::{Reader, expiry, n, s};
use super::{Store, StoreError, keys};
use crate::domain::{MessageId, Nonce, Sequence, Speaker, Timestamp};

/// The message that a nonce stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Its id.
    pub message_id: MessageId,
    /// Its place in the room.
    pub sequence: Sequence,
    /// When it was first sent.
    pub timestamp: Timestamp,
}

impl Store {
    /// What this nonce stands for, if it was used within [`Nonce::REMEMBERED`].
    pub async fn nonce_find(
        &self,
        speaker: &Speaker,
        nonce: &Nonce,
        now: Timestamp,
    ) -> Result<Option<Claim>, StoreError> {
        const OPERATION: &str = "nonce_find";
        let key = keys::nonce(&speaker.room_id, &speaker.user_id, nonce);
        let Some(item) = self.rooms_item(OPERATION, key).await? else { return Ok(None) };
        let row = Reader { item: &item, operation: OPERATION };
        if row.is_expired(now)? { Ok(None) } else { read(row).map(Some) }
    }

    /// Lets a nonce stand for a message, unless it already stands for one other than `instead_of`:
    /// that one is returned.
    pub async fn nonce_claim(
        &self,
        speaker: &Speaker,
        nonce: &Nonce,
        claim: Claim,
        instead_of: Option<Claim>,
        now: Timestamp,
    ) -> Result<Claim, StoreError> {
        const OPERATION: &str = "nonce_claim";
        let (pk, sk) = keys::nonce(&speaker.room_id, &speaker.user_id, nonce);
        let put = self
            .client
            .put_item()
            .table_name(&self.tables.rooms)
            .item("pk", s(pk))
            .item("sk", s(sk))
            .item("messageId", s(claim.message_id.to_string()))
            .item("sequence", n(claim.sequence))
            .item("timestamp", n(claim.timestamp.as_millis()))
            .item("expiresAt", expiry(now.plus(Nonce::REMEMBERED)))
            .condition_expression("attribute_not_exists(pk) OR expiresAt <= :now OR messageId = :instead")
            .expression_attribute_values(":now", n(now.as_secs()))
            .expression_attribute_values(":instead", s(instead_of.unwrap_or(claim).message_id.to_string()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let Err(error) = put.send().await else { return Ok(claim) };
        if let Some(PutItemError::ConditionalCheckFailedException(taken)) = error.as_service_error() {
            let Some(item) = taken.item() else { return Err(StoreError::Contended { operation: OPERATION }) };
            return read(Reader { item, operation: OPERATION });
        }
        Err(StoreError::request(OPERATION)(error))
    }
}

fn read(row: Reader<'_>) -> Result<Claim, StoreError> {
    Ok(Claim {
        message_id: row.parsed("messageId", MessageId::parse)?,
        sequence: Sequence::new("sequence", row.number("sequence")?)
            .map_err(|_| row.malformed("sequence"))?,
        timestamp: row.moment("timestamp")?,
    })
}
