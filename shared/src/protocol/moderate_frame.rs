//! A frame of the `moderate` route.

use serde_json::{Map, Value};

use super::client_frame::{FrameRefused, given, nonce, object};
use crate::domain::{Content, Invalid, Nonce, Operation, Rejection, Sequence, SettingsChange, UserId};

/// What a moderator wants to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModerateFrame {
    /// What.
    pub operation: Operation,
    /// To acknowledge it under.
    pub nonce: Option<Nonce>,
}

impl ModerateFrame {
    /// Reads a frame; a refusal names the field.
    pub fn parse(body: &str) -> Result<Self, FrameRefused> {
        let refused = |rejection| FrameRefused { rejection, nonce: None };
        let frame = object(body).map_err(refused)?;
        let nonce = nonce(&frame).map_err(refused)?;
        match operation(&frame) {
            Ok(operation) => Ok(Self { operation, nonce }),
            Err(rejection) => Err(FrameRefused { rejection, nonce }),
        }
    }
}

fn operation(frame: &Map<String, Value>) -> Result<Operation, Rejection> {
    let seconds = || given(frame, "seconds").and_then(Value::as_u64);
    Ok(match text(frame, "op")? {
        "timeout" => Operation::Timeout { user: user(frame)?, duration: Operation::timeout(seconds())? },
        "ban" => Operation::Ban { user: user(frame)? },
        "unban" => Operation::Unban { user: user(frame)? },
        "delete" => {
            let sequence = given(frame, "sequence").and_then(Value::as_u64).unwrap_or(0);
            Operation::Delete { sequence: Sequence::new("sequence", sequence)? }
        }
        "announce" => Operation::Announce { content: Content::parse(text(frame, "content")?)? },
        "slowMode" => Operation::SlowMode { interval: SettingsChange::slow_mode("seconds", seconds())? },
        _ => {
            let known = "must be one of timeout, ban, unban, delete, announce, slowMode";
            return Err(Rejection::invalid("op", known));
        }
    })
}

fn user(frame: &Map<String, Value>) -> Result<UserId, Rejection> {
    Ok(UserId::parse(text(frame, "userId")?)?)
}

fn text<'a>(frame: &'a Map<String, Value>, field: &'static str) -> Result<&'a str, Invalid> {
    match given(frame, field) {
        Some(Value::String(text)) => Ok(text),
        Some(_) => Err(Invalid { field, problem: "must be a string".to_owned() }),
        None => Err(Invalid { field, problem: "is missing".to_owned() }),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    fn parse(fields: &str) -> Result<Operation, Rejection> {
        let body = format!(r#"{{"action":"moderate",{fields}}}"#);
        ModerateFrame::parse(&body).map(|frame| frame.operation).map_err(|refused| refused.rejection)
    }

    #[test]
    fn each_operation_is_read() {
        let bob = || UserId::parse("bob").expect("valid");
        let seconds = Duration::from_secs;
        let timeout = Operation::Timeout { user: bob(), duration: seconds(600) };
        assert_eq!(parse(r#""op":"timeout","userId":"bob","seconds":600"#), Ok(timeout));
        assert_eq!(parse(r#""op":"ban","userId":"bob""#), Ok(Operation::Ban { user: bob() }));
        assert_eq!(parse(r#""op":"unban","userId":"bob""#), Ok(Operation::Unban { user: bob() }));
        let sequence = Sequence::new("sequence", 42).expect("valid");
        assert_eq!(parse(r#""op":"delete","sequence":42"#), Ok(Operation::Delete { sequence }));
        let content = Content::parse("hello").expect("valid");
        assert_eq!(parse(r#""op":"announce","content":" hello ""#), Ok(Operation::Announce { content }));
        assert_eq!(parse(r#""op":"slowMode","seconds":0"#), Ok(Operation::SlowMode { interval: seconds(0) }));
    }

    #[test]
    fn a_wrong_field_is_named() {
        let long = format!(r#""op":"ban","userId":"{}""#, "x".repeat(65));
        for (field, fields) in [
            ("op", r#""userId":"bob""#),
            ("op", r#""op":7"#),
            ("op", r#""op":"kick","userId":"bob""#),
            ("userId", r#""op":"ban""#),
            ("userId", r#""op":"ban","userId":null"#),
            ("userId", r#""op":"ban","userId":["bob"]"#),
            ("userId", r#""op":"unban","userId":"bob#limit""#),
            ("userId", r#""op":"timeout","userId":"a/b","seconds":1"#),
            ("userId", &long),
            ("seconds", r#""op":"timeout","userId":"bob""#),
            ("seconds", r#""op":"timeout","userId":"bob","seconds":0"#),
            ("seconds", r#""op":"timeout","userId":"bob","seconds":-1"#),
            ("seconds", r#""op":"timeout","userId":"bob","seconds":1.5"#),
            ("seconds", r#""op":"timeout","userId":"bob","seconds":"60""#),
            ("seconds", r#""op":"timeout","userId":"bob","seconds":99999999999999999999"#),
            ("seconds", r#""op":"slowMode""#),
            ("seconds", r#""op":"slowMode","seconds":-5"#),
            ("sequence", r#""op":"delete""#),
            ("sequence", r#""op":"delete","sequence":0"#),
            ("sequence", r#""op":"delete","sequence":-1"#),
            ("sequence", r#""op":"delete","sequence":9007199254740992"#),
            ("sequence", r#""op":"delete","sequence":"42""#),
            ("content", r#""op":"announce""#),
            ("content", r#""op":"announce","content":"  ""#),
            ("content", r#""op":"announce","content":"\u0007""#),
            ("nonce", r#""op":"ban","userId":"bob","nonce":"""#),
        ] {
            let refused = parse(fields).expect_err("must be refused");
            assert_eq!(refused.code(), "invalid_message", "{fields}");
            assert!(refused.to_string().starts_with(field), "{fields}: {refused}");
        }
        let long = format!(r#""op":"announce","content":"{}""#, "x".repeat(1001));
        assert_eq!(parse(&long).expect_err("too long").code(), "content_too_long");
    }

    proptest! {
        #[test]
        fn no_body_makes_the_parser_panic(body in any::<String>(), op in any::<String>()) {
            let _outcome = ModerateFrame::parse(&body);
            let frame = serde_json::json!({"op": op, "userId": body, "seconds": 7, "sequence": 7});
            let _outcome = ModerateFrame::parse(&frame.to_string());
        }
    }
}
