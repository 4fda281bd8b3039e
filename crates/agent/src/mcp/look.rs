//! What an MCP server says of itself before it gets a token.

use std::time::Duration;

use abide_oidc::{
    BearerChallenge, Error, Http, ProtectedResource, ProtectedResourceError, StreamAnswer, StreamRequest,
    UrlProblem, is_loopback,
};
use abide_wire::{ErrorAnswer, ErrorCode};
use http::{HeaderMap, HeaderValue, Method, header};
use url::Url;

use crate::platform::clock;

/// How long a server may take to refuse a request.
const PATIENCE: Duration = Duration::from_secs(10);
const UNAUTHORIZED: u16 = 401;
/// A request that changes nothing, in every version of the protocol.
const PING: &[u8] = br#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;

/// What a server says of itself.
pub(super) struct Found {
    pub(super) resource: ProtectedResource,
    /// The scopes of a token for it: those of its challenge, or all that it lists.
    pub(super) scopes: Vec<String>,
}

/// The address of a server: https, or http on this computer.
///
/// # Errors
///
/// `invalid_request`.
pub(super) fn address(text: &str) -> Result<Url, ErrorAnswer> {
    let refuse = |problem: UrlProblem| {
        ErrorAnswer::new(
            ErrorCode::InvalidRequest,
            format!("The address of the MCP server cannot be used: {problem}."),
        )
    };
    let url = Url::parse(text).map_err(|_| refuse(UrlProblem::Malformed))?;
    if url.fragment().is_some() {
        return Err(refuse(UrlProblem::Fragment));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(refuse(UrlProblem::UserInfo));
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_loopback(&url) => Ok(url),
        "http" => Err(refuse(UrlProblem::Insecure)),
        _ => Err(refuse(UrlProblem::Scheme)),
    }
}

/// Asks a server who issues its tokens. Nothing of a client is sent before a user has allowed it: the requests here are always
/// the same, and carry no token.
///
/// # Errors
///
/// `provider_unreachable`, `unusable_answer`.
pub(super) async fn look(http: &Http, url: &Url) -> Result<Found, ErrorAnswer> {
    let challenge = first_challenge(http, url).await?;
    let asked = challenge.is_some();
    let challenge = challenge.unwrap_or_default();
    let resource = ProtectedResource::discover(http, url, challenge.resource_metadata.as_deref())
        .await
        .map_err(|error| unusable(&error, asked))?;
    let scopes = if challenge.scopes.is_empty() { resource.scopes.clone() } else { challenge.scopes };
    Ok(Found { resource, scopes })
}

/// The challenge of a server that refuses requests without a token.
async fn first_challenge(http: &Http, url: &Url) -> Result<Option<BearerChallenge>, ErrorAnswer> {
    for (method, body) in [(Method::GET, &b""[..]), (Method::POST, PING)] {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json, text/event-stream"));
        if !body.is_empty() {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        let request = StreamRequest { method, url, headers, token: None, body: body.to_vec() };
        // A server may keep a request waiting that it does not understand.
        let Ok(answer) = clock::timeout(PATIENCE, http.stream(request)).await else { continue };
        let answer = answer.map_err(|error| unanswered(&error))?;
        if answer.status() == UNAUTHORIZED {
            // A challenge that cannot be read says as little as none.
            return Ok(Some(challenge(&answer).unwrap_or_default()));
        }
    }
    Ok(None)
}

/// What a server says of a token that it refuses.
pub(crate) fn challenge(answer: &StreamAnswer) -> Option<BearerChallenge> {
    BearerChallenge::read(answer.challenges()).ok().flatten()
}

fn unusable(error: &ProtectedResourceError, asked: bool) -> ErrorAnswer {
    tracing::warn!(code = error.code(), "an MCP server cannot be used");
    match error {
        ProtectedResourceError::Http(error) => unanswered(error),
        ProtectedResourceError::Missing if !asked => ErrorAnswer::new(
            ErrorCode::UnusableAnswer,
            "This MCP server asks for no sign-in. Connect your client to it directly, without Abide.",
        ),
        error => ErrorAnswer::new(ErrorCode::UnusableAnswer, error.to_string()),
    }
}

/// There is no answer of the server.
pub(super) fn unanswered(error: &Error) -> ErrorAnswer {
    let code = if error.is_transient() { ErrorCode::ProviderUnreachable } else { ErrorCode::UnusableAnswer };
    ErrorAnswer::new(code, error.to_string())
}

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn a_token_is_sent_over_https_or_to_this_computer_only() {
        for good in ["https://mcp.example.com/mcp", "http://127.0.0.1:8080/mcp", "http://localhost/mcp"] {
            assert!(address(good).is_ok(), "{good}");
        }
        for bad in [
            "http://mcp.example.com/mcp",
            "ftp://mcp.example.com/",
            "https://user@mcp.example.com/",
            "https://mcp.example.com/#x",
            "mcp.example.com",
            "",
        ] {
            assert!(address(bad).is_err(), "{bad}");
        }
    }
}
