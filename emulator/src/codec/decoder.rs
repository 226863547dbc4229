//! Reads what a client sends, however the bytes are cut, and refuses what RFC 6455 or the service
//! forbids as soon as it can be seen. Holds no more than one message's bytes, and nothing between
//! messages.

use super::{
    COMPRESSED, Close, MAX_CONTROL_BYTES, MAX_FRAME_BYTES, MAX_MESSAGE_BYTES, Violation, deflate, mask,
    opcode,
};

/// Two bytes, eight of length, four of mask.
const MAX_HEADER_BYTES: usize = 14;

/// One thing that a client sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Incoming {
    Text(String),
    Ping(Vec<u8>),
    Pong,
    Close(Close),
}

/// What a client may send.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    /// Bytes of one frame's payload.
    pub(crate) frame_bytes: usize,
    /// Whether that is judged after decompression: all frames of a compressed message together then.
    pub(crate) judge_inflated: bool,
    /// Whether messages may be compressed.
    pub(crate) deflate: bool,
}

impl Default for Rules {
    fn default() -> Self {
        Self { frame_bytes: MAX_FRAME_BYTES, judge_inflated: false, deflate: false }
    }
}

/// The state between two reads.
#[derive(Debug, Default)]
pub(crate) struct Decoder {
    rules: Rules,
    header: [u8; MAX_HEADER_BYTES],
    header_length: u8,
    frame: Option<Frame>,
    /// The payloads of the current message's frames so far.
    message: Vec<u8>,
    /// Whether a message has begun whose last frame has not.
    in_fragments: bool,
    /// Whether the message is compressed, which its first frame says.
    is_compressed: bool,
    /// Frames of the message so far.
    frames: u32,
    /// The payload of the current control frame, which may come between fragments.
    control: Vec<u8>,
}

/// A frame whose header was read and accepted.
#[derive(Clone, Copy, Debug)]
struct Frame {
    opcode: u8,
    is_final: bool,
    mask: [u8; 4],
    length: usize,
    received: usize,
}

impl Decoder {
    pub(crate) fn new(rules: Rules) -> Self {
        Self { rules, ..Self::default() }
    }

    /// The next thing in `input`, which moves on; `None` once everything was taken.
    pub(crate) fn next(&mut self, input: &mut &[u8]) -> Result<Option<Incoming>, Violation> {
        loop {
            let frame = match &mut self.frame {
                Some(frame) => frame,
                None => match self.read_header(input)? {
                    Some(frame) => self.frame.insert(frame),
                    None => return Ok(None),
                },
            };
            let target = if is_control(frame.opcode) { &mut self.control } else { &mut self.message };
            let (now, later) = input.split_at(input.len().min(frame.length - frame.received));
            let start = target.len();
            target.extend_from_slice(now);
            mask::apply(&mut target[start..], frame.mask, frame.received);
            frame.received += now.len();
            *input = later;
            if frame.received < frame.length {
                return Ok(None);
            }
            let frame = *frame;
            self.frame = None;
            if let Some(incoming) = self.finish(frame)? {
                return Ok(Some(incoming));
            }
        }
    }

    fn finish(&mut self, frame: Frame) -> Result<Option<Incoming>, Violation> {
        let control = std::mem::take(&mut self.control);
        match frame.opcode {
            opcode::PING => Ok(Some(Incoming::Ping(control))),
            opcode::PONG => Ok(Some(Incoming::Pong)),
            opcode::CLOSE => Close::parse(&control).map(|close| Some(Incoming::Close(close))),
            _ if frame.is_final => {
                self.in_fragments = false;
                let mut message = std::mem::take(&mut self.message);
                let frames = std::mem::take(&mut self.frames) as usize + 1;
                if std::mem::take(&mut self.is_compressed) {
                    message = deflate::inflated(&message)?;
                    if self.rules.judge_inflated
                        && message.len() > self.rules.frame_bytes.saturating_mul(frames)
                    {
                        return Err(Violation::TooBig);
                    }
                }
                String::from_utf8(message)
                    .map(|text| Some(Incoming::Text(text)))
                    .map_err(|_| Violation::NotUtf8)
            }
            _ => {
                self.in_fragments = true;
                self.frames = self.frames.saturating_add(1);
                Ok(None)
            }
        }
    }

    /// Takes bytes until the header is complete; checks what is known as early as it is known.
    fn read_header(&mut self, input: &mut &[u8]) -> Result<Option<Frame>, Violation> {
        loop {
            let (header, length) = (self.header, usize::from(self.header_length));
            if let Some(frame) = self.parse_header(&header[..length])? {
                self.header_length = 0;
                return Ok(Some(frame));
            }
            let Some((byte, rest)) = input.split_first() else { return Ok(None) };
            self.header[usize::from(self.header_length)] = *byte;
            self.header_length += 1;
            *input = rest;
        }
    }

