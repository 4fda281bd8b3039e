//! Dynamic client registration (RFC 7591, OpenID Connect Dynamic Client Registration 1.0), for native clients only, and its
//! end (RFC 7592).

use std::sync::Arc;

use axum::http::{Method, StatusCode};
use serde_json::{Map, Value, json};

use crate::config::{self, Client, ClientSecret, Registration, grant_type, lay_over};
use crate::crypto::algorithm::SigningAlgorithm;
use crate::crypto::secret::{self, Digest};
use crate::http::{Endpoint, Failure, Reply, Request};
use crate::state::provider::Provider;

const LONGEST_NAME: usize = 100;
const MOST_URIS: usize = 32;

/// The code and a sentence for the developers of the client.
type Refusal = (&'static str, &'static str);

pub(crate) fn respond(provider: &Arc<Provider>, asked: &Request) -> Result<Reply, Failure> {
    if asked.method == Method::DELETE {
        return Ok(deregister(provider, asked));
    }
    match provider.registration() {
        Registration::Closed => {
            return Ok(Reply::refused(StatusCode::FORBIDDEN, "access_denied", "registration is not offered"));
        }
        Registration::Open => {}
        Registration::WithToken(token) => {
            use secrecy::ExposeSecret as _;
            if !asked.bearer().is_some_and(|shown| secret::same(shown, token.expose_secret())) {
                let why = "an initial access token is needed";
                return Ok(Reply::refused(StatusCode::UNAUTHORIZED, "invalid_token", why)
                    .with_challenge("Bearer realm=\"demo\", error=\"invalid_token\""));
            }
        }
    }
    let id = format!("dynamic-{}", secret::encode(&secret::random::<16>()?));
    let quirks = provider.quirks();
    let (mut client, grant_types, scope) = match read(provider, &asked.json, id) {
        Ok(read) => read,
        Err((code, why)) => return Ok(Reply::bad_request(code, why)),
    };
    let secret = quirks.registered_clients_have_secrets.then(secret::random_text).transpose()?;
    client.secret = secret.as_deref().map(ClientSecret::of);
    if config::check(std::slice::from_ref(&client)).is_err() {
        return Ok(Reply::bad_request("invalid_client_metadata", "a URI cannot be registered"));
    }
    let algorithms = [Some(client.signing), client.userinfo_signing];
    if !algorithms.into_iter().flatten().all(|algorithm| provider.keys().can(algorithm)) {
        let why = "this provider has no key for the requested signature";
        return Ok(Reply::bad_request("invalid_client_metadata", why));
    }
    let token = secret::random_text()?;
    let mut answer = registered(&client, &grant_types, &scope, provider.now());
    answer["registration_access_token"] = json!(token);
    answer["registration_client_uri"] =
        json!(format!("{}{}?client_id={}", provider.issuer(), Endpoint::Registration.path(), client.id));
    if let (Some(secret), Some(members)) = (secret, answer.as_object_mut()) {
        members.remove("token_endpoint_auth_method");
        members.insert("client_secret".to_owned(), json!(secret));
        members.insert("client_secret_expires_at".to_owned(), json!(0));
    }
    lay_over(&mut answer, &quirks.registration_answer);
    provider.register_dynamically(client, Digest::of(&token));
    Ok(Reply::json(answer).with_status(StatusCode::CREATED))
}

/// Reads the client from the document at its address (draft-ietf-oauth-client-id-metadata-document, section 4); `None` for a
/// document that may not be used.
pub(crate) fn of_document(provider: &Provider, address: &str, document: &Value) -> Option<Client> {
    let has_secret = document.get("client_secret").is_some();
    let same = document.get("client_id").and_then(Value::as_str) == Some(address);
    if !same || has_secret || !address.starts_with("https://") {
        return None;
    }
    let (client, ..) = read(provider, document, address.to_owned()).ok()?;
    let fits = config::check(std::slice::from_ref(&client)).is_ok() && provider.keys().can(client.signing);
    fits.then_some(client)
}

/// RFC 7592 section 2.3. Reading and changing a registration is not supported.
fn deregister(provider: &Provider, asked: &Request) -> Reply {
    let (id, token) = (asked.named("client_id"), asked.bearer());
    if id.zip(token).is_some_and(|(id, token)| provider.deregister(id, token)) {
        provider.record().add_deregistration();
        return Reply::empty().with_status(StatusCode::NO_CONTENT);
    }
    Reply::refused(StatusCode::UNAUTHORIZED, "invalid_token", "this is not the token of that registration")
        .with_challenge("Bearer realm=\"demo\", error=\"invalid_token\"")
}

