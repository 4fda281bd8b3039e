//! Requests to a dialect over HTTP, and the answers.

use abide_wire::{AwsCredentials, ErrorCode, TokenAnswer};
use zeroize::Zeroizing;

/// What a dialect over HTTP does with a request.
#[derive(Debug)]
pub struct Http {
    /// Its paths. A path that ends with `/`, except `/` itself, also covers everything below it.
    pub paths: &'static [&'static str],
    /// Whether the tool shows the key of the job. Otherwise the process that asks has to belong to the job.
    pub shows_key: bool,
    /// Whether it gives credentials of a role at AWS, which the user has to name.
    pub needs_role: bool,
    /// Reads a request, or answers it with an error.
    pub read: fn(&Request<'_>, &dyn IsKey) -> Result<Wanted, Answer>,
    /// Answers where there is no token.
    pub refuse: fn(&Refusal<'_>) -> Answer,
}

impl Http {
    /// Whether a path is one of this dialect.
    #[must_use]
    pub fn serves(&self, path: &str) -> bool {
        self.paths
            .iter()
            .any(|own| if own.len() > 1 && own.ends_with('/') { path.starts_with(own) } else { path == *own })
    }
}

/// Compares a text with the key of the job, in constant time for each length.
pub trait IsKey {
    /// Whether it is.
    fn is_key(&self, text: &str) -> bool;
}

/// A request.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The method.
    pub method: &'a str,
    /// The path, as it was sent.
    pub path: &'a str,
    /// The query, as it was sent; empty without one.
    pub query: &'a str,
    /// The headers, with names in lower case.
    pub headers: &'a [(&'a str, &'a str)],
}

impl<'a> Request<'a> {
    /// The value of a header that is there once. A repeated header has no value, because two readers could choose different ones.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&'a str> {
        let mut values = self.headers.iter().filter(|(known, _)| *known == name);
        let (_, value) = values.next()?;
        values.next().is_none().then_some(*value)
    }

    /// The value of a parameter that is there once and not empty.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<String> {
        let pairs = url::form_urlencoded::parse(self.query.as_bytes());
        let mut values = pairs.filter(|(known, _)| known == name);
        let (_, value) = values.next()?;
        (values.next().is_none() && !value.is_empty()).then(|| value.into_owned())
    }

    /// Whether a parameter is there with a value, once or more often.
    #[must_use]
    pub fn has_parameter(&self, name: &str) -> bool {
        let mut pairs = url::form_urlencoded::parse(self.query.as_bytes());
        pairs.any(|(known, value)| known == name && !value.is_empty())
    }
}

/// What a request wants.
#[derive(Debug)]
pub enum Wanted {
    /// Something that has no secret.
    Answer(Answer),
    /// A token.
    Token {
        /// What it is for.
        purpose: Purpose,
        /// Writes the answer.
        write: fn(&Purpose, &TokenAnswer) -> Answer,
    },
    /// Credentials of the role at AWS, for a token.
    AwsCredentials {
        /// Writes the answer.
        write: fn(&AwsCredentials) -> Answer,
    },
}

/// What a token is for, as the tool says it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Purpose {
    /// The resource (RFC 8707).
    pub resource: Option<String>,
    /// The audience.
    pub audience: Option<String>,
    /// The scopes.
    pub scopes: Vec<String>,
}

/// Why there is no token.
#[derive(Clone, Copy, Debug)]
pub struct Refusal<'a> {
    /// The stable code.
    pub code: ErrorCode,
    /// What happened and what to do.
    pub sentence: &'a str,
    /// Whether the same request may succeed soon: the user is being asked, or the provider cannot be reached.
    pub later: bool,
}

/// An answer. It may contain a token, and is wiped.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// Headers beside `Content-Type`, `Content-Length` and `Cache-Control`.
    pub headers: &'static [(&'static str, &'static str)],
    /// The media type.
    pub content_type: &'static str,
    /// The body.
    pub body: Body,
}

/// The body of an answer. It is not printed.
pub struct Body(Zeroizing<Vec<u8>>);

impl Body {
    /// The bytes.
    #[must_use]
    pub fn into_bytes(self) -> Zeroizing<Vec<u8>> {
        self.0
    }
}

impl core::fmt::Debug for Body {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Body(…)")
    }
}

impl Answer {
    /// JSON. The media type has no parameters: Google's clients compare it as a whole.
    #[must_use]
    pub fn json(status: u16, body: Zeroizing<Vec<u8>>) -> Self {
        Self { status, headers: &[], content_type: "application/json", body: Body(body) }
    }

    /// Plain text.
    #[must_use]
    pub fn text(status: u16, text: &str) -> Self {
        let body = Zeroizing::new(text.as_bytes().to_vec());
        Self { status, headers: &[], content_type: "text/plain", body: Body(body) }
    }

    /// The same with headers.
    #[must_use]
    pub fn with(self, headers: &'static [(&'static str, &'static str)]) -> Self {
        Self { headers, ..self }
    }
}

#[cfg(test)]
pub(crate) mod testing {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use abide_wire::{AccessToken, TokenAnswer};

    use super::{Answer, IsKey, Purpose, Request, Wanted};

    /// The key in tests.
    pub(crate) const KEY: &str = "key-of-this-job";

    pub(crate) struct Key;

    impl IsKey for Key {
        fn is_key(&self, text: &str) -> bool {
            text == KEY
        }
    }

    /// A token that lasts for an hour.
    pub(crate) fn token() -> TokenAnswer {
        TokenAnswer {
            access_token: AccessToken::new("eyJ.token.x".to_owned()),
            token_type: "Bearer".to_owned(),
            expires_in: 3600,
            expires_at: 1_900_000_000,
            scope: "openid profile".to_owned(),
            account: "work".to_owned(),
            issuer: "https://id.example.com".to_owned(),
            dpop: None,
        }
    }

    /// A `GET` request.
    pub(crate) fn get<'a>(path: &'a str, query: &'a str, headers: &'a [(&'a str, &'a str)]) -> Request<'a> {
        Request { method: "GET", path, query, headers }
    }

    /// The purpose and the answer to it.
    pub(crate) fn served(wanted: Result<Wanted, Answer>) -> (Purpose, Answer) {
        match wanted {
            Ok(Wanted::Token { purpose, write }) => {
                let answer = write(&purpose, &token());
                (purpose, answer)
            }
            other => panic!("no token: {other:?}"),
        }
    }

    pub(crate) fn json(answer: Answer) -> serde_json::Value {
        assert_eq!(answer.content_type, "application/json");
        serde_json::from_slice(&answer.body.into_bytes()).unwrap()
    }
}
