//! One answer: the document in it, or the refusal.

use std::time::Duration;

use http::header::{CONTENT_TYPE, DATE, RETRY_AFTER};
use http::{HeaderMap, StatusCode};
use secrecy::SecretString;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use zeroize::Zeroizing;

use crate::error::Error;
use crate::error::document::Document;
use crate::error::oauth::OAuthError;
use crate::http::request::{JSON, JWT, Told};
use crate::text;
use crate::text::json::{self, DocumentProblem};

/// The longest wait that an answer may ask for, in seconds.
const MAX_RETRY_AFTER: u64 = 24 * 60 * 60;
/// What some providers write before their JSON.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
/// The longest description of an error that is shown, in characters.
const MAX_DESCRIPTION: usize = 200;

/// A complete answer whose status is neither a redirect nor a server error.
pub(crate) struct Answer {
    pub(crate) host: String,
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(super) content_type: Option<String>,
    pub(super) body: Zeroizing<Vec<u8>>,
    pub(crate) told: Told,
}

#[derive(Deserialize)]
struct ErrorResponse {
    error: String,
    /// Some providers write an object here. It decides nothing.
    #[serde(default)]
    error_description: Value,
}

/// A refresh token, whatever is beside it.
#[derive(Deserialize)]
struct Replacement {
    refresh_token: Option<SecretString>,
}

impl Answer {
    /// An answer as it could arrive.
    #[cfg(feature = "fuzzing")]
    pub(crate) fn made_up(status: u16, content_type: &str, body: &[u8]) -> Self {
        Self {
            host: "id.example.com".to_owned(),
            status: StatusCode::from_u16(status).unwrap_or(StatusCode::OK),
            headers: HeaderMap::new(),
            content_type: Some(content_type.to_owned()),
            body: Zeroizing::new(body.to_vec()),
            told: Told::default(),
        }
    }

    /// The document, if the status is 200 and the content type is one of `types`.
    pub(crate) fn document<T: DeserializeOwned>(
        &self,
        document: Document,
        types: &[&str],
    ) -> Result<T, Error> {
        if self.status != StatusCode::OK {
            return Err(self.refusal());
        }
        self.body_as(document, types)
    }

    /// As [`Self::document`], for an answer that may also be 201 (RFC 7591, section 3.2.1).
    pub(crate) fn created<T: DeserializeOwned>(
        &self,
        document: Document,
        types: &[&str],
    ) -> Result<T, Error> {
        if self.status != StatusCode::CREATED {
            return self.document(document, types);
        }
        self.body_as(document, types)
    }

    /// The document, whatever the status, if the content type is one of `types`.
    pub(crate) fn body_as<T: DeserializeOwned>(
        &self,
        document: Document,
        types: &[&str],
    ) -> Result<T, Error> {
        if !self.content_type.as_deref().is_some_and(|found| types.contains(&found)) {
            return Err(Error::Document { document, problem: DocumentProblem::NotJson, member: None });
        }
        json::parse(&self.body).map_err(|json::Unreadable { problem, member }| Error::Document {
            document,
            problem,
            member,
        })
    }

    /// Whether it is a page for people: not from an endpoint for programs, but from something in front of it, such as a network that asks
    /// for its own sign-in (RFC 8952, section 1). An empty answer with this content type is none.
    pub(crate) fn is_page(&self) -> bool {
        self.content_type.as_deref() == Some("text/html") && self.body.trim_ascii_start().starts_with(b"<")
    }

    /// The body, if the status is 200 and the content type is JSON.
    pub(crate) fn json_bytes(&self) -> Option<&[u8]> {
        let is_json = self.status == StatusCode::OK && self.content_type.as_deref() == Some(JSON);
        is_json.then_some(self.body.as_slice())
    }

    /// The token, if the status is 200 and the content type is that of a JWT (OpenID Connect Core 1.0, section 5.3.2).
    pub(crate) fn jwt(&self) -> Option<&str> {
        let is_jwt = self.status == StatusCode::OK && self.content_type.as_deref() == Some(JWT);
        // An answer that is not text is refused like an empty one.
        is_jwt.then(|| std::str::from_utf8(&self.body).unwrap_or_default())
    }

    /// The refresh token in the answer to a token request that succeeded, although nothing else in the answer may be usable: the one
    /// that was sent for it can be spent.
    pub(crate) fn refresh_token(&self) -> Option<SecretString> {
        if !self.status.is_success() {
            return None;
        }
        let body = self.body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&self.body);
        serde_json::from_slice::<Replacement>(body).ok()?.refresh_token
    }

    /// The OAuth error in the answer (RFC 6749, section 5.2), whatever the status. With the statuses of such an answer, its content
    /// type may be another one.
    pub(crate) fn oauth_error(&self) -> Option<Error> {
        let is_answer = matches!(self.status, StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED);
        // Auth0 refuses a refresh token with 403 `mfa_required`.
        let is_forbidden = self.status == StatusCode::FORBIDDEN;
        if self.content_type.as_deref() != Some(JSON) && !is_answer {
            return None;
        }
        let response: ErrorResponse = json::parse(&self.body).ok()?;
        // Gateways use the same form for pages of their own: {"status":404,"error":"Not Found"}, {"status":503,"error":"internal_error"}.
        let error = response.error.as_str();
        let counts = match OAuthError::from_code(error) {
            OAuthError::Other(_) => {
                self.status.is_success()
                    || (is_answer && is_code(error))
                    || (is_forbidden && error.contains('_'))
            }
            _ => true,
        };
        if !counts {
            return None;
        }
        Some(refused(&response.error, response.error_description.as_str(), self.told.iter()))
    }

    pub(super) fn unless_unavailable(self) -> Result<Self, Error> {
        if self.status.is_server_error() { Err(self.unavailable()) } else { Ok(self) }
    }

    /// HTTP 5xx.
    fn unavailable(&self) -> Error {
        let error = match self.oauth_error() {
            Some(Error::Refused { error, .. }) => Some(error),
            _ => None,
        };
        let (host, status) = (self.host.clone(), self.status.as_u16());
        Error::Unavailable { host, status, retry_after: retry_after(&self.headers), error }
    }

    /// The OAuth error in the answer, or `unexplained` for an answer without one.
    pub(crate) fn refusal_or(&self, unexplained: OAuthError) -> Error {
        self.oauth_error().unwrap_or(Error::Refused { error: unexplained, description: None, at: None })
    }

    pub(crate) fn refusal(&self) -> Error {
        self.oauth_error().unwrap_or_else(|| Error::UnexpectedStatus {
            host: self.host.clone(),
            status: self.status.as_u16(),
            at: None,
        })
    }
}

