//! The ways in that need no browser of ours: what the one says, the other understands.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use abide_demo_op::{Client, Config, DemoOp, Endpoint, Outcome};
use abide_oidc::*;
use url::Url;

/// Who carries a telephone with a browser on it.
struct Person {
    http: reqwest::Client,
    cookies: Vec<String>,
}

impl Person {
    fn new() -> Self {
        Self { http: reqwest::Client::builder().no_proxy().build().unwrap(), cookies: Vec::new() }
    }

    async fn page(&mut self, request: reqwest::RequestBuilder) -> String {
        let response = request.header("Cookie", self.cookies.join("; ")).send().await.unwrap();
        for cookie in response.headers().get_all("set-cookie") {
            self.cookies.push(cookie.to_str().unwrap().split(';').next().unwrap().to_owned());
        }
        response.text().await.unwrap()
    }

    /// Scans the QR code, compares the code, signs in.
    async fn scan(&mut self, authorization: &DeviceAuthorization, password: &str) -> String {
        let page = authorization.verification_uri_complete.as_ref().unwrap().clone();
        let page = self.page(self.http.get(page)).await;
        assert!(page.contains(&authorization.user_code), "{page}");
        let field = |name: &str| {
            let start = page.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap();
            start.split('"').next().unwrap().to_owned()
        };
        let form = [
            ("transaction", field("transaction")),
            ("csrf", field("csrf")),
            ("username", "alice".to_owned()),
            ("password", password.to_owned()),
            ("action", "sign-in".to_owned()),
        ];
        let form = self.http.post(authorization.verification_uri.clone()).form(&form);
        self.page(form).await
    }
}

/// Registers at a provider, with a signed profile.
async fn registered(http: &Http, op: &DemoOp) -> RelyingParty {
    let provider = Provider::discover(http, op.issuer()).await.unwrap();
    let redirect_uri = Url::parse("http://127.0.0.1/callback").unwrap();
    let device = "urn:ietf:params:oauth:grant-type:device_code".to_owned();
    let metadata = ClientMetadata {
        grant_types: vec!["refresh_token".to_owned(), device],
        id_token_alg: Some(SigningAlgorithm::Es256),
        userinfo_alg: Some(SigningAlgorithm::Es256),
        ..ClientMetadata::native("A machine without a browser", vec![redirect_uri])
    };
    let client = register(http, &provider, &metadata).await.unwrap();
    RelyingParty::new(provider, client.registration).unwrap()
}

#[tokio::test]
async fn from_an_unknown_client_to_a_token_for_one_purpose() {
    let config = Config { device_poll_interval: Duration::ZERO, ..Config::default() };
    let op = DemoOp::start(config).await.unwrap();
    let http = Http::new(HttpOptions::default()).unwrap();
    let rp = registered(&http, &op).await;
    let now = SystemTime::now();

    let scopes = ["profile", "email", "offline_access"].map(str::to_owned).to_vec();
    let parameters = DeviceParameters { scopes, ..DeviceParameters::default() };
    let authorization = rp.device_authorization(&http, &parameters, now).await.unwrap();
    let waiting = rp.device_token(&http, &authorization, now).await.unwrap();
    assert!(matches!(waiting, DevicePoll::Pending));
    let mut person = Person::new();
    assert!(person.scan(&authorization, "demo").await.contains("Your device is connected"));
    let DevicePoll::Done(tokens) = rp.device_token(&http, &authorization, now).await.unwrap() else {
        panic!("still pending")
    };
    assert_eq!(tokens.identity.email.as_deref(), Some("alice@example.com"));
    assert_eq!(rp.device_token(&http, &authorization, now).await.unwrap_err().error.code(), "invalid_grant");

    let subject = &tokens.identity.subject;
    let userinfo = rp.userinfo(&http, &tokens.access_token, subject, now).await.unwrap();
    assert_eq!(userinfo.text("iss"), Some(op.issuer()), "it was signed");
    let id_token = Claims::of_id_token(tokens.id_token.as_ref().unwrap()).unwrap();
    let claims = Claims::merged(&id_token, Some(&userinfo)).unwrap();
    let mapping = ClaimsMapping::new([("first", "given_name"), ("how", "/amr/0")]).unwrap();
    let mapped = mapping.apply(&claims).unwrap();
    assert_eq!((mapped.text("first"), mapped.text("how")), (Some("Alice"), Some("pwd")));

    let target = TokenTarget {
        scopes: vec!["email".to_owned()],
        resources: vec!["https://api.example.com".to_owned()],
        ..TokenTarget::default()
    };
    let refresh_token = tokens.refresh_token.as_ref().unwrap();
    let narrow =
        rp.narrow(&http, refresh_token, &tokens.identity, &tokens.scope, &target, now).await.unwrap();
    assert_eq!(narrow.scope, "email");
    let elsewhere = rp.userinfo(&http, &narrow.access_token, subject, now).await;
    assert_eq!(elsewhere.unwrap_err(), Error::AccessTokenRejected, "it is meant for the resource");
    let kept = narrow.refresh_token.unwrap();
    assert!(rp.refresh(&http, &kept, &tokens.identity, &tokens.scope, now).await.is_ok());

    let request = ExchangeRequest {
        subject_token: &tokens.access_token,
        subject_token_type: TokenType::AccessToken,
        actor: None,
        requested: TokenType::AccessToken,
        target: &target,
        granted_scope: &tokens.scope,
    };
    let exchanged = rp.exchange_token(&http, &request, now).await.unwrap();
    assert_eq!((exchanged.scope.as_str(), exchanged.refresh_token.is_none()), ("email", true));
    op.stop().await;
}

