//! The `WWW-Authenticate` header of a resource server that refuses a request (RFC 9110, section 11.6.1), and the step-up
//! that it may ask for (RFC 9470).
//!
//! The header comes from a server that a tool has called, and reaches us through that tool. It decides what a person is
//! asked to do at the provider, so nothing in it is guessed: a header that does not follow the grammar is an error.

use std::fmt;
use std::time::{Duration, SystemTime};

use crate::authorization::parameters::AuthorizationParameters;
use crate::identity::Identity;
use crate::jose::jwt::{CLOCK_SKEW, seconds};
use crate::text::{is_scope, is_word};

/// The longest header that a local request may have.
const MAX_HEADER: usize = 8 * 1024;
const MAX_CHALLENGES: usize = 16;
const MAX_PARAMETERS: usize = 32;
const MAX_VALUES: usize = 16;
/// The most digits of `max_age`: 300 years in seconds have ten.
const MAX_DIGITS: usize = 10;

const STEP_UP: &str = "insufficient_user_authentication";

/// Why a header is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum ChallengeError {
    /// More than 8 KiB, 16 challenges, or 32 parameters in one of them.
    #[error("The server's `WWW-Authenticate` header is too long.")]
    TooLong,
    /// Not a list of challenges.
    #[error("The server's `WWW-Authenticate` header cannot be read.")]
    Malformed,
    /// One challenge has a parameter twice (RFC 9110, section 11.2).
    #[error("The server's `WWW-Authenticate` header contradicts itself.")]
    DuplicateParameter,
    /// Two challenges ask for different step-ups.
    #[error("The server asks for two different sign-ins at once.")]
    Ambiguous,
    /// A step-up with neither `acr_values` nor `max_age`: the same sign-in again would not help.
    #[error("The server asks for a stronger sign-in, but does not say which one.")]
    RequirementMissing,
    /// `acr_values` is empty, too long, or not a list of printable words.
    #[error("The server's `acr_values` cannot be sent to the provider.")]
    AcrValuesInvalid,
    /// `max_age` is not a number of seconds.
    #[error("The server's `max_age` is not a number of seconds.")]
    MaxAgeInvalid,
    /// `scope` is not a list of scopes (RFC 6749, section 3.3).
    #[error("The server's `scope` cannot be sent to the provider.")]
    ScopeInvalid,
}

impl ChallengeError {
    /// A stable name, in snake case.
    pub fn code(self) -> &'static str {
        match self {
            Self::TooLong => "challenge_too_long",
            Self::Malformed => "challenge_malformed",
            Self::DuplicateParameter => "challenge_duplicate_parameter",
            Self::Ambiguous => "challenge_ambiguous",
            Self::RequirementMissing => "challenge_requirement_missing",
            Self::AcrValuesInvalid => "challenge_acr_values_invalid",
            Self::MaxAgeInvalid => "challenge_max_age_invalid",
            Self::ScopeInvalid => "challenge_scope_invalid",
        }
    }
}

/// One way to authenticate, as a server offers it.
#[derive(Clone, PartialEq, Eq)]
pub struct Challenge {
    scheme: String,
    parameters: Vec<(String, String)>,
}

impl Challenge {
    /// Reads the values of all `WWW-Authenticate` headers of one answer. A scheme that has a `token68` instead of parameters
    /// is left out.
    pub fn read<'a>(headers: impl IntoIterator<Item = &'a str>) -> Result<Vec<Self>, ChallengeError> {
        let (mut challenges, mut length) = (Vec::new(), 0_usize);
        for header in headers {
            length = length.saturating_add(header.len());
            if length > MAX_HEADER {
                return Err(ChallengeError::TooLong);
            }
            Cursor(header).challenges(&mut challenges)?;
        }
        Ok(challenges)
    }

    /// The scheme, in lower case.
    pub fn scheme(&self) -> &str {
        &self.scheme
    }

    /// A parameter, by its name in lower case.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    #[cfg(feature = "fuzzing")]
    pub(crate) fn to_header(&self) -> String {
        let quoted = |value: &str| value.replace('\\', "\\\\").replace('"', "\\\"");
        let parameters: Vec<_> =
            self.parameters.iter().map(|(name, value)| format!("{name}=\"{}\"", quoted(value))).collect();
        if parameters.is_empty() {
            return self.scheme.clone();
        }
        format!("{} {}", self.scheme, parameters.join(", "))
    }
}

