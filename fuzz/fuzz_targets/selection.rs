//! See `emulator::fuzzing::selection`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &str| emulator::fuzzing::selection(input));
