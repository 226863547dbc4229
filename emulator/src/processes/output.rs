//! What a process writes to stdout and stderr goes to the log, line by line, with its function's name.

use std::sync::Arc;

use parking_lot::Mutex;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};

use crate::invoke::LogTail;

/// A line longer than this is logged in parts: a process that writes no newline costs no more memory.
const LONGEST_LINE: usize = 16 * 1024;

/// Where the lines go besides the log while an invocation wants them.
pub(super) type Tail = Arc<Mutex<Option<LogTail>>>;

/// Reads to the end, which comes when the process and all that it started have closed their side.
pub(super) async fn log(function: String, tail: Tail, stream: impl AsyncRead + Unpin) {
    let mut reader = BufReader::with_capacity(LONGEST_LINE, stream);
    let mut line = Vec::new();
    loop {
        let available = match reader.fill_buf().await {
            Ok([]) => break,
            Ok(available) => available,
            Err(error) => {
                tracing::debug!(function, %error, "the output of a function cannot be read");
                break;
            }
        };
        let newline = memchr::memchr(b'\n', available);
        let taken = newline.unwrap_or(available.len());
        line.extend_from_slice(&available[..taken]);
        reader.consume(taken + usize::from(newline.is_some()));
        if newline.is_some() || line.len() >= LONGEST_LINE {
            write(&function, &tail, &line);
            line.clear();
        }
    }
    if !line.is_empty() {
        write(&function, &tail, &line);
    }
}

fn write(function: &str, tail: &Tail, line: &[u8]) {
    let line = String::from_utf8_lossy(line);
    if let Some(tail) = &*tail.lock() {
        tail.line(line.trim_end());
    }
    tracing::info!(function, "{}", line.trim_end());
}