impl fmt::Debug for Challenge {
    /// Without the values: they are for a program, and a server may have put anything there.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.parameters.iter().map(|(name, _)| name).collect();
        f.debug_struct("Challenge").field("scheme", &self.scheme).field("parameters", &names).finish()
    }
}

/// The part that has not been read yet.
struct Cursor<'a>(&'a str);

impl<'a> Cursor<'a> {
    fn challenges(mut self, found: &mut Vec<Challenge>) -> Result<(), ChallengeError> {
        self.separators();
        while !self.0.is_empty() {
            if found.len() == MAX_CHALLENGES {
                return Err(ChallengeError::TooLong);
            }
            let scheme = self.token()?.to_ascii_lowercase();
            let parameters = self.parameters()?;
            found.push(Challenge { scheme, parameters });
        }
        Ok(())
    }

    /// The parameters of a scheme, up to the next scheme.
    fn parameters(&mut self) -> Result<Vec<(String, String)>, ChallengeError> {
        let mut parameters: Vec<(String, String)> = Vec::new();
        if !self.0.starts_with(' ') {
            self.separated()?;
            return Ok(parameters);
        }
        self.take_while(|b| b == b' ');
        if self.token68() {
            self.separated()?;
            return Ok(parameters);
        }
        // A list may have empty elements (RFC 9110, section 5.6.1.2).
        if !self.at_parameter() {
            self.separated()?;
        }
        while self.at_parameter() {
            let name = self.token()?.to_ascii_lowercase();
            self.blanks();
            self.0 = self.0.strip_prefix('=').ok_or(ChallengeError::Malformed)?;
            self.blanks();
            let value = if self.0.starts_with('"') { self.quoted()? } else { self.token()?.to_owned() };
            if parameters.iter().any(|(earlier, _)| *earlier == name) {
                return Err(ChallengeError::DuplicateParameter);
            }
            if parameters.len() == MAX_PARAMETERS {
                return Err(ChallengeError::TooLong);
            }
            parameters.push((name, value));
            self.separated()?;
        }
        Ok(parameters)
    }

    /// True before `name =`; a name without that is the scheme of the next challenge.
    fn at_parameter(&self) -> bool {
        let mut ahead = Cursor(self.0);
        if ahead.token().is_err() {
            return false;
        }
        ahead.blanks();
        ahead.0.starts_with('=')
    }

    /// Takes a `token68` (RFC 9110, section 11.2) if it is followed by a comma or the end.
    fn token68(&mut self) -> bool {
        let mut ahead = Cursor(self.0);
        let body = ahead.take_while(|b| b.is_ascii_alphanumeric() || b"-._~+/".contains(&b));
        ahead.take_while(|b| b == b'=');
        ahead.blanks();
        let whole = !body.is_empty() && (ahead.0.is_empty() || ahead.0.starts_with(','));
        if whole {
            self.0 = ahead.0;
        }
        whole
    }

    /// RFC 9110, section 5.6.2.
    fn token(&mut self) -> Result<&'a str, ChallengeError> {
        let token = self.take_while(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b));
        if token.is_empty() { Err(ChallengeError::Malformed) } else { Ok(token) }
    }

    /// RFC 9110, section 5.6.4.
    fn quoted(&mut self) -> Result<String, ChallengeError> {
        let mut value = String::new();
        let mut characters = self.0.char_indices().skip(1);
        while let Some((position, character)) = characters.next() {
            let literal = match character {
                '"' => {
                    self.0 = &self.0[position + 1..];
                    return Ok(value);
                }
                '\\' => characters.next().ok_or(ChallengeError::Malformed)?.1,
                other => other,
            };
            if literal.is_control() && literal != '\t' {
                return Err(ChallengeError::Malformed);
            }
            value.push(literal);
        }
        Err(ChallengeError::Malformed)
    }

    fn blanks(&mut self) {
        self.take_while(|b| matches!(b, b' ' | b'\t'));
    }

    fn separators(&mut self) {
        self.take_while(|b| matches!(b, b' ' | b'\t' | b','));
    }

    /// After an element there is a comma or nothing.
    fn separated(&mut self) -> Result<(), ChallengeError> {
        self.blanks();
        if !self.0.is_empty() && !self.0.starts_with(',') {
            return Err(ChallengeError::Malformed);
        }
        self.separators();
        Ok(())
    }

    /// Takes ASCII only.
    fn take_while(&mut self, wanted: impl Fn(u8) -> bool) -> &'a str {
        let length = self.0.bytes().take_while(|b| b.is_ascii() && wanted(*b)).count();
        let (taken, rest) = self.0.split_at(length);
        self.0 = rest;
        taken
    }
}

