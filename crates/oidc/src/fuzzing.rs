//! The parsers of a provider's answers, for fuzzing (`crates/parser-contracts`). No released program contains this module,
//! and its interface is not stable.
#![allow(missing_docs)]

use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use secrecy::SecretString;
use serde_json::json;
use url::Url;

use crate::authorization::demands::Demands;
use crate::authorization::parameters::AuthorizationParameters;
use crate::authorization::pushed;
use crate::client::registration::{ClientMetadata, Management, Registered, RegisteredClient};
use crate::events::poll::{Delivered, delivered};
use crate::events::security_event;
use crate::http::{Answer, JSON};
use crate::jose::keys::{self, RawKeySet};
use crate::logout::token;
use crate::provider::discovery::ProviderMetadata;
use crate::tokens::device;
use crate::tokens::id_token::{self, Purpose};
use crate::tokens::response::TokenResponse;
use crate::userinfo::signed;
use crate::{
    Challenge, Claims, DeviceAuthorization, Document, Error, Identity, LogoutToken, Pending, PollAnswer,
    Provider, Registration, RelyingParty, SecurityEvent, SigningAlgorithm,
};

pub const ISSUER: &str = "https://id.example.com";
pub const CLIENT_ID: &str = "abide";
pub const NONCE: &str = "nonce-of-the-request";
pub const ACCESS_TOKEN: &str = "access-token-of-the-answer";
pub const SUBJECT: &str = "alice";
/// The time at which everything is checked, in seconds since 1970.
pub const NOW: u64 = 1_800_000_000;

fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(NOW)
}

/// Not a secret: it is published here.
fn key() -> Option<SigningKey> {
    SigningKey::from_slice(&[7; 32]).ok()
}

fn encode(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// A statement with these bytes as header and claims, signed by the provider.
pub fn signed(header: &[u8], claims: &[u8]) -> Option<String> {
    let message = format!("{}.{}", encode(header), encode(claims));
    let signature: Signature = key()?.sign(message.as_bytes());
    Some(format!("{message}.{}", encode(signature.to_bytes())))
}

/// The provider's keys, as a JSON document.
pub fn key_set() -> Option<String> {
    let key = key()?;
    let point = key.verifying_key().to_sec1_point(false);
    let (x, y) = (encode(point.x()?), encode(point.y()?));
    let key = json!({"kty": "EC", "crv": "P-256", "kid": "k", "use": "sig", "x": x, "y": y});
    Some(json!({ "keys": [key] }).to_string())
}

/// The client that receives all answers.
pub fn client() -> Option<&'static RelyingParty> {
    static CLIENT: OnceLock<Option<RelyingParty>> = OnceLock::new();
    let made = || {
        let metadata = json!({
            "issuer": ISSUER,
            "authorization_endpoint": format!("{ISSUER}/authorize"),
            "token_endpoint": format!("{ISSUER}/token"),
            "jwks_uri": format!("{ISSUER}/keys"),
            "id_token_signing_alg_values_supported": ["ES256"],
        });
        let provider = discovery(metadata.to_string().as_bytes()).ok()?;
        let set: RawKeySet = serde_json::from_str(&key_set()?).ok()?;
        provider.replace_keys(keys::usable(set).ok()?);
        RelyingParty::new(provider, Registration::public(CLIENT_ID)).ok()
    };
    CLIENT.get_or_init(made).as_ref()
}

fn refused<E>(error: E) -> Error
where
    Error: From<E>,
{
    error.into()
}

pub fn discovery(body: &[u8]) -> Result<Provider, Error> {
    let metadata: ProviderMetadata =
        Answer::made_up(200, JSON, body).document(Document::Metadata, &[JSON])?;
    Provider::validate(ISSUER, None, metadata)
}

/// The number of keys that are used.
pub fn jwks(body: &[u8]) -> Result<usize, Error> {
    let set: RawKeySet = Answer::made_up(200, JSON, body).document(Document::Keys, &[JSON])?;
    Ok(keys::usable(set)?.keys().len())
}

fn expected<'a>(
    client: &'a RelyingParty,
    access_token: &'a SecretString,
    purpose: Purpose<'a>,
) -> id_token::Expectation<'a> {
    id_token::Expectation {
        issuer: ISSUER,
        client_id: CLIENT_ID,
        client_secret: None,
        trusted_audiences: &[],
        algorithms: client.algorithms(),
        access_token,
        purpose,
        now: now(),
    }
}

/// Validates it as after a sign-in.
pub fn id_token(raw: &str) -> Option<Result<Identity, Error>> {
    let client = client()?;
    let (access_token, nonce) = (SecretString::from(ACCESS_TOKEN), SecretString::from(NONCE));
    let demands = Demands::default();
    let purpose = Purpose::SignIn { nonce: &nonce, demands: &demands };
    let expected = expected(client, &access_token, purpose);
    let verified = id_token::verify(raw, &client.provider().keys(), &expected);
    Some(verified.map_err(|refusal| refused(refusal.error)))
}

