//! A request that has been let in, as handlers get it.

use std::sync::Arc;

use abide_wire::ErrorAnswer;
use http::Request;

use super::auth::{Caller, Channel};
use super::body::Received;
use super::page::no_browser;
use super::seen::Seen;
use crate::agent::Agent;
use crate::consent::Permit;
use crate::identity;
use crate::platform::program::{Connected, aside};
use crate::server::Connection;
use crate::tokens::TokenParams;

/// A request that has been let in.
pub(super) struct Call {
    pub(super) agent: Agent,
    pub(super) caller: Caller,
    /// The same, as it is recorded.
    pub(super) who: abide_audit::Caller,
    pub(super) request: Request<Received>,
    /// The process that asks, and what it acts for; nothing over TCP.
    pub(super) seen: Seen,
    /// The process that asks; `None` over TCP.
    pub(super) connected: Option<Arc<Connected>>,
    /// What it came over.
    pub(super) connection: Arc<Connection>,
    /// The same, for signatures.
    pub(super) channel: Channel,
    /// The part of the path at `{…}`.
    pub(super) name: String,
}

impl Call {
    /// The account or client that the path names; empty where it names none.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// What has to be there before a token is: the caller may have it, by a grant, the policy or the user's answer.
    pub(super) async fn permit(&self, asked: &TokenParams, signs_in: bool) -> Result<Permit, ErrorAnswer> {
        permit(&self.agent, &self.caller, &self.seen.behind, self.query(), asked, signs_in).await
    }

    /// Whether a person at a terminal asks, for a call that programs may make as well.
    pub(super) async fn is_at_terminal(&self) -> bool {
        let Some(connected) = self.connected.clone() else { return false };
        let Some(process) = connected.id() else { return false };
        aside(process, move || identity::is_at_terminal(&connected.lineage())).await.unwrap_or(false)
    }

    /// The query; empty without one.
    pub(super) fn query(&self) -> &str {
        self.request.uri().query().unwrap_or_default()
    }
}

/// The same for a call that has been taken apart.
pub(super) async fn permit(
    agent: &Agent,
    caller: &Caller,
    behind: &identity::Caller,
    query: &str,
    asked: &TokenParams,
    signs_in: bool,
) -> Result<Permit, ErrorAnswer> {
    let reason = reason(query);
    let caller = match caller {
        Caller::Client(name) => identity::Caller::with_key(name),
        Caller::Page(origin) => identity::Caller::at_origin(origin, behind.clone()).ok_or_else(no_browser)?,
        _ => behind.clone(),
    };
    agent.permit(caller, asked, reason, signs_in).await
}

/// What a program gives as its reason.
pub(super) fn reason(query: &str) -> Option<String> {
    let mut pairs = url::form_urlencoded::parse(query.as_bytes());
    pairs.find(|(name, _)| name == "reason").map(|(_, reason)| reason.into_owned())
}