/// The sign-in that a resource server asks for before it lets a request through (RFC 9470, section 3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepUp {
    /// One of these authentication context classes, in order of preference. Empty: any.
    pub acr_values: Vec<String>,
    /// The longest time since the person authenticated.
    pub max_age: Option<Duration>,
    /// The scopes that the access token must have (RFC 6750, section 3). Empty: the server does not say.
    pub scopes: Vec<String>,
}

impl StepUp {
    /// Reads the step-up that the `WWW-Authenticate` headers of one answer ask for; `None` if they ask for none.
    ///
    /// Only the challenges for access tokens count, `Bearer` and `DPoP`. Two of them may ask for the same.
    pub fn read<'a>(headers: impl IntoIterator<Item = &'a str>) -> Result<Option<Self>, ChallengeError> {
        let mut asked: Option<Self> = None;
        for challenge in Challenge::read(headers)? {
            let for_tokens = matches!(challenge.scheme(), "bearer" | "dpop");
            if !for_tokens || challenge.parameter("error") != Some(STEP_UP) {
                continue;
            }
            let step_up = Self::of(&challenge)?;
            if asked.as_ref().is_some_and(|earlier| *earlier != step_up) {
                return Err(ChallengeError::Ambiguous);
            }
            asked = Some(step_up);
        }
        Ok(asked)
    }

    fn of(challenge: &Challenge) -> Result<Self, ChallengeError> {
        let acr_values = words(challenge.parameter("acr_values"), is_word);
        let scopes = words(challenge.parameter("scope"), is_scope);
        let step_up = Self {
            acr_values: acr_values.ok_or(ChallengeError::AcrValuesInvalid)?,
            max_age: challenge.parameter("max_age").map(max_age).transpose()?,
            scopes: scopes.ok_or(ChallengeError::ScopeInvalid)?,
        };
        if step_up.acr_values.is_empty() && step_up.max_age.is_none() {
            return Err(ChallengeError::RequirementMissing);
        }
        Ok(step_up)
    }

    /// Whether nothing but scopes is asked for (RFC 6750, section 3.1).
    #[must_use]
    pub fn is_about_scopes(&self) -> bool {
        self.acr_values.is_empty() && self.max_age.is_none()
    }

    /// The parameters of a sign-in that meets this and is otherwise `usual` (RFC 9470, section 4).
    ///
    /// The shorter of two ages counts. The server's scopes are added to the usual ones, because the session continues with
    /// the new tokens.
    #[must_use]
    pub fn parameters(&self, usual: &AuthorizationParameters) -> AuthorizationParameters {
        let mut parameters = usual.clone();
        if !self.acr_values.is_empty() {
            parameters.acr_values.clone_from(&self.acr_values);
        }
        parameters.max_age = [self.max_age, usual.max_age].into_iter().flatten().min();
        for scope in &self.scopes {
            if !parameters.scopes.contains(scope) {
                parameters.scopes.push(scope.clone());
            }
        }
        parameters
    }

    /// True if this sign-in meets what the server asks for. If not, the server would only ask again: a provider may ignore
    /// `acr_values` (OpenID Connect Core 1.0, section 3.1.2.1).
    pub fn is_met_by(&self, identity: &Identity, now: SystemTime) -> bool {
        let class = self.acr_values.is_empty()
            || identity.acr.as_ref().is_some_and(|acr| self.acr_values.contains(acr));
        let recent = self.max_age.is_none_or(|max_age| {
            let limit = max_age.saturating_add(CLOCK_SKEW).as_secs();
            identity.auth_time.is_some_and(|then| seconds(now).saturating_sub(then) <= limit)
        });
        class && recent
    }
}

/// Splits a list at single spaces. `None` if one of its words cannot be sent, or the list is empty or too long.
fn words(list: Option<&str>, is_good: impl Fn(&str) -> bool) -> Option<Vec<String>> {
    let Some(list) = list else { return Some(Vec::new()) };
    let words: Vec<String> = list.split(' ').take(MAX_VALUES + 1).map(str::to_owned).collect();
    (words.len() <= MAX_VALUES && words.iter().all(|word| is_good(word))).then_some(words)
}

/// Digits only: `+1` and `1.0` are numbers elsewhere.
fn max_age(text: &str) -> Result<Duration, ChallengeError> {
    if text.len() > MAX_DIGITS || !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(ChallengeError::MaxAgeInvalid);
    }
    text.parse().map(Duration::from_secs).map_err(|_| ChallengeError::MaxAgeInvalid)
}
