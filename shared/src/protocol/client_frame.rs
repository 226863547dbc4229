//! A frame that a client sent.

use serde_json::{Map, Value};

use crate::domain::{Content, Draft, Invalid, Nonce, Rejection, Sequence, UserId};

/// What a client wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientFrame {
    /// To say something to the room of its connection, or to one user there.
    SendMessage(Draft),
    /// To keep an idle connection alive.
    Ping,
}

/// A refused frame, with the nonce to answer under where the frame had a good one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrameRefused {
    /// Why.
    pub rejection: Rejection,
    /// The frame's nonce.
    pub nonce: Option<Nonce>,
}

impl ClientFrame {
    /// Reads a frame by its `action`, or by `"type":"chat"` where it has none (as clients of the Go
    /// predecessor send it). Everything else in it that is not ours to take from a client (ids,
    /// times, room, user) is ignored.
    pub fn parse(body: &str) -> Result<Self, FrameRefused> {
        let refused = |rejection| FrameRefused { rejection, nonce: None };
        let frame = object(body).map_err(refused)?;
        let nonce = nonce(&frame).map_err(refused)?;
        let parsed = match (frame.get("action"), frame.get("type")) {
            (Some(Value::String(action)), _) if action == "sendMessage" => draft(&frame, nonce.clone()),
            (Some(Value::String(action)), _) if action == "ping" => Ok(Self::Ping),
            (None, Some(Value::String(kind))) if kind == "chat" => draft(&frame, nonce.clone()),
            _ => Err(Rejection::UnknownAction),
        };
        parsed.map_err(|rejection| FrameRefused { rejection, nonce })
    }
}

pub(super) fn object(body: &str) -> Result<Map<String, Value>, Rejection> {
    match serde_json::from_str(body) {
        Ok(Value::Object(frame)) => Ok(frame),
        _ => Err(Rejection::InvalidJson),
    }
}

fn draft(frame: &Map<String, Value>, nonce: Option<Nonce>) -> Result<ClientFrame, Rejection> {
    let to = match given(frame, "to") {
        None => None,
        Some(Value::String(to)) => {
            Some(UserId::parse(to).map_err(|Invalid { problem, .. }| Rejection::invalid("to", problem))?)
        }
        Some(_) => return Err(Rejection::invalid("to", "must be a string")),
    };
    let content = match given(frame, "content") {
        Some(Value::String(content)) => Content::parse(content)?,
        Some(_) => return Err(Rejection::invalid("content", "must be a string")),
        None => return Err(Rejection::invalid("content", "is missing")),
    };
    let reply_to = given(frame, "replyTo")
        .map(|number| Sequence::new("replyTo", number.as_u64().unwrap_or(0)))
        .transpose()?;
    Ok(ClientFrame::SendMessage(Draft { content, nonce, reply_to, to }))
}

pub(super) fn nonce(frame: &Map<String, Value>) -> Result<Option<Nonce>, Rejection> {
    match given(frame, "nonce") {
        None => Ok(None),
        Some(Value::String(nonce)) => Ok(Some(Nonce::parse(nonce)?)),
        Some(_) => Err(Rejection::invalid("nonce", "must be a string")),
    }
}

