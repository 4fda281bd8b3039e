use abide_oidc::*;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use url::Url;

use crate::provider::*;

struct Registrar {
    provider: TestProvider,
    found: Provider,
}

impl Registrar {
    async fn new() -> Self {
        let provider = TestProvider::start(Behaviour::default()).await;
        let found = Provider::discover(&http(), &provider.issuer).await.unwrap();
        Self { provider, found }
    }

    async fn register(&self, metadata: &ClientMetadata) -> Result<RegisteredClient, Error> {
        Ok(register(&http(), &self.found, metadata).await?)
    }

    fn edited(&self, name: &'static str, value: Value) {
        self.provider.behave(Behaviour { registered: set(name, value), ..Behaviour::default() });
    }
}

fn abide() -> ClientMetadata {
    ClientMetadata::native("Abide", vec![Url::parse("http://127.0.0.1/callback").unwrap()])
}

#[tokio::test]
async fn a_native_client_registers_by_itself_and_signs_in() {
    let registrar = Registrar::new().await;
    assert!(registrar.found.has_registration());
    let metadata = ClientMetadata {
        post_logout_redirect_uris: vec![Url::parse("http://127.0.0.1/signed-out").unwrap()],
        grant_types: vec!["refresh_token".into(), "authorization_code".into()],
        scopes: vec!["openid".into(), "profile".into()],
        id_token_alg: Some(SigningAlgorithm::Es256),
        ..abide()
    };
    let client = registrar.register(&metadata).await.unwrap();
    assert_eq!(
        registrar.provider.last_registration(),
        json!({
            "application_type": "native", "response_types": ["code"], "client_name": "Abide",
            "redirect_uris": ["http://127.0.0.1/callback"],
            "post_logout_redirect_uris": ["http://127.0.0.1/signed-out"],
            "token_endpoint_auth_method": "none", "scope": "openid profile",
            "grant_types": ["authorization_code", "refresh_token"],
            "id_token_signed_response_alg": "ES256",
        })
    );
    assert_eq!(client.registration.client_id, CLIENT);
    assert_eq!(client.registration.auth_method, Some(ClientAuthentication::None));
    assert!(client.registration.client_secret.is_none() && client.secret_expires_at.is_none());

    let rp = RelyingParty::new(registrar.found.clone(), client.registration).unwrap();
    let signed_in = Client { provider: registrar.provider, http: http(), rp };
    assert_eq!(signed_in.sign_in().await.unwrap().identity.subject, SUBJECT);
}

#[tokio::test]
async fn secrets_and_what_ends_the_registration_are_kept_and_not_printed() {
    let registrar = Registrar::new().await;
    let uri = format!("{}/register/1", registrar.provider.issuer);
    let all = edit(move |answer| {
        answer["client_secret_expires_at"] = (NOW + 60).into();
        answer["registration_access_token"] = "canary-management".into();
        answer["registration_client_uri"] = uri.clone().into();
    });
    registrar.provider.behave(Behaviour { registered: all, ..Behaviour::default() });
    let metadata = ClientMetadata {
        auth_method: ClientAuthentication::ClientSecretPost,
        initial_access_token: Some("canary-initial".into()),
        ..abide()
    };
    let client = registrar.register(&metadata).await.unwrap();
    assert_eq!(client.registration.client_secret.as_ref().unwrap().expose_secret(), "canary-secret");
    assert_eq!(client.secret_expires_at, Some(NOW + 60));
    let management = client.management.as_ref().unwrap();
    assert_eq!(management.token.expose_secret(), "canary-management");
    assert!(management.uri.path().ends_with("/register/1"));
    let printed = format!("{metadata:?} {client:?}");
    assert!(!printed.contains("canary"), "{printed}");

    // Zero means that it does not expire.
    registrar.edited("client_secret_expires_at", json!(0));
    assert_eq!(registrar.register(&metadata).await.unwrap().secret_expires_at, None);
}

