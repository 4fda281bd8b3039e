//! A provider with an issuer for each tenant, as Microsoft Entra ID is at `common` and `organizations`. Nothing but the issuer
//! of the tenant that the ID token itself names is believed, and a session stays in its tenant.

use abide_oidc::*;
use serde_json::{Value, json};
use url::Url;

use crate::provider::*;

const TENANT: &str = "8eaef023-2b34-4da1-9baa-8bc8c9d6a490";
const OTHER: &str = "82229342-1101-4ab6-817b-70c0747630f3";

/// What the provider puts into its ID tokens: `iss`, with `*` for its own address, and `tid`.
type Says = (&'static str, Value);

fn behaviour(issuer: &str, says: Says) -> Behaviour {
    let (template, own) = (format!("{issuer}/{{tenantid}}/v2.0"), issuer.to_owned());
    Behaviour {
        metadata: edit(move |metadata| {
            metadata["issuer"] = json!(template);
            metadata["authorization_response_iss_parameter_supported"] = json!(false);
        }),
        claims: edit(move |claims| {
            claims["iss"] = json!(says.0.replace('*', &own));
            claims["tid"] = says.1.clone();
        }),
        ..Behaviour::default()
    }
}

fn own(tenant: &str) -> Says {
    match tenant {
        TENANT => ("*/8eaef023-2b34-4da1-9baa-8bc8c9d6a490/v2.0", json!(TENANT)),
        _ => ("*/82229342-1101-4ab6-817b-70c0747630f3/v2.0", json!(OTHER)),
    }
}

/// A client that has discovered the provider under its address without a tenant.
async fn client(says: Says) -> Client {
    let provider = TestProvider::start(Behaviour::default()).await;
    provider.behave(behaviour(&provider.issuer, says));
    let template = format!("{}/{{tenantid}}/v2.0", provider.issuer);
    let tenants = IssuerTemplate::new(&template, &provider.issuer).unwrap();
    let http = http();
    let found = Provider::discover_tenants(&http, &provider.issuer, Some(tenants)).await.unwrap();
    let rp = RelyingParty::new(found, Registration::public(CLIENT)).unwrap();
    Client { provider, http, rp }
}

/// Signs in; `iss` in the answer is what it says, if anything (RFC 9207).
async fn sign_in(client: &Client, answered_by: Option<&str>) -> Result<Tokens, String> {
    let AuthorizationRequest { url, pending } = client.request(&AuthorizationParameters::default());
    let answer = Url::parse(&format!("http://127.0.0.1/?{}", client.provider.authorize(&url))).unwrap();
    let mut changed = answer.clone();
    changed
        .query_pairs_mut()
        .clear()
        .extend_pairs(answer.query_pairs().filter(|(name, _)| name != "iss"))
        .extend_pairs(answered_by.map(|issuer| ("iss", issuer.replace('*', &client.provider.issuer))));
    let response = pending.receive(changed.query().unwrap()).map_err(|error| error.code().to_owned())?;
    let exchanged = client.rp.exchange(&client.http, &pending, response.code, now()).await;
    exchanged.map_err(|refused| refused.error.code().to_owned())
}

async fn outcome(says: Says, answered_by: Option<&str>) -> String {
    match sign_in(&client(says).await, answered_by).await {
        Ok(tokens) => {
            tokens.identity.issuer.rsplit("//").next().unwrap().split_once('/').unwrap().1.to_owned()
        }
        Err(code) => code,
    }
}

#[tokio::test]
async fn the_person_belongs_only_to_the_tenant_in_the_token() {
    let mismatch = "id_token_issuer_mismatch";
    let believed = format!("{TENANT}/v2.0");
    for (says, expected) in [
        (own(TENANT), believed.as_str()),
        // The issuer of one tenant with the identifier of another.
        ((own(TENANT).0, json!(OTHER)), mismatch),
        ((own(OTHER).0, json!(TENANT)), mismatch),
        // Neither the template nor the configured issuer is a tenant's issuer.
        (("*/{tenantid}/v2.0", json!("{tenantid}")), mismatch),
        (("*/organizations/v2.0", json!("organizations")), mismatch),
        (("*", json!(TENANT)), mismatch),
        (("*/{tenantid}/v2.0", json!(TENANT)), mismatch),
        // No tenant, or none that could be one.
        ((own(TENANT).0, Value::Null), mismatch),
        ((own(TENANT).0, json!([TENANT])), mismatch),
        (("*/../v2.0", json!("..")), mismatch),
        (
            ("*/8EAEF023-2B34-4DA1-9BAA-8BC8C9D6A490/v2.0", json!("8EAEF023-2B34-4DA1-9BAA-8BC8C9D6A490")),
            mismatch,
        ),
        // Nearly the right one.
        (("https://evil.example/8eaef023-2b34-4da1-9baa-8bc8c9d6a490/v2.0", json!(TENANT)), mismatch),
        (("*/8eaef023-2b34-4da1-9baa-8bc8c9d6a490/v2.0/", json!(TENANT)), mismatch),
        (("*/8eaef023-2b34-4da1-9baa-8bc8c9d6a490", json!(TENANT)), mismatch),
        (("*//8eaef023-2b34-4da1-9baa-8bc8c9d6a490/v2.0", json!(TENANT)), mismatch),
    ] {
        assert_eq!(outcome(says.clone(), None).await, expected, "{says:?}");
    }
}

#[tokio::test]
async fn the_issuer_in_the_answer_has_to_be_that_of_the_id_token() {
    let tenant = own(TENANT).0;
    assert_eq!(outcome(own(TENANT), Some(tenant)).await, format!("{TENANT}/v2.0"));
    assert_eq!(outcome(own(TENANT), Some(own(OTHER).0)).await, "id_token_issuer_mismatch");
    for stranger in ["https://evil.example", "*", "*/{tenantid}/v2.0", "*/organizations/v2.0"] {
        assert_eq!(outcome(own(TENANT), Some(stranger)).await, "callback_issuer_mismatch", "{stranger}");
    }
}

#[tokio::test]
async fn a_session_stays_in_its_tenant() {
    let client = client(own(TENANT)).await;
    let tokens = sign_in(&client, None).await.unwrap();
    let renewed = client.refresh(&tokens).await.unwrap();
    assert_eq!(renewed.identity.issuer, tokens.identity.issuer);
    client.provider.behave(behaviour(&client.provider.issuer, own(OTHER)));
    assert_eq!(client.refresh(&renewed).await.unwrap_err().code(), "id_token_issuer_mismatch");
}

#[tokio::test]
async fn the_signature_counts_as_ever() {
    let client = client(own(TENANT)).await;
    let good = behaviour(&client.provider.issuer, own(TENANT));
    client.provider.behave(Behaviour { signature: Signature::Corrupt, ..good });
    assert_eq!(sign_in(&client, None).await.unwrap_err(), "id_token_signature_invalid");
}

#[tokio::test]
async fn without_a_template_a_template_is_another_issuer() {
    let provider = TestProvider::start(Behaviour::default()).await;
    provider.behave(behaviour(&provider.issuer, own(TENANT)));
    let refused = Provider::discover(&http(), &provider.issuer).await.unwrap_err();
    assert_eq!(refused.code(), "issuer_mismatch");
    // And with one, an ordinary issuer is.
    provider.behave(Behaviour::default());
    let template = format!("{}/{{tenantid}}/v2.0", provider.issuer);
    let tenants = IssuerTemplate::new(&template, &provider.issuer).unwrap();
    let refused = Provider::discover_tenants(&http(), &provider.issuer, Some(tenants)).await.unwrap_err();
    assert_eq!(refused.code(), "issuer_mismatch");
}

#[tokio::test]
async fn a_logout_token_is_about_a_session_of_its_own_tenant() {
    let client = client(own(TENANT)).await;
    let tokens = sign_in(&client, None).await.unwrap();
    let received =
        async || client.rp.logout_token(&client.http, &client.provider.logout_token(), now()).await;
    assert!(received().await.unwrap().answers(&tokens.identity, NOW, None));
    client.provider.behave(behaviour(&client.provider.issuer, own(OTHER)));
    assert!(!received().await.unwrap().answers(&tokens.identity, NOW, None), "another tenant");
    let stranger = ("https://evil.example", json!(TENANT));
    client.provider.behave(behaviour(&client.provider.issuer, stranger));
    assert_eq!(received().await.unwrap_err().code(), "logout_token_issuer_mismatch");
}
