//! The XOR mask of client frames (RFC 6455, section 5.3).

/// Unmasks `payload`, which begins `offset` bytes into its frame.
pub(super) fn apply(payload: &mut [u8], key: [u8; 4], offset: usize) {
    let mut rotated = key;
    rotated.rotate_left(offset % 4);
    let wide = u64::from_ne_bytes([
        rotated[0], rotated[1], rotated[2], rotated[3], rotated[0], rotated[1], rotated[2], rotated[3],
    ]);
    let (words, rest) = payload.as_chunks_mut::<8>();
    for word in words {
        *word = (u64::from_ne_bytes(*word) ^ wide).to_ne_bytes();
    }
    // Eight is a multiple of four, so the rest starts at the key's beginning again.
    for (byte, key) in rest.iter_mut().zip(rotated.iter().cycle()) {
        *byte ^= key;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_part_of_a_frame_is_unmasked_as_byte_by_byte(
            payload in proptest::collection::vec(any::<u8>(), 0..100), key: [u8; 4], offset in 0_usize..100,
        ) {
            let expected: Vec<u8> =
                payload.iter().enumerate().map(|(i, byte)| byte ^ key[(offset + i) % 4]).collect();
            let mut unmasked = payload;
            super::apply(&mut unmasked, key, offset);
            prop_assert_eq!(unmasked, expected);
        }
    }
}
