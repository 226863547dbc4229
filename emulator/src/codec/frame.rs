//! Frames of the server: never masked.

use bytes::Bytes;

use super::{MAX_CONTROL_BYTES, MAX_FRAME_BYTES, opcode};

const FINAL: u8 = 0x80;

/// A message as it goes over the wire. Cheap to clone: a broadcast encodes once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncodedFrame(Bytes);

impl EncodedFrame {
    /// A text message. More than 32 KB become several frames of at most 32 KB, as the service's
    /// frame limit holds for `@connections` too. The payload is not checked for UTF-8 or length.
    pub fn text(payload: &[u8]) -> Self {
        let frames = payload.len().div_ceil(MAX_FRAME_BYTES).max(1);
        let headers = if frames == 1 { header_length(payload.len()) } else { frames * 4 };
        let mut wire = Vec::with_capacity(payload.len() + headers);
        let mut rest = payload;
        let mut code = opcode::TEXT;
        loop {
            let (now, later) = rest.split_at(rest.len().min(MAX_FRAME_BYTES));
            let last = if later.is_empty() { FINAL } else { 0 };
            push_header(&mut wire, last | code, now.len());
            wire.extend_from_slice(now);
            if later.is_empty() {
                return Self(wire.into());
            }
            code = opcode::CONTINUATION;
            rest = later;
        }
    }

    /// The answer to a ping: the same payload.
    pub(crate) fn pong(payload: &[u8]) -> Self {
        Self::control(opcode::PONG, payload)
    }

    /// A close frame; 1005 stands for one without a code.
    pub(crate) fn close(code: u16, reason: &str) -> Self {
        if code == 1005 {
            return Self::control(opcode::CLOSE, &[]);
        }
        let mut payload = code.to_be_bytes().to_vec();
        payload.extend_from_slice(reason.as_bytes());
        Self::control(opcode::CLOSE, &payload)
    }

    fn control(code: u8, payload: &[u8]) -> Self {
        let payload = &payload[..payload.len().min(MAX_CONTROL_BYTES)];
        let mut wire = Vec::with_capacity(payload.len() + 2);
        push_header(&mut wire, FINAL | code, payload.len());
        wire.extend_from_slice(payload);
        Self(wire.into())
    }

    /// The bytes for the socket.
    pub(crate) fn into_wire(self) -> Bytes {
        self.0
    }
}

fn header_length(payload: usize) -> usize {
    match payload {
        0..=125 => 2,
        126..=0xFFFF => 4,
        _ => 10,
    }
}

fn push_header(wire: &mut Vec<u8>, first: u8, length: usize) {
    wire.push(first);
    // A frame is never longer than 32 KB, so the eight-byte form is not needed.
    match u16::try_from(length) {
        Ok(short @ 0..=125) => wire.push(short as u8),
        Ok(long) => {
            wire.push(126);
            wire.extend_from_slice(&long.to_be_bytes());
        }
        Err(_) => {
            wire.push(127);
            wire.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
}
