//! Access tokens, and what they are wanted for.

use std::fmt;
use std::time::{Duration, SystemTime};

use serde_json::Value;
use zeroize::Zeroizing;

use crate::Client;
use crate::error::Error;

/// What a token is for. The default is the session's own access token.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Wanted {
    /// The account. Needed only if several are signed in.
    pub account: Option<String>,
    /// The APIs that the token is for (RFC 8707).
    pub resource: Vec<String>,
    /// The audiences that the token is for.
    pub audience: Vec<String>,
    /// The scopes.
    pub scope: Vec<String>,
    /// Shown in Abide's question about your program, marked as your program's own words.
    pub reason: Option<String>,
    /// Does not count as use of the session.
    pub background: bool,
    /// How long the token must still be valid; more than nine tenths of its lifetime means a new one.
    pub min_validity: Option<Duration>,
    /// Method and address of the request, for tokens that are bound to a key (RFC 9449).
    pub request: Option<(String, String)>,
    /// The server's last `DPoP-Nonce`.
    pub nonce: Option<String>,
}

impl Wanted {
    /// A token of this account.
    pub fn account(name: impl Into<String>) -> Self {
        Self { account: Some(name.into()), ..Self::default() }
    }

    /// For an API (RFC 8707).
    #[must_use]
    pub fn resource(mut self, resource: impl Into<String>) -> Self {
        self.resource.push(resource.into());
        self
    }

    /// With a scope.
    #[must_use]
    pub fn scope(mut self, scope: impl Into<String>) -> Self {
        self.scope.push(scope.into());
        self
    }

    /// With a reason, which the user sees.
    #[must_use]
    pub fn reason(mut self, reason: impl Into<String>) -> Self {
        self.reason = Some(reason.into());
        self
    }

    /// For a job in the background: it does not count as use of the session.
    #[must_use]
    pub fn background(mut self) -> Self {
        self.background = true;
        self
    }

    pub(crate) fn target(&self) -> String {
        let mut pairs: Vec<(&str, String)> = Vec::new();
        let mut one = |name: &'static str, value: Option<String>| {
            pairs.extend(value.filter(|value| !value.is_empty()).map(|value| (name, value)));
        };
        one("account", self.account.clone());
        one("scope", Some(self.scope.join(" ")));
        one("reason", self.reason.clone());
        one("min_validity", self.min_validity.map(|time| time.as_secs().to_string()));
        one("activity", self.background.then(|| "none".to_owned()));
        one("htm", self.request.as_ref().map(|(method, _)| method.clone()));
        one("htu", self.request.as_ref().map(|(_, address)| address.clone()));
        one("nonce", self.nonce.clone());
        for resource in &self.resource {
            one("resource", Some(resource.clone()));
        }
        for audience in &self.audience {
            one("audience", Some(audience.clone()));
        }
        let query: Vec<String> =
            pairs.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        if query.is_empty() { "/v1/token".to_owned() } else { format!("/v1/token?{}", query.join("&")) }
    }
}

/// A value in a path or a query (RFC 3986, section 2.3).
pub(crate) fn encoded(value: &str) -> String {
    value.bytes().fold(String::new(), |text, byte| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
            text + &char::from(byte).to_string()
        }
        _ => text + &format!("%{byte:02X}"),
    })
}

/// An access token. It does not print.
#[derive(Clone)]
pub struct Token {
    access_token: Zeroizing<String>,
    dpop: Option<Zeroizing<String>>,
    token_type: String,
    scope: String,
    account: String,
    issuer: String,
    expires_at: u64,
}

impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { token_type, account, expires_at, .. } = self;
        write!(formatter, "Token({token_type} of {account} until {expires_at})")
    }
}

impl Token {
    pub(crate) fn read(answer: &Value) -> Result<Self, Error> {
        let text = |name: &str| answer[name].as_str().map(str::to_owned);
        let read = || {
            Some(Self {
                access_token: Zeroizing::new(text("access_token")?),
                dpop: text("dpop").map(Zeroizing::new),
                token_type: text("token_type")?,
                scope: text("scope").unwrap_or_default(),
                account: text("account")?,
                issuer: text("issuer").unwrap_or_default(),
                expires_at: answer["expires_at"].as_u64()?,
            })
        };
        read().ok_or_else(|| Error::unreadable("The answer is not a token."))
    }

    /// The token itself. Keep it out of logs and arguments.
    #[must_use]
    pub fn access_token(&self) -> &str {
        &self.access_token
    }

    /// `Bearer` or `DPoP`.
    #[must_use]
    pub fn token_type(&self) -> &str {
        &self.token_type
    }

    /// The value of the header `Authorization`.
    #[must_use]
    pub fn authorization(&self) -> String {
        format!("{} {}", self.token_type, self.access_token.as_str())
    }

    /// The value of the header `DPoP`, if the token is bound to a key.
    #[must_use]
    pub fn dpop(&self) -> Option<&str> {
        self.dpop.as_ref().map(|proof| proof.as_str())
    }

    /// When the token expires.
    #[must_use]
    pub fn expires_at(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(self.expires_at)
    }

    /// The scopes that it was issued with.
    pub fn scopes(&self) -> impl Iterator<Item = &str> {
        self.scope.split_whitespace()
    }

    /// The account.
    #[must_use]
    pub fn account(&self) -> &str {
        &self.account
    }

    /// The provider.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }
}

/// Something that gives tokens: [`Tokens`], or a stand-in for it in your tests.
pub trait TokenSource {
    /// An access token.
    ///
    /// # Errors
    ///
    /// Why the caller gets no token.
    fn token(&self) -> Result<Token, Error>;

    /// A token newer than one that the server has refused. `None` if the newest one is the same.
    ///
    /// # Errors
    ///
    /// Why the caller gets no token.
    fn newer_than(&self, refused: &Token) -> Result<Option<Token>, Error> {
        Ok(Some(self.token()?).filter(|token| token.access_token() != refused.access_token()))
    }

    /// Sends a request with a token, and if `is_refused` says that the server wants another one (401), once more with a newer
    /// one, provided that there is one. Send tokens only over https, and only to the server that they are for.
    ///
    /// # Errors
    ///
    /// When there is no token, or as `send` says.
    fn send<R, E: From<Error>>(
        &self,
        mut send: impl FnMut(&Token) -> Result<R, E>,
        is_refused: impl Fn(&R) -> bool,
    ) -> Result<R, E>
    where
        Self: Sized,
    {
        let token = self.token()?;
        let answer = send(&token)?;
        if is_refused(&answer)
            && let Ok(Some(newer)) = self.newer_than(&token)
        {
            return send(&newer);
        }
        Ok(answer)
    }
}

/// Tokens of one kind. Each call asks the agent, which keeps the token until it is about to expire; so each call counts as use of
/// the session, unless [`Wanted::background`] is set.
#[derive(Clone, Debug)]
pub struct Tokens {
    pub(crate) client: Client,
    pub(crate) wanted: Wanted,
}

/// More than any token has, so that Abide renews it.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

impl TokenSource for Tokens {
    fn token(&self) -> Result<Token, Error> {
        self.client.token(&self.wanted)
    }

    fn newer_than(&self, refused: &Token) -> Result<Option<Token>, Error> {
        let token = self.client.token(&Wanted { min_validity: Some(DAY), ..self.wanted.clone() })?;
        Ok(Some(token).filter(|token| token.access_token() != refused.access_token()))
    }
}
