//! A client whose tokens are bound to a key: RFC 9449, sections 5, 7 and 10.

use std::sync::Arc;
use std::time::SystemTime;

use secrecy::SecretString;

use crate::client::dpop::{ALGORITHM, Binding, Dpop, DpopKey, complaint, offered};
use crate::client::relying_party::RelyingParty;
use crate::error::Error;
use crate::error::dpop::DpopError;
use crate::error::oauth::OAuthError;
use crate::http::{Answer, Call, Http};

impl RelyingParty {
    /// The same client, with tokens bound to `key` from now on: at the sign-in (`dpop_jkt`, section 10), at the token
    /// endpoint (section 5) and at UserInfo (section 7). A session keeps the key that it began with.
    ///
    /// Without effect if the provider does not offer DPoP, unless `binding` is [`Binding::Required`]: then it is tried, and
    /// the provider's answer decides. Fails with `dpop_algorithm_unsupported`.
    pub fn with_dpop(&self, key: Arc<DpopKey>, binding: Binding) -> Result<Self, Error> {
        let required = binding == Binding::Required;
        let offered = self.provider().metadata().dpop_signing_alg_values_supported.as_deref();
        let fits = offered.map(|offered| offered.iter().any(|name| name == ALGORITHM));
        match (fits, required) {
            (Some(true), _) | (None, true) => {}
            (Some(false), true) => return Err(DpopError::AlgorithmUnsupported.into()),
            (Some(false) | None, false) => return Ok(self.clone()),
        }
        Ok(self.bound(Dpop::new(key, required)))
    }

    /// The same client, whose tokens are bound to nothing: for a provider that has answered with a bearer token.
    pub fn without_dpop(&self) -> Self {
        self.unbound()
    }

    /// True if tokens are asked for in a way that binds them to a key.
    pub fn uses_dpop(&self) -> bool {
        self.dpop().is_some()
    }

    /// Sends the request that `make` makes, with a proof if there is a key. If the provider asks for its nonce, sends it
    /// once more and no third time (section 8); everything that can be sent only once is made anew for that.
    pub(crate) async fn send_proved<'a>(
        &self,
        http: &Http,
        token: Option<&SecretString>,
        now: SystemTime,
        make: impl Fn() -> Result<Call<'a>, Error>,
    ) -> Result<Answer, Error> {
        let Some(dpop) = self.dpop() else { return http.send(make()?).await };
        let answer = dpop.send(http, make()?, token, now).await?;
        let wanted = complaint(&answer).is_some_and(|error| error.code() == OAuthError::UseDpopNonce.code());
        if wanted && offered(&answer.headers).is_some() {
            dpop.send(http, make()?, token, now).await
        } else {
            Ok(answer)
        }
    }
}
