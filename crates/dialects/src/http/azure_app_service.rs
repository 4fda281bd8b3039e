//! The managed identity endpoint of Azure App Service, version 2019-08-01.
//!
//! `GET $IDENTITY_ENDPOINT?api-version=2019-08-01&resource=…` with the header `X-IDENTITY-HEADER`. Errors are
//! `{"statusCode", "message"}`; MSAL for Python shows `message` only if both are there.

use abide_wire::TokenAnswer;

use super::managed_identity::resource;
use crate::dialect::{Dialect, Instead, Kind, Target, Value, Variable};
use crate::exchange::{Answer, Http, IsKey, Purpose, Refusal, Request, Wanted};
use crate::json::Object;

/// The row of this dialect.
pub const DIALECT: Dialect = Dialect {
    name: "azure",
    title: "Azure SDKs, by the managed identity of App Service",
    kind: Kind::Http(&HTTP),
    sets: &[
        Variable { name: "IDENTITY_ENDPOINT", value: Value::Url(PATH) },
        Variable { name: "IDENTITY_HEADER", value: Value::Key },
        // Otherwise `DefaultAzureCredential` tries others first, some of them programs and other machines.
        Variable { name: "AZURE_TOKEN_CREDENTIALS", value: Value::Text("ManagedIdentityCredential") },
    ],
    instead: &[
        // With it the client takes Service Fabric's protocol, over TLS.
        Instead::Variable("IDENTITY_SERVER_THUMBPRINT"),
        // Azure Arc and Azure ML.
        Instead::Variable("IMDS_ENDPOINT"),
        Instead::Variable("MSI_ENDPOINT"),
        Instead::Variable("MSI_SECRET"),
        // `ManagedIdentityCredential` of Python takes a workload identity first.
        Instead::Variable("AZURE_FEDERATED_TOKEN_FILE"),
        Instead::Variable("AZURE_POD_IDENTITY_AUTHORITY_HOST"),
    ],
    target: Target::Resource,
    example: "abide run --dialect azure --resource https://management.azure.com -- python app.py",
    page: "azure",
};

const PATH: &str = "/azure/app-service/token";
const VERSION: &str = "2019-08-01";

const HTTP: Http = Http { paths: &[PATH], shows_key: true, needs_role: false, read, refuse };

fn read(request: &Request<'_>, key: &dyn IsKey) -> Result<Wanted, Answer> {
    if !request.header("x-identity-header").is_some_and(|shown| key.is_key(shown)) {
        return Err(error(
            401,
            "IDENTITY_HEADER is not the key of this run. Restart the program with `abide run`.",
        ));
    }
    if request.method != "GET" {
        return Err(error(405, "Use GET."));
    }
    let resource = resource(request, VERSION).map_err(|sentence| error(400, &sentence))?;
    Ok(Wanted::Token { purpose: Purpose { resource: Some(resource), ..Purpose::default() }, write })
}

fn write(purpose: &Purpose, token: &TokenAnswer) -> Answer {
    let body = Object::with_room_for(&token.access_token)
        .token("access_token", &token.access_token)
        // Text, as App Service sends it; Go reads text and numbers.
        .text("expires_on", &token.expires_at.to_string())
        .text("resource", purpose.resource.as_deref().unwrap_or_default())
        .text("token_type", &token.token_type)
        .end();
    Answer::json(200, body)
}

fn refuse(refusal: &Refusal<'_>) -> Answer {
    // 401 and 403 would do for a refusal, too. 400 is the one that no client repeats.
    error(if refusal.later { 503 } else { 400 }, refusal.sentence)
}

fn error(status: u16, sentence: &str) -> Answer {
    let body =
        Object::without_token().number("statusCode", u64::from(status)).text("message", sentence).end();
    Answer::json(status, body)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use abide_wire::ErrorCode;

    use super::*;
    use crate::exchange::testing::{KEY, Key, get, json, served};

    const QUERY: &str = "api-version=2019-08-01&resource=https%3A%2F%2Fmanagement.azure.com%2F";

    #[test]
    fn a_token_for_a_resource() {
        let headers = [("x-identity-header", KEY)];
        let (purpose, answer) = served(read(&get(PATH, QUERY, &headers), &Key));
        assert_eq!(purpose.resource.as_deref(), Some("https://management.azure.com/"));
        assert_eq!(answer.status, 200);
        let body = json(answer);
        assert_eq!(body["access_token"], "eyJ.token.x");
        assert_eq!(body["expires_on"], "1900000000");
        assert_eq!(body["resource"], "https://management.azure.com/");
        assert_eq!(body["token_type"], "Bearer");
    }

    #[test]
    fn what_is_wrong_with_a_request_is_said() {
        let own = [("x-identity-header", KEY)];
        let foreign = [("x-identity-header", "another")];
        let twice = [("x-identity-header", KEY), ("x-identity-header", KEY)];
        let user_assigned = format!("{QUERY}&client_id=x");
        for (query, headers, status) in [
            (QUERY, &foreign[..], 401),
            (QUERY, &[], 401),
            (QUERY, &twice, 401),
            ("api-version=2017-09-01&resource=x", &own, 400),
            ("api-version=2019-08-01", &own, 400),
            ("api-version=2019-08-01&resource=a&resource=b", &own, 400),
            (user_assigned.as_str(), &own, 400),
        ] {
            let refused = read(&get(PATH, query, headers), &Key).unwrap_err();
            assert_eq!(refused.status, status, "{query}");
            let body = json(refused);
            assert_eq!(body["statusCode"], status);
            assert!(!body["message"].as_str().unwrap().is_empty());
        }
    }

    #[test]
    fn a_refusal_is_final_and_a_question_is_not() {
        for (later, status) in [(true, 503), (false, 400)] {
            let answer = refuse(&Refusal {
                code: ErrorCode::LoginRequired,
                sentence: "Sign in with: abide login",
                later,
            });
            assert_eq!(answer.status, status);
            assert_eq!(json(answer)["message"], "Sign in with: abide login");
        }
    }
}
