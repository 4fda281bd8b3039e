//! A program that does nothing: the cost of the start and end of a Rust program on this machine.

fn main() {}
