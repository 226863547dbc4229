//! See `emulator::fuzzing::frames`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| emulator::fuzzing::frames(input));
