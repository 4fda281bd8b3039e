//! Requests with an access token: RFC 6750, section 2.1, and RFC 9449, section 7.1.

use std::fmt;
use std::time::SystemTime;

use ::http::StatusCode;
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use crate::client::dpop::complaint;
use crate::client::relying_party::RelyingParty;
use crate::error::Error;
use crate::http::{Answer, Call, Http, sensitive};

/// An access token, and the connection and time of its use.
#[derive(Clone, Copy)]
pub struct Access<'a> {
    /// The connection.
    pub http: &'a Http,
    /// The access token.
    pub token: &'a SecretString,
    /// The time of a proof, if the token is bound to a key.
    pub now: SystemTime,
}

impl fmt::Debug for Access<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Access").field("now", &self.now).finish_non_exhaustive()
    }
}

impl RelyingParty {
    /// Sends a request with an access token: with a proof if this client's tokens are bound, as a bearer token otherwise.
    ///
    /// Fails with `access_token_rejected`. Fails with `use_dpop_nonce` or `invalid_dpop_proof` if the server does not accept
    /// the proof: these errors are not about the token.
    pub(crate) async fn send_with_access<'a>(
        &self,
        access: &Access<'_>,
        make: impl Fn() -> Call<'a>,
    ) -> Result<Answer, Error> {
        let scheme = if self.uses_dpop() { "DPoP" } else { "Bearer" };
        let header = Zeroizing::new(format!("{scheme} {}", access.token.expose_secret()));
        let sent = self.send_proved(access.http, Some(access.token), access.now, || {
            Ok(Call { authorization: Some(sensitive(&header)?), ..make() })
        });
        let answer = sent.await?;
        if let Some(error) = complaint(&answer).filter(|_| self.uses_dpop()) {
            return Err(error);
        }
        match answer.status {
            StatusCode::UNAUTHORIZED => Err(Error::AccessTokenRejected),
            _ => Ok(answer),
        }
    }
}