    fn parse_header(&mut self, header: &[u8]) -> Result<Option<Frame>, Violation> {
        let &[first, second, ref rest @ ..] = header else { return Ok(None) };
        let (is_final, reserved, code) = (first & 0x80 != 0, first & 0x70, first & 0x0F);
        let (is_masked, short_length) = (second & 0x80 != 0, second & 0x7F);
        // The one reserved bit that means something, and only there.
        let compressed = reserved == COMPRESSED
            && self.rules.deflate
            && matches!(code, opcode::TEXT | opcode::BINARY)
            && !self.in_fragments;
        if (reserved != 0 && !compressed) || !is_masked {
            return Err(Violation::Protocol);
        }
        match code {
            opcode::CLOSE | opcode::PING | opcode::PONG => {
                if !is_final || usize::from(short_length) > MAX_CONTROL_BYTES {
                    return Err(Violation::Protocol);
                }
            }
            opcode::CONTINUATION if self.in_fragments => {}
            opcode::TEXT | opcode::BINARY if self.in_fragments => return Err(Violation::Protocol),
            opcode::TEXT => {}
            // Not supported by the service:
            // https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-develop-binary-media-types.html
            opcode::BINARY => return Err(Violation::Binary),
            _ => return Err(Violation::Protocol),
        }
        let (length, rest) = match (short_length, rest) {
            (126, [a, b, rest @ ..]) => (u64::from(u16::from_be_bytes([*a, *b])), rest),
            (127, [a, b, c, d, e, f, g, h, rest @ ..]) => {
                (u64::from_be_bytes([*a, *b, *c, *d, *e, *f, *g, *h]), rest)
            }
            (126 | 127, _) => return Ok(None),
            (short, rest) => (u64::from(short), rest),
        };
        // The shortest form must be used, and the highest bit must be 0 (section 5.2).
        let shortest = match short_length {
            126 => length > 125,
            127 => length > 0xFFFF && length >> 63 == 0,
            _ => true,
        };
        if !shortest {
            return Err(Violation::Protocol);
        }
        // Before a byte of payload is kept.
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let is_compressed = if code == opcode::CONTINUATION { self.is_compressed } else { compressed };
        let most = match is_compressed && self.rules.judge_inflated {
            true => MAX_MESSAGE_BYTES,
            false => self.rules.frame_bytes,
        };
        if length > most || (!is_control(code) && self.message.len() + length > MAX_MESSAGE_BYTES) {
            return Err(Violation::TooBig);
        }
        let &[a, b, c, d, ..] = rest else { return Ok(None) };
        if !is_control(code) {
            self.is_compressed = is_compressed;
        }
        Ok(Some(Frame { opcode: code, is_final, mask: [a, b, c, d], length, received: 0 }))
    }
}

