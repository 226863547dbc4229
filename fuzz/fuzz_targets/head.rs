//! See `emulator::fuzzing::head`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| emulator::fuzzing::head(input));
