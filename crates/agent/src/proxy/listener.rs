//! The addresses of the proxies: open as the configuration has them.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use abide_oidc::Upstream;
use http::Request;
use hyper::body::Incoming;
use tokio::task::JoinHandle;

use super::client::{Client, Clients};
use super::open::Gate;
use crate::agent::Agent;
use crate::config::proxies::ProxyConfig;
use crate::platform::tcp_peer::listening_user;
use crate::platform::{clock, file};
use crate::server::tcp::{Admits, Tcp, bind_patiently};
use crate::server::{Limits, serve};
use crate::state::proxies::ProxyState;

/// The pause between two attempts to open an address.
const RETRY: Duration = Duration::from_secs(3);
/// The largest file of certificates, in bytes.
const LARGEST: u64 = 4 << 20;

/// An open proxy, or one that is tried again. Ends when it is dropped.
struct Open {
    config: ProxyConfig,
    task: JoinHandle<()>,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Opens, changes and closes proxies as the configuration changes, until it is aborted.
pub(crate) async fn keep(agent: Agent) {
    let mut wanted = agent.0.proxies.wanted();
    let mut open = BTreeMap::<String, Open>::new();
    loop {
        let config = wanted.borrow_and_update().0.clone();
        open.retain(|name, open| {
            let stays = config.get(name) == Some(&open.config);
            if !stays {
                agent.proxy_is(name, None);
            }
            stays
        });
        for (name, config) in config {
            open.entry(name.clone()).or_insert_with(|| Open {
                config: config.clone(),
                task: tokio::spawn(run(agent.clone(), name, config)),
            });
        }
        if wanted.changed().await.is_err() {
            return;
        }
    }
}

/// Serves one proxy. What prevents it is shown, and tried again.
async fn run(agent: Agent, name: String, config: ProxyConfig) {
    let (upstream, listener) = loop {
        match prepare(&config).await {
            Ok(ready) => break ready,
            Err(why) => {
                let text = format!("The proxy \u{201c}{name}\u{201d} is not open: {why}");
                agent.proxy_is(&name, Some(ProxyState::Fails(text)));
                clock::sleep(RETRY).await;
            }
        }
    };
    let Ok(address) = listener.local_addr() else { return };
    tracing::info!(proxy = name, %address, "a forwarding proxy is open");
    agent.proxy_is(&name, Some(ProxyState::Listens(address)));
    let gate = Arc::new(Gate::new(agent, name, config, address, upstream));
    let clients = Clients(Tcp::new(listener, Admits::ThisUser));
    serve(clients, Limits::PROXY, move |request: Request<Incoming>, client: Arc<Client>| {
        let gate = gate.clone();
        async move { gate.answer(request, &client).await }
    })
    .await;
}

/// The client for the server, and the bound address.
async fn prepare(config: &ProxyConfig) -> Result<(Upstream, tokio::net::TcpListener), String> {
    let pem = match config.ca_file.clone() {
        Some(path) => {
            let shown = path.display().to_string();
            let read = file::read_trusted_aside(&path, LARGEST).await;
            Some(read.map_err(|error| format!("`ca_file`: {shown} cannot be used ({error})."))?)
        }
        None => None,
    };
    let upstream = Upstream::new(&config.upstream, pem.as_deref(), config.proxy.clone().unwrap_or_default())
        .map_err(|error| error.to_string())?;
    let listener = bind_patiently(config.listen).await.map_err(|error| not_bound(config.listen, &error))?;
    Ok((upstream, listener))
}

fn not_bound(address: SocketAddr, error: &io::Error) -> String {
    if error.kind() != io::ErrorKind::AddrInUse {
        return format!("{address} cannot be opened ({error}).");
    }
    let whose = match listening_user(address) {
        Some(user) => format!("a program of the user with the uid {user}"),
        None => "another program".to_owned(),
    };
    format!(
        "{address} belongs to {whose}. Requests that you send there do not reach Abide. Choose another `listen`."
    )
}
