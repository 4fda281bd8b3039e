#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| abide_parser_contracts::run("account_link", data));
