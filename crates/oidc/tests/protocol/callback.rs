use abide_oidc::*;
use serde_json::json;

use crate::provider::*;

struct Waiting {
    client: Client,
    request: AuthorizationRequest,
    state: String,
    issuer: String,
}

async fn waiting(behaviour: Behaviour) -> Waiting {
    let client = Client::new(behaviour).await;
    let request = client.request(&AuthorizationParameters::default());
    let state = request.url.query_pairs().find(|pair| pair.0 == "state").unwrap().1.into_owned();
    let issuer = url::form_urlencoded::byte_serialize(client.provider.issuer.as_bytes()).collect();
    Waiting { client, request, state, issuer }
}

impl Waiting {
    fn outcome(&self, query: &str) -> &'static str {
        match self.request.pending.receive(query) {
            Ok(_) => "ok",
            Err(error) => error.code(),
        }
    }
}

#[tokio::test]
async fn stray_callbacks_leave_the_sign_in_pending() {
    let waiting = waiting(Behaviour::default()).await;
    let Waiting { state, issuer, .. } = &waiting;
    for (query, code) in [
        (String::new(), "callback_state_missing"),
        ("code=a".to_owned(), "callback_state_missing"),
        (format!("error=access_denied&iss={issuer}"), "callback_state_missing"),
        ("code=a&state=guessed".to_owned(), "callback_state_unknown"),
        (format!("code=a&state={}", &state[1..]), "callback_state_unknown"),
        (format!("code=a&state={state}x"), "callback_state_unknown"),
        ("error=access_denied&state=".to_owned(), "callback_state_unknown"),
        (format!("code=a&state={state}&state={state}"), "callback_duplicate_parameter"),
        (format!("code=a&state={state}&code=b"), "callback_duplicate_parameter"),
        (format!("code=a&state={state}&c%6Fde=b"), "callback_duplicate_parameter"),
        (format!("state={state}&code={}", "a".repeat(20_000)), "callback_too_long"),
    ] {
        let error = waiting.request.pending.receive(&query).unwrap_err();
        assert_eq!((error.code(), error.is_stray()), (code, true), "{query}");
    }
    let query = waiting.client.provider.authorize(&waiting.request.url);
    let code = waiting.request.pending.receive(&query).unwrap().code;
    let Waiting { client, request, .. } = waiting;
    assert!(client.rp.exchange(&client.http, &request.pending, code, now()).await.is_ok());
}

#[tokio::test]
async fn the_answer_has_to_name_its_issuer() {
    let promised = waiting(Behaviour::default()).await;
    let Waiting { state, issuer, .. } = &promised;
    assert_eq!(promised.outcome(&format!("code=a&state={state}&iss={issuer}")), "ok");
    assert_eq!(promised.outcome(&format!("code=a&state={state}")), "callback_issuer_missing");
    // An error has nothing that could be sent to another provider, and the person who cancels is told so.
    assert_eq!(promised.outcome(&format!("error=access_denied&state={state}")), "access_denied");
    assert_eq!(promised.outcome(&format!("error=a&code=b&state={state}")), "callback_malformed");
    assert_eq!(
        promised.outcome(&format!("code=a&state={state}&iss={issuer}%2F")),
        "callback_issuer_mismatch"
    );
    assert_eq!(
        promised.outcome(&format!("error=access_denied&state={state}&iss=https://evil.example")),
        "callback_issuer_mismatch"
    );

    let without = Behaviour {
        metadata: set("authorization_response_iss_parameter_supported", json!(false)),
        ..Behaviour::default()
    };
    let not_promised = waiting(without).await;
    let state = &not_promised.state;
    assert_eq!(not_promised.outcome(&format!("code=a&state={state}")), "ok");
    assert_eq!(
        not_promised.outcome(&format!("code=a&state={state}&iss=https://evil.example")),
        "callback_issuer_mismatch"
    );
}

#[tokio::test]
async fn a_refusal_is_understood_and_shown_safely() {
    let waiting = waiting(Behaviour::default()).await;
    let Waiting { state, issuer, .. } = &waiting;
    let words = format!("The%0D%0Auser%1B%5B31m+said+no.{}", "x".repeat(500));
    let query = format!("error=access_denied&error_description={words}&state={state}&iss={issuer}");
    let CallbackError::Refused { error, description } = waiting.request.pending.receive(&query).unwrap_err()
    else {
        panic!("not a refusal");
    };
    assert_eq!(error, OAuthError::AccessDenied);
    let description = description.unwrap();
    assert!(description.starts_with("The user [31m said no.x"), "{description}");
    assert_eq!(description.chars().count(), 200);

    assert_eq!(
        waiting.outcome(&format!("error=login_required&state={state}&iss={issuer}")),
        "login_required"
    );
    assert_eq!(waiting.outcome(&format!("error=made_up&state={state}&iss={issuer}")), "provider_refused");
    for half in ["", "&code=", "&code=a&error=access_denied", "&code=a%0Ab", "&code=%C3%A9"] {
        assert_eq!(
            waiting.outcome(&format!("state={state}&iss={issuer}{half}")),
            "callback_malformed",
            "{half}"
        );
    }
}
