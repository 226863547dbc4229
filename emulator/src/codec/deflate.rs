//! The `permessage-deflate` extension (RFC 7692): its negotiation, and messages in and out of it.
//!
//! Neither side keeps its window from one message to the next (`…_no_context_takeover`), which a server
//! may ask for: an idle connection then costs nothing, and a broadcast is compressed once for all. What
//! the service itself asks for is not published; no client can tell but by the header.

use std::cell::RefCell;

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};

use super::{MAX_MESSAGE_BYTES, Violation};

const EXTENSION: &str = "permessage-deflate";

/// What a flushed block ends with. It is not sent (RFC 7692, section 7.2.1).
const TAIL: [u8; 4] = [0, 0, 0xFF, 0xFF];

/// Shorter messages would not become shorter.
const WORTH_IT_BYTES: usize = 64;

thread_local! {
    // Some 40 and some 300 KB: one of each for a thread, not for a connection.
    static INFLATE: RefCell<Decompress> = RefCell::new(Decompress::new(false));
    static DEFLATE: RefCell<Compress> = RefCell::new(Compress::new(Compression::fast(), false));
}

/// Compression as both sides agreed to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Deflate {
    /// How far back, as a power of two, our messages may refer.
    window_bits: u8,
}

impl Deflate {
    /// The first offer of the client that can be accepted; the values of `Sec-WebSocket-Extensions`.
    pub(crate) fn negotiate<'h>(headers: impl Iterator<Item = &'h str>) -> Option<Self> {
        headers.flat_map(|header| header.split(',')).find_map(accept)
    }

    /// The value of `sec-websocket-extensions` that says so.
    pub(crate) fn header(self) -> String {
        let takeover = "server_no_context_takeover;client_no_context_takeover";
        match self.window_bits {
            15 => format!("{EXTENSION};{takeover}"),
            bits => format!("{EXTENSION};{takeover};server_max_window_bits={bits}"),
        }
    }

    /// Whether a message may be compressed. The compressor's window has 15 bits, so with fewer only a
    /// message that has no more than that to refer back to; any message may be sent as it is.
    pub(super) fn suits(self, payload: usize) -> bool {
        (WORTH_IT_BYTES..=1 << self.window_bits).contains(&payload)
            || (self.window_bits == 15 && payload >= WORTH_IT_BYTES)
    }
}

/// An offer with a parameter that is unknown, twice there or has a wrong value must be declined.
fn accept(offer: &str) -> Option<Deflate> {
    let mut parts = offer.split(';').map(str::trim);
    if !parts.next()?.eq_ignore_ascii_case(EXTENSION) {
        return None;
    }
    let mut window_bits = 15;
    let mut seen = Vec::new();
    for part in parts {
        let (name, value) = match part.split_once('=') {
            Some((name, value)) => (name.trim(), Some(value.trim().trim_matches('"'))),
            None => (part, None),
        };
        let bits = || value?.parse::<u8>().ok().filter(|bits| (8..=15).contains(bits));
        match name {
            "server_no_context_takeover" | "client_no_context_takeover" if value.is_none() => {}
            "server_max_window_bits" => window_bits = bits()?,
            "client_max_window_bits" if value.is_none() || bits().is_some() => {}
            _ => return None,
        }
        if seen.contains(&name) {
            return None;
        }
        seen.push(name);
    }
    Some(Deflate { window_bits })
}

/// The payload of a compressed message. Refused as soon as it is larger than a message may be, however
/// small it came.
pub(super) fn inflated(payload: &[u8]) -> Result<Vec<u8>, Violation> {
    INFLATE.with_borrow_mut(|inflate| {
        inflate.reset(false);
        let mut output = Vec::with_capacity((payload.len() * 4).clamp(64, MAX_MESSAGE_BYTES + 1));
        for mut input in [payload, &TAIL] {
            loop {
                let (read, written) = (inflate.total_in(), output.len());
                let status = inflate.decompress_vec(input, &mut output, FlushDecompress::Sync);
                let status = status.map_err(|_| Violation::BadData)?;
                if output.len() > MAX_MESSAGE_BYTES {
                    return Err(Violation::TooBig);
                }
                let used = usize::try_from(inflate.total_in() - read).unwrap_or(usize::MAX);
                input = input.get(used..).unwrap_or_default();
                if status == Status::StreamEnd {
                    return Ok(output);
                }
                if output.len() == output.capacity() {
                    output.reserve(output.len().clamp(64, MAX_MESSAGE_BYTES));
                } else if input.is_empty() {
                    break;
                } else if used == 0 && output.len() == written {
                    return Err(Violation::BadData);
                }
            }
        }
        Ok(output)
    })
}

