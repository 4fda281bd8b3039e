//! The metadata server of Google Compute Engine, as far as Google's client libraries ask it for tokens.
//!
//! The dialect has no secret: `Metadata-Flavor: Google` keeps only web pages out. So the process that asks has to belong to the job.
//! A client library first asks for `/`, and takes 200 with `Metadata-Flavor: Google` for a metadata server. Node.js compares the
//! media type of JSON as a whole.

use abide_wire::TokenAnswer;

use crate::dialect::{Dialect, Instead, Kind, Target, Value, Variable};
use crate::exchange::{Answer, Http, IsKey, Purpose, Refusal, Request, Wanted};
use crate::json::Object;

/// The row of this dialect.
pub const DIALECT: Dialect = Dialect {
    name: "google",
    title: "Google Cloud client libraries, by the metadata server",
    kind: Kind::Http(&HTTP),
    sets: &[
        Variable { name: "GCE_METADATA_HOST", value: Value::HostAndPort },
        // Python asks this one whether there is a metadata server at all.
        Variable { name: "GCE_METADATA_IP", value: Value::HostAndPort },
        // Node.js asks nothing else then.
        Variable { name: "METADATA_SERVER_DETECTION", value: Value::Text("assume-present") },
    ],
    instead: &[
        Instead::Variable("GOOGLE_APPLICATION_CREDENTIALS"),
        Instead::Variable("NO_GCE_CHECK"),
        // Python and Node.js would demand TLS from the metadata server.
        Instead::Variable("GCE_METADATA_MTLS_MODE"),
        Instead::File {
            file: ".config/gcloud/application_default_credentials.json",
            moved_by: "CLOUDSDK_CONFIG",
        },
    ],
    // As on Compute Engine, which ignores the scopes that are asked for.
    target: Target::Session,
    example: "abide run --dialect google -- python app.py",
    page: "google",
};

const HTTP: Http = Http {
    paths: &["/", "/computeMetadata/", "/computeMetadata/v1/"],
    shows_key: false,
    needs_role: false,
    read,
    refuse,
};

const FLAVOR: &[(&str, &str)] = &[("metadata-flavor", "Google"), ("server", "Metadata Server for VM")];
const V1: &str = "/computeMetadata/v1/";
const ACCOUNTS: &str = "instance/service-accounts/";
/// The address of the only service account. It is not a real one: this crate does not know who is signed in.
const EMAIL: &str = "default@abide.invalid";

fn read(request: &Request<'_>, _: &dyn IsKey) -> Result<Wanted, Answer> {
    if request.method != "GET" {
        return Err(text(405, "Use GET."));
    }
    // Behind a proxy, the request may come from another computer.
    if request.header("x-forwarded-for").is_some() {
        return Err(text(403, "X-Forwarded-For is not allowed here."));
    }
    if request.path == "/" {
        return Ok(Wanted::Answer(text(200, "computeMetadata/\n")));
    }
    if request.header("metadata-flavor") != Some("Google") {
        return Err(text(403, "The header Metadata-Flavor: Google is missing."));
    }
    let Some(path) = request.path.strip_prefix(V1) else { return Err(not_found()) };
    let recursive = request.parameter("recursive").is_some_and(|value| value.eq_ignore_ascii_case("true"));
    if let Some(rest) = path.strip_prefix(ACCOUNTS) {
        return service_account(request, rest, recursive);
    }
    match path {
        "" => Ok(Wanted::Answer(text(200, "instance/\n"))),
        "instance" | "instance/" => Ok(Wanted::Answer(text(200, "service-accounts/\n"))),
        _ => Err(not_found()),
    }
}

fn service_account(request: &Request<'_>, rest: &str, recursive: bool) -> Result<Wanted, Answer> {
    let (account, what) = rest.split_once('/').unwrap_or((rest, ""));
    if account.is_empty() {
        return Ok(Wanted::Answer(text(200, "default/\n")));
    }
    if account != "default" && account != EMAIL {
        return Err(not_found());
    }
    match what {
        "" if recursive => Ok(Wanted::Answer(description())),
        "" => Ok(Wanted::Answer(text(200, "aliases\nemail\nidentity\nscopes\ntoken\n"))),
        "email" => Ok(Wanted::Answer(text(200, EMAIL))),
        "aliases" => Ok(Wanted::Answer(text(200, "default"))),
        "scopes" => Ok(Wanted::Answer(text(200, ""))),
        "token" => {
            let scopes = request.parameter("scopes").unwrap_or_default();
            let scopes =
                scopes.split([',', ' ']).filter(|scope| !scope.is_empty()).map(str::to_owned).collect();
            Ok(Wanted::Token { purpose: Purpose { scopes, ..Purpose::default() }, write })
        }
        // On Compute Engine, Google signs it for any audience. Abide signs no tokens.
        "identity" => Err(text(404, "Abide has no ID token for another audience. Ask for an access token.")),
        _ => Err(not_found()),
    }
}

