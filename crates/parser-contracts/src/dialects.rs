//! Requests of SDKs and tools in their own dialects, and the answer of AWS's Security Token Service.

use abide_dialects::call::{Ask, Call, Given, Next, NoToken, Output};
use abide_dialects::exchange::{Answer, IsKey, Request, Wanted};
use abide_dialects::program::{by_format, servers};
use abide_dialects::{DIALECTS, Kind, sts as service};
use abide_wire::{AccessToken, DialectServer, TokenAnswer};

use crate::Outcome;

/// The placeholder in an input for the key of the run.
const KEY: &str = "KEY";
/// The only server that is configured.
const SERVER: &str = "git.example.com";
/// A token that can be found again.
const TOKEN: &str = "eyJ.token-to-be-found.x";

struct Key;

impl IsKey for Key {
    fn is_key(&self, text: &str) -> bool {
        text == KEY
    }
}

fn token() -> TokenAnswer {
    TokenAnswer {
        access_token: AccessToken::new(TOKEN.to_owned()),
        token_type: "Bearer".to_owned(),
        expires_in: 3600,
        expires_at: 1_900_000_000,
        scope: "openid".to_owned(),
        account: "work".to_owned(),
        issuer: "https://id.example.com".to_owned(),
        dpop: None,
    }
}

/// A line with the method and the target, then a line for each header.
pub(crate) fn request(data: &[u8]) -> Outcome {
    let Ok(text) = std::str::from_utf8(data) else { return Outcome::Refused };
    let mut lines = text.lines();
    let (method, target) = lines.next().and_then(|line| line.split_once(' ')).unwrap_or_default();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let headers: Vec<(&str, &str)> = lines.filter_map(|line| line.split_once(": ")).collect();
    let request = Request { method, path, query, headers: &headers };
    let mut outcome = Outcome::Refused;
    for dialect in DIALECTS {
        let Kind::Http(http) = dialect.kind else { continue };
        if !http.serves(path) {
            continue;
        }
        let shown = headers.iter().any(|(_, value)| *value == KEY);
        match (http.read)(&request, &Key) {
            Err(refused) => {
                assert!((400..600).contains(&refused.status), "{}", refused.status);
                written(refused, false);
            }
            Ok(Wanted::Answer(answer)) => {
                assert!(!http.shows_key || shown, "an answer without the key");
                written(answer, false);
                outcome = Outcome::Accepted;
            }
            Ok(Wanted::Token { purpose, write }) => {
                assert!(!http.shows_key || shown, "a token without the key");
                assert_eq!(method, "GET");
                written(write(&purpose, &token()), true);
                outcome = Outcome::Accepted;
            }
            Ok(Wanted::AwsCredentials { .. }) => {
                assert!(http.needs_role && shown, "credentials without the key");
                outcome = Outcome::Accepted;
            }
        }
    }
    outcome
}

/// An answer that is what it says, with the token only where one was given.
fn written(answer: Answer, has_token: bool) {
    let is_json = answer.content_type == "application/json";
    assert!(!format!("{answer:?}").contains(TOKEN), "the answer is printed");
    let body = answer.body.into_bytes();
    let text = std::str::from_utf8(&body).expect("text");
    assert_eq!(text.contains(TOKEN), has_token);
    assert!(!is_json || serde_json::from_str::<serde_json::Value>(text).is_ok(), "{text}");
}

/// A line with the format, a line with the arguments, and standard input, which is also in the variable of Kubernetes.
pub(crate) fn credential(data: &[u8]) -> Outcome {
    let Ok(text) = std::str::from_utf8(data) else { return Outcome::Refused };
    let (format, rest) = text.split_once('\n').unwrap_or((text, ""));
    let (arguments, input) = rest.split_once('\n').unwrap_or((rest, ""));
    let Some(program) = by_format(format) else { return Outcome::Refused };
    let arguments: Vec<String> =
        arguments.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect();
    let environment = |name: &str| (name == "KUBERNETES_EXEC_INFO").then(|| input.to_owned());
    let call = Call { arguments: &arguments, input: input.as_bytes(), environment: &environment };
    let ask = match (program.read)(&call) {
        Next::Token(ask) => ask,
        Next::Done(output) => {
            said(&output, false);
            return Outcome::Refused;
        }
        Next::Renew(_) | Next::Every | Next::List(_) | Next::AwsCredentials(_) => return Outcome::Refused,
    };
    let refusal = NoToken { code: "login_required", sentence: "Sign in with: abide login", exit: 3 };
    said(&(program.refuse)(&ask, &refusal), false);
    said(&(program.nothing)(&ask), false);
    let Some(how) = program.server else {
        said(&(program.write)(&ask, &given("")), true);
        return Outcome::Accepted;
    };
    let own = DialectServer {
        host: SERVER.to_owned(),
        account: "work".to_owned(),
        resource: None,
        audience: None,
        scope: None,
        user: None,
    };
    if servers::find(std::slice::from_ref(&own), &ask.server, how).is_none() {
        return Outcome::Refused;
    }
    is_of(&ask);
    said(&(program.write)(&ask, &given("https://git.example.com")), true);
    Outcome::Accepted
}

fn given(address: &str) -> Given<'_> {
    // Leaked once: what is written borrows it.
    static PRESENT: std::sync::OnceLock<TokenAnswer> = std::sync::OnceLock::new();
    Given { token: PRESENT.get_or_init(token), address, user: None }
}

/// A server that gets a token is the configured one for every reader of the text.
fn is_of(ask: &Ask) {
    let authority = ask.server.split_once("://").map_or(ask.server.as_str(), |(_, rest)| rest);
    let authority = authority.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default().to_ascii_lowercase();
    assert!(host == SERVER || host == format!("{SERVER}:443"), "{}", ask.server);
}

/// The token is on standard output only, and the sentence is one line.
fn said(output: &Output, has_token: bool) {
    let out = String::from_utf8_lossy(&output.out);
    assert_eq!(out.contains(TOKEN), has_token, "{out}");
    assert!(!output.err.contains(TOKEN) && !output.err.contains('\n'), "{}", output.err);
    assert!(!format!("{output:?}").contains(TOKEN), "the answer is printed");
}

/// The answer of AWS's Security Token Service.
pub(crate) fn sts(data: &[u8]) -> Outcome {
    if let Some(reason) = service::refusal(data) {
        assert!(!reason.chars().any(char::is_control) && reason.chars().count() <= 200, "{reason}");
    }
    let credentials = service::credentials(data);
    if let Some(found) = &credentials {
        let shown = format!("{found:?}");
        let secrets = [found.secret_access_key.expose(), found.session_token.expose()];
        for secret in secrets.into_iter().filter(|secret| secret.len() > 8) {
            assert!(found.access_key_id.contains(secret) || !shown.contains(secret), "a secret is printed");
            assert!(secret.bytes().all(|byte| byte.is_ascii_graphic()), "{secret}");
        }
    }
    (&credentials).into()
}
