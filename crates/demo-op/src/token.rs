//! The token endpoint (RFC 6749, OpenID Connect Core 3.1.3 and 12, RFC 8707, RFC 9449).

use std::sync::Arc;

use axum::http::StatusCode;
use axum::http::header::AUTHORIZATION;
use serde_json::{Value, json};

use crate::client_auth;
use crate::config::Client;
use crate::device;
use crate::dpop;
use crate::provider::{Failure, Provider};
use crate::record::Endpoint;
use crate::reply::Reply;
use crate::secret::{self, Digest};
use crate::server::Asked;
use crate::store::{self, AccessToken, Granted, Refreshing};
use crate::token_exchange;
use crate::users::User;
use crate::wishes;

/// How long an ID token lasts, in seconds. It is read once, when it is received.
const ID_TOKEN_LIFETIME: u64 = 10 * 60;

pub(crate) async fn respond(provider: &Arc<Provider>, asked: &Asked) -> Result<Reply, Failure> {
    let client = match client(provider, asked) {
        Ok(client) => client,
        Err(refused) => return Ok(*refused),
    };
    let jkt = match dpop::proven(provider, asked, Endpoint::Token, None) {
        Ok(jkt) => jkt,
        Err(refusal) => return Ok(refusal.reply()),
    };
    let reply = match asked.named("grant_type") {
        Some("authorization_code") => exchange(provider, &client, asked, jkt),
        Some("refresh_token") => refresh(provider, &client, asked, jkt),
        Some(token_exchange::GRANT_TYPE) => token_exchange::exchange(provider, &client, asked, jkt),
        Some(device::GRANT_TYPE) => device::exchange(provider, &client, asked, jkt),
        Some(_) => Ok(Reply::bad_request("unsupported_grant_type", "the grant type is not supported")),
        None => Ok(Reply::bad_request("invalid_request", "grant_type is missing")),
    };
    // Also after a refusal: it may have revoked something.
    provider.persist().await;
    reply
}

/// The client that asks. One that shows a secret is not the one that is registered.
pub(crate) fn client(provider: &Provider, asked: &Asked) -> Result<Arc<Client>, Box<Reply>> {
    if asked.headers.contains_key(AUTHORIZATION) {
        if let Some((id, secret)) = client_auth::basic(asked)
            && let Some(client) = provider.client(&id)
            && client.secret.is_some_and(|known| known.matches(&secret))
        {
            return Ok(client);
        }
        let why = "the client has no secret, or another one";
        let reply = Reply::refused(StatusCode::UNAUTHORIZED, "invalid_client", why);
        return Err(Box::new(reply.with_challenge("Basic realm=\"demo\"")));
    }
    let refused = |why| Box::new(Reply::bad_request("invalid_client", why));
    if asked.named("client_secret").is_some() {
        return Err(refused("a client that has a secret shows it in the header"));
    }
    let id = asked.named("client_id").map(str::to_owned).or_else(|| client_auth::claimed(asked));
    let id = id.ok_or_else(|| refused("client_id is missing"))?;
    let client = provider.client(&id).ok_or_else(|| refused("the client is not registered here"))?;
    if client.secret.is_some() {
        return Err(refused("the client has to authenticate with client_secret_basic"));
    }
    client_auth::check(provider, &client, asked).map_err(refused)?;
    Ok(client)
}

pub(crate) fn invalid_grant(why: &str) -> Reply {
    Reply::bad_request("invalid_grant", why)
}

pub(crate) fn invalid_target() -> Reply {
    Reply::bad_request("invalid_target", "a resource is none, or was not allowed")
}

fn exchange(
    provider: &Provider,
    client: &Client,
    asked: &Asked,
    jkt: Option<String>,
) -> Result<Reply, Failure> {
    let (Some(code), Some(redirect_uri), Some(verifier)) =
        (asked.named("code"), asked.named("redirect_uri"), asked.named("code_verifier"))
    else {
        return Ok(Reply::bad_request("invalid_request", "code, redirect_uri and code_verifier are needed"));
    };
    let now = provider.now();
    let Some(fresh) = provider.store().take_code(code, now) else {
        return Ok(invalid_grant("the code is unknown, used or too old"));
    };
    if fresh.request.client_id != client.id {
        return Ok(invalid_grant("the code was issued to another client"));
    }
    if fresh.request.redirect_uri != redirect_uri {
        return Ok(invalid_grant("the redirect URI is not the one of the authorization request"));
    }
    if !is_verifier(verifier) || !secret::same(&Digest::of(verifier).text(), &fresh.request.code_challenge) {
        return Ok(invalid_grant("the code verifier does not fit the code challenge"));
    }
    if fresh.request.dpop_jkt.is_some() && fresh.request.dpop_jkt != jkt {
        return Ok(Reply::bad_request("invalid_dpop_proof", "the code is bound to another key"));
    }
    let Some(resource) = wishes::narrowed(asked.named("resource"), &fresh.request.resource) else {
        return Ok(invalid_target());
    };
    begin(provider, client, Some(code), &fresh.granted(jkt.as_deref()), &resource)
}

/// RFC 7636 section 4.1.
fn is_verifier(text: &str) -> bool {
    (43..=128).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b))
}

