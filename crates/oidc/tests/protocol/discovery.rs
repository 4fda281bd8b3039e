use abide_oidc::*;
use serde_json::{Value, json};
use url::Url;

use crate::provider::*;

async fn discover(behaviour: Behaviour) -> Result<Provider, Error> {
    let provider = TestProvider::start(behaviour).await;
    Provider::discover(&http(), &provider.issuer).await
}

#[tokio::test]
async fn what_the_provider_offers_is_known() {
    let provider = TestProvider::start(Behaviour::default()).await;
    let found = Provider::discover(&http(), &provider.issuer).await.unwrap();
    assert_eq!(found.issuer(), provider.issuer);
    assert_eq!(found.display_host(), provider.issuer.strip_prefix("http://").unwrap());
    assert!(
        found.has_userinfo()
            && found.has_revocation()
            && found.has_introspection()
            && found.has_end_session()
    );
    assert!(!found.has_check_session() && !found.has_backchannel_logout());
    assert_eq!(found.offers_scope("offline_access"), None, "it does not say");

    let says =
        Behaviour { metadata: set("scopes_supported", json!(["openid", "email"])), ..Behaviour::default() };
    let found = discover(says).await.unwrap();
    assert_eq!(found.offers_scope("email"), Some(true));
    assert_eq!(found.offers_scope("offline_access"), Some(false));
}

#[tokio::test]
async fn ways_to_learn_of_the_end_of_a_session_are_known() {
    let all = edit(|metadata| {
        metadata["check_session_iframe"] = format!("{}/session", metadata["issuer"].as_str().unwrap()).into();
        for name in ["frontchannel_logout", "backchannel_logout"] {
            metadata[format!("{name}_supported")] = true.into();
            metadata[format!("{name}_session_supported")] = true.into();
        }
    });
    let provider = TestProvider::start(Behaviour { metadata: all, ..Behaviour::default() }).await;
    let found = Provider::discover(&http(), &provider.issuer).await.unwrap();
    assert_eq!(found.check_session_iframe().unwrap().as_str(), format!("{}/session", provider.issuer));
    assert_eq!(found.check_session_problem(), None);
    assert_eq!(found.end_session_endpoint().unwrap().as_str(), format!("{}/logout", provider.issuer));
    assert!(found.has_frontchannel_logout() && found.has_frontchannel_logout_session());
    assert!(found.has_backchannel_logout() && found.has_backchannel_logout_session());

    let vague = edit(|metadata| {
        metadata["frontchannel_logout_supported"] = "true".into();
        metadata["backchannel_logout_supported"] = Value::Null;
        metadata["backchannel_logout_session_supported"] = 1.into();
    });
    let found = discover(Behaviour { metadata: vague, ..Behaviour::default() }).await.unwrap();
    assert!(!found.has_frontchannel_logout() && !found.has_frontchannel_logout_session());
    assert!(!found.has_backchannel_logout() && !found.has_backchannel_logout_session());
}

#[tokio::test]
async fn an_unusable_userinfo_endpoint_does_not_prevent_a_sign_in() {
    for (place, code) in [
        (json!("http://id.example.com/me"), "endpoint_insecure"),
        (json!("/me"), "endpoint_invalid"),
        (json!(443), "endpoint_invalid"),
        (json!(["https://id.example.com/me"]), "endpoint_invalid"),
    ] {
        let metadata = set("userinfo_endpoint", place);
        let client = Client::new(Behaviour { metadata, ..Behaviour::default() }).await;
        let tokens = client.sign_in().await.unwrap();
        assert!(!client.rp.provider().has_userinfo());
        let (token, subject) = (&tokens.access_token, tokens.identity.subject.as_str());
        let asked = client.rp.userinfo(&client.http, token, subject, now()).await;
        assert_eq!(asked.map(|_| ()).unwrap_err().code(), code);
    }
}

