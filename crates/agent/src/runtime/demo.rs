//! The demonstration provider by itself.

use abide_demo_op::DemoOp;

use crate::runtime::headless::{HeadlessError, told_to_stop};

/// Runs the demonstration provider by itself until a signal comes. `started` is told the issuer.
///
/// # Errors
///
/// When its port is taken, or the runtime does not start.
pub fn run(port: u16, started: impl FnOnce(&str)) -> Result<(), HeadlessError> {
    crate::runtime::headless::start_log();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let config = abide_demo_op::Config { port: Some(port), ..abide_demo_op::Config::default() };
        let provider = DemoOp::start(config).await.map_err(std::io::Error::other)?;
        started(provider.issuer());
        told_to_stop().await?;
        Ok(())
    })
}
