//! One request, and the secrets in it.

use http::{HeaderValue, Method};
use secrecy::{ExposeSecret, SecretString};
use url::{Url, form_urlencoded};
use zeroize::Zeroizing;

use crate::error::Error;

pub(crate) const JSON: &str = "application/json";
pub(crate) const JWT: &str = "application/jwt";

/// The secrets in a request. Providers repeat what they refuse, and their text is shown and logged.
#[derive(Default)]
pub(crate) struct Told(Vec<SecretString>);

/// The parameters of a token request, a revocation or an introspection that hold a secret.
const SECRETS: [&str; 9] = [
    "code",
    "code_verifier",
    "refresh_token",
    "client_secret",
    "client_assertion",
    "device_code",
    "token",
    "subject_token",
    "actor_token",
];

/// The secret of `client_secret_basic`, plain and as it was sent (RFC 6749, section 2.3.1).
fn in_basic(shown: &str) -> Vec<SecretString> {
    use base64::Engine as _;
    let decoded = base64::prelude::BASE64_STANDARD.decode(shown).map(Zeroizing::new).ok();
    let pair = decoded.as_ref().and_then(|pair| std::str::from_utf8(pair).ok());
    let Some((_, sent)) = pair.and_then(|pair| pair.split_once(':')) else { return Vec::new() };
    let encoded = Zeroizing::new(format!("s={sent}"));
    let plain = form_urlencoded::parse(encoded.as_bytes()).map(|(_, value)| value.into_owned().into());
    plain.chain([sent.to_owned().into()]).collect()
}

impl Told {
    pub(super) fn of(call: &Call<'_>) -> Self {
        let form = match &call.body {
            Some(Body::Form(form)) => form.as_str(),
            _ => "",
        };
        let secret = form_urlencoded::parse(form.as_bytes()).filter(|(name, _)| SECRETS.contains(&&**name));
        let secret = secret.map(|(_, value)| value.into_owned().into());
        // After the scheme: a token, or name and secret in base64.
        let header = call.authorization.as_ref().and_then(|value| value.to_str().ok());
        let shown = header.and_then(|header| header.split_once(' ')).map(|(_, shown)| shown);
        let within = shown.into_iter().flat_map(in_basic);
        Self(secret.chain(shown.map(|shown| shown.to_owned().into())).chain(within).collect())
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> + Clone {
        self.0.iter().map(|secret| secret.expose_secret())
    }
}

/// One request: with `method`, otherwise POST with a body and GET without.
pub(crate) struct Call<'a> {
    pub(crate) url: &'a Url,
    pub(crate) method: Option<Method>,
    pub(crate) authorization: Option<HeaderValue>,
    /// A DPoP proof (RFC 9449, section 4.1).
    pub(crate) proof: Option<HeaderValue>,
    pub(crate) body: Option<Body>,
    /// The media type of the answer.
    pub(crate) accept: &'static str,
}

pub(crate) enum Body {
    Form(Zeroizing<String>),
    Json(Zeroizing<String>),
}

impl<'a> Call<'a> {
    pub(crate) fn get(url: &'a Url) -> Self {
        Self { url, method: None, authorization: None, proof: None, body: None, accept: JSON }
    }

    pub(crate) fn method(&self) -> Method {
        match &self.method {
            Some(method) => method.clone(),
            None if self.body.is_some() => Method::POST,
            None => Method::GET,
        }
    }
}

/// A header value that is not logged. Fails with `token_malformed`.
pub(crate) fn sensitive(header: &str) -> Result<HeaderValue, Error> {
    let mut value = HeaderValue::from_str(header).map_err(|_| Error::TokenMalformed)?;
    value.set_sensitive(true);
    Ok(value)
}
