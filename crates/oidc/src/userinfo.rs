//! UserInfo: OpenID Connect Core 1.0, section 5.3.

use std::fmt;
use std::time::SystemTime;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::dpop::{self, DpopError};
use crate::error::{Document, Error};
use crate::http::{Answer, Call, Http, JSON};
use crate::relying_party::{RelyingParty, sensitive};

/// Claims about the person who signed in, as the provider wrote them.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Claims(Map<String, Value>);

impl Claims {
    /// One claim.
    pub fn claim(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// One claim, if it is text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str)
    }

    /// All claims, ordered by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }
}

impl fmt::Debug for Claims {
    /// The names only: what they say belongs to the person and not to a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl RelyingParty {
    /// Reads the claims. Their `sub` has to be `subject`, that of the ID token: without that, the claims must not be
    /// used (section 5.3.2).
    pub async fn userinfo(
        &self,
        http: &Http,
        access_token: &SecretString,
        subject: &str,
    ) -> Result<Claims, Error> {
        read(&http.send(self.userinfo_call("Bearer", access_token)?).await?, subject)
    }

    /// As [`Self::userinfo`], with an access token of the type `DPoP` and a proof of the key that it is bound to
    /// (RFC 9449, section 7.1).
    ///
    /// Fails with `dpop_key_missing` without a key, and with `use_dpop_nonce` or `invalid_dpop_proof` if the provider
    /// finds fault with the proof: that says nothing about the token.
    pub async fn userinfo_with_proof(
        &self,
        http: &Http,
        access_token: &SecretString,
        subject: &str,
        now: SystemTime,
    ) -> Result<Claims, Error> {
        if !self.uses_dpop() {
            return Err(DpopError::KeyMissing.into());
        }
        let call = || self.userinfo_call("DPoP", access_token);
        let answer = self.send_proved(http, Some(access_token), now, call).await?;
        match dpop::complaint(&answer) {
            Some(complaint) => Err(complaint),
            None => read(&answer, subject),
        }
    }

    fn userinfo_call(&self, scheme: &str, access_token: &SecretString) -> Result<Call<'_>, Error> {
        let url = self.provider().userinfo_endpoint()?;
        let header = Zeroizing::new(format!("{scheme} {}", access_token.expose_secret()));
        Ok(Call { authorization: Some(sensitive(&header)?), ..Call::get(url) })
    }
}

fn read(answer: &Answer, subject: &str) -> Result<Claims, Error> {
    if answer.status == ::http::StatusCode::UNAUTHORIZED {
        return Err(Error::AccessTokenRejected);
    }
    let claims: Claims = answer.document(Document::UserInfo, &[JSON])?;
    match claims.text("sub") {
        None => Err(Error::UserInfoSubjectMissing),
        Some(found) if found != subject => Err(Error::UserInfoSubjectMismatch),
        Some(_) => Ok(claims),
    }
}