/// Whether a word can be a code of a provider's own (section 5.2), and not a reason phrase of HTTP.
fn is_code(error: &str) -> bool {
    let mut signs = error.chars();
    let capital = signs.next().is_some_and(|first| first.is_ascii_uppercase());
    let phrase = capital && signs.next().is_some_and(|second| second.is_ascii_lowercase());
    !phrase || error.contains('_')
}

/// The provider's refusal, with `secrets` removed from its text.
pub(crate) fn refused<'a>(
    error: &str,
    description: Option<&str>,
    secrets: impl Iterator<Item = &'a str> + Clone,
) -> Error {
    let description = description.and_then(|words| describe(words, secrets.clone()));
    let error = match OAuthError::from_code(error) {
        OAuthError::Other(words) => OAuthError::Other(text::without_parts(&words, secrets)),
        known => known,
    };
    Error::Refused { error, description, at: None }
}

/// Removes secrets before and after the text is shortened, so that no part of one is left at the cut.
fn describe<'a>(description: &str, secrets: impl Iterator<Item = &'a str> + Clone) -> Option<String> {
    let shown = text::plain(&text::without(description, secrets.clone()), MAX_DESCRIPTION);
    let shown = text::without_parts(&shown, secrets);
    (!shown.is_empty()).then_some(shown)
}

/// RFC 9110, section 10.2.3: seconds, or a date, which is compared with the `Date` of the same answer.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let seconds = match text.parse() {
        Ok(seconds) => seconds,
        Err(_) => {
            let written = httpdate::parse_http_date(headers.get(DATE)?.to_str().ok()?).ok()?;
            let until = httpdate::parse_http_date(text).ok()?;
            until.duration_since(written).unwrap_or_default().as_secs()
        }
    };
    Some(Duration::from_secs(seconds.min(MAX_RETRY_AFTER)))
}

/// The media type without its parameters.
pub(super) fn essence(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    value.split(';').next().map(|essence| essence.trim().to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use http::HeaderValue;
    use url::Url;

    use super::*;
    use crate::http::request::Call;

    #[test]
    fn a_client_secret_is_known_in_whatever_form_it_was_sent() {
        let url = Url::parse("https://id.example.com/token").unwrap();
        // `abide:s+c%2Fret+canary`
        let authorization = Some(HeaderValue::from_static("Basic YWJpZGU6cytjJTJGcmV0K2NhbmFyeQ=="));
        let told = Told::of(&Call { authorization, ..Call::get(&url) });
        for words in ["bad secret s c/ret canary", "bad secret s+c%2Fret+canary"] {
            let error = refused("invalid_client", Some(words), told.iter());
            assert!(error.to_string().contains("bad secret \u{2026}"), "{error}");
        }
    }

    #[test]
    fn the_reason_phrases_of_http_are_no_codes_of_a_provider() {
        let codes =
            ["bad_refresh_token", "AADSTS50011", "unknown-client", "Authorization_Pending"].map(is_code);
        let phrases = ["Unauthorized", "Bad Request"].map(is_code);
        assert_eq!((codes, phrases), ([true; 4], [false; 2]));
    }

    #[test]
    fn how_long_to_wait_is_said_in_seconds_or_as_a_date() {
        let of = |text: &str, date: Option<&str>| {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, text.parse().unwrap());
            if let Some(date) = date {
                headers.insert(DATE, date.parse().unwrap());
            }
            retry_after(&headers).map(|wait| wait.as_secs())
        };
        let noon = Some("Tue, 15 Nov 1994 12:45:26 GMT");
        assert_eq!((of("120", None), of("99999999", None)), (Some(120), Some(MAX_RETRY_AFTER)));
        assert_eq!(of("Tue, 15 Nov 1994 12:46:26 GMT", noon), Some(60));
        assert_eq!(of("Tue, 15 Nov 1994 12:40:00 GMT", noon), Some(0), "that is past");
        assert_eq!(of("Mon, 15 Nov 2094 12:45:26 GMT", noon), Some(MAX_RETRY_AFTER));
        assert_eq!(
            (of("soon", noon), of("Tue, 15 Nov 1994 12:46:26 GMT", None), of("-1", noon)),
            (None, None, None)
        );
    }
}