#[tokio::test]
async fn the_provider_may_choose_another_way_to_authenticate() {
    let registrar = Registrar::new().await;
    let other = edit(|answer| {
        answer["token_endpoint_auth_method"] = "client_secret_basic".into();
        answer["client_secret"] = "canary".into();
        answer["client_secret_expires_at"] = 0.into();
    });
    registrar.provider.behave(Behaviour { registered: other, ..Behaviour::default() });
    let client = registrar.register(&abide()).await.unwrap();
    assert_eq!(client.registration.auth_method, Some(ClientAuthentication::ClientSecretBasic));
    assert!(client.registration.client_secret.is_some());
    // An unrequested secret is not kept if the provider says that it is not needed.
    registrar.edited("client_secret", json!("canary"));
    assert!(registrar.register(&abide()).await.unwrap().registration.client_secret.is_none());
    // What it does not say is what was asked for.
    let silent = edit(|answer| {
        for name in ["token_endpoint_auth_method", "grant_types", "response_types"] {
            answer.as_object_mut().unwrap().remove(name);
        }
    });
    registrar.provider.behave(Behaviour { registered: silent, ..Behaviour::default() });
    let client = registrar.register(&abide()).await.unwrap();
    assert_eq!(client.grant_types, ["authorization_code", "refresh_token"]);
    assert_eq!(client.registration.auth_method, Some(ClientAuthentication::None));
}

