//! The forwarding proxies, as they are shown, and the tokens for their requests.

use abide_wire::{AccessToken, ErrorAnswer, ProxyStatus, TokenAnswer};

use super::Agent;
use crate::config::proxies::ProxyConfig;
use crate::consent::Permit;
use crate::state::proxies::ProxyState;
use crate::tokens::{self, TokenParams};

impl Agent {
    /// The state of a listener has changed; `None` for one that is closed. A problem is shown as long as it is there.
    pub(crate) fn proxy_is(&self, name: &str, state: Option<ProxyState>) {
        let problem = |state: &Option<ProxyState>| match state {
            Some(ProxyState::Fails(problem)) => Some(problem.clone()),
            _ => None,
        };
        let shown = problem(&state);
        let before = self.0.proxies.state(name, state);
        let before = problem(&before);
        if before == shown {
            return;
        }
        before.iter().for_each(|text| self.0.store.end_warning(text));
        if let Some(text) = shown {
            tracing::warn!(proxy = name, "{text}");
            self.0.store.warning(text);
        }
    }

    /// The proxies, by name.
    pub(crate) fn proxy_list(&self) -> Vec<ProxyStatus> {
        let states = self.0.proxies.states();
        let wanted = self.0.proxies.wanted().borrow().clone();
        let status = |(name, config): (String, ProxyConfig)| {
            let (address, problem) = match states.get(&name) {
                Some(ProxyState::Listens(address)) => (Some(*address), None),
                Some(ProxyState::Fails(problem)) => (None, Some(problem.clone())),
                None => (None, None),
            };
            let listening = address.is_some();
            let address = address.or(Some(config.listen).filter(|address| address.port() != 0));
            ProxyStatus {
                name,
                address: address.map(|address| format!("http://{address}")),
                upstream: config.upstream.to_string(),
                account: config.account,
                listening,
                problem,
            }
        };
        wanted.0.into_iter().map(status).collect()
    }

    /// Another token than the one that a server has refused.
    ///
    /// # Errors
    ///
    /// As [`tokens::another`].
    pub(crate) async fn another_token(
        &self,
        params: &TokenParams,
        permit: &Permit,
        refused: &AccessToken,
    ) -> Result<TokenAnswer, ErrorAnswer> {
        self.0.consent.still_holds(permit)?;
        let answer = tokens::another(&self.0.store, &permit.within(params), refused).await?;
        self.0.consent.served(permit);
        Ok(answer)
    }
}
