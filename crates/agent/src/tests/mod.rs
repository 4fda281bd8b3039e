//! The agent without a desktop, a network and a disk, in one thread: a clock that only moves when nothing can be done, a provider
//! that is played, and a disk that fails when it is told to. Everything that happens follows from the test, so it happens again.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, reason = "tests")]

mod configuration;
mod disk;
mod endings;
mod farewell;
mod hung;
mod logouts;
mod narrowed;
mod provider;
mod races;
mod refused;
mod reminders;
mod settled;
mod signals;
mod simulation;
mod world;
