//! A case, and functions to write one.

use abide_demo_op::{
    Answer, Body, Deviation, Edit, Endpoint, Form, IdToken, QueryEdit, Signature, When, Wrong,
};
use serde_json::Value;

/// One mistake of a provider, or something unusual that is allowed.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    /// Its name; that of the OpenID Foundation's test if there is one.
    pub(crate) name: String,
    /// The provider's behaviour, in words.
    pub(crate) deviation: String,
    /// The specification that forbids or allows it.
    pub(crate) section: &'static str,
    /// The same for the demo provider.
    pub(crate) wrong: Vec<Deviation>,
    /// The expected result.
    pub(crate) expected: Expected,
    /// The account that signs in.
    pub(crate) account: Account,
    /// Whether the wrong request goes to another server, so that the provider does not count it.
    pub(crate) elsewhere: bool,
    /// Abide's action.
    pub(crate) way: Way,
    /// The person who is shown a device's code.
    pub(crate) person: Person,
    /// The expected number of requests to an endpoint, if it matters.
    pub(crate) asked: Option<(Endpoint, usize)>,
    /// The type of the served access token (RFC 6749, section 7.1), if it matters.
    pub(crate) kind: Option<&'static str>,
    /// The query of a tool, in a case about tokens for one purpose.
    pub(crate) tool: &'static str,
}

/// Abide's action in a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// It signs in with a browser.
    Browser,
    /// It signs in with a code that is entered on another device.
    Device,
    /// It registers a client.
    Registration,
}

/// The person who is shown a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Person {
    /// Agrees.
    Allows,
    /// Refuses.
    Denies,
    /// Is absent.
    Absent,
}

