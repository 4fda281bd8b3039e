//! UserInfo: OpenID Connect Core 1.0, section 5.3.

pub(crate) mod signed;

use std::time::SystemTime;

use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use crate::client::dpop;
use crate::client::relying_party::RelyingParty;
use crate::error::Error;
use crate::error::document::Document;
use crate::error::dpop::DpopError;
use crate::error::userinfo::UserInfoError;
use crate::http::{Answer, Call, Http, JSON, sensitive};
use crate::identity::claims::Claims;
use crate::provider::keys::Occasion;
use crate::userinfo::signed::Expectation;

impl RelyingParty {
    /// Reads the claims. Their `sub` has to be `subject`, that of the ID token; otherwise the claims must not be used
    /// (section 5.3.2).
    ///
    /// A signed answer needs the provider's signature ([`Error::UserInfo`] otherwise). An unsigned one is
    /// `userinfo_unsigned` if [`Registration::userinfo_alg`](crate::Registration::userinfo_alg) requires a signature.
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
    /// Fails with `dpop_key_missing` without a key, and with `use_dpop_nonce` or `invalid_dpop_proof` if the provider does
    /// not accept the proof. These errors are not about the token.
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
        let judge = |keys: &_| signed::verify(raw, keys, &expected);
        Ok(Claims(self.judged(http, now, Occasion::Answer, judge).await?))
    }
}
