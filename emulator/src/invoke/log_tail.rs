//! What an invocation logged, for the caller who asked for it: `X-Amz-Log-Type: Tail`.
//! <https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html#API_Invoke_RequestSyntax>

use std::sync::Arc;

use parking_lot::Mutex;

/// The last so many bytes of the log are returned.
const MAX_BYTES: usize = 4 * 1024;

/// The log of one invocation. Cheap to clone; clones share it.
#[derive(Clone, Debug, Default)]
pub struct LogTail(Arc<Mutex<Vec<u8>>>);

impl LogTail {
    /// Adds a line.
    pub(crate) fn line(&self, line: &str) {
        let mut bytes = self.0.lock();
        bytes.extend_from_slice(line.as_bytes());
        bytes.push(b'\n');
        let surplus = bytes.len().saturating_sub(MAX_BYTES);
        bytes.drain(..surplus);
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.0.lock().clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_4_kb_are_kept() {
        let tail = LogTail::default();
        for number in 0..1000 {
            tail.line(&format!("line {number}"));
        }
        let bytes = tail.bytes();
        assert_eq!(bytes.len(), MAX_BYTES);
        assert!(bytes.ends_with(b"line 998\nline 999\n"));
    }
}