/// The expected result of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    /// Refused with this code before a code is shown; nothing is polled.
    NoCode(&'static str),
    /// Refused with this code; nothing is registered.
    NotRegistered(&'static str),
    /// Registered, as a public client.
    Registered,
    /// Signed in; a tool that asks for a token for one purpose is refused, for this reason (the first) with this code (the
    /// second). The session's own token is still served, and the next renewal works.
    Withheld(&'static str, &'static str),
    /// Signed in; a tool gets a token for one purpose.
    Handed,
    /// Refused with this code before a browser starts; only metadata and keys are requested.
    NoBrowser(&'static str),
    /// Refused with this code after the browser; not signed in, no token is served and UserInfo is not asked.
    NoToken(&'static str),
    /// As before, and the token endpoint is not asked either.
    NoExchange(&'static str),
    /// The browser's request is refused with this code, and the sign-in keeps waiting for the right one.
    Stray(&'static str),
    /// Refused with this code when UserInfo is read; not signed in, and no token is served.
    Substituted(&'static str),
    /// Signed in, without the claims of UserInfo, and with this code.
    NoClaims(&'static str),
    /// Signed in, and a token is served.
    Served,
    /// Signed in; a renewal is refused with this code, the session has ended and no token is served.
    Ended(&'static str),
    /// Signed in; a renewal is refused with this code, the session is kept and only the old token is served.
    Kept(&'static str),
    /// As before, and the next renewal, without a mistake, gets a token.
    Recovers(&'static str),
    /// Signed in; a renewal is refused with this code, the session is kept and the person has to sign in again.
    SignInNeeded(&'static str),
    /// Signed in, renewed, and the new token is served.
    Renewed,
}

impl Expected {
    /// The error code; none in a case that succeeds.
    pub(crate) fn code(self) -> Option<&'static str> {
        match self {
            Self::NoBrowser(code)
            | Self::NoToken(code)
            | Self::NoExchange(code)
            | Self::Stray(code)
            | Self::Substituted(code)
            | Self::NoClaims(code)
            | Self::Ended(code)
            | Self::Kept(code)
            | Self::Recovers(code)
            | Self::SignInNeeded(code)
            | Self::NoCode(code)
            | Self::NotRegistered(code)
            | Self::Withheld(code, _) => Some(code),
            Self::Served | Self::Renewed | Self::Registered | Self::Handed => None,
        }
    }
}

/// The account that signs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Account {
    /// A public client that gets ES256.
    Plain,
    /// The same, with a short timeout.
    Hasty,
    /// A public client that gets RS256.
    Rsa,
    /// A client with a secret.
    Secret,
    /// A public client that requires bound tokens.
    Bound,
    /// The same, if the provider offers it.
    Offered,
    /// A public client that gets tokens for one purpose by token exchange.
    Trading,
    /// A public client whose UserInfo is signed.
    Sealed,
}

pub(crate) fn case(
    name: impl Into<String>,
    deviation: impl Into<String>,
    section: &'static str,
    expected: Expected,
    wrong: Vec<Deviation>,
) -> Case {
    let (name, deviation) = (name.into(), deviation.into());
    Case {
        name,
        deviation,
        section,
        wrong,
        expected,
        account: Account::Plain,
        elsewhere: false,
        way: Way::Browser,
        person: Person::Allows,
        asked: None,
        kind: None,
        tool: "",
    }
}

impl Case {
    pub(crate) fn of(self, account: Account) -> Self {
        Self { account, ..self }
    }

    pub(crate) fn by(self, way: Way) -> Self {
        Self { way, ..self }
    }

    pub(crate) fn with(self, person: Person) -> Self {
        Self { person, ..self }
    }

    /// The provider is asked exactly so often.
    pub(crate) fn asking(self, endpoint: Endpoint, times: usize) -> Self {
        Self { asked: Some((endpoint, times)), ..self }
    }

    pub(crate) fn serving(self, kind: &'static str) -> Self {
        Self { kind: Some(kind), ..self }
    }

    pub(crate) fn for_tool(self, tool: &'static str) -> Self {
        Self { tool, ..self }
    }
}

/// Not in the sign-in: in renewals, and from the second read of metadata or keys on.
pub(crate) fn later(mut deviations: Vec<Deviation>) -> Vec<Deviation> {
    for deviation in &mut deviations {
        deviation.when = if deviation.at == Endpoint::Token { When::Renewing } else { When::From(2) };
    }
    deviations
}

/// In answers to token exchanges.
pub(crate) fn exchanging(mut deviations: Vec<Deviation>) -> Vec<Deviation> {
    for deviation in &mut deviations {
        deviation.when = When::Exchanging;
    }
    deviations
}

/// The metadata name an endpoint for pushed requests.
pub(crate) fn pushing(mut deviations: Vec<Deviation>) -> Vec<Deviation> {
    let place = format!("{{issuer}}{}", Endpoint::PushedAuthorization.path());
    deviations.splice(..0, set(Endpoint::Discovery, "/pushed_authorization_request_endpoint", place));
    deviations
}

/// Only in the answer to the first request.
pub(crate) fn once(mut deviations: Vec<Deviation>) -> Vec<Deviation> {
    for deviation in &mut deviations {
        deviation.when = When::Only(1);
    }
    deviations
}

pub(crate) fn json(at: Endpoint, edits: Vec<Edit>) -> Vec<Deviation> {
    vec![Deviation::new(at, Wrong::Json(edits))]
}

pub(crate) fn set(at: Endpoint, member: &'static str, value: impl Into<Value>) -> Vec<Deviation> {
    json(at, vec![Edit::Set(member, value.into())])
}

pub(crate) fn without(at: Endpoint, member: &'static str) -> Vec<Deviation> {
    json(at, vec![Edit::Remove(member)])
}

pub(crate) fn answer(
    at: Endpoint,
    status: u16,
    headers: &[(&'static str, &str)],
    body: Body,
) -> Vec<Deviation> {
    let headers = headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    vec![Deviation::new(at, Wrong::Answer(Answer { status: Some(status), headers, body }))]
}

pub(crate) fn body(at: Endpoint, body: Body) -> Vec<Deviation> {
    vec![Deviation::new(at, Wrong::Answer(Answer { status: None, headers: Vec::new(), body }))]
}

pub(crate) fn header(at: Endpoint, name: &'static str, value: &str) -> Vec<Deviation> {
    vec![Deviation::new(at, Wrong::Header(name, value.to_owned()))]
}

fn id_token(header: Vec<Edit>, claims: Vec<Edit>, signature: Signature, form: Form) -> Vec<Deviation> {
    vec![Deviation::new(Endpoint::Token, Wrong::IdToken(IdToken { header, claims, signature, form }))]
}

pub(crate) fn claims(edits: Vec<Edit>) -> Vec<Deviation> {
    id_token(Vec::new(), edits, Signature::Own, Form::Compact)
}

pub(crate) fn jose(edits: Vec<Edit>) -> Vec<Deviation> {
    id_token(edits, Vec::new(), Signature::Own, Form::Compact)
}

pub(crate) fn signed(header: Vec<Edit>, signature: Signature) -> Vec<Deviation> {
    id_token(header, Vec::new(), signature, Form::Compact)
}

pub(crate) fn form(form: Form) -> Vec<Deviation> {
    id_token(Vec::new(), Vec::new(), Signature::Own, form)
}

pub(crate) fn query(edits: Vec<QueryEdit>) -> Vec<Deviation> {
    vec![Deviation::new(Endpoint::SignIn, Wrong::Query(edits))]
}

/// The ID token contains no name or email, so that UserInfo is asked.
pub(crate) fn nameless(mut deviations: Vec<Deviation>) -> Vec<Deviation> {
    let names = ["/name", "/email", "/preferred_username", "/given_name", "/family_name"];
    deviations.extend(claims(names.map(Edit::Remove).to_vec()));
    deviations
}
