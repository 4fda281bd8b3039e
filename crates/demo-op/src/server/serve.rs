//! The connections.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;

use crate::server::listener::bind_patiently;
use crate::server::routes::dispatch;
use crate::state::provider::Provider;

const CONNECTIONS: usize = 256;
const LARGEST_HEADER: usize = 64 * 1024;
const HEADER_TIME: Duration = Duration::from_secs(30);
/// The time that a connection may take to end when the provider stops.
const FAREWELL: Duration = Duration::from_secs(1);

/// The commands for [`serve`]. Each is answered when it has taken effect.
pub(crate) enum Command {
    /// Cut off all connections and accept none.
    Refuse(oneshot::Sender<()>),
    /// Accept connections (again).
    Accept(oneshot::Sender<io::Result<()>>),
}

/// Accepts connections until `stop` closes.
pub(crate) async fn serve(
    listener: TcpListener,
    provider: Arc<Provider>,
    mut commands: mpsc::Receiver<Command>,
    mut stop: watch::Receiver<()>,
) {
    let port = provider.port();
    let mut listener = Some(listener);
    let router = Router::new().fallback(dispatch).with_state(provider);
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            _ = stop.changed() => break,
            Some(command) = commands.recv() => match command {
                Command::Refuse(done) => {
                    listener = None;
                    connections.shutdown().await;
                    let _ = done.send(());
                }
                Command::Accept(done) => {
                    let listening = match listener {
                        Some(_) => Ok(()),
                        None => bind_patiently(port).await.map(|bound| listener = Some(bound)),
                    };
                    let _ = done.send(listening);
                }
            },
            accepted = accept(listener.as_ref()), if connections.len() < CONNECTIONS => match accepted {
                Ok(stream) => {
                    connections.spawn(converse(stream, router.clone(), stop.clone()));
                }
                Err(error) => {
                    tracing::warn!(%error, "the demo provider could not accept a connection");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            },
            _ = connections.join_next(), if !connections.is_empty() => {}
        }
    }
    drop(listener);
    let finished = async { while connections.join_next().await.is_some() {} };
    // Slower connections are cut off when the set is dropped.
    let _ = tokio::time::timeout(FAREWELL, finished).await;
}

/// The next connection; waits forever without a listener.
async fn accept(listener: Option<&TcpListener>) -> io::Result<TcpStream> {
    match listener {
        Some(listener) => listener.accept().await.map(|(stream, _)| stream),
        None => std::future::pending().await,
    }
}

async fn converse(stream: TcpStream, router: Router, mut stop: watch::Receiver<()>) {
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIME)
        .max_buf_size(LARGEST_HEADER)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        _ = stop.changed() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection to the demo provider ended early");
    }
}
