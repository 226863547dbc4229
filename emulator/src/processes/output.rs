//! What a process writes to stdout and stderr goes to the log, line by line, with its function's name.

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};

/// A line longer than this is logged in parts: a process that writes no newline costs no more memory.
const LONGEST_LINE: usize = 16 * 1024;

/// Reads to the end, which comes when the process and all that it started have closed their side.
pub(super) async fn log(function: String, stream: impl AsyncRead + Unpin) {
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
            write(&function, &line);
            line.clear();
        }
    }
    if !line.is_empty() {
        write(&function, &line);
    }
}

fn write(function: &str, line: &[u8]) {
    let line = String::from_utf8_lossy(line);
    tracing::info!(function, "{}", line.trim_end());
}
