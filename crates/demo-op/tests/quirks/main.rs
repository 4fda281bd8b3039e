//! Each switch of `Quirks` alone.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

#[path = "../common/mod.rs"]
mod common;

mod authorization;
mod claims;
mod metadata;
mod refresh;
mod registration;
mod sign_out;

use abide_demo_op::{Client, Config, DemoOp, Quirks};
use common::TestClock;

async fn provider(quirks: Quirks) -> (DemoOp, TestClock) {
    with_client(quirks, Client::default()).await
}

async fn with_client(quirks: Quirks, client: Client) -> (DemoOp, TestClock) {
    let clock = TestClock::new();
    let config = Config { quirks, clients: vec![client], ..clock.config() };
    (DemoOp::start(config).await.unwrap(), clock)
}