#[tokio::test]
async fn an_unusable_page_that_no_sign_in_needs_does_not_prevent_one() {
    for (page, code) in [
        (json!("http://id.example.com/session"), "endpoint_insecure"),
        (json!("javascript:alert(1)"), "endpoint_invalid"),
        (json!("https://id.example.com/\r\nx"), "endpoint_invalid"),
        (json!("https://id.example.com/session#x"), "endpoint_invalid"),
        (json!(7), "endpoint_invalid"),
    ] {
        let metadata = edit(move |metadata| {
            metadata["check_session_iframe"] = page.clone();
            metadata["end_session_endpoint"] = page.clone();
        });
        let client = Client::new(Behaviour { metadata, ..Behaviour::default() }).await;
        assert!(client.sign_in().await.is_ok());
        let found = client.rp.provider();
        assert!(!found.has_check_session() && !found.has_end_session());
        assert_eq!(found.check_session_problem().map(|error| error.code()), Some(code));
        let refused = client.rp.logout_request(None, None, &[]);
        assert_eq!(refused.map(|_| ()).map_err(|error| error.code()), Err(code));
    }
}

#[tokio::test]
async fn the_issuer_is_compared_byte_for_byte() {
    let provider = TestProvider::start(Behaviour::default()).await;
    let with_slash = format!("{}/", provider.issuer);
    let error = Provider::discover(&http(), &with_slash).await.unwrap_err();
    assert_eq!(error, Error::IssuerMismatch { expected: with_slash, found: provider.issuer.clone() });
    assert_eq!(provider.requests("/keys"), 0, "nothing follows a wrong issuer");

    let other = Behaviour { metadata: set("issuer", json!("https://evil.example")), ..Behaviour::default() };
    assert_eq!(discover(other).await.unwrap_err().code(), "issuer_mismatch");
}

