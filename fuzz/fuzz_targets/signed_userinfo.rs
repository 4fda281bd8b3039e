#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| abide_foreign::run("signed_userinfo", data));
