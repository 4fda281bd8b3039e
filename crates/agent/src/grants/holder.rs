//! The holder of a client key, for what lasts longer than one request.

use std::collections::BTreeSet;

use abide_wire::{ErrorAnswer, ErrorCode};
use tokio::sync::watch;

use super::Clients;

/// The holder of a client key. Another key of the same name is another holder.
pub(crate) struct Holder {
    grant: u64,
    numbers: watch::Receiver<BTreeSet<u64>>,
}

impl Clients {
    /// The holder of the key of this name.
    ///
    /// # Errors
    ///
    /// `consent_required` if it has been revoked.
    pub(crate) fn holder(&self, name: &str) -> Result<Holder, ErrorAnswer> {
        let numbers = self.numbers.subscribe();
        let grant = self.state().kept.get(name).map(|client| client.id);
        let grant = grant.ok_or_else(|| {
            ErrorAnswer::new(ErrorCode::ConsentRequired, "This client key has been revoked.")
        })?;
        Ok(Holder { grant, numbers })
    }
}

impl Holder {
    /// Returns once the key is revoked.
    pub(crate) async fn revoked(mut self) {
        let grant = self.grant;
        // An error: the agent ends, and all connections with it.
        let _ = self.numbers.wait_for(|numbers| !numbers.contains(&grant)).await;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use futures_util::FutureExt as _;

    use super::*;

    #[tokio::test]
    async fn a_holder_is_one_until_the_key_is_revoked_and_not_again_with_another_key_of_that_name() {
        let folder = tempfile::tempdir().unwrap();
        let clients = Clients::open(folder.path().join("clients.json")).unwrap();
        clients.allow("ci", None).unwrap();
        clients.allow("other", None).unwrap();
        let mut revoked = Box::pin(clients.holder("ci").unwrap().revoked());
        clients.revoke("other").unwrap();
        assert!((&mut revoked).now_or_never().is_none());
        clients.revoke("ci").unwrap();
        clients.allow("ci", None).unwrap();
        assert!(revoked.now_or_never().is_some());
        assert!(clients.holder("other").is_err());
    }
}