/// The payload compressed; `None` if it does not become smaller.
pub(super) fn deflated(payload: &[u8]) -> Option<Vec<u8>> {
    DEFLATE.with_borrow_mut(|deflate| {
        deflate.reset();
        let mut output = Vec::with_capacity(payload.len());
        // Where it does not fit it is not smaller.
        let status = deflate.compress_vec(payload, &mut output, FlushCompress::Sync).ok()?;
        let complete = status == Status::Ok && deflate.total_in() == payload.len() as u64;
        if !complete || !output.ends_with(&TAIL) {
            return None;
        }
        output.truncate(output.len() - TAIL.len());
        Some(output)
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_first_acceptable_offer_is_accepted() {
        for (offer, header) in [
            (
                "permessage-deflate",
                Some("permessage-deflate;server_no_context_takeover;client_no_context_takeover"),
            ),
            (
                "permessage-deflate; client_max_window_bits",
                Some("permessage-deflate;server_no_context_takeover;client_no_context_takeover"),
            ),
            (
                "x-webkit-deflate-frame, permessage-deflate; server_max_window_bits=12; client_max_window_bits=12",
                Some(
                    "permessage-deflate;server_no_context_takeover;client_no_context_takeover;server_max_window_bits=12",
                ),
            ),
            ("permessage-deflate; server_max_window_bits=7", None),
            ("permessage-deflate; server_max_window_bits", None),
            ("permessage-deflate; server_max_window_bits=9; server_max_window_bits=9", None),
            ("permessage-deflate; magic", None),
            (
                "permessage-deflate; magic, permessage-deflate",
                Some("permessage-deflate;server_no_context_takeover;client_no_context_takeover"),
            ),
            ("", None),
        ] {
            let negotiated = Deflate::negotiate([offer].into_iter()).map(Deflate::header);
            assert_eq!(negotiated.as_deref(), header, "{offer}");
        }
    }

    #[test]
    fn a_small_message_that_would_become_a_large_one_is_refused() {
        let bomb = deflated(&vec![b'a'; 4 * 1024 * 1024]).unwrap();
        assert!(bomb.len() < 32 * 1024);
        assert_eq!(inflated(&bomb), Err(Violation::TooBig));
        let largest = deflated(&vec![b'a'; MAX_MESSAGE_BYTES]).unwrap();
        assert_eq!(inflated(&largest).unwrap().len(), MAX_MESSAGE_BYTES);
        let larger = deflated(&vec![b'a'; MAX_MESSAGE_BYTES + 1]).unwrap();
        assert_eq!(inflated(&larger), Err(Violation::TooBig));
    }

    #[test]
    fn with_a_small_window_only_small_messages_are_compressed() {
        let small = Deflate { window_bits: 9 };
        assert!(small.suits(512) && !small.suits(513) && !small.suits(10));
        assert!(Deflate { window_bits: 15 }.suits(100_000));
    }

    proptest! {
        #[test]
        fn what_is_deflated_inflates_to_the_same(payload in proptest::collection::vec(any::<u8>(), 0..2000)) {
            let twice = [payload.clone(), payload].concat();
            if let Some(small) = deflated(&twice) {
                prop_assert_eq!(inflated(&small).unwrap(), twice);
            }
        }

        #[test]
        fn no_bytes_panic_the_inflater(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            if let Ok(output) = inflated(&bytes) {
                prop_assert!(output.len() <= MAX_MESSAGE_BYTES);
            }
        }
    }
}
