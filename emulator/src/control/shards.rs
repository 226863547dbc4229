//! `POST /_emulator/shards/{function}/{event}/roll` and `…/split`: other virtual shards in the place of
//! the present ones of a stream mapping. Answered at once: how far it is, `GET /_emulator` shows.

use bytes::Bytes;
use http::{Response, StatusCode};

use crate::gateway::Gateway;
use crate::management;
use crate::streams::TurnoverError;

pub(super) fn turn_over(gateway: &Gateway, mapping: &str, split: bool) -> Response<Bytes> {
    let unknown = || Err(TurnoverError::Unknown(mapping.to_owned()));
    match gateway.mappings.get().map_or_else(unknown, |mappings| mappings.turn_over(mapping, split)) {
        Ok(shards) => {
            let body = serde_json::json!({ "virtualShards": shards }).to_string();
            management::response(StatusCode::ACCEPTED, None, body.into())
        }
        Err(unknown @ TurnoverError::Unknown(_)) => super::not_found(&unknown.to_string()),
        Err(refused) => {
            management::error(StatusCode::BAD_REQUEST, "BadRequestException", &refused.to_string())
        }
    }
}