/// The client's metadata after the registration (RFC 7591 section 3.2.1).
fn registered(client: &Client, grant_types: &[String], scope: &str, now: u64) -> Value {
    let mut answer = json!({
        "client_id": client.id,
        "client_id_issued_at": now,
        "client_name": client.name,
        "application_type": "native",
        "redirect_uris": client.redirect_uris,
        "response_types": ["code"],
        "grant_types": grant_types,
        "scope": scope,
        "token_endpoint_auth_method": "none",
        "id_token_signed_response_alg": client.signing,
    });
    let optional = [
        ("backchannel_logout_uri", client.backchannel_logout_uri.as_ref()),
        ("frontchannel_logout_uri", client.frontchannel_logout_uri.as_ref()),
    ];
    for (name, uri) in optional {
        if let Some(uri) = uri {
            answer[name] = json!(uri);
        }
    }
    if let Some(algorithm) = client.userinfo_signing {
        answer["userinfo_signed_response_alg"] = json!(algorithm);
    }
    if !client.post_logout_redirect_uris.is_empty() {
        answer["post_logout_redirect_uris"] = json!(client.post_logout_redirect_uris);
    }
    answer
}

fn read(provider: &Provider, asked: &Value, id: String) -> Result<(Client, Vec<String>, String), Refusal> {
    let metadata = asked.as_object().ok_or(invalid("the body is not a JSON object"))?;
    // Without `application_type` it would be a web application (Registration 1.0 section 2), whose redirect URIs are https.
    if text(metadata, "application_type")? != Some("native") {
        return Err(invalid("application_type has to be native"));
    }
    if text(metadata, "token_endpoint_auth_method")?.is_some_and(|method| method != "none") {
        return Err(invalid("token_endpoint_auth_method has to be none"));
    }
    let response_types = texts(metadata, "response_types")?;
    if response_types.iter().any(|kind| kind != "code") {
        return Err(invalid("response_types has to be code"));
    }
    let mut grant_types = texts(metadata, "grant_types")?;
    if grant_types.is_empty() {
        grant_types.push(grant_type::AUTHORIZATION_CODE.to_owned());
    }
    let known = provider.quirks().registered_grant_types();
    if grant_types.iter().any(|kind| !known.contains(&kind.as_str())) {
        return Err(invalid("grant_types has one that is not supported"));
    }
    let redirect_uris = texts(metadata, "redirect_uris")?;
    if redirect_uris.is_empty() || !redirect_uris.iter().all(|uri| config::is_native(uri)) {
        return Err(("invalid_redirect_uri", "a redirect URI is missing or not on loopback"));
    }
    let scope = text(metadata, "scope")?.map_or_else(|| provider.scopes().join(" "), str::to_owned);
    if provider.known_scopes(&scope).is_none() {
        return Err(invalid("a scope is not known here"));
    }
    let client = Client {
        id,
        name: name(metadata)?,
        redirect_uris,
        post_logout_redirect_uris: texts(metadata, "post_logout_redirect_uris")?,
        backchannel_logout_uri: text(metadata, "backchannel_logout_uri")?.map(str::to_owned),
        frontchannel_logout_uri: text(metadata, "frontchannel_logout_uri")?.map(str::to_owned),
        signing: algorithm(metadata, "id_token_signed_response_alg")?.unwrap_or(SigningAlgorithm::Es256),
        userinfo_signing: algorithm(metadata, "userinfo_signed_response_alg")?,
        public_key: None,
        secret: None,
    };
    Ok((client, grant_types, scope))
}

fn invalid(why: &'static str) -> Refusal {
    ("invalid_client_metadata", why)
}

fn algorithm(metadata: &Map<String, Value>, name: &str) -> Result<Option<SigningAlgorithm>, Refusal> {
    match text(metadata, name)? {
        None => Ok(None),
        Some("ES256") => Ok(Some(SigningAlgorithm::Es256)),
        Some("RS256") => Ok(Some(SigningAlgorithm::Rs256)),
        Some(_) => Err(invalid("an algorithm for signatures is neither ES256 nor RS256")),
    }
}

fn name(metadata: &Map<String, Value>) -> Result<Option<String>, Refusal> {
    let name = text(metadata, "client_name")?.map(str::trim).filter(|name| !name.is_empty());
    if name.is_some_and(|name| name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control)) {
        return Err(invalid("client_name is too long or cannot be shown"));
    }
    Ok(name.map(str::to_owned))
}

fn text<'a>(metadata: &'a Map<String, Value>, name: &str) -> Result<Option<&'a str>, Refusal> {
    match metadata.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(invalid("a member has the wrong type")),
    }
}

fn texts(metadata: &Map<String, Value>, name: &str) -> Result<Vec<String>, Refusal> {
    let wrong = invalid("a member has the wrong type");
    match metadata.get(name) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(list)) if list.len() <= MOST_URIS => {
            list.iter().map(|item| item.as_str().map(str::to_owned).ok_or(wrong)).collect()
        }
        Some(_) => Err(wrong),
    }
}