/// Validates it as after a refresh, for `identity`.
pub fn refreshed_id_token(raw: &str, identity: &Identity) -> Option<Result<Identity, Error>> {
    let client = client()?;
    let access_token = SecretString::from(ACCESS_TOKEN);
    let expected = expected(client, &access_token, Purpose::Refresh { identity });
    let verified = id_token::verify(raw, &client.provider().keys(), &expected);
    Some(verified.map_err(|refusal| refused(refusal.error)))
}

pub fn logout_token(raw: &str) -> Option<Result<LogoutToken, Error>> {
    let client = client()?;
    let verified = token::verify(raw, &client.provider().keys(), client, now());
    Some(verified.map_err(|refusal| refused(refusal.error)))
}

pub fn security_event(raw: &str) -> Option<Result<SecurityEvent, Error>> {
    let client = client()?;
    let verified = security_event::verify(raw, &client.provider().keys(), client, &[], now());
    Some(verified.map_err(|refusal| refused(refusal.error)))
}

pub fn signed_userinfo(raw: &str) -> Option<Result<Claims, Error>> {
    let client = client()?;
    let expected = signed::Expectation {
        issuer: ISSUER,
        client_id: CLIENT_ID,
        client_secret: None,
        algorithms: &[SigningAlgorithm::Es256],
        now: now(),
    };
    let verified = signed::verify(raw, &client.provider().keys(), &expected);
    Some(verified.map(Claims).map_err(|refusal| refused(refusal.error)))
}

pub fn userinfo(body: &[u8]) -> Result<Claims, Error> {
    Answer::made_up(200, JSON, body).document(Document::UserInfo, &[JSON])
}

/// The content of a token response.
pub struct Given {
    pub access_token: SecretString,
    pub refresh_token: Option<SecretString>,
    pub token_type: &'static str,
    pub expires_in: Option<Duration>,
    pub scope: String,
}

pub fn token_response(status: u16, body: &[u8]) -> Result<Given, Error> {
    let response: TokenResponse =
        Answer::made_up(status, JSON, body).document(Document::TokenResponse, &[JSON])?;
    response.check()?;
    let parts = response.into_parts("openid")?;
    Ok(Given {
        access_token: parts.access_token,
        refresh_token: parts.refresh_token,
        token_type: parts.token_type,
        expires_in: parts.expires_in,
        scope: parts.scope,
    })
}

pub fn device_response(body: &[u8]) -> Result<DeviceAuthorization, Error> {
    let response: device::Response =
        Answer::made_up(200, JSON, body).document(Document::DeviceAuthorization, &[JSON])?;
    Ok(response.check(false, "openid".to_owned())?)
}

/// `request_uri` and its lifetime.
pub fn pushed_response(status: u16, body: &[u8]) -> Result<(SecretString, Duration), Error> {
    let reference = pushed::reference(&Answer::made_up(status, JSON, body))?;
    Ok((reference.request_uri, reference.expires_in))
}

pub const REDIRECT_URI: &str = "http://127.0.0.1/callback";

pub fn registration_response(body: &[u8]) -> Result<RegisteredClient, Error> {
    let answer = Answer::made_up(201, JSON, body);
    let management = answer.created(Document::Registration, &[JSON]);
    let management = management.ok().and_then(|found: Management| found.check(false));
    let registered: Registered = answer.created(Document::Registration, &[JSON])?;
    let redirect_uris = Url::parse(REDIRECT_URI).into_iter().collect();
    let asked = ClientMetadata::native("Abide", redirect_uris);
    Ok(registered.check(&asked, vec!["authorization_code".to_owned()], management)?)
}

pub fn events(body: &[u8], most: u32) -> Result<PollAnswer, Error> {
    let answer: Delivered = Answer::made_up(200, JSON, body).document(Document::Events, &[JSON])?;
    Ok(delivered(answer, most))
}

/// A request that waits for its answer, and its `state`.
pub fn pending() -> Option<(Pending, String)> {
    let redirect_uri = Url::parse(REDIRECT_URI).ok()?;
    let request = client()?.authorization_request(&redirect_uri, &AuthorizationParameters::default()).ok()?;
    let state = request.url.query_pairs().find(|(name, _)| name == "state")?.1.into_owned();
    Some((request.pending, state))
}

/// These challenges as the value of a header.
pub fn header_of(challenges: &[Challenge]) -> String {
    challenges.iter().map(Challenge::to_header).collect::<Vec<_>>().join(", ")
}

/// An identity after it was stored and loaded, so that it can be compared.
pub fn remembered(identity: &Identity) -> Option<Identity> {
    serde_json::from_slice(&serde_json::to_vec(identity).ok()?).ok()
}
