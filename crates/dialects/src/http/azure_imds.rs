//! The instance metadata service of an Azure virtual machine, version 2018-02-01, as far as it gives tokens.
//!
//! The dialect has no secret: `Metadata: true` keeps only web pages out. So the process that asks has to belong to the job.
//! Clients repeat a request after 404, 410, 429 and 5xx, and take 400 for an answer.

use abide_wire::TokenAnswer;

use super::managed_identity::resource;
use crate::dialect::{Dialect, Instead, Kind, Target, Value, Variable};
use crate::exchange::{Answer, Http, IsKey, Purpose, Refusal, Request, Wanted};
use crate::json::Object;

/// The row of this dialect.
pub const DIALECT: Dialect = Dialect {
    name: "azure-imds",
    title: "Azure SDKs, by the managed identity of a virtual machine",
    kind: Kind::Http(&HTTP),
    sets: &[
        // A client with this variable does not test whether there is a metadata service.
        Variable { name: "AZURE_POD_IDENTITY_AUTHORITY_HOST", value: Value::Url("") },
        Variable { name: "AZURE_TOKEN_CREDENTIALS", value: Value::Text("ManagedIdentityCredential") },
    ],
    instead: &[
        Instead::Variable("IDENTITY_ENDPOINT"),
        Instead::Variable("IDENTITY_HEADER"),
        Instead::Variable("IDENTITY_SERVER_THUMBPRINT"),
        Instead::Variable("IMDS_ENDPOINT"),
        Instead::Variable("MSI_ENDPOINT"),
        Instead::Variable("MSI_SECRET"),
        Instead::Variable("AZURE_FEDERATED_TOKEN_FILE"),
    ],
    target: Target::Resource,
    example: "abide run --dialect azure-imds --resource https://management.azure.com -- python app.py",
    page: "azure",
};

/// The SDK for JavaScript ends it with a slash.
const PATHS: &[&str] = &["/metadata/identity/oauth2/token", "/metadata/identity/oauth2/token/"];
const VERSION: &str = "2018-02-01";

const HTTP: Http = Http { paths: PATHS, shows_key: false, needs_role: false, read, refuse };

fn read(request: &Request<'_>, _: &dyn IsKey) -> Result<Wanted, Answer> {
    if !PATHS.contains(&request.path) {
        return Err(error(404, "not_found", "There is no such path."));
    }
    if request.method != "GET" {
        return Err(error(405, "invalid_request", "Use GET."));
    }
    if !request.header("metadata").is_some_and(|value| value.eq_ignore_ascii_case("true")) {
        return Err(error(400, "bad_request_102", "The header Metadata: true is missing."));
    }
    if request.header("x-forwarded-for").is_some() {
        return Err(error(400, "invalid_request", "X-Forwarded-For is not allowed here."));
    }
    let resource = resource(request, VERSION).map_err(|sentence| error(400, "invalid_request", &sentence))?;
    Ok(Wanted::Token { purpose: Purpose { resource: Some(resource), ..Purpose::default() }, write })
}

fn write(purpose: &Purpose, token: &TokenAnswer) -> Answer {
    // Azure sends numbers as text.
    let body = Object::with_room_for(&token.access_token)
        .token("access_token", &token.access_token)
        .text("expires_in", &token.expires_in.to_string())
        .text("expires_on", &token.expires_at.to_string())
        .text("resource", purpose.resource.as_deref().unwrap_or_default())
        .text("token_type", &token.token_type)
        .end();
    Answer::json(200, body)
}

fn refuse(refusal: &Refusal<'_>) -> Answer {
    error(if refusal.later { 503 } else { 400 }, refusal.code.as_str(), refusal.sentence)
}

fn error(status: u16, code: &str, sentence: &str) -> Answer {
    let body = Object::without_token().text("error", code).text("error_description", sentence).end();
    Answer::json(status, body)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use abide_wire::ErrorCode;

    use super::*;
    use crate::exchange::testing::{Key, get, json, served};

    const QUERY: &str = "api-version=2018-02-01&resource=https%3A%2F%2Fvault.azure.net";

    #[test]
    fn a_token_for_a_resource() {
        let (purpose, answer) = served(read(&get(PATHS[0], QUERY, &[("metadata", "true")]), &Key));
        assert_eq!(purpose.resource.as_deref(), Some("https://vault.azure.net"));
        let body = json(answer);
        assert_eq!((&body["access_token"], &body["expires_in"]), (&"eyJ.token.x".into(), &"3600".into()));
    }

    #[test]
    fn a_slash_at_the_end_changes_nothing() {
        let headers = [("metadata", "true")];
        let (purpose, _) = served(read(&get(PATHS[1], QUERY, &headers), &Key));
        assert_eq!(purpose.resource.as_deref(), Some("https://vault.azure.net"));
        assert!(HTTP.serves(PATHS[1]));
        assert_eq!(
            read(&get("/metadata/identity/oauth2/token/x", QUERY, &headers), &Key).unwrap_err().status,
            404
        );
    }

    #[test]
    fn what_is_wrong_with_a_request_is_said_and_not_repeated() {
        let through_a_proxy = [("metadata", "true"), ("x-forwarded-for", "203.0.113.5")];
        let own = [("metadata", "true")];
        for (query, headers) in [
            (QUERY, &[][..]),
            (QUERY, &[("metadata", "false")]),
            (QUERY, &through_a_proxy),
            ("api-version=2017-09-01&resource=x", &own),
            ("api-version=2018-02-01", &own),
            ("api-version=2018-02-01&resource=x&client_id=y", &own),
        ] {
            let refused = read(&get(PATHS[0], query, headers), &Key).unwrap_err();
            assert_eq!(refused.status, 400, "{query}");
            assert!(!json(refused)["error_description"].as_str().unwrap().is_empty());
        }
    }

    #[test]
    fn a_refusal_is_final_and_a_question_is_not() {
        for (later, status) in [(true, 503), (false, 400)] {
            let refusal = Refusal { code: ErrorCode::LoginRequired, sentence: "Sign in.", later };
            let answer = refuse(&refusal);
            assert_eq!(answer.status, status);
            assert_eq!(json(answer)["error"], "login_required");
        }
    }
}
