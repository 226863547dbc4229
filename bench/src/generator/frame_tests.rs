//! The frame reader against every way of cutting the same bytes, and against frames that break
//! the rules.
#![allow(clippy::unwrap_used)]

use proptest::collection::vec;
use proptest::prelude::*;

use super::{Event, FrameError, FrameReader, MAX_MESSAGE, write_close, write_pong, write_text};

#[derive(Clone, Debug, PartialEq, Eq)]
enum Owned {
    Text(Vec<u8>),
    Ping(Vec<u8>),
    Pong,
    Close(Option<u16>),
}

/// A server's frame, not masked.
fn frame(fin: bool, opcode: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![if fin { 0x80 } else { 0 } | opcode];
    match payload.len() {
        length @ 0..=125 => bytes.push(u8::try_from(length).unwrap()),
        length @ 126..=0xFFFF => {
            bytes.push(126);
            bytes.extend(u16::try_from(length).unwrap().to_be_bytes());
        }
        length => {
            bytes.push(127);
            bytes.extend((length as u64).to_be_bytes());
        }
    }
    bytes.extend(payload);
    bytes
}

/// What a server sends for `event`; a text goes out in fragments of `fragment` bytes with a ping
/// between each two of them.
fn encode(event: &Owned, fragment: usize, bytes: &mut Vec<u8>, expected: &mut Vec<Owned>) {
    match event {
        Owned::Ping(payload) => bytes.extend(frame(true, 0x9, payload)),
        Owned::Pong => bytes.extend(frame(true, 0xA, b"")),
        Owned::Close(code) => {
            bytes.extend(frame(true, 0x8, &code.map_or(vec![], |code| code.to_be_bytes().into())));
        }
        Owned::Text(text) => {
            let pieces: Vec<&[u8]> =
                if text.is_empty() { vec![b"".as_slice()] } else { text.chunks(fragment).collect() };
            for (at, piece) in pieces.iter().enumerate() {
                if at > 0 {
                    bytes.extend(frame(true, 0x9, b"between"));
                    expected.push(Owned::Ping(b"between".to_vec()));
                }
                bytes.extend(frame(at + 1 == pieces.len(), u8::from(at == 0), piece));
            }
        }
    }
    expected.push(event.clone());
}

fn read(pieces: &[&[u8]]) -> Result<Vec<Owned>, FrameError> {
    let (mut reader, mut events) = (FrameReader::default(), Vec::new());
    for piece in pieces {
        reader.feed(piece, |event| {
            events.push(match event {
                Event::Text(text) => Owned::Text(text.to_vec()),
                Event::Ping(payload) => Owned::Ping(payload.to_vec()),
                Event::Pong => Owned::Pong,
                Event::Close(code) => Owned::Close(code),
            });
            Ok::<_, FrameError>(())
        })?;
    }
    Ok(events)
}

