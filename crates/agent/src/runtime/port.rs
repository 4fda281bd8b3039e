//! The configured port of the endpoint, when another program had it at the start: Abide takes it as soon as it is free.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::task::JoinSet;

use crate::agent::Agent;
use crate::api::{Taken, bind_freed, serve_tcp};
use crate::platform::clock;

/// The pause between two attempts.
const PAUSE: Duration = Duration::from_secs(10);

/// What another program holds of the configured port now.
#[derive(Clone, Default)]
pub(crate) struct Held(Arc<Mutex<Option<Taken>>>);

impl Held {
    pub(crate) fn new(taken: Option<Taken>) -> Self {
        Self(Arc::new(Mutex::new(taken)))
    }

    pub(crate) fn now(&self) -> Option<Taken> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is(&self, taken: Option<Taken>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = taken;
    }
}

/// Waits until the port is free, and serves it. The port that was used instead stays open: programs know it. `advertise` writes
/// `endpoint.json`, and `warning` is what [`warn`] has shown.
pub(crate) async fn take(
    agent: Agent,
    held: Held,
    mut warning: Option<String>,
    advertise: impl Fn() -> io::Result<()> + Send + Sync,
) {
    let store = &agent.0.store;
    let mut servers = JoinSet::new();
    while let Some(taken) = held.now() {
        clock::sleep(PAUSE).await;
        let Some(bound) = bind_freed(taken) else { continue };
        let address = taken.address;
        tracing::info!(%address, "the configured port was taken, and is Abide\u{2019}s now");
        agent.listens_at(bound.port);
        held.is(bound.taken);
        if let Some(ended) = std::mem::take(&mut warning) {
            store.end_warning(&ended);
        }
        warning = bound.taken.map(|taken| warn(&agent, taken));
        servers.spawn(serve_tcp(agent.clone(), bound));
        if let Err(error) = advertise() {
            tracing::warn!(%error, "endpoint.json cannot be written");
        }
    }
    while servers.join_next().await.is_some() {}
}

/// Shows what another program on the configured port means.
pub(crate) fn warn(agent: &Agent, taken: Taken) -> String {
    let warning = warning(taken, agent.port());
    tracing::error!("{warning}");
    agent.0.store.warning(warning.clone());
    warning
}

fn warning(taken: Taken, port: u16) -> String {
    let address = taken.address;
    let whose = taken.user.map_or_else(
        || "another program".to_owned(),
        |user| format!("a program of the user with the uid {user}"),
    );
    let instead = if address.port() == port {
        String::new()
    } else {
        format!(" Abide listens on 127.0.0.1:{port} until that program ends.")
    };
    format!(
        "{address} belongs to {whose}, not to Abide.{instead} Send no plain client key to {address}: that program would get it."
    )
}
