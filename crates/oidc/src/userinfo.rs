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
use crate::keys::Occasion;
use crate::relying_party::{RelyingParty, sensitive};
use crate::text;
use crate::userinfo_jwt::{self, Expectation, UserInfoError};

const MAX_LINE: usize = 200;

/// Claims about the person who signed in, as the provider wrote them.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Claims(pub(crate) Map<String, Value>);

impl Claims {
    /// One claim.
    pub fn claim(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// One claim, if it is text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str)
    }

    /// One claim as people read it: one line without control characters, at most 200 characters. `None` if it is no text or
    /// nothing is left of it.
    pub fn line(&self, name: &str) -> Option<String> {
        let line = text::plain(self.text(name)?, MAX_LINE);
        (!line.is_empty()).then_some(line)
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
    ///
    /// A signed answer is believed if the signature is the provider's ([`Error::UserInfo`] otherwise). An unsigned one is
    /// `userinfo_unsigned` if [`Registration::userinfo_alg`](crate::Registration::userinfo_alg) says that it is signed.
    pub async fn userinfo(
        &self,
        http: &Http,
        access_token: &SecretString,
        subject: &str,
        now: SystemTime,
    ) -> Result<Claims, Error> {
        let answer = http.send(self.userinfo_call("Bearer", access_token)?).await?;
        self.read(http, &answer, subject, now).await
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
            None => self.read(http, &answer, subject, now).await,
        }
    }

    fn userinfo_call(&self, scheme: &str, access_token: &SecretString) -> Result<Call<'_>, Error> {
        let url = self.provider().userinfo_endpoint()?;
        let header = Zeroizing::new(format!("{scheme} {}", access_token.expose_secret()));
        Ok(Call { authorization: Some(sensitive(&header)?), ..Call::get(url) })
    }

    async fn read(
        &self,
        http: &Http,
        answer: &Answer,
        subject: &str,
        now: SystemTime,
    ) -> Result<Claims, Error> {
        if answer.status == ::http::StatusCode::UNAUTHORIZED {
            return Err(Error::AccessTokenRejected);
        }
        let claims = match answer.jwt() {
            Some(raw) => self.signed_claims(http, raw, now).await?,
            None => self.plain_claims(answer)?,
        };
        match claims.text("sub") {
            None => Err(Error::UserInfoSubjectMissing),
            Some(found) if found != subject => Err(Error::UserInfoSubjectMismatch),
            Some(_) => Ok(claims),
        }
    }

    fn plain_claims(&self, answer: &Answer) -> Result<Claims, Error> {
        let claims = answer.document(Document::UserInfo, &[JSON])?;
        match self.registration().userinfo_alg {
            Some(_) => Err(UserInfoError::Unsigned.into()),
            None => Ok(claims),
        }
    }

    async fn signed_claims(&self, http: &Http, raw: &str, now: SystemTime) -> Result<Claims, Error> {
        let registration = self.registration();
        let registered = registration.userinfo_alg.as_slice();
        let expected = Expectation {
            issuer: self.provider().issuer(),
            client_id: &registration.client_id,
            client_secret: registration.client_secret.as_ref(),
            algorithms: if registered.is_empty() { self.algorithms() } else { registered },
            now,
        };
        let judge = |keys: &_| userinfo_jwt::verify(raw, keys, &expected);
        Ok(Claims(self.judged(http, now, Occasion::Answer, judge).await?))
    }
}