fn event() -> impl Strategy<Value = Owned> {
    prop_oneof![
        5 => vec(any::<u8>(), 0..400).prop_map(Owned::Text),
        1 => vec(any::<u8>(), 65_000..70_000).prop_map(Owned::Text),
        1 => vec(any::<u8>(), 0..=125).prop_map(Owned::Ping),
        1 => Just(Owned::Pong),
        1 => proptest::option::of(any::<u16>()).prop_map(Owned::Close),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn events_do_not_depend_on_where_the_reads_cut_them(
        events in vec((event(), 1_usize..40_000), 1..6),
        cuts in vec(any::<prop::sample::Index>(), 0..20),
    ) {
        let (mut bytes, mut expected) = (Vec::new(), Vec::new());
        for (event, fragment) in &events {
            // Fragments of a byte or two only for short texts: a ping goes between each two.
            let fragment = if matches!(event, Owned::Text(text) if text.len() > 400) { fragment + 5_000 } else { *fragment };
            encode(event, fragment, &mut bytes, &mut expected);
        }
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len())).collect();
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        let pieces: Vec<&[u8]> = cuts.windows(2).map(|cut| &bytes[cut[0]..cut[1]]).collect();
        prop_assert_eq!(read(&pieces).unwrap(), expected.clone());
    }

    #[test]
    fn events_survive_a_read_of_one_byte_at_a_time(event in event(), fragment in 1_usize..50) {
        prop_assume!(!matches!(&event, Owned::Text(text) if text.len() > 400));
        let (mut bytes, mut expected) = (Vec::new(), Vec::new());
        encode(&event, fragment, &mut bytes, &mut expected);
        let pieces: Vec<&[u8]> = bytes.chunks(1).collect();
        prop_assert_eq!(read(&pieces).unwrap(), expected);
    }

    #[test]
    fn no_bytes_make_the_reader_panic_or_keep_more_than_it_got(pieces in vec(vec(any::<u8>(), 0..60), 0..10)) {
        let mut reader = FrameReader::default();
        for piece in &pieces {
            if reader.feed(piece, |_| Ok::<_, FrameError>(())).is_err() {
                break;
            }
        }
        let held = reader.unfinished.len() + reader.message.as_ref().map_or(0, Vec::len);
        prop_assert!(held <= pieces.iter().map(Vec::len).sum());
    }
}

#[test]
fn frames_that_break_the_rules_are_named() {
    let fragment = frame(false, 0x1, b"begun");
    let long = u64::try_from(MAX_MESSAGE + 1).unwrap().to_be_bytes();
    let cases: [(&[&[u8]], FrameError); 8] = [
        (&[&[0xC1, 0x00]], FrameError::ReservedBit),
        (&[&[0x81, 0x80, 0, 0, 0, 0]], FrameError::Masked),
        (&[&frame(true, 0x2, b"binary")], FrameError::Opcode(0x2)),
        (&[&frame(true, 0x0, b"rest")], FrameError::Fragment),
        (&[&fragment, &frame(true, 0x1, b"another")], FrameError::Fragment),
        (&[&frame(false, 0x9, b"")], FrameError::Control),
        (&[&frame(true, 0x9, &[0; 126])], FrameError::Control),
        (&[&[0x81, 127], &long], FrameError::TooLong),
    ];
    for (pieces, error) in cases {
        assert_eq!(read(pieces), Err(error));
    }
}

#[test]
fn fragments_that_add_up_to_too_much_are_refused() {
    let (begin, rest) = (frame(false, 0x1, &vec![b'a'; MAX_MESSAGE]), frame(true, 0x0, b"b"));
    assert_eq!(read(&[&begin, &rest]), Err(FrameError::TooLong));
}

#[test]
fn a_client_frame_is_masked_and_says_its_length() {
    for length in [0, 1, 125, 126, 65_535, 65_536] {
        let payload: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
        let mut out = Vec::new();
        write_text(&payload, 0x0102_0304, &mut out);
        let header = match length {
            0..=125 => vec![0x81, 0x80 | u8::try_from(length).unwrap()],
            126..=65_535 => {
                [vec![0x81, 0x80 | 126], u16::try_from(length).unwrap().to_be_bytes().into()].concat()
            }
            _ => [vec![0x81, 0x80 | 127], (length as u64).to_be_bytes().into()].concat(),
        };
        assert_eq!(out[..header.len()], header);
        let (key, masked) = out[header.len()..].split_first_chunk::<4>().unwrap();
        assert_eq!(key, &[1, 2, 3, 4]);
        let unmasked: Vec<u8> = masked.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key).collect();
        assert_eq!(unmasked, payload);
    }
}

#[test]
fn control_frames_of_a_client_are_masked_too() {
    let mut out = Vec::new();
    write_pong(b"x", 0, &mut out);
    write_close(0, &mut out);
    assert_eq!(out, [0x8A, 0x81, 0, 0, 0, 0, b'x', 0x88, 0x82, 0, 0, 0, 0, 0x03, 0xE8]);
}
