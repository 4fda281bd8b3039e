//! Token responses (OpenID Connect Core 3.1.3.3 and 12.2).

use serde_json::{Value, json};

use crate::config::{Client, Quirks, RefreshTokens, lay_over};
use crate::crypto::secret::{self, Digest};
use crate::http::{Failure, Reply};
use crate::state::provider::Provider;
use crate::state::scope::OFFLINE_ACCESS;
use crate::state::store::Granted;
use crate::state::token_store::{self, AccessToken, Lifetime};
use crate::state::users::User;

/// The lifetime of an ID token, in seconds. It is read once, on arrival.
const ID_TOKEN_LIFETIME: u64 = 10 * 60;

/// The token response for a grant; `resource` is the part of its resources that the access token is for.
pub(crate) fn begin(
    provider: &Provider,
    client: &Client,
    code: Option<&str>,
    granted: &Granted<'_>,
    resource: &[String],
) -> Result<Reply, Failure> {
    let quirks = provider.quirks();
    let now = provider.now();
    let access_token = secret::random_text()?;
    let handle = token_store::family_handle()?;
    let wanted = quirks.refresh_tokens_for_all || granted.scope.iter().any(|scope| scope == OFFLINE_ACCESS);
    let refreshable = wanted && quirks.refresh_tokens != RefreshTokens::None;
    let refresh_token = refreshable.then(|| token_store::new_refresh_token(handle)).transpose()?;
    let lifetime = Lifetime {
        idle: match refreshable {
            true => provider.refresh_token_lifetime().max(provider.access_token_lifetime()),
            false => provider.access_token_lifetime(),
        },
        ends: ends(&quirks, granted.session.auth_time, now),
    };
    let issue = Issue {
        subject: granted.session.user.subject,
        sid: &granted.session.sid,
        auth_time: granted.session.auth_time,
        nonce: granted.nonce,
        acr: granted.acr,
        scope: granted.scope,
        resource,
        jkt: granted.jkt,
        access_token: &access_token,
        refresh_token: refresh_token.as_deref(),
        ends: lifetime.ends,
        renewed: false,
    };
    let body = issue.body(provider, client, now)?;
    let mut store = provider.store();
    let family = store.begin_family(code, granted, handle, refresh_token.as_deref(), lifetime, now);
    store.tokens.issue_access_token(&access_token, issue.access(provider, family, now), now);
    Ok(Reply::json(body))
}

/// The end of a grant, however often it is refreshed.
fn ends(quirks: &Quirks, auth_time: u64, now: u64) -> Option<u64> {
    let session = quirks.session_expiry.map(|expiry| auth_time + expiry.as_secs());
    let grant = quirks.authorization_lifetime.map(|lifetime| now + lifetime.as_secs());
    session.into_iter().chain(grant).min()
}

/// The content of a token response.
pub(crate) struct Issue<'a> {
    pub(crate) subject: &'a str,
    pub(crate) sid: &'a str,
    pub(crate) auth_time: u64,
    pub(crate) nonce: Option<&'a str>,
    pub(crate) acr: Option<&'a str>,
    pub(crate) scope: &'a [String],
    pub(crate) resource: &'a [String],
    /// The key that the access token is bound to.
    pub(crate) jkt: Option<&'a str>,
    pub(crate) access_token: &'a str,
    pub(crate) refresh_token: Option<&'a str>,
    /// The end of the grant.
    pub(crate) ends: Option<u64>,
    /// Whether this is a refresh.
    pub(crate) renewed: bool,
}

impl Issue<'_> {
    pub(crate) fn access(&self, provider: &Provider, family: Digest, now: u64) -> AccessToken {
        AccessToken {
            family,
            scope: self.scope.to_vec(),
            resource: self.resource.to_vec(),
            jkt: self.jkt.map(str::to_owned),
            issued: now,
            expires: self.expires(provider, now),
        }
    }

    /// An access token expires no later than its grant.
    fn expires(&self, provider: &Provider, now: u64) -> u64 {
        Lifetime { idle: provider.access_token_lifetime(), ends: self.ends }.expires(now)
    }

    pub(crate) fn body(&self, provider: &Provider, client: &Client, now: u64) -> Result<Value, Failure> {
        let mut body = json!({
            "access_token": self.access_token,
            "token_type": if self.jkt.is_some() { "DPoP" } else { "Bearer" },
            "expires_in": self.expires(provider, now).saturating_sub(now),
            "scope": self.scope.join(" "),
        });
        // A refresh without `openid` in its scope gets no ID token, as at the sign-in.
        if self.scope.iter().any(|scope| scope == "openid") {
            body["id_token"] = json!(self.id_token(provider, client, now)?);
        }
        if let Some(refresh_token) = self.refresh_token {
            body["refresh_token"] = json!(refresh_token);
        }
        self.tell_lifetimes(provider, now, &mut body);
        Ok(body)
    }

    fn tell_lifetimes(&self, provider: &Provider, now: u64, body: &mut Value) {
        let quirks = provider.quirks();
        let idle = Lifetime { idle: provider.refresh_token_lifetime(), ends: self.ends };
        let idle = idle.expires(now).saturating_sub(now);
        let has_refresh_token = self.refresh_token.is_some() || self.renewed;
        for (name, tells) in [
            ("refresh_token_timeout", quirks.tell_refresh_token_timeout),
            ("refresh_expires_in", quirks.tell_refresh_expires_in),
        ] {
            if tells && has_refresh_token {
                body[name] = json!(idle);
            }
        }
        if let (Some(_), Some(ends)) = (quirks.authorization_lifetime, self.ends) {
            body["authorization_expires_in"] = json!(ends.saturating_sub(now));
        }
    }

    fn id_token(&self, provider: &Provider, client: &Client, now: u64) -> Result<String, Failure> {
        let mut claims = json!({
            "iss": provider.issuer(),
            "sub": self.subject,
            "aud": client.id,
            "exp": now + ID_TOKEN_LIFETIME,
            "iat": now,
            "auth_time": self.auth_time,
            "amr": ["pwd"],
            "sid": self.sid,
            "at_hash": secret::encode(Digest::of(self.access_token).left_half()),
        });
        if let Some(nonce) = self.nonce {
            claims["nonce"] = json!(nonce);
        }
        if let Some(acr) = self.acr {
            claims["acr"] = json!(acr);
        }
        for (name, value) in
            User::with_subject(self.subject).map(|user| user.claims(self.scope)).unwrap_or_default()
        {
            claims[name] = value;
        }
        let quirks = provider.quirks();
        if let Some(expiry) = quirks.session_expiry.filter(|_| !(quirks.session_expiry_once && self.renewed))
        {
            claims["session_expiry"] = json!(self.auth_time + expiry.as_secs());
        }
        lay_over(&mut claims, &quirks.id_token_claims);
        Ok(provider.keys().sign(client.signing, "JWT", &claims)?)
    }
}
