//! `abide proxies`: the addresses that add the token to requests.

use abide_wire::terminal::plain;
use abide_wire::{ProxyList, ProxyStatus};

use super::table::table;
use crate::failure::Failure;
use crate::io::Io;

/// Lists them.
pub(super) fn list(io: &mut Io<'_>, json: bool) -> Result<(), Failure> {
    let answer = io.endpoint()?.call("GET", "/v1/proxies")?;
    if json {
        return io.pass_on(&answer);
    }
    let ProxyList { proxies } = answer.json()?;
    if proxies.is_empty() {
        return io.say("No proxy is configured. `abide help proxies` shows how to set one up.\n");
    }
    let mut page = table(&proxies.iter().map(row).collect::<Vec<_>>());
    for problem in proxies.iter().filter_map(|proxy| proxy.problem.as_deref()) {
        page.push_str(&format!("{}\n", plain(problem)));
    }
    io.say(&page)
}

fn row(proxy: &ProxyStatus) -> Vec<String> {
    let address = proxy.address.as_deref().unwrap_or("no address yet");
    let state = if proxy.listening { "open" } else { "not open" };
    [&proxy.name, address, &proxy.upstream, &proxy.account, state]
        .map(|cell| plain(cell).to_string())
        .to_vec()
}