fn is_control(code: u8) -> bool {
    code & 0x8 != 0
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;
    use crate::codec::EncodedFrame;

    const KEY: [u8; 4] = [0x37, 0xFA, 0x21, 0x3D];

    /// A client's frame.
    fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
        let mut wire = vec![first];
        match payload.len() {
            short @ 0..=125 => wire.push(0x80 | short as u8),
            long @ 126..=0xFFFF => {
                wire.push(0x80 | 126);
                wire.extend((long as u16).to_be_bytes());
            }
            longer => {
                wire.push(0x80 | 127);
                wire.extend((longer as u64).to_be_bytes());
            }
        }
        wire.extend(KEY);
        let start = wire.len();
        wire.extend(payload);
        mask::apply(&mut wire[start..], KEY, 0);
        wire
    }

    fn decode(decoder: &mut Decoder, mut input: &[u8]) -> Result<Vec<Incoming>, Violation> {
        let mut all = Vec::new();
        while let Some(incoming) = decoder.next(&mut input)? {
            all.push(incoming);
        }
        assert!(input.is_empty());
        Ok(all)
    }

    fn decode_all(input: &[u8]) -> Result<Vec<Incoming>, Violation> {
        decode(&mut Decoder::default(), input)
    }

    fn text(text: &str) -> Incoming {
        Incoming::Text(text.to_owned())
    }

    #[test]
    fn a_control_frame_between_fragments_is_seen_first() {
        let wire = [frame(0x01, b"Hel"), frame(0x89, b"?"), frame(0x80, b"lo")].concat();
        assert_eq!(decode_all(&wire), Ok(vec![Incoming::Ping(b"?".to_vec()), text("Hello")]));
    }

    #[test]
    fn what_the_protocol_forbids_is_refused() {
        for (what, wire) in [
            ("no mask", vec![0x81, 0x02, b'h', b'i']),
            ("a reserved bit", frame(0xC1, b"hi")),
            ("a reserved data opcode", frame(0x83, b"hi")),
            ("a reserved control opcode", frame(0x8B, b"hi")),
            ("a continuation of nothing", frame(0x80, b"hi")),
            ("a new message among fragments", [frame(0x01, b"a"), frame(0x81, b"b")].concat()),
            ("a fragmented ping", frame(0x09, b"hi")),
            ("a long ping", frame(0x89, &[0; 126])),
            ("a close payload of one byte", frame(0x88, &[3])),
            ("a close code that is never sent", frame(0x88, &1005_u16.to_be_bytes())),
            ("a close code out of range", frame(0x88, &999_u16.to_be_bytes())),
            ("a length in a longer form than needed", vec![0x81, 0x80 | 126, 0, 5]),
            ("a length with the highest bit", vec![0x81, 0x80 | 127, 0x80, 0, 0, 0, 0, 0, 0, 0]),
        ] {
            assert_eq!(decode_all(&wire), Err(Violation::Protocol), "{what}");
        }
    }

    #[test]
    fn a_frame_over_32_kb_is_refused_at_its_header() {
        let header = &frame(0x81, &vec![b'a'; MAX_FRAME_BYTES + 1])[..8];
        assert_eq!(decode_all(header), Err(Violation::TooBig));
        let wire = frame(0x81, &vec![b'a'; MAX_FRAME_BYTES]);
        assert_eq!(decode_all(&wire).unwrap().len(), 1);
    }

    #[test]
    fn a_message_over_128_kb_is_refused_at_the_header_that_passes_it() {
        let mut decoder = Decoder::default();
        let part = vec![b'a'; MAX_FRAME_BYTES];
        assert_eq!(decode(&mut decoder, &frame(0x01, &part)), Ok(vec![]));
        for _ in 0..3 {
            assert_eq!(decode(&mut decoder, &frame(0x00, &part)), Ok(vec![]));
        }
        assert_eq!(decode(&mut decoder, &frame(0x80, b"")[..2]), Ok(vec![]));
        let mut decoder = Decoder { message: decoder.message, in_fragments: true, ..Decoder::default() };
        assert_eq!(decode(&mut decoder, &frame(0x80, b"a")[..2]), Err(Violation::TooBig));
    }

    #[test]
    fn binary_is_refused_at_its_header() {
        assert_eq!(decode_all(&frame(0x82, b"hi")[..2]), Err(Violation::Binary));
    }

    #[test]
    fn text_that_is_not_utf8_is_refused_across_fragments_too() {
        assert_eq!(decode_all(&frame(0x81, &[0xC3, 0x28])), Err(Violation::NotUtf8));
        assert_eq!(decode_all(&frame(0x88, &[0x03, 0xE8, 0xFF])), Err(Violation::NotUtf8));
        let split = [frame(0x01, &[0xC3]), frame(0x80, &[0xA9])].concat();
        assert_eq!(decode_all(&split), Ok(vec![text("é")]));
    }

    #[test]
    fn nothing_is_kept_between_messages() {
        let mut decoder = Decoder::default();
        decode(&mut decoder, &frame(0x81, &[b'a'; 1000])).unwrap();
        assert_eq!((decoder.message.capacity(), decoder.control.capacity()), (0, 0));
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(wire in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = decode_lossy(&wire);
        }

        #[test]
        fn a_message_is_the_same_however_it_is_fragmented_and_cut(
            message in "\\PC{0,200}", cuts in proptest::collection::vec(0_usize..400, 0..6), step in 1_usize..40,
        ) {
            let bytes = message.as_bytes();
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
            cuts.sort_unstable();
            cuts.push(bytes.len());
            let (mut wire, mut from) = (Vec::new(), 0);
            for (index, cut) in cuts.iter().enumerate() {
                let code = if index == 0 { 0x01 } else { 0x00 };
                let last = if index + 1 == cuts.len() { 0x80 } else { 0x00 };
                wire.extend(frame(code | last, &bytes[from..*cut]));
                from = *cut;
            }
            let mut decoder = Decoder::default();
            let mut all = Vec::new();
            for part in wire.chunks(step) {
                all.extend(decode(&mut decoder, part).unwrap());
            }
            prop_assert_eq!(all, vec![text(&message)]);
        }

        #[test]
        fn what_the_server_encodes_is_what_a_client_would_read(message in "\\PC{0,300}", times in 1_usize..400) {
            let message = message.repeat(times);
            let message = &message[..message.floor_char_boundary(MAX_MESSAGE_BYTES)];
            // A server's frames are a client's without the mask, so masking makes them readable here.
            let wire = EncodedFrame::text(message.as_bytes()).into_wire();
            prop_assert_eq!(decode_all(&masked(&wire)), Ok(vec![text(message)]));
        }
    }

    fn decode_lossy(mut input: &[u8]) -> Result<(), Violation> {
        let mut decoder = Decoder::default();
        while decoder.next(&mut input)?.is_some() {}
        Ok(())
    }

    /// A server's frames as a client would have sent them.
    fn masked(mut wire: &[u8]) -> Vec<u8> {
        let mut all = Vec::new();
        while let [first, second, rest @ ..] = wire {
            let (length, rest) = match second {
                126 => (usize::from(u16::from_be_bytes([rest[0], rest[1]])), &rest[2..]),
                short => (usize::from(*short), rest),
            };
            all.extend(frame(*first, &rest[..length]));
            wire = &rest[length..];
        }
        all
    }
}
