#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| hsm_sim_fuzz::run("requests", bytes));
