//! Keeps the socket where programs look for it: what cleans up old files, or the end of a login session, can remove it while the
//! agent runs.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::task::JoinSet;

use crate::agent::Agent;
use crate::api::{Listening, bind_socket};
use crate::platform::FolderWatch;
use crate::platform::file;

/// How long it takes until a socket that could not be made is tried again.
const PAUSE: Duration = Duration::from_secs(5);

/// Serves the socket, and binds it again whenever it is missing, until it is dropped. `advertise` writes `endpoint.json`.
pub(crate) async fn keep(
    agent: Agent,
    socket: PathBuf,
    first: Listening,
    advertise: impl Fn() -> io::Result<()> + Send,
) {
    // What is connected to a socket that is gone stays connected.
    let mut servers = JoinSet::new();
    servers.spawn(first.serve(agent.clone()));
    let Some(folder) = socket.parent().map(Path::to_owned).filter(|_| cfg!(unix)) else {
        // A pipe has no file that could be removed.
        while servers.join_next().await.is_some() {}
        return;
    };
    loop {
        // From before the look on, so that nothing is missed.
        let mut watch = FolderWatch::new(&folder);
        // A socket that another agent has put in its place is left alone: two would take it from each other for ever.
        if socket.symlink_metadata().is_ok() {
            watch.changed().await;
            continue;
        }
        match again(&folder, &socket, &advertise) {
            Ok(listening) => {
                tracing::warn!(socket = %socket.display(), "the socket was gone, and is there again");
                servers.spawn(listening.serve(agent.clone()));
            }
            Err(error) => {
                tracing::debug!(%error, "the socket is gone and cannot be made again");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

fn again(folder: &Path, socket: &Path, advertise: impl Fn() -> io::Result<()>) -> io::Result<Listening> {
    file::runtime_folder(folder).map_err(io::Error::other)?;
    let listening = bind_socket(socket)?;
    advertise()?;
    Ok(listening)
}
