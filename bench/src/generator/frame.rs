//! WebSocket frames (RFC 6455) as a client needs them: reads what a server sends, writes masked.
//!
//! Written by hand because the generator shares its cores with the server it measures: a frame that
//! arrived whole is handed on in place, and only an unfinished one is copied. It does not check
//! that text is UTF-8; whoever parses the text does.

use std::mem;

const CONTINUATION: u8 = 0x0;
const TEXT: u8 = 0x1;
const CLOSE: u8 = 0x8;
const PING: u8 = 0x9;
const PONG: u8 = 0xA;

const FIN: u8 = 0x80;
const RESERVED: u8 = 0x70;
const MASKED: u8 = 0x80;

/// Longest control frame in bytes (RFC 6455, section 5.5).
const MAX_CONTROL: usize = 125;
/// Longest message in bytes that is accepted, eight times what API Gateway lets through: a server
/// under test may be wrong, but it may not fill the memory.
pub const MAX_MESSAGE: usize = 1 << 20;

/// What a server may send. Borrowed: valid only inside the call that hands it over.
#[derive(Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// One whole message, its fragments joined.
    Text(&'a [u8]),
    Ping(&'a [u8]),
    Pong,
    /// The status code, if the frame carried one.
    Close(Option<u16>),
}

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum FrameError {
    #[error("a reserved bit is set although no extension was agreed on")]
    ReservedBit,
    #[error("a server must not mask its frames")]
    Masked,
    #[error("opcode {0:#x} is unknown, or is binary where Hubbub sends only text")]
    Opcode(u8),
    #[error("a control frame is fragmented or longer than 125 bytes")]
    Control,
    #[error("a continuation without a beginning, or a beginning inside another message")]
    Fragment,
    #[error("a message is longer than {MAX_MESSAGE} bytes")]
    TooLong,
}

/// Turns the bytes of one connection into events, wherever the reads happened to cut them.
#[derive(Debug, Default)]
pub struct FrameReader {
    /// The beginning of one frame whose rest has not arrived yet.
    unfinished: Vec<u8>,
    /// The fragments so far, when inside a fragmented message.
    message: Option<Vec<u8>>,
}

impl FrameReader {
    /// Calls `on` for every event that `bytes` completes, in order. After an error the reader has
    /// lost its place and the connection is of no more use.
    pub fn feed<E: From<FrameError>>(
        &mut self,
        mut bytes: &[u8],
        mut on: impl FnMut(Event<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        while !self.unfinished.is_empty() {
            match Header::parse(&self.unfinished)? {
                Some(header) if self.unfinished.len() == header.end() => {
                    let frame = mem::take(&mut self.unfinished);
                    self.frame(header, &frame, &mut on)?;
                }
                _ if bytes.is_empty() => return Ok(()),
                // Only what the first frame lacks is copied; the rest is read in place below.
                header => {
                    let missing = header.map_or(1, |header| header.end() - self.unfinished.len());
                    let (more, rest) = bytes.split_at(bytes.len().min(missing));
                    self.unfinished.extend_from_slice(more);
                    bytes = rest;
                }
            }
        }
        while let Some(header) = Header::parse(bytes)? {
            let Some((frame, rest)) = bytes.split_at_checked(header.end()) else { break };
            self.frame(header, frame, &mut on)?;
            bytes = rest;
        }
        self.unfinished.extend_from_slice(bytes);
        Ok(())
    }

    fn frame<E: From<FrameError>>(
        &mut self,
        header: Header,
        frame: &[u8],
        on: &mut impl FnMut(Event<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let payload = &frame[header.start..];
        match (header.opcode, self.message.take()) {
            (TEXT, None) if header.fin => on(Event::Text(payload)),
            (TEXT, None) => {
                self.message = Some(payload.to_vec());
                Ok(())
            }
            (CONTINUATION, Some(mut message)) => {
                if message.len() + payload.len() > MAX_MESSAGE {
                    return Err(FrameError::TooLong.into());
                }
                message.extend_from_slice(payload);
                if header.fin {
                    return on(Event::Text(&message));
                }
                self.message = Some(message);
                Ok(())
            }
            (TEXT | CONTINUATION, _) => Err(FrameError::Fragment.into()),
            // Control frames may stand between the fragments of a message.
            (control, message) => {
                self.message = message;
                on(match control {
                    PING => Event::Ping(payload),
                    PONG => Event::Pong,
                    _ => Event::Close(payload.first_chunk().map(|code| u16::from_be_bytes(*code))),
                })
            }
        }
    }
}

#[derive(Clone, Copy)]
struct Header {
    fin: bool,
    opcode: u8,
    /// Where the payload begins: the header's own length.
    start: usize,
    length: usize,
}

impl Header {
    /// `None` while the header itself is incomplete.
    fn parse(bytes: &[u8]) -> Result<Option<Self>, FrameError> {
        let [first, second, rest @ ..] = bytes else { return Ok(None) };
        let (fin, opcode) = (first & FIN != 0, first & 0x0F);
        if first & RESERVED != 0 {
            return Err(FrameError::ReservedBit);
        }
        if second & MASKED != 0 {
            return Err(FrameError::Masked);
        }
        let (start, length) = match second & !MASKED {
            126 => {
                let Some(length) = rest.first_chunk() else { return Ok(None) };
                (4, u64::from(u16::from_be_bytes(*length)))
            }
            127 => {
                let Some(length) = rest.first_chunk() else { return Ok(None) };
                (10, u64::from_be_bytes(*length))
            }
            length => (2, u64::from(length)),
        };
        let length = usize::try_from(length).map_err(|_| FrameError::TooLong)?;
        match opcode {
            TEXT | CONTINUATION if length <= MAX_MESSAGE => {}
            TEXT | CONTINUATION => return Err(FrameError::TooLong),
            CLOSE | PING | PONG if fin && length <= MAX_CONTROL => {}
            CLOSE | PING | PONG => return Err(FrameError::Control),
            other => return Err(FrameError::Opcode(other)),
        }
        Ok(Some(Self { fin, opcode, start, length }))
    }

    fn end(self) -> usize {
        self.start + self.length
    }
}

/// Appends one masked text frame. The key only has to differ from frame to frame, so that a server
/// cannot get away without unmasking; nobody sits between the two who could be confused by it.
pub fn write_text(payload: &[u8], key: u32, out: &mut Vec<u8>) {
    write(TEXT, payload, key, out);
}

/// Appends the answer to a ping.
pub fn write_pong(payload: &[u8], key: u32, out: &mut Vec<u8>) {
    write(PONG, payload, key, out);
}

/// Appends a close frame with status 1000, a normal end.
pub fn write_close(key: u32, out: &mut Vec<u8>) {
    write(CLOSE, &1000_u16.to_be_bytes(), key, out);
}

fn write(opcode: u8, payload: &[u8], key: u32, out: &mut Vec<u8>) {
    out.push(FIN | opcode);
    if let Ok(short) = u8::try_from(payload.len())
        && usize::from(short) <= MAX_CONTROL
    {
        out.push(MASKED | short);
    } else if let Ok(medium) = u16::try_from(payload.len()) {
        out.push(MASKED | 126);
        out.extend_from_slice(&medium.to_be_bytes());
    } else {
        out.push(MASKED | 127);
        out.extend_from_slice(&(payload.len() as u64).to_be_bytes());
    }
    let key = key.to_be_bytes();
    out.extend_from_slice(&key);
    out.extend(payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key));
}

#[cfg(test)]
#[path = "frame_tests.rs"]
mod tests;
