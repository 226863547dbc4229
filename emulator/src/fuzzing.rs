//! Doors for the fuzz targets in `fuzz/`, which CI tries with random input as well. Each panics if what
//! it is given breaks a promise, and does nothing else.

use crate::codec::{Decoder, MAX_MESSAGE_BYTES, Rules};
use crate::gateway::RouteSelection;
use crate::template::{Options, Template};
use crate::{codec::Incoming, gateway};

/// Bytes of a client behind its handshake: the first chooses the rules, the second where they are cut.
pub fn frames(bytes: &[u8]) {
    let &[rules, cut, ref wire @ ..] = bytes else { return };
    let rules = Rules { deflate: rules & 1 != 0, judge_inflated: rules & 2 != 0, ..Rules::default() };
    let read = |pieces: &[&[u8]]| {
        let (mut decoder, mut all) = (Decoder::new(rules), Vec::new());
        for mut piece in pieces.iter().copied() {
            loop {
                match decoder.next(&mut piece) {
                    Ok(Some(incoming)) => all.push(incoming),
                    Ok(None) => break,
                    Err(violation) => return (all, Some(violation)),
                }
            }
        }
        (all, None)
    };
    let whole = read(&[wire]);
    let is_within = |one: &Incoming| !matches!(one, Incoming::Text(text) if text.len() > MAX_MESSAGE_BYTES);
    assert!(whole.0.iter().all(is_within), "a message is too large");
    let (first, second) = wire.split_at(usize::from(cut).min(wire.len()));
    assert_eq!(read(&[first, second]), whole, "it matters how the bytes are cut");
}

/// Bytes of a client before its handshake.
pub fn head(bytes: &[u8]) {
    gateway::read_head(bytes);
}

/// A template, YAML or JSON.
pub fn template(text: &str) {
    if let Ok(template) = Template::read(text, &Options::default()) {
        for api in template.web_socket_apis.values() {
            assert!(
                api.routes
                    .values()
                    .all(|route| { route.function.as_ref().is_none_or(|function| !function.is_empty()) })
            );
        }
    }
}

/// A route selection expression, and behind the first line break a body.
pub fn selection(text: &str) {
    let (expression, body) = text.split_once('\n').unwrap_or((text, ""));
    if let Ok(selection) = RouteSelection::parse(expression) {
        let _keys = (selection.evaluate(body, false), selection.evaluate(body, true));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Text made of what templates are made of.
    fn template_text() -> impl Strategy<Value = String> {
        let token = prop::sample::select(vec![
            "Resources:",
            "Conditions:",
            "Mappings:",
            "Parameters:",
            "Globals:",
            "\n",
            "\n  ",
            "\n    ",
            "\n      ",
            "A:",
            " Type: AWS::Serverless::Function",
            " Type: AWS::ApiGatewayV2::Api",
            "Properties:",
            "- ",
            "{",
            "}",
            "[",
            "]",
            ",",
            ": ",
            "!Ref A",
            "!Sub '${A}'",
            "!GetAtt A.Arn",
            "!If [A, B, C]",
            "Fn::If:",
            "!Select [0, [a]]",
            "!Join ['', [!Ref A]]",
            "!FindInMap [A, B, C]",
            "&a",
            "*a",
            "<<: *a",
            "\"",
            "'",
            "é",
            "1",
            "true",
            "null",
        ]);
        proptest::collection::vec(token, 0..30).prop_map(|tokens| tokens.concat())
    }

    proptest! {
        #[test]
        fn however_bytes_are_cut_the_same_frames_are_read(
            bytes in proptest::collection::vec(any::<u8>(), 0..200),
            first in prop::sample::select(vec![0x01u8, 0x41, 0x81, 0xC1, 0x00, 0x80, 0x88, 0x89, 0x82]),
            length in 0u8..130,
        ) {
            frames(&bytes);
            // One that begins as a client's frame does, so that more than headers are tried.
            let mut framed = vec![bytes.first().copied().unwrap_or(1), bytes.last().copied().unwrap_or(3), first, 0x80 | length];
            framed.extend(&bytes);
            frames(&framed);
        }

        #[test]
        fn no_bytes_break_the_reading_of_heads(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            head(&bytes);
        }

        #[test]
        fn no_text_breaks_the_reading_of_templates(text in template_text()) {
            template(&text);
        }

        #[test]
        fn no_expression_breaks_the_selection(text in "[$\\{\\}a-z.\\[\\]0-9'\"\\n: ]{0,60}") {
            selection(&text);
        }
    }
}
