//! The port on 127.0.0.1.

use std::io;
use std::time::Duration;

use tokio::net::TcpListener;

use crate::config::StartError;

/// Binds the requested port, or the last one if it is free, or any.
pub(crate) async fn listen(asked: Option<u16>, last: Option<u16>) -> Result<TcpListener, StartError> {
    let Some(port) = asked else {
        if let Some(last) = last
            && let Ok(listener) = bind_patiently(last).await
        {
            return Ok(listener);
        }
        return bind(0).await.map_err(|source| StartError::Bind { port: 0, source });
    };
    bind_patiently(port).await.map_err(|source| StartError::Bind { port, source })
}

async fn bind(port: u16) -> io::Result<TcpListener> {
    TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, port)).await
}

/// A program that has just ended may hold its port for a moment longer.
pub(crate) async fn bind_patiently(port: u16) -> io::Result<TcpListener> {
    const PATIENCE: Duration = Duration::from_millis(500);
    const PAUSE: Duration = Duration::from_millis(20);
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        match bind(port).await {
            Err(error)
                if error.kind() == io::ErrorKind::AddrInUse && tokio::time::Instant::now() < deadline =>
            {
                tokio::time::sleep(PAUSE).await;
            }
            done => return done,
        }
    }
}
