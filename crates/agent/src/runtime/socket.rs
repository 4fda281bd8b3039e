//! Keeps the socket and `endpoint.json` where programs look for them: what cleans up old files, or the end of a login session, can
//! remove them while the agent runs.

use std::io;

use abide_wire::paths::Places;
use tokio::task::JoinSet;

use crate::agent::Agent;
use crate::api::Listening;

/// Serves the pipe, until it is dropped. It has no file that could be removed.
#[cfg(windows)]
pub(crate) async fn keep(
    agent: Agent,
    _: Places,
    first: Listening,
    _: impl Fn() -> io::Result<()> + Send + Sync,
) {
    let mut servers = JoinSet::new();
    servers.spawn(first.serve(agent));
    while servers.join_next().await.is_some() {}
}

#[cfg(unix)]
pub(crate) use unix::keep;

#[cfg(unix)]
mod unix {
    use std::path::Path;
    use std::time::Duration;

    use super::*;
    use crate::api::{NotBound, bind_socket};
    use crate::platform::occupant::{Mark, Occupant};
    use crate::platform::{FolderWatch, file};

    /// How long it takes until what could not be made is tried again, and until another agent is looked for again.
    const PAUSE: Duration = Duration::from_secs(5);

    /// Serves the socket, and binds it again whenever it is missing or what is there is left from an agent that has ended, until it
    /// is dropped. `advertise` writes `endpoint.json`, whenever that is missing.
    pub(crate) async fn keep(
        agent: Agent,
        places: Places,
        first: Listening,
        advertise: impl Fn() -> io::Result<()> + Send + Sync,
    ) {
        let (socket, endpoint_file) = (places.socket(), places.endpoint_file());
        let mut mark = first.mark;
        // What is connected to a socket that is gone stays connected.
        let mut servers = JoinSet::new();
        servers.spawn(first.serve(agent.clone()));
        let mut told = false;
        loop {
            // From before the look on, so that nothing is missed.
            let mut watch = FolderWatch::new(&places.runtime);
            let found = Mark::of(&socket);
            match at(&socket, found, mark).await {
                Occupant::This => {
                    (mark, told) = (found, false);
                    if endpoint_file.symlink_metadata().is_ok() {
                        watch.changed().await;
                    } else if let Err(error) = advertise() {
                        tracing::debug!(%error, "endpoint.json is gone and cannot be written again");
                        tokio::time::sleep(PAUSE).await;
                    }
                }
                // It is left alone: two agents would take the place from each other for ever.
                Occupant::Another(process) => {
                    if !std::mem::replace(&mut told, true) {
                        tracing::error!(socket = %socket.display(), process, "another agent has taken the place of the socket");
                    }
                    // Its end changes nothing in the folder.
                    let _ = tokio::time::timeout(PAUSE, watch.changed()).await;
                }
                Occupant::Nothing | Occupant::Left => match again(&places.runtime, &socket, &advertise).await
                {
                    Ok(listening) => {
                        tracing::warn!(socket = %socket.display(), "the socket was gone, and is there again");
                        (mark, told) = (listening.mark, false);
                        servers.spawn(listening.serve(agent.clone()));
                    }
                    Err(error) => {
                        if !std::mem::replace(&mut told, true) {
                            tracing::error!(%error, "the socket is gone and cannot be made again");
                        }
                        tokio::time::sleep(PAUSE).await;
                    }
                },
            }
        }
    }

    /// What is at the place of the socket. Connects only if it is not what was put there.
    async fn at(socket: &Path, found: Option<Mark>, ours: Option<Mark>) -> Occupant {
        if found.is_some() && found == ours { Occupant::This } else { Occupant::of(socket).await }
    }

    async fn again(
        folder: &Path,
        socket: &Path,
        advertise: impl Fn() -> io::Result<()>,
    ) -> Result<Listening, NotBound> {
        file::runtime_folder(folder).map_err(io::Error::other)?;
        let listening = bind_socket(socket).await?;
        if let Err(error) = advertise() {
            tracing::debug!(%error, "endpoint.json cannot be written");
        }
        Ok(listening)
    }
}
