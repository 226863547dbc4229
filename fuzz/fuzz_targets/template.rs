//! See `emulator::fuzzing::template`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &str| emulator::fuzzing::template(input));
