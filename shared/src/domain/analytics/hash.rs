//! A hash that is the same in every build, because it is stored.

/// FNV-1a, and the finish of SplitMix64, which spreads it over all bits.
pub(super) fn stable(text: &str) -> u64 {
    let fnv = text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    let mixed = (fnv ^ (fnv >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_of_a_text_never_changes() {
        assert_eq!(stable(""), 0xf52a_15e9_a9b5_e89b);
        assert_eq!(stable("alice"), stable("alice"));
        assert_ne!(stable("alice"), stable("alicf"));
    }
}