#[tokio::test]
async fn metadata_that_is_refused() {
    let cases: [(&'static str, Value, &str); 5] = [
        ("issuer", Value::Null, "metadata_malformed"),
        ("token_endpoint", Value::Null, "endpoint_missing"),
        ("token_endpoint", json!("http://id.example.com/token"), "endpoint_insecure"),
        ("authorization_endpoint", json!("file:///bin/sh"), "endpoint_invalid"),
        ("response_types_supported", json!(["token"]), "code_flow_unsupported"),
    ];
    for (name, value, code) in cases {
        let behaviour = Behaviour { metadata: set(name, value.clone()), ..Behaviour::default() };
        assert_eq!(discover(behaviour).await.unwrap_err().code(), code, "{name}: {value}");
    }
}

#[tokio::test]
async fn answers_that_are_no_metadata() {
    const PATH: &str = "/.well-known/openid-configuration";
    let cases = [
        (Canned::Answer(200, "text/html", b"<html>".to_vec()), "metadata_not_json"),
        (Canned::Answer(200, "application/json", b"<html>".to_vec()), "metadata_malformed"),
        (
            Canned::Answer(200, "application/json", br#"{"issuer":"a","issuer":"b"}"#.to_vec()),
            "metadata_duplicate_member",
        ),
        (Canned::Answer(200, "application/json", "[".repeat(100_000).into_bytes()), "metadata_too_deep"),
        (Canned::Answer(404, "text/html", b"<h1>Not found</h1>".to_vec()), "provider_unexpected_status"),
        (Canned::Answer(503, "text/html", b"".to_vec()), "provider_unavailable"),
        (Canned::Header(302, "location", "/elsewhere".into()), "provider_redirected"),
    ];
    for (canned, code) in cases {
        let provider =
            TestProvider::start(Behaviour { canned: [(PATH, canned)].into(), ..Behaviour::default() }).await;
        let error = Provider::discover(&http(), &provider.issuer).await.unwrap_err();
        assert_eq!(error.code(), code);
        assert_eq!(
            provider.requests("/elsewhere") + provider.requests("/keys"),
            0,
            "{code}: nothing follows"
        );
    }
}

#[tokio::test]
async fn keys_that_cannot_be_read() {
    let cases = [
        (Canned::Answer(200, "application/json", br#"{"keys":{}}"#.to_vec()), "keys_malformed"),
        (Canned::Answer(200, "text/plain", br#"{"keys":[]}"#.to_vec()), "keys_not_json"),
        (Canned::Header(307, "location", "/elsewhere".into()), "provider_redirected"),
    ];
    for (canned, code) in cases {
        let behaviour = Behaviour { canned: [("/keys", canned)].into(), ..Behaviour::default() };
        assert_eq!(discover(behaviour).await.unwrap_err().code(), code);
    }
}

#[tokio::test]
async fn an_issuer_that_is_not_protected_is_never_asked() {
    for issuer in ["http://id.example.invalid", "http://192.0.2.1", "ftp://id.example.invalid"] {
        let error = Provider::discover(&http(), issuer).await.unwrap_err();
        assert!(matches!(error, Error::IssuerInvalid { .. }), "{issuer}: {error:?}");
    }
}

fn at(provider: &TestProvider) -> DiscoveryOptions {
    DiscoveryOptions::new(provider.issuer.clone())
}

/// Azure AD B2C and Entra External ID publish their metadata elsewhere than at the issuer that it names.
#[tokio::test]
async fn metadata_may_be_elsewhere_and_is_held_to_the_same_issuer() {
    let elsewhere = |issuer: &str| {
        let document = json!({
            "issuer": issuer,
            "authorization_endpoint": format!("{issuer}/authorize"),
            "token_endpoint": format!("{issuer}/token"),
            "jwks_uri": format!("{issuer}/keys"),
            "revocation_endpoint": format!("{issuer}/revoke"),
            "response_types_supported": ["code"],
            "id_token_signing_alg_values_supported": ["ES256"],
        });
        Canned::Answer(200, "application/json", document.to_string().into_bytes())
    };
    const PATH: &str = "/tenant/policy/v2.0/metadata";
    let provider = TestProvider::start(Behaviour::default()).await;
    let serve = |issuer: &str| {
        provider.behave(Behaviour { canned: [(PATH, elsewhere(issuer))].into(), ..Behaviour::default() });
    };
    let url = |query: &str| Url::parse(&format!("{}{PATH}{query}", provider.issuer)).unwrap();
    let discover = async |metadata_url: Url| {
        let address = DiscoveryOptions { metadata_url: Some(metadata_url), ..at(&provider) };
        Provider::discover_with(&http(), &address).await
    };
    serve(&provider.issuer);
    for query in ["", "?p=B2C_1_sign_in"] {
        let found = discover(url(query)).await.unwrap();
        assert_eq!(found.issuer(), provider.issuer);
        let rp = RelyingParty::new(found, Registration::public(CLIENT)).unwrap();
        let client = Client { provider: provider.clone(), http: http(), rp };
        assert!(client.sign_in().await.is_ok(), "the issuer of the ID token is the account's");
    }
    assert_eq!(provider.requests(PATH), 2);
    assert_eq!(provider.requests("/.well-known/openid-configuration"), 0, "nothing is read there");
    for wrong in
        [format!("{}/", provider.issuer), format!("{}{PATH}", provider.issuer), "https://evil.example".into()]
    {
        serve(&wrong);
        assert_eq!(discover(url("")).await.unwrap_err().code(), "issuer_mismatch", "{wrong}");
    }
    for (metadata_url, code) in [
        ("http://id.example.com/metadata", "endpoint_insecure"),
        ("https://user@id.example.com/metadata", "endpoint_invalid"),
        ("https://id.example.com/metadata#a", "endpoint_invalid"),
        ("file:///etc/passwd", "endpoint_invalid"),
    ] {
        assert_eq!(
            discover(Url::parse(metadata_url).unwrap()).await.unwrap_err().code(),
            code,
            "{metadata_url}"
        );
    }
}

#[tokio::test]
async fn metadata_of_an_issuer_elsewhere_may_not_be_plain_on_this_computer() {
    let metadata_url = Some(Url::parse("http://127.0.0.1:9/metadata").unwrap());
    let address =
        DiscoveryOptions { metadata_url, ..DiscoveryOptions::new("https://id.example.invalid".into()) };
    assert_eq!(Provider::discover_with(&http(), &address).await.unwrap_err().code(), "endpoint_insecure");
}

const OAUTH: &str = "/.well-known/oauth-authorization-server";

fn without_revocation(oauth: &'static str, document: Value) -> Behaviour {
    Behaviour {
        metadata: set("revocation_endpoint", Value::Null),
        canned: [(oauth, Canned::Answer(200, "application/json", document.to_string().into_bytes()))].into(),
        ..Behaviour::default()
    }
}

/// RFC 8414, section 3: django-oauth-toolkit names its revocation endpoint only there.
#[tokio::test]
async fn what_openid_discovery_leaves_out_is_read_from_the_metadata_of_oauth() {
    let provider = TestProvider::start(Behaviour::default()).await;
    let serve = |document: Value| provider.behave(without_revocation(OAUTH, document));
    let issuer = provider.issuer.clone();
    let good = |more: Value| {
        let mut document = json!({"issuer": issuer, "revocation_endpoint": format!("{issuer}/revoke")});
        document.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        document
    };
    serve(good(json!({})));
    let found = Provider::discover(&http(), &issuer).await.unwrap();
    assert!(found.has_revocation());
    let rp = RelyingParty::new(found, Registration::public(CLIENT)).unwrap();
    let client = Client { provider: provider.clone(), http: http(), rp };
    let tokens = client.sign_in().await.unwrap();
    let token = tokens.refresh_token.as_ref().unwrap();
    client.rp.revoke(&client.http, token, TokenKind::RefreshToken, now()).await.unwrap();
    assert!(!provider.knows_refresh_token(secrecy::ExposeSecret::expose_secret(token)));

    // What OpenID discovery says stands, and nothing else is taken.
    serve(good(
        json!({"token_endpoint": "https://evil.example/token", "introspection_endpoint": "https://evil.example/"}),
    ));
    let found = Provider::discover(&http(), &issuer).await.unwrap();
    assert!(found.has_revocation() && found.has_introspection());
    let rp = RelyingParty::new(found, Registration::public(CLIENT)).unwrap();
    let client = Client { provider: provider.clone(), http: http(), rp };
    let tokens = client.sign_in().await.unwrap();
    let token = tokens.refresh_token.as_ref().unwrap();
    assert!(client.rp.introspect(&client.http, token, TokenKind::RefreshToken, now()).await.unwrap().active);

    let before = provider.requests(OAUTH);
    let address = DiscoveryOptions { oauth_metadata: false, ..at(&provider) };
    assert!(!Provider::discover_with(&http(), &address).await.unwrap().has_revocation());
    provider.behave(Behaviour::default());
    assert!(Provider::discover(&http(), &issuer).await.unwrap().has_revocation());
    assert_eq!(
        provider.requests(OAUTH),
        before,
        "only where something is missing, and not where it is turned off"
    );
}

#[tokio::test]
async fn metadata_of_oauth_that_cannot_be_believed_are_not_there() {
    let provider = TestProvider::start(Behaviour::default()).await;
    let issuer = provider.issuer.clone();
    let revoke = format!("{issuer}/revoke");
    for document in [
        json!({"issuer": format!("{issuer}/"), "revocation_endpoint": revoke}),
        json!({"issuer": "https://evil.example", "revocation_endpoint": revoke}),
        json!({"revocation_endpoint": revoke}),
        json!({"issuer": issuer, "revocation_endpoint": "http://id.example.com/revoke"}),
        json!({"issuer": issuer, "revocation_endpoint": "javascript:alert(1)"}),
        json!({"issuer": issuer, "revocation_endpoint": 7}),
        json!({"issuer": 7, "revocation_endpoint": revoke}),
        json!([]),
    ] {
        provider.behave(without_revocation(OAUTH, document.clone()));
        let found =
            Provider::discover(&http(), &issuer).await.unwrap_or_else(|error| panic!("{document}: {error}"));
        assert!(!found.has_revocation(), "{document}");
    }
    for canned in [
        Canned::Answer(404, "text/html", b"no".to_vec()),
        Canned::Answer(200, "text/html", b"<h1>Hello</h1>".to_vec()),
        Canned::Answer(503, "text/html", b"no".to_vec()),
        Canned::Header(302, "location", "https://evil.example/".into()),
        Canned::Endless,
    ] {
        let metadata = set("revocation_endpoint", Value::Null);
        provider.behave(Behaviour { metadata, canned: [(OAUTH, canned)].into(), ..Behaviour::default() });
        assert!(!Provider::discover(&http(), &issuer).await.unwrap().has_revocation());
    }
}

#[tokio::test]
async fn whether_a_provider_names_s256_is_known() {
    for (methods, named) in [
        (Value::Null, false),
        (json!([]), false),
        (json!(["plain"]), false),
        (json!("S256"), false),
        (json!(["plain", "S256"]), true),
        (json!([7, "S256"]), true),
    ] {
        let behaviour = Behaviour {
            metadata: set("code_challenge_methods_supported", methods.clone()),
            ..Behaviour::default()
        };
        let provider = TestProvider::start(behaviour).await;
        for required in [false, true] {
            let address = DiscoveryOptions { require_pkce_support: required, ..at(&provider) };
            let code = match Provider::discover_with(&http(), &address).await {
                Ok(_) => "ok",
                Err(error) => error.code(),
            };
            assert_eq!(code, if required && !named { "pkce_unsupported" } else { "ok" }, "{methods}");
        }
    }
}

#[tokio::test]
async fn metadata_that_decide_nothing_do_not_prevent_a_sign_in() {
    for name in [
        "scopes_supported",
        "token_endpoint_auth_methods_supported",
        "token_endpoint_auth_signing_alg_values_supported",
        "dpop_signing_alg_values_supported",
        "claims_supported",
        "subject_types_supported",
        "request_parameter_supported",
        "op_policy_uri",
    ] {
        for value in [json!(7), json!("openid"), json!([7, null]), json!({ "a": 1 }), json!(false)] {
            let behaviour = Behaviour { metadata: set(name, value.clone()), ..Behaviour::default() };
            let client = Client::new(behaviour).await;
            assert!(client.sign_in().await.is_ok(), "{name}: {value}");
        }
    }
    // Entries that are not names are ignored.
    let lists = edit(|metadata| {
        metadata["response_types_supported"] = json!(["code", 7, null]);
        metadata["id_token_signing_alg_values_supported"] = json!([null, "ES256", { "alg": "RS256" }]);
    });
    assert!(discover(Behaviour { metadata: lists, ..Behaviour::default() }).await.is_ok());
}

#[tokio::test]
async fn metadata_of_the_wrong_type_that_decide_are_named() {
    for name in [
        "issuer",
        "authorization_endpoint",
        "token_endpoint",
        "jwks_uri",
        "response_types_supported",
        "id_token_signing_alg_values_supported",
    ] {
        let error = discover(Behaviour { metadata: set(name, json!(7)), ..Behaviour::default() }).await;
        let error = error.unwrap_err();
        assert_eq!(error.code(), "metadata_malformed", "{name}");
        assert!(error.to_string().contains(&format!("({name})")), "{name}: {error}");
    }
}

#[tokio::test]
async fn the_domain_of_an_address_names_its_provider() {
    const REL: &str = "http://openid.net/specs/connect/1.0/issuer";
    let named = async |kind: &'static str, document: Value| {
        let canned = Canned::Answer(200, kind, document.to_string().into_bytes());
        let canned = [("/.well-known/webfinger", canned)].into_iter().collect();
        let provider = TestProvider::start(Behaviour { canned, ..Behaviour::default() }).await;
        let domain = provider.issuer.strip_prefix("http://").unwrap();
        issuer_of_address(&http(), &format!("alice@{domain}")).await
    };
    let link = |href: &str| json!({"subject": 1, "links": [{"rel": "x"}, 5, {"rel": REL, "href": href}]});
    for kind in ["application/jrd+json", "application/json"] {
        assert_eq!(named(kind, link("https://id.example.com/a")).await.unwrap(), "https://id.example.com/a");
    }
    for (document, code) in [
        (json!({"links": []}), "webfinger_malformed"),
        (json!({}), "webfinger_malformed"),
        (json!({"links": [{"rel": REL, "href": 7}]}), "webfinger_malformed"),
        (link("http://id.example.com"), "issuer_insecure"),
        (link("file:///etc/passwd"), "issuer_invalid"),
    ] {
        assert_eq!(named("application/json", document.clone()).await.unwrap_err().code(), code, "{document}");
    }
    assert_eq!(named("text/html", json!({})).await.unwrap_err().code(), "webfinger_not_json");
    assert_eq!(issuer_of_address(&http(), "alice").await.unwrap_err().code(), "issuer_invalid");
}

#[tokio::test]
async fn a_domain_that_answers_oddly_names_no_provider() {
    let json =
        |status: u16, text: &str| Canned::Answer(status, "application/jrd+json", text.as_bytes().to_vec());
    let deep = format!("{}1{}", "[".repeat(200), "]".repeat(200));
    let moved = Canned::Header(302, "location", "https://id.example.com/.well-known/webfinger".to_owned());
    for (canned, code) in [
        (json(200, "{\"links\": ["), "webfinger_malformed"),
        (json(200, "{\"links\": [], \"links\": []}"), "webfinger_duplicate_member"),
        (json(200, &format!("{{\"links\": {deep}}}")), "webfinger_too_deep"),
        (json(200, "{\"links\": {}}"), "webfinger_malformed"),
        (json(200, "[]"), "webfinger_malformed"),
        (json(404, "{}"), "provider_unexpected_status"),
        (json(503, "{}"), "provider_unavailable"),
        (Canned::Answer(200, "application/json", vec![b' '; (1 << 20) + 1]), "response_too_large"),
        (Canned::Endless, "response_too_large"),
        (moved, "provider_redirected"),
    ] {
        let canned = [("/.well-known/webfinger", canned)].into_iter().collect();
        let provider = TestProvider::start(Behaviour { canned, ..Behaviour::default() }).await;
        let address = format!("alice@{}", provider.issuer.strip_prefix("http://").unwrap());
        assert_eq!(issuer_of_address(&http(), &address).await.unwrap_err().code(), code);
    }
}

/// Whatever is at that address, a sign-in does not wait for it as long as for what it needs.
#[tokio::test]
async fn a_second_document_that_hangs_takes_seconds_at_most() {
    let behaviour = Behaviour {
        metadata: set("revocation_endpoint", Value::Null),
        canned: [(OAUTH, Canned::Silent)].into(),
        ..Behaviour::default()
    };
    let provider = TestProvider::start(behaviour).await;
    let began = std::time::Instant::now();
    let patient =
        Http::new(HttpOptions { timeout: std::time::Duration::from_secs(120), ..HttpOptions::default() })
            .unwrap();
    let found = Provider::discover(&patient, &provider.issuer).await.unwrap();
    assert!(!found.has_revocation());
    assert!(began.elapsed() < std::time::Duration::from_secs(60), "{:?}", began.elapsed());
}