/// The token response for what somebody allowed; `resource` is for which of it the access token is.
pub(crate) fn begin(
    provider: &Provider,
    client: &Client,
    code: Option<&str>,
    granted: &Granted<'_>,
    resource: &[String],
) -> Result<Reply, Failure> {
    let now = provider.now();
    let access_token = secret::random_text()?;
    let handle = store::family_handle()?;
    let offline = granted.scope.iter().any(|scope| scope == "offline_access");
    let refresh_token = offline.then(|| store::new_refresh_token(handle)).transpose()?;
    let lifetime = match offline {
        true => provider.refresh_token_lifetime().max(provider.access_token_lifetime()),
        false => provider.access_token_lifetime(),
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
    };
    let body = issue.body(provider, client, now)?;
    let mut store = provider.store();
    let family = store.begin_family(code, granted, handle, refresh_token.as_deref(), now + lifetime, now);
    store.issue_access_token(&access_token, issue.access(provider, family, now), now);
    Ok(Reply::json(body))
}

fn refresh(
    provider: &Provider,
    client: &Client,
    asked: &Asked,
    jkt: Option<String>,
) -> Result<Reply, Failure> {
    let Some(shown) = asked.named("refresh_token") else {
        return Ok(Reply::bad_request("invalid_request", "refresh_token is missing"));
    };
    // Made before the store is locked, and thrown away if the token that is shown is not good.
    let access_token = secret::random_text()?;
    let new = store::handle_in(shown).map(store::new_refresh_token).transpose()?;
    let now = provider.now();
    let mut store = provider.store();
    let (key, family) = match store.refreshing(shown, &client.id, now) {
        Refreshing::Good(key, family) => (key, family),
        Refreshing::Reused => {
            return Ok(invalid_grant(
                "the refresh token was used before, so all of its successors are revoked",
            ));
        }
        Refreshing::AnotherClient => {
            return Ok(invalid_grant("the refresh token was issued to another client"));
        }
        Refreshing::Unknown => return Ok(invalid_grant("the refresh token is unknown, revoked or too old")),
    };
    // A client that authenticates may change its key (RFC 9449 section 5); from a public one it is the only proof.
    if client.public_key.is_none() && family.jkt.is_some() && family.jkt != jkt {
        return Ok(Reply::bad_request("invalid_dpop_proof", "the refresh token is bound to another key"));
    }
    let Some(resource) = wishes::within(asked.named("resource"), &family.resource) else {
        return Ok(invalid_target());
    };
    let scope = match narrowed(asked.named("scope"), &family.scope) {
        Some(scope) => scope,
        None => {
            return Ok(Reply::bad_request(
                "invalid_scope",
                "the scope is wider than the one that was granted",
            ));
        }
    };
    let issue = Issue {
        subject: &family.subject,
        sid: &family.sid,
        auth_time: family.auth_time,
        nonce: None,
        acr: None,
        scope: &scope,
        resource: &resource,
        jkt: jkt.as_deref(),
        access_token: &access_token,
        refresh_token: new.as_deref(),
    };
    let body = issue.body(provider, client, now)?;
    let lifetime = provider.refresh_token_lifetime().max(provider.access_token_lifetime());
    store.rotate(key, new.as_deref().unwrap_or(shown), now + lifetime, now);
    store.issue_access_token(&access_token, issue.access(provider, key, now), now);
    Ok(Reply::json(body))
}

/// The scope of a refreshed access token: what was granted, or the part of it that is asked for.
pub(crate) fn narrowed(asked: Option<&str>, granted: &[String]) -> Option<Vec<String>> {
    let Some(asked) = asked else { return Some(granted.to_vec()) };
    let asked: Vec<String> = asked.split(' ').filter(|scope| !scope.is_empty()).map(str::to_owned).collect();
    asked.iter().all(|scope| granted.contains(scope)).then_some(asked)
}

/// What a token response says.
struct Issue<'a> {
    subject: &'a str,
    sid: &'a str,
    auth_time: u64,
    nonce: Option<&'a str>,
    acr: Option<&'a str>,
    scope: &'a [String],
    resource: &'a [String],
    /// The key that the access token is bound to.
    jkt: Option<&'a str>,
    access_token: &'a str,
    refresh_token: Option<&'a str>,
}

impl Issue<'_> {
    fn access(&self, provider: &Provider, family: Digest, now: u64) -> AccessToken {
        AccessToken {
            family,
            scope: self.scope.to_vec(),
            resource: self.resource.to_vec(),
            jkt: self.jkt.map(str::to_owned),
            issued: now,
            expires: now + provider.access_token_lifetime(),
        }
    }

    fn body(&self, provider: &Provider, client: &Client, now: u64) -> Result<Value, Failure> {
        let mut body = json!({
            "access_token": self.access_token,
            "token_type": if self.jkt.is_some() { "DPoP" } else { "Bearer" },
            "expires_in": provider.access_token_lifetime(),
            "scope": self.scope.join(" "),
        });
        // A refresh that narrows `openid` away gets no ID token, as it would not have got one at the beginning.
        if self.scope.iter().any(|scope| scope == "openid") {
            body["id_token"] = json!(self.id_token(provider, client, now)?);
        }
        if let Some(refresh_token) = self.refresh_token {
            body["refresh_token"] = json!(refresh_token);
        }
        Ok(body)
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
        Ok(provider.keys().sign(client.signing, "JWT", &claims)?)
    }
}
