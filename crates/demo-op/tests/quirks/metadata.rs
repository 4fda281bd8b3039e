//! The place of the metadata.

use abide_demo_op::{Endpoint, MetadataPlace, Quirks};

use crate::common::*;
use crate::provider;

#[tokio::test]
async fn the_metadata_may_be_elsewhere_than_the_issuer_says() {
    let quirks = |metadata| Quirks { metadata, ..Quirks::default() };
    let (provider, _) = provider(quirks(MetadataPlace::Elsewhere)).await;
    let back = Back::new(&provider);
    assert_eq!(back.get(Endpoint::Discovery.path()).await.status, 404);
    let metadata = back.get(Endpoint::OtherMetadata.path()).await.json();
    assert_eq!(metadata["issuer"], provider.issuer());
    assert_eq!(back.get(Endpoint::AuthorizationServerMetadata.path()).await.status, 404);
    provider.set_quirks(quirks(MetadataPlace::Issuer));
    assert_eq!(back.get(Endpoint::Discovery.path()).await.json(), metadata);
    assert_eq!(back.get(Endpoint::OtherMetadata.path()).await.status, 404);
}

#[tokio::test]
async fn only_the_metadata_of_oauth_may_have_the_revocation_endpoint() {
    let metadata = MetadataPlace::RevocationElsewhere;
    let (provider, _) = provider(Quirks { metadata, ..Quirks::default() }).await;
    let back = Back::new(&provider);
    let openid = back.get(Endpoint::Discovery.path()).await.json();
    assert!(openid.get("revocation_endpoint").is_none());
    let oauth = back.get("/.well-known/oauth-authorization-server").await.json();
    assert_eq!(oauth["revocation_endpoint"], format!("{}/revoke", provider.issuer()));
    assert_eq!(oauth["issuer"], openid["issuer"]);
}

#[tokio::test]
async fn the_metadata_may_not_say_that_pkce_is_checked() {
    let member = "code_challenge_methods_supported";
    let (provider, _) = provider(Quirks { pkce_is_not_listed: true, ..Quirks::default() }).await;
    let back = Back::new(&provider);
    assert!(back.get(Endpoint::Discovery.path()).await.json().get(member).is_none());
    provider.set_quirks(Quirks::default());
    assert_eq!(back.get(Endpoint::Discovery.path()).await.json()[member], serde_json::json!(["S256"]));
}

#[tokio::test]
async fn there_may_be_no_openid_connect() {
    let (provider, _) = provider(Quirks { without_openid: true, ..Quirks::default() }).await;
    let back = Back::new(&provider);
    assert_eq!(back.get(Endpoint::Discovery.path()).await.status, 404);
    let metadata = back.get(Endpoint::AuthorizationServerMetadata.path()).await.json();
    assert_eq!(metadata["issuer"], provider.issuer());
    for member in ["jwks_uri", "userinfo_endpoint", "end_session_endpoint", "claims_supported"] {
        assert!(metadata.get(member).is_none(), "{member}");
    }
}
