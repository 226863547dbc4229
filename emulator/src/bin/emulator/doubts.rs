//! The flags for what AWS does not document: a section of its own in `--help`.

use emulator::Doubts;
use emulator::doubts::{EndingCause, PostsDuringConnect, RefusalBody};

/// Every flag chooses the other side of a doubt; without it the documented or the more probable one.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Where AWS's behaviour is in doubt")]
pub(crate) struct DoubtOptions {
    /// Let a client's ping count as traffic for --idle-timeout.
    #[arg(long)]
    pub(crate) pings_keep_alive: bool,

    /// How a connection ends by `delete`, `lifetime`, `too-big`, `binary` or `lost`: the code of the
    /// close frame and of $disconnect, and the reason; may be repeated. By default delete=1000,
    /// lifetime=1001, too-big=1009, binary=1003, lost=1006.
    #[arg(long = "ending", value_name = "CAUSE=CODE[:REASON]", value_parser = ending)]
    endings: Vec<(EndingCause, u16, String)>,

    /// What @connections answers a $connect function about its own connection: 410, or nothing until
    /// $connect is decided.
    #[arg(long, value_name = "gone|hang", default_value = "gone", hide_default_value = true, value_parser = posts)]
    posts_during_connect: PostsDuringConnect,

    /// The body of a handshake that the gateway refuses: with the connection's and the request's id,
    /// with the message alone, or none.
    #[arg(long, value_name = "ids|message|empty", default_value = "ids", hide_default_value = true, value_parser = body)]
    refusal_body: RefusalBody,

    /// The text of the error frame for a throttled message.
    #[arg(long, value_name = "TEXT", default_value = "Too Many Requests")]
    throttled_message: String,

    /// The text of the error frame for a message whose integration takes too long.
    #[arg(long, value_name = "TEXT", default_value = "Endpoint request timed out")]
    timeout_message: String,

    /// Take any result of a message's function: null, a text, an object without statusCode.
    #[arg(long)]
    lenient_results: bool,

    /// Copy the headers of a $connect function's result, Set-Cookie for example, into the 101.
    #[arg(long)]
    connect_headers: bool,

    /// Hand an authorizer's numbers and booleans on as such and not as strings.
    #[arg(long)]
    pub(crate) native_authorizer_values: bool,

    /// Leave stageVariables out of the events of messages and $disconnect.
    #[arg(long)]
    no_stage_variables_in_messages: bool,

    /// The most that one frame of a client may carry.
    #[arg(long, value_name = "BYTES", default_value_t = emulator::MAX_FRAME_BYTES)]
    frame_bytes: usize,

    /// Judge --frame-bytes after decompression and not on the wire.
    #[arg(long)]
    frame_bytes_inflated: bool,

    /// Send a post of more than 32 KB in one frame and not in several.
    #[arg(long)]
    whole_posts: bool,

    /// Select routes by JSON with unquoted keys, single quotes, comments and trailing commas as well.
    #[arg(long)]
    lenient_json: bool,

    /// Send a post that is no UTF-8 as a binary frame instead of answering 400.
    #[arg(long)]
    binary_posts: bool,

    /// Decline permessage-deflate, which the service accepts where a client offers it.
    #[arg(long)]
    no_compression: bool,
}

impl From<&DoubtOptions> for Doubts {
    fn from(options: &DoubtOptions) -> Self {
        Self {
            endings: options.endings.clone(),
            posts_during_connect: options.posts_during_connect,
            refusal_body: options.refusal_body,
            throttled_message: options.throttled_message.clone(),
            timeout_message: options.timeout_message.clone(),
            lenient_results: options.lenient_results,
            connect_headers: options.connect_headers,
            stage_variables_in_messages: !options.no_stage_variables_in_messages,
            frame_bytes: options.frame_bytes,
            judge_inflated: options.frame_bytes_inflated,
            whole_posts: options.whole_posts,
            lenient_json: options.lenient_json,
            binary_posts: options.binary_posts,
            compression: !options.no_compression,
        }
    }
}

fn ending(text: &str) -> Result<(EndingCause, u16, String), String> {
    let (cause, rest) = text.split_once('=').ok_or("it must be CAUSE=CODE[:REASON]")?;
    let cause = match cause {
        "delete" => EndingCause::Delete,
        "lifetime" => EndingCause::Lifetime,
        "too-big" => EndingCause::TooBig,
        "binary" => EndingCause::Binary,
        "lost" => EndingCause::Lost,
        _ => return Err("the cause is delete, lifetime, too-big, binary or lost".to_owned()),
    };
    let (code, reason) = rest.split_once(':').unwrap_or((rest, ""));
    let code = code.parse().ok().filter(|code| (1000..=4999).contains(code));
    // A close frame has room for no more.
    match (code, reason.len()) {
        (Some(code), ..=123) => Ok((cause, code, reason.to_owned())),
        (None, _) => Err("the code is a number from 1000 to 4999".to_owned()),
        (Some(_), _) => Err("the reason has at most 123 bytes".to_owned()),
    }
}

fn posts(text: &str) -> Result<PostsDuringConnect, String> {
    match text {
        "gone" => Ok(PostsDuringConnect::Gone),
        "hang" => Ok(PostsDuringConnect::Hang),
        _ => Err("it is gone or hang".to_owned()),
    }
}

fn body(text: &str) -> Result<RefusalBody, String> {
    match text {
        "ids" => Ok(RefusalBody::Ids),
        "message" => Ok(RefusalBody::Message),
        "empty" => Ok(RefusalBody::Empty),
        _ => Err("it is ids, message or empty".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn an_ending_has_a_cause_a_code_and_perhaps_a_reason() {
        assert_eq!(ending("delete=1005").unwrap(), (EndingCause::Delete, 1005, String::new()));
        assert_eq!(ending("lost=1006:a:b").unwrap(), (EndingCause::Lost, 1006, "a:b".to_owned()));
        for text in ["delete", "x=1000", "delete=999", "delete=x", &format!("lost=1006:{}", "a".repeat(124))]
        {
            assert!(ending(text).is_err(), "{text}");
        }
    }
}