/// An optional field; many serializers write `null` for one that is not set.
pub(super) fn given<'a>(frame: &'a Map<String, Value>, field: &str) -> Option<&'a Value> {
    frame.get(field).filter(|value| !value.is_null())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn message(body: &str) -> Draft {
        match ClientFrame::parse(body) {
            Ok(ClientFrame::SendMessage(draft)) => draft,
            other => panic!("{body} was read as {other:?}"),
        }
    }

    fn code(body: &str) -> &'static str {
        ClientFrame::parse(body).expect_err("must be refused").rejection.code()
    }

    #[test]
    fn a_message_is_read_by_action_or_by_type() {
        assert_eq!(message(r#"{"action":"sendMessage","content":" hi "}"#).content.as_str(), "hi");
        assert_eq!(
            message(r#"{"type":"chat","content":"Hello everyone!"}"#).content.as_str(),
            "Hello everyone!"
        );
        assert_eq!(
            message(r#"{"action":"sendMessage","type":"join","content":"hi"}"#).content.as_str(),
            "hi"
        );
    }

    #[test]
    fn ids_times_and_names_of_the_client_are_ignored() {
        let body = r#"{"type":"chat","content":"hi","messageId":"x","sequence":9,"userId":"root",
            "username":"Root","roomId":"other","timestamp":"1999-01-01T00:00:00Z","role":"owner"}"#;
        assert_eq!(message(body), message(r#"{"type":"chat","content":"hi"}"#));
    }

    #[test]
    fn what_is_not_an_object_is_not_a_frame() {
        for body in
            ["", "hello", "42", "[]", "null", "\"chat\"", "{", r#"{"action":"ping"}{}"#, &"[".repeat(5000)]
        {
            assert_eq!(code(body), "invalid_json", "{body}");
        }
    }

    #[test]
    fn only_known_actions_are_carried_out() {
        assert_eq!(ClientFrame::parse(r#"{"action":"ping"}"#), Ok(ClientFrame::Ping));
        for body in [
            "{}",
            r#"{"action":"sendmessage","content":"x"}"#,
            r#"{"action":"moderate","op":"ban","userId":"bob"}"#,
            r#"{"action":null,"type":"chat","content":"x"}"#,
            r#"{"action":7,"content":"x"}"#,
            r#"{"type":"join","content":"x"}"#,
            r#"{"type":"system","content":"x"}"#,
            r#"{"type":"leave"}"#,
            r#"{"content":"x"}"#,
        ] {
            assert_eq!(code(body), "unknown_action", "{body}");
        }
    }

    #[test]
    fn a_wrong_field_is_named() {
        for (field, body) in [
            ("content", r#"{"type":"chat"}"#),
            ("content", r#"{"type":"chat","content":null}"#),
            ("content", r#"{"type":"chat","content":["x"]}"#),
            ("content", r#"{"type":"chat","content":"  "}"#),
            ("nonce", r#"{"type":"chat","content":"x","nonce":""}"#),
            ("nonce", r#"{"type":"chat","content":"x","nonce":7}"#),
            ("nonce", &format!(r#"{{"type":"chat","content":"x","nonce":"{}"}}"#, "n".repeat(65))),
            ("replyTo", r#"{"type":"chat","content":"x","replyTo":0}"#),
            ("replyTo", r#"{"type":"chat","content":"x","replyTo":-1}"#),
            ("replyTo", r#"{"type":"chat","content":"x","replyTo":1.5}"#),
            ("replyTo", r#"{"type":"chat","content":"x","replyTo":"1"}"#),
            ("to", r#"{"type":"chat","content":"x","to":""}"#),
            ("to", r#"{"type":"chat","content":"x","to":["bob"]}"#),
            ("to", r#"{"type":"chat","content":"x","to":"bob#1"}"#),
        ] {
            let refused = ClientFrame::parse(body).expect_err("must be refused").rejection;
            assert_eq!(refused.code(), "invalid_message", "{body}");
            assert!(refused.to_string().starts_with(field), "{body}: {refused}");
        }
    }

    #[test]
    fn a_refusal_carries_a_good_nonce() {
        let refused = ClientFrame::parse(r#"{"type":"chat","content":"","nonce":"n1"}"#).expect_err("blank");
        assert_eq!(refused.nonce.map(|n| n.as_str().to_owned()), Some("n1".to_owned()));
    }

    proptest! {
        #[test]
        fn no_body_makes_the_parser_panic(body in any::<String>()) {
            let _outcome = ClientFrame::parse(&body);
        }

        #[test]
        fn no_field_values_make_the_parser_panic(
            action in any::<Option<String>>(), kind in any::<Option<String>>(),
            content in any::<Option<String>>(), nonce in any::<Option<String>>(), reply in any::<Option<f64>>(),
        ) {
            let frame = serde_json::json!(
                {"action": action, "type": kind, "content": content, "nonce": nonce, "replyTo": reply});
            let _outcome = ClientFrame::parse(&frame.to_string());
        }
    }
}