#[tokio::test]
async fn a_device_that_is_not_wanted_is_told_so() {
    let op = DemoOp::start(Config::default()).await.unwrap();
    let http = Http::new(HttpOptions::default()).unwrap();
    let rp = registered(&http, &op).await;
    let now = SystemTime::now();
    let authorization = rp.device_authorization(&http, &DeviceParameters::default(), now).await.unwrap();
    let mut person = Person::new();
    assert!(person.scan(&authorization, "wrong").await.contains("do not belong together"));
    let mut polling = DevicePolling::new(&authorization);
    assert_eq!(polling.first(), DeviceStep::PollAt(Duration::from_secs(5)));
    // Two at once are too many for it.
    let answer = rp.device_token(&http, &authorization, now).await.map_err(|refused| refused.error);
    assert_eq!(polling.answered(Duration::ZERO, &answer), DeviceStep::PollAt(Duration::from_secs(5)));
    let answer = rp.device_token(&http, &authorization, now).await.map_err(|refused| refused.error);
    assert_eq!(polling.answered(Duration::ZERO, &answer), DeviceStep::PollAt(Duration::from_secs(10)));
    op.stop().await;
}

#[tokio::test]
async fn what_a_device_gets_is_bound_to_its_key_and_so_is_all_that_comes_of_it() {
    let (pem, public_key) = super::key();
    let userinfo_signing = Some(abide_demo_op::SigningAlgorithm::Es256);
    let op = DemoOp::start(Config {
        clients: vec![Client { public_key: Some(public_key), userinfo_signing, ..Client::default() }],
        require_dpop_nonce: true,
        device_poll_interval: Duration::ZERO,
        ..Config::default()
    })
    .await
    .unwrap();
    let now = SystemTime::now;
    let http = Http::new(HttpOptions::default()).unwrap();
    let provider = Provider::discover(&http, op.issuer()).await.unwrap();
    let client_key = Some(Arc::new(ClientKey::from_pem(pem.as_bytes(), None).unwrap()));
    let registration = Registration { client_key, ..Registration::public("abide") };
    let unbound = RelyingParty::new(provider, registration).unwrap();
    let with_key = || unbound.with_dpop(Arc::new(DpopKey::generate().unwrap()), Binding::Required).unwrap();
    let (rp, thief) = (with_key(), with_key());

    let parameters =
        DeviceParameters { scopes: vec!["offline_access".to_owned()], ..DeviceParameters::default() };
    let authorization = rp.device_authorization(&http, &parameters, now()).await.unwrap();
    assert!(Person::new().scan(&authorization, "demo").await.contains("Your device is connected"));
    let stolen = thief.device_token(&http, &authorization, now()).await.unwrap_err().error;
    assert_eq!(stolen.code(), "invalid_dpop_proof", "the device code alone is not enough");
    let polled = rp.device_token(&http, &authorization, now()).await.unwrap();
    let DevicePoll::Done(tokens) = polled else { panic!("still pending") };
    assert_eq!(tokens.token_type, "DPoP");
    let (subject, access) = (tokens.identity.subject.as_str(), &tokens.access_token);
    let profile = rp.userinfo_with_proof(&http, access, subject, now()).await.unwrap();
    assert_eq!(profile.text("iss"), Some(op.issuer()), "it was signed");
    assert_eq!(rp.userinfo(&http, access, subject, now()).await.unwrap_err(), Error::AccessTokenRejected);

    let target = TokenTarget { scopes: vec!["openid".to_owned()], ..TokenTarget::default() };
    let request = ExchangeRequest {
        subject_token: access,
        subject_token_type: TokenType::AccessToken,
        actor: None,
        requested: TokenType::AccessToken,
        target: &target,
        granted_scope: &tokens.scope,
    };
    let stolen = thief.exchange_token(&http, &request, now()).await.unwrap_err().error;
    assert_eq!(stolen.code(), "invalid_dpop_proof");
    let stolen = unbound.exchange_token(&http, &request, now()).await.unwrap_err().error;
    assert_eq!(stolen.code(), "invalid_dpop_proof");
    let exchanged = rp.exchange_token(&http, &request, now()).await.unwrap();
    assert_eq!(exchanged.token_type, "DPoP");
    let sent = tokens.refresh_token.as_ref().unwrap();
    let narrow = rp.narrow(&http, sent, &tokens.identity, &tokens.scope, &target, now()).await.unwrap();
    assert_eq!(narrow.token_type, "DPoP");
    assert!(rp.userinfo_with_proof(&http, &narrow.access_token, subject, now()).await.is_ok());

    let entries = op.record().entries();
    let begun: Vec<_> =
        entries.iter().filter(|entry| entry.endpoint == Endpoint::DeviceAuthorization).collect();
    assert_eq!(begun[0].outcome, Outcome::Error("use_dpop_nonce"));
    assert_eq!((begun.len(), begun[1].outcome), (2, Outcome::Ok));
    op.stop().await;
}
