//! Runs the demo provider until Ctrl+C: `cargo run -p abide-demo-op --example serve -- 47700`.
#![allow(clippy::print_stdout)]

use abide_demo_op::{Config, DemoOp};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let port = std::env::args().nth(1).map(|port| port.parse()).transpose()?;
    let provider = DemoOp::start(Config { port, ..Config::default() }).await?;
    println!("{}", provider.issuer());
    tokio::signal::ctrl_c().await?;
    provider.stop().await;
    Ok(())
}
