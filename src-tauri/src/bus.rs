//! The one connection to the desktop's session bus, for the tray, notifications and appearance.

use std::time::Duration;

use tokio::sync::OnceCell;

/// How long anybody on the bus may take to answer. A desktop that hangs must not hold Abide up.
const PATIENCE: Duration = Duration::from_secs(5);

static CONNECTION: OnceCell<Option<zbus::Connection>> = OnceCell::const_new();

/// The connection; `None` where there is no session bus. Tried once: a login either has one or not.
pub(crate) async fn session() -> Option<zbus::Connection> {
    let connect = || async {
        let connecting =
            async { zbus::connection::Builder::session()?.method_timeout(PATIENCE).build().await };
        match tokio::time::timeout(PATIENCE, connecting).await {
            Ok(Ok(connection)) => Some(connection),
            Ok(Err(error)) => {
                tracing::warn!(%error, "there is no session bus");
                None
            }
            Err(_) => {
                tracing::warn!("the session bus does not answer");
                None
            }
        }
    };
    CONNECTION.get_or_init(connect).await.clone()
}
