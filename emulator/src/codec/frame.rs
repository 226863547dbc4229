//! Frames of the server: never masked.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;

use super::{COMPRESSED, Deflate, MAX_CONTROL_BYTES, MAX_FRAME_BYTES, deflate, opcode};

const FINAL: u8 = 0x80;

/// A message as it goes over the wire. Cheap to clone: a broadcast encodes once, and compresses once.
#[derive(Clone, Debug)]
pub struct EncodedFrame {
    wire: Bytes,
    /// The same for clients that take compressed messages, once one was met; `None` if it is no smaller.
    small: Arc<OnceLock<Option<Bytes>>>,
}

impl EncodedFrame {
    /// A text message. More than 32 KB become several frames of at most 32 KB, as the service's
    /// frame limit holds for `@connections` too. The payload is not checked for UTF-8 or length.
    pub fn text(payload: &[u8]) -> Self {
        Self::new(in_frames(opcode::TEXT, payload, MAX_FRAME_BYTES))
    }

    /// A text message in one frame, whatever its length.
    pub(crate) fn whole_text(payload: &[u8]) -> Self {
        Self::new(in_frames(opcode::TEXT, payload, usize::MAX))
    }

    /// A binary message.
    pub(crate) fn binary(payload: &[u8]) -> Self {
        Self::new(in_frames(opcode::BINARY, payload, MAX_FRAME_BYTES))
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
        Self::new(wire)
    }

    fn new(wire: Vec<u8>) -> Self {
        Self { wire: wire.into(), small: Arc::default() }
    }

    /// The bytes for the socket.
    pub(crate) fn into_wire(self) -> Bytes {
        self.wire
    }

    /// The bytes for the socket of a client that takes compressed messages, or does not.
    pub(crate) fn wire_for(&self, deflate: Option<Deflate>) -> Bytes {
        // With its headers, which only makes the bound a little stricter.
        if !deflate.is_some_and(|deflate| deflate.suits(self.wire.len())) {
            return self.wire.clone();
        }
        let small = self.small.get_or_init(|| {
            let (code, payload, largest) = unframed(&self.wire)?;
            let small = deflate::deflated(&payload)?;
            Some(in_frames(code | COMPRESSED, &small, largest.max(MAX_FRAME_BYTES)).into())
        });
        small.as_ref().unwrap_or(&self.wire).clone()
    }
}

/// A message in frames of at most `most` bytes.
fn in_frames(code: u8, payload: &[u8], most: usize) -> Vec<u8> {
    let frames = payload.len().div_ceil(most).max(1);
    let headers = if frames == 1 { header_length(payload.len()) } else { frames * 4 };
    let mut wire = Vec::with_capacity(payload.len() + headers);
    let (mut rest, mut code) = (payload, code);
    loop {
        let (now, later) = rest.split_at(rest.len().min(most));
        let last = if later.is_empty() { FINAL } else { 0 };
        push_header(&mut wire, last | code, now.len());
        wire.extend_from_slice(now);
        if later.is_empty() {
            return wire;
        }
        code = opcode::CONTINUATION;
        rest = later;
    }
}

/// The opcode of our own message, its payload, and the length of its longest frame.
fn unframed(mut wire: &[u8]) -> Option<(u8, Vec<u8>, usize)> {
    let code = wire.first()? & 0x0F;
    let (mut payload, mut longest) = (Vec::with_capacity(wire.len()), 0);
    while let [_, second, rest @ ..] = wire {
        let (length, rest) = match (*second, rest) {
            (126, [a, b, rest @ ..]) => (usize::from(u16::from_be_bytes([*a, *b])), rest),
            (127, [a, b, c, d, e, f, g, h, rest @ ..]) => {
                let length = u64::from_be_bytes([*a, *b, *c, *d, *e, *f, *g, *h]);
                (usize::try_from(length).ok()?, rest)
            }
            (short, rest) => (usize::from(short), rest),
        };
        payload.extend_from_slice(rest.get(..length)?);
        longest = longest.max(length);
        wire = rest.get(length..)?;
    }
    Some((code, payload, longest))
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
