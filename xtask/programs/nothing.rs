//! A program that does nothing: what the start and the end of a Rust program cost on this machine.

fn main() {}
