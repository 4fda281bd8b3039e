//! The UserInfo endpoint (OpenID Connect Core 5.3, RFC 6750, RFC 9449).

use axum::http::StatusCode;
use axum::http::header::AUTHORIZATION;
use serde_json::{Value, json};

use crate::clients::dpop;
use crate::http::{Endpoint, Failure, Reply, Request};
use crate::state::provider::Provider;
use crate::state::users::User;

pub(crate) fn respond(provider: &Provider, asked: &Request) -> Result<Reply, Failure> {
    // A token in the URL would end up in histories and logs, so only a form may contain it instead of the header.
    let in_form = asked.named("access_token").filter(|_| asked.method == axum::http::Method::POST);
    if asked.headers.contains_key(AUTHORIZATION) && in_form.is_some() {
        return Ok(Reply::bad_request("invalid_request", "the access token is sent in two ways")
            .with_challenge("Bearer realm=\"demo\", error=\"invalid_request\""));
    }
    let Some(token) = asked.bound_token().or(asked.bearer()).or(in_form) else {
        return Ok(Reply::refused(StatusCode::UNAUTHORIZED, "invalid_token", "an access token is needed")
            .with_challenge("Bearer realm=\"demo\""));
    };
    let proven = match dpop::proven(provider, asked, Endpoint::UserInfo, asked.bound_token()) {
        Ok(proven) => proven,
        Err(refusal) => return Ok(refusal.challenge()),
    };
    let store = provider.store();
    let found = store
        .tokens
        .access_token(token, provider.now())
        // A token for another server is not accepted (RFC 8707 section 3). The resources of the sign-in itself are accepted
        // in addition to this provider.
        .filter(|(access, family)| access.resource.iter().all(|named| family.resource.contains(named)))
        .and_then(|(access, family)| Some((access, family, User::with_subject(&family.subject)?)));
    let Some((access, family, user)) = found else {
        return Ok(Reply::refused(
            StatusCode::UNAUTHORIZED,
            "invalid_token",
            "the access token is unknown or has expired",
        )
        .with_challenge("Bearer realm=\"demo\", error=\"invalid_token\""));
    };
    // A bound token needs the scheme `DPoP` and a proof of its key. It is never accepted as a bearer token (RFC 9449 7.2).
    let shown_as_bound = asked.bound_token().is_some();
    if access.jkt.is_some() != shown_as_bound || (shown_as_bound && access.jkt != proven) {
        let why = "the access token is bound to another key, or to none";
        return Ok(Reply::refused(StatusCode::UNAUTHORIZED, "invalid_token", why)
            .with_challenge("DPoP algs=\"ES256\", error=\"invalid_token\""));
    }
    if !access.scope.iter().any(|scope| scope == "openid") {
        return Ok(Reply::refused(StatusCode::FORBIDDEN, "insufficient_scope", "the scope openid is needed")
            .with_challenge("Bearer realm=\"demo\", error=\"insufficient_scope\", scope=\"openid\""));
    }
    let mut claims = user.claims(&access.scope);
    claims.insert("sub".to_owned(), json!(user.subject));
    let client = provider.client(&family.client_id);
    let Some(algorithm) = client.and_then(|client| client.userinfo_signing) else {
        return Ok(Reply::json(Value::Object(claims)));
    };
    // A signed answer names its issuer and audience (section 5.3.2).
    claims.insert("iss".to_owned(), json!(provider.issuer()));
    claims.insert("aud".to_owned(), json!(family.client_id));
    Ok(Reply::jwt(provider.keys().sign(algorithm, "JWT", &Value::Object(claims))?))
}