#[tokio::test]
async fn registrations_that_cannot_be_used_are_refused() {
    let registrar = Registrar::new().await;
    let public: [(&'static str, Value, &str); 17] = [
        ("redirect_uris", json!([7]), "registration_redirect_uri_missing"),
        ("client_id", Value::Null, "registration_client_id_invalid"),
        ("client_id", json!(""), "registration_client_id_invalid"),
        ("client_id", json!("a\nb"), "registration_client_id_invalid"),
        ("client_id", json!("ä"), "registration_client_id_invalid"),
        ("client_id", json!("a".repeat(513)), "registration_client_id_invalid"),
        ("client_id", json!(7), "registration_malformed"),
        ("redirect_uris", json!(["https://evil.example/"]), "registration_redirect_uri_missing"),
        ("redirect_uris", json!("http://127.0.0.1/callback"), "registration_malformed"),
        ("token_endpoint_auth_method", json!("tls_client_auth"), "registration_authentication_unsupported"),
        ("token_endpoint_auth_method", json!("private_key_jwt"), "registration_authentication_unsupported"),
        ("token_endpoint_auth_method", json!("client_secret_post"), "registration_secret_missing"),
        ("grant_types", json!(["implicit"]), "registration_grant_type_missing"),
        ("response_types", json!(["id_token"]), "registration_response_type_missing"),
        ("response_types", json!("code"), "registration_malformed"),
        ("id_token_signed_response_alg", json!("none"), "registration_algorithm_refused"),
        ("id_token_signed_response_alg", json!("ES512"), "registration_algorithm_refused"),
    ];
    for (name, value, code) in public {
        registrar.edited(name, value.clone());
        assert_eq!(registrar.register(&abide()).await.unwrap_err().code(), code, "{name}: {value}");
    }
    let keyed = ClientMetadata { auth_method: ClientAuthentication::PrivateKeyJwt, ..abide() };
    assert_eq!(registrar.register(&keyed).await.unwrap_err().code(), "parameter_invalid", "no key is sent");
    let confidential = ClientMetadata { auth_method: ClientAuthentication::ClientSecretBasic, ..abide() };
    for (name, value, code) in [
        ("client_secret", json!("a\u{7f}"), "registration_secret_invalid"),
        ("client_secret", json!("a".repeat(4097)), "registration_secret_invalid"),
        ("client_secret", json!(""), "registration_secret_missing"),
    ] {
        registrar.edited(name, value.clone());
        assert_eq!(registrar.register(&confidential).await.unwrap_err().code(), code, "{name}: {value}");
    }
}

/// What only ends a registration, or only says how long a secret is good for, keeps no client from signing in.
#[tokio::test]
async fn members_that_decide_nothing_refuse_no_registration() {
    let registrar = Registrar::new().await;
    for (token, uri) in [
        (json!("a"), json!("http://a.example/register")),
        (json!("a"), json!("file:///etc/passwd")),
        (json!("a b"), json!("https://a.example/register")),
        (json!(""), json!("https://a.example/register")),
        (json!(7), json!("https://a.example/register")),
        (json!("a"), json!(["https://a.example/register"])),
        (json!("a"), Value::Null),
        (Value::Null, json!("https://a.example/register")),
    ] {
        let shown = format!("{token} {uri}");
        let both = edit(move |answer| {
            answer["registration_access_token"] = token.clone();
            answer["registration_client_uri"] = uri.clone();
        });
        registrar.provider.behave(Behaviour { registered: both, ..Behaviour::default() });
        let client = registrar.register(&abide()).await.unwrap_or_else(|error| panic!("{shown}: {error}"));
        assert!(client.management.is_none(), "{shown}");
    }
    let confidential = ClientMetadata { auth_method: ClientAuthentication::ClientSecretBasic, ..abide() };
    for value in [Value::Null, json!(-1), json!("never"), json!([])] {
        registrar.edited("client_secret_expires_at", value.clone());
        let client =
            registrar.register(&confidential).await.unwrap_or_else(|error| panic!("{value}: {error}"));
        assert_eq!(client.secret_expires_at, None, "{value}");
    }
    for unsigned in [json!("none"), Value::Null] {
        registrar.edited("userinfo_signed_response_alg", unsigned);
        assert_eq!(registrar.register(&abide()).await.unwrap().registration.userinfo_alg, None);
    }
    // An empty word or list says nothing, and what is beside the right redirect URI is for others.
    for (name, value) in [
        ("userinfo_signed_response_alg", json!("")),
        ("id_token_signed_response_alg", json!("")),
        ("token_endpoint_auth_method", json!("")),
        ("grant_types", json!([])),
        ("response_types", json!([])),
        ("redirect_uris", json!([])),
        ("redirect_uris", json!(["http://127.0.0.1/callback", 7, null, "no address"])),
        ("grant_types", json!([7, "authorization_code", {}])),
        ("response_types", json!([null, "code"])),
        ("client_secret", json!(7)),
        ("error", json!("beside a good client")),
    ] {
        registrar.edited(name, value.clone());
        let client =
            registrar.register(&abide()).await.unwrap_or_else(|error| panic!("{name} {value}: {error}"));
        assert_eq!(client.registration.auth_method, Some(ClientAuthentication::None), "{name} {value}");
        assert!(!client.reduced, "{name} {value}");
    }
    // Asked for a signature, the provider does not get away with none.
    let signed = ClientMetadata { userinfo_alg: Some(SigningAlgorithm::Es256), ..abide() };
    registrar.edited("userinfo_signed_response_alg", json!("none"));
    let refused = registrar.register(&signed).await.unwrap_err();
    assert_eq!(refused.code(), "registration_algorithm_refused");
}

/// RFC 7591, section 2: what is not said is `client_secret_basic`.
#[tokio::test]
async fn a_secret_without_a_method_is_for_the_header() {
    let registrar = Registrar::new().await;
    for expires in [json!(0), Value::Null] {
        let silent = edit(move |answer| {
            let answer = answer.as_object_mut().unwrap();
            answer.remove("token_endpoint_auth_method");
            answer.insert("client_secret".to_owned(), "canary".into());
            answer.insert("client_secret_expires_at".to_owned(), expires.clone());
        });
        registrar.provider.behave(Behaviour { registered: silent, ..Behaviour::default() });
        let client = registrar.register(&abide()).await.unwrap();
        assert_eq!(client.registration.auth_method, Some(ClientAuthentication::ClientSecretBasic));
        assert_eq!(client.registration.client_secret.unwrap().expose_secret(), "canary");
        // Who asked for another way with a secret has it.
        let post = ClientMetadata { auth_method: ClientAuthentication::ClientSecretPost, ..abide() };
        let client = registrar.register(&post).await.unwrap();
        assert_eq!(client.registration.auth_method, Some(ClientAuthentication::ClientSecretPost));
    }
}

fn with_wishes() -> ClientMetadata {
    ClientMetadata {
        post_logout_redirect_uris: vec![Url::parse("http://127.0.0.1/signed-out").unwrap()],
        grant_types: vec!["refresh_token".into(), "urn:ietf:params:oauth:grant-type:device_code".into()],
        scopes: vec!["openid".into(), "offline_access".into()],
        ..abide()
    }
}

#[tokio::test]
async fn a_provider_that_refuses_what_it_does_not_know_is_asked_once_more_for_the_least() {
    let registrar = Registrar::new().await;
    for error in
        ["invalid_client_metadata", "invalid_scope", "invalid_request", "invalid_redirect_uri", "of_its_own"]
    {
        registrar.provider.behave(Behaviour { registers_least: Some((400, error)), ..Behaviour::default() });
        let before = registrar.provider.requests("/register");
        let client =
            registrar.register(&with_wishes()).await.unwrap_or_else(|found| panic!("{error}: {found}"));
        assert!(client.reduced, "{error}");
        assert_eq!(registrar.provider.requests("/register"), before + 2, "{error}");
        assert_eq!(
            registrar.provider.last_registration(),
            json!({
                "application_type": "native", "response_types": ["code"], "client_name": "Abide",
                "redirect_uris": ["http://127.0.0.1/callback"],
                "token_endpoint_auth_method": "none",
                "grant_types": ["authorization_code", "refresh_token"],
            })
        );
        // A request for the minimum is accepted at once.
        let least = registrar.register(&abide()).await.unwrap();
        assert!(!least.reduced);
        assert_eq!(registrar.provider.requests("/register"), before + 3, "{error}");
    }
    registrar.provider.behave(Behaviour::default());
    assert!(!registrar.register(&with_wishes()).await.unwrap().reduced);
}

/// Some providers refuse every grant type, kind of application and way to authenticate that they do not know, each in its own way.
#[tokio::test]
async fn the_last_try_has_nothing_but_the_redirect_uris() {
    let registrar = Registrar::new().await;
    let bare = json!({ "redirect_uris": ["http://127.0.0.1/callback"] });
    for (status, body) in [
        (400, r#"{"error":"invalid_client_metadata"}"#),
        (400, r#"{"error":"unauthorized_client"}"#),
        (400, r#"{"error":"invalid_software_statement"}"#),
        (400, r#"{"error":"server_error"}"#),
        (400, "no"),
        (403, r#"{"error":"access_denied"}"#),
        (403, "no"),
        (422, "no"),
        (500, r#"{"error":"internal_error"}"#),
        (500, "no"),
        (200, r#"{"error":"invalid_client_metadata"}"#),
        (201, r#"{"error":"invalid_client_metadata"}"#),
    ] {
        registrar.provider.behave(Behaviour { registers_bare: Some((status, body)), ..Behaviour::default() });
        for (metadata, requests) in [(with_wishes(), 3), (abide(), 2)] {
            let before = registrar.provider.requests("/register");
            let client = registrar
                .register(&metadata)
                .await
                .unwrap_or_else(|found| panic!("{status} {body}: {found}"));
            assert!(client.reduced, "{status} {body}");
            assert_eq!(registrar.provider.requests("/register"), before + requests, "{status} {body}");
            assert_eq!(registrar.provider.last_registration(), bare);
            // RFC 7591, section 2: what is not asked for is `client_secret_basic`.
            assert_eq!(client.registration.auth_method, Some(ClientAuthentication::ClientSecretBasic));
            assert_eq!(client.grant_types, ["authorization_code"]);
        }
    }
    // The first refusal is the one that says what is wrong.
    let error = json!({ "error": "invalid_redirect_uri" }).to_string().into();
    let canned = [("/register", Canned::Answer(400, "application/json", error))].into();
    registrar.provider.behave(Behaviour { canned, ..Behaviour::default() });
    let refused = registrar.register(&with_wishes()).await.unwrap_err();
    assert_eq!(refused.code(), "invalid_redirect_uri");
}

#[tokio::test]
async fn a_refusal_that_is_about_something_else_is_final() {
    let registrar = Registrar::new().await;
    for (status, error) in [
        (401, "invalid_token"),
        (401, "invalid_client_metadata"),
        (403, "insufficient_scope"),
        (429, "slow_down"),
        (502, "temporarily_unavailable"),
        (503, "temporarily_unavailable"),
    ] {
        registrar
            .provider
            .behave(Behaviour { registers_least: Some((status, error)), ..Behaviour::default() });
        let before = registrar.provider.requests("/register");
        assert!(registrar.register(&with_wishes()).await.is_err(), "{error}");
        assert_eq!(registrar.provider.requests("/register"), before + 1, "{error}");
    }
}

#[tokio::test]
async fn a_client_that_cannot_be_used_comes_with_what_ends_its_registration() {
    let registrar = Registrar::new().await;
    let uri = format!("{}/register/1", registrar.provider.issuer);
    let managed = |name: &'static str, value: Value| {
        let uri = uri.clone();
        edit(move |answer| {
            answer["registration_access_token"] = "canary-management".into();
            answer["registration_client_uri"] = uri.clone().into();
            answer[name] = value.clone();
        })
    };
    for (name, value, code) in [
        ("client_id", json!(7), "registration_malformed"),
        ("client_id", json!(""), "registration_client_id_invalid"),
        ("redirect_uris", json!([7]), "registration_redirect_uri_missing"),
        ("token_endpoint_auth_method", json!("tls_client_auth"), "registration_authentication_unsupported"),
        ("token_endpoint_auth_method", json!("client_secret_post"), "registration_secret_missing"),
        ("grant_types", json!(["implicit"]), "registration_grant_type_missing"),
        ("response_types", json!(["id_token"]), "registration_response_type_missing"),
        ("id_token_signed_response_alg", json!("none"), "registration_algorithm_refused"),
    ] {
        registrar
            .provider
            .behave(Behaviour { registered: managed(name, value.clone()), ..Behaviour::default() });
        let failure = register(&http(), &registrar.found, &abide()).await.unwrap_err();
        assert_eq!(failure.error.code(), code, "{name}: {value}");
        let printed = format!("{failure:?}");
        assert!(!printed.contains("canary"), "{printed}");
        let left = failure.unused.unwrap_or_else(|| panic!("{name}: {value}"));
        let before = registrar.provider.requests("/register/1");
        deregister(&http(), &left.uri, &left.token).await.unwrap();
        assert_eq!(registrar.provider.requests("/register/1"), before + 1);
    }
    registrar.edited("client_id", json!(""));
    let failure = register(&http(), &registrar.found, &abide()).await.unwrap_err();
    assert!(failure.unused.is_none(), "nothing says how it could be ended");
}

#[tokio::test]
async fn refusals_keep_the_providers_code() {
    let registrar = Registrar::new().await;
    let refusal =
        |error: &str| Canned::Answer(400, "application/json", json!({"error": error}).to_string().into());
    for (canned, code) in [
        (refusal("invalid_redirect_uri"), "invalid_redirect_uri"),
        (refusal("invalid_client_metadata"), "invalid_client_metadata"),
        (refusal("unapproved_software_statement"), "unapproved_software_statement"),
        (Canned::Answer(403, "text/html", b"no".to_vec()), "provider_unexpected_status"),
        (Canned::Answer(201, "text/html", b"yes".to_vec()), "registration_not_json"),
        (Canned::Answer(201, "application/json", b"[]".to_vec()), "registration_malformed"),
        (
            Canned::Answer(201, "application/json", br#"{"a":1,"a":2}"#.to_vec()),
            "registration_duplicate_member",
        ),
        (Canned::Endless, "response_too_large"),
        (Canned::Header(307, "location", "https://evil.example/".into()), "provider_redirected"),
    ] {
        registrar
            .provider
            .behave(Behaviour { canned: [("/register", canned)].into(), ..Behaviour::default() });
        assert_eq!(registrar.register(&abide()).await.unwrap_err().code(), code);
    }
    registrar.provider.behave(Behaviour::default());
    let stranger = ClientMetadata { initial_access_token: Some("wrong".into()), ..abide() };
    assert_eq!(registrar.register(&stranger).await.unwrap_err().code(), "invalid_token");

    let without = set("registration_endpoint", Value::Null);
    let provider = TestProvider::start(Behaviour { metadata: without, ..Behaviour::default() }).await;
    let found = Provider::discover(&http(), &provider.issuer).await.unwrap();
    assert_eq!(register(&http(), &found, &abide()).await.unwrap_err().error.code(), "endpoint_missing");
}

#[tokio::test]
async fn only_a_native_client_on_loopback_is_registered() {
    let registrar = Registrar::new().await;
    let uris = |uri: &str| vec![Url::parse(uri).unwrap()];
    let refused = [
        ClientMetadata { redirect_uris: Vec::new(), ..abide() },
        ClientMetadata { redirect_uris: uris("https://app.example/callback"), ..abide() },
        ClientMetadata { redirect_uris: uris("http://10.0.0.1/callback"), ..abide() },
        ClientMetadata { redirect_uris: uris("http://127.0.0.1/callback#a"), ..abide() },
        ClientMetadata { post_logout_redirect_uris: uris("http://evil.example/"), ..abide() },
        ClientMetadata { client_name: String::new(), ..abide() },
        ClientMetadata { client_name: "Abide\u{202e}".into(), ..abide() },
        ClientMetadata { client_name: "a".repeat(101), ..abide() },
        ClientMetadata { scopes: vec!["a b".into()], ..abide() },
    ];
    for metadata in refused {
        let error = registrar.register(&metadata).await.unwrap_err();
        assert_eq!(error.code(), "parameter_invalid", "{metadata:?}");
    }
    assert_eq!(registrar.provider.requests("/register"), 0);
}