/// The description of the service account. It lists no scopes, so a library asks for a token without scopes.
fn description() -> Answer {
    let text = format!("{{\"aliases\":[\"default\"],\"email\":\"{EMAIL}\",\"scopes\":[]}}");
    Answer::json(200, zeroize::Zeroizing::new(text.into_bytes())).with(FLAVOR)
}

fn write(_: &Purpose, token: &TokenAnswer) -> Answer {
    let body = Object::with_room_for(&token.access_token)
        .token("access_token", &token.access_token)
        .number("expires_in", token.expires_in)
        .text("token_type", &token.token_type)
        .end();
    Answer::json(200, body).with(FLAVOR)
}

fn refuse(refusal: &Refusal<'_>) -> Answer {
    text(if refusal.later { 503 } else { 400 }, refusal.sentence)
}

fn not_found() -> Answer {
    text(404, "Abide gives tokens, and no other metadata.")
}

fn text(status: u16, sentence: &str) -> Answer {
    Answer::text(status, sentence).with(FLAVOR)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use abide_wire::ErrorCode;

    use super::*;
    use crate::exchange::testing::{Key, get, json, served};

    const TOKEN: &str = "/computeMetadata/v1/instance/service-accounts/default/token";
    const HEADERS: [(&str, &str); 1] = [("metadata-flavor", "Google")];

    fn answer(path: &str, query: &str, headers: &[(&str, &str)]) -> Answer {
        match read(&get(path, query, headers), &Key) {
            Ok(Wanted::Answer(answer)) | Err(answer) => answer,
            Ok(Wanted::Token { .. } | Wanted::AwsCredentials { .. }) => Answer::text(599, "a token"),
        }
    }

    #[test]
    fn a_library_finds_a_metadata_server() {
        let ping = answer("/", "", &[]);
        assert_eq!((ping.status, ping.headers), (200, FLAVOR));
        let all =
            answer("/computeMetadata/v1/instance/service-accounts/default/", "recursive=true", &HEADERS);
        assert_eq!(all.headers, FLAVOR);
        let all = json(all);
        assert_eq!((&all["email"], &all["scopes"]), (&EMAIL.into(), &serde_json::json!([])));
    }

    #[test]
    fn a_token_with_the_scopes_that_were_asked_for() {
        let (purpose, token) = served(read(&get(TOKEN, "scopes=a%2Cb", &HEADERS), &Key));
        assert_eq!(purpose.scopes, ["a", "b"]);
        assert_eq!(token.headers, FLAVOR);
        let token = json(token);
        assert_eq!((&token["access_token"], &token["expires_in"]), (&"eyJ.token.x".into(), &3600.into()));
        assert_eq!(token["token_type"], "Bearer");
    }

    #[test]
    fn what_a_page_or_a_proxy_could_send_gets_nothing() {
        assert_eq!(answer(TOKEN, "", &[]).status, 403);
        assert_eq!(answer(TOKEN, "", &[("metadata-flavor", "google")]).status, 403);
        let through_a_proxy = [("metadata-flavor", "Google"), ("x-forwarded-for", "203.0.113.5")];
        assert_eq!(answer(TOKEN, "", &through_a_proxy).status, 403);
        let twice = [("metadata-flavor", "Google"), ("metadata-flavor", "Google")];
        assert_eq!(answer(TOKEN, "", &twice).status, 403);
    }

    #[test]
    fn what_abide_does_not_have_is_not_there() {
        for path in [
            "/computeMetadata/v1/project/project-id",
            "/computeMetadata/v1/universe/universe-domain",
            "/computeMetadata/v1/instance/service-accounts/another@x.iam.gserviceaccount.com/token",
            "/computeMetadata/v1/instance/service-accounts/default/identity",
            "/computeMetadata/v0/",
        ] {
            let answer = answer(path, "", &HEADERS);
            assert_eq!((answer.status, answer.headers), (404, FLAVOR), "{path}");
        }
    }

    #[test]
    fn a_question_is_tried_again_and_a_refusal_is_not() {
        for (later, status) in [(true, 503), (false, 400)] {
            let refusal = Refusal { code: ErrorCode::ConsentRequired, sentence: "Answer it.", later };
            assert_eq!(refuse(&refusal).status, status);
        }
    }
}
