//! Registering and being forgotten again: RFC 7591, RFC 7592.

use super::*;

#[tokio::test]
async fn a_dynamic_client_can_end_its_registration() {
    let provider = DemoOp::start(Config::default()).await.unwrap();
    let http = Http::new(HttpOptions::default()).unwrap();
    let found = Provider::discover(&http, provider.issuer()).await.unwrap();
    let metadata = ClientMetadata::native("Abide", vec![Url::parse("http://127.0.0.1/callback").unwrap()]);
    let client = register(&http, &found, &metadata).await.unwrap();
    let ClientManagement { uri, token } = client.management.unwrap();
    let refused = deregister(&http, &uri, &"guess".into()).await.unwrap_err();
    assert_eq!(refused.code(), "invalid_token");
    deregister(&http, &uri, &token).await.unwrap();
    assert_eq!(deregister(&http, &uri, &token).await.unwrap_err().code(), "invalid_token", "it is gone");
    provider.refuse().await;
    let away = deregister(&http, &uri, &token).await.unwrap_err();
    assert!(away.is_transient(), "{away}");
}
