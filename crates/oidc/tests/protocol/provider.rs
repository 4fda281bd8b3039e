//! The provider, and the steps of a sign-in that every test takes.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use abide_oidc::*;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use secrecy::SecretString;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use url::{Url, form_urlencoded};

mod bound;
mod clients;
mod endpoints;
mod events;
mod pushed;

pub(crate) use bound::Bound;
pub(crate) use clients::ClientPublicKey;
use clients::authenticated;

pub(crate) const CLIENT: &str = "abide test:1";
pub(crate) const REDIRECT: &str = "http://127.0.0.1:49152/callback";
pub(crate) const SUBJECT: &str = "248289761001";
pub(crate) const DEVICE_CODE: &str = "canary-device-code";
pub(crate) const EVENTS_TOKEN: &str = "canary-events";
pub(crate) const NOW: u64 = 1_800_000_000;

pub(crate) fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(NOW)
}

pub(crate) fn later(seconds: u64) -> SystemTime {
    now() + Duration::from_secs(seconds)
}

pub(crate) fn access<'a>(client: &'a Client, token: &'a SecretString) -> Access<'a> {
    Access { http: &client.http, token, now: now() }
}

type Edit = Box<dyn Fn(&mut Value) + Send + Sync>;

pub(crate) fn edit(change: impl Fn(&mut Value) + Send + Sync + 'static) -> Option<Edit> {
    Some(Box::new(change))
}

/// Sets one member, or removes it if the value is null.
pub(crate) fn set(name: &'static str, value: Value) -> Option<Edit> {
    edit(move |object| {
        object.as_object_mut().unwrap().remove(name);
        if !value.is_null() {
            object[name] = value.clone();
        }
    })
}

#[derive(Default)]
pub(crate) enum Signature {
    #[default]
    Good,
    Corrupt,
    Absent,
    Hs256,
}

pub(crate) enum Canned {
    Answer(u16, &'static str, Vec<u8>),
    Header(u16, &'static str, String),
    /// Chunked, without an end.
    Endless,
    /// Accepts the request and never answers.
    Silent,
}

/// How the provider deviates. The default is a good provider.
#[derive(Default)]
pub(crate) struct Behaviour {
    pub(crate) metadata: Option<Edit>,
    pub(crate) header: Option<Edit>,
    pub(crate) claims: Option<Edit>,
    pub(crate) signature: Signature,
    pub(crate) tokens: Option<Edit>,
    pub(crate) userinfo: Option<Edit>,
    /// UserInfo is a JWT.
    pub(crate) signed_userinfo: bool,
    pub(crate) canned: HashMap<&'static str, Canned>,
    pub(crate) secret: Option<&'static str>,
    /// What a silent request is answered with, if not with a code.
    pub(crate) silent_error: Option<&'static str>,
    pub(crate) session_state: Option<String>,
    /// The answer to a pushed authorization request.
    pub(crate) pushed: Option<Edit>,
    /// Tokens are bound to a key, if there is a proof.
    pub(crate) bound: Option<Bound>,
    /// The key that the client is registered with.
    pub(crate) client_key: Option<ClientPublicKey>,
    /// What changes in the answer of the device authorization endpoint.
    pub(crate) device: Option<Edit>,
    /// What a poll for the tokens of a device is answered with, if not with tokens.
    pub(crate) poll_error: Option<&'static str>,
    /// What changes in the answer of the registration endpoint.
    pub(crate) registered: Option<Edit>,
    /// Status and error for a registration that asks for more than the least that a native client needs.
    pub(crate) registers_least: Option<(u16, &'static str)>,
    /// Status and body for a registration that has anything but redirect URIs.
    pub(crate) registers_bare: Option<(u16, &'static str)>,
}

struct SigningKey {
    kid: String,
    pair: EcdsaKeyPair,
}

impl SigningKey {
    fn generate(kid: &str) -> Self {
        let random = SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        let pair =
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref(), &random).unwrap();
        Self { kid: kid.to_owned(), pair }
    }

    fn jwk(&self) -> Value {
        let point = self.pair.public_key().as_ref();
        json!({
            "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": self.kid,
            "x": BASE64_URL_SAFE_NO_PAD.encode(&point[1..33]),
            "y": BASE64_URL_SAFE_NO_PAD.encode(&point[33..]),
        })
    }
}

struct Code {
    challenge: String,
    redirect_uri: String,
    nonce: String,
    jkt: Option<String>,
}

struct Issued {
    behaviour: Behaviour,
    key: SigningKey,
    codes: HashMap<String, Code>,
    pushed: HashMap<String, Vec<(String, String)>>,
    refresh_tokens: HashSet<String>,
    access_tokens: HashSet<String>,
    id_tokens: HashSet<String>,
    events: BTreeMap<String, String>,
    last_poll: Value,
    last_registration: Value,
    requests: Vec<Seen>,
    counter: u32,
    proofs: bound::Proofs,
    assertions: HashSet<String>,
}

/// A request that arrived.
#[derive(Clone)]
pub(crate) struct Seen {
    path: String,
    pub(crate) headers: axum::http::HeaderMap,
    pub(crate) form: Vec<(String, String)>,
}

impl Seen {
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.form.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }
}

#[derive(Clone)]
pub(crate) struct TestProvider {
    pub(crate) issuer: String,
    issued: Arc<Mutex<Issued>>,
}

impl TestProvider {
    pub(crate) async fn start(behaviour: Behaviour) -> Self {
        Self::start_at("127.0.0.1:0", behaviour).await
    }

    pub(crate) async fn start_at(address: &str, behaviour: Behaviour) -> Self {
        let listener = tokio::net::TcpListener::bind(address).await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let issued = Issued {
            behaviour,
            key: SigningKey::generate("key-1"),
            codes: HashMap::new(),
            pushed: HashMap::new(),
            refresh_tokens: HashSet::new(),
            access_tokens: HashSet::new(),
            id_tokens: HashSet::new(),
            events: BTreeMap::new(),
            last_poll: Value::Null,
            last_registration: Value::Null,
            requests: Vec::new(),
            counter: 0,
            proofs: Default::default(),
            assertions: HashSet::new(),
        };
        let provider = Self { issuer, issued: Arc::new(Mutex::new(issued)) };
        let app = axum::Router::new().fallback(handle).with_state(provider.clone());
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        provider
    }

    pub(crate) fn behave(&self, behaviour: Behaviour) {
        self.issued.lock().unwrap().behaviour = behaviour;
    }

    pub(crate) fn rotate_key(&self, kid: &str) {
        self.issued.lock().unwrap().key = SigningKey::generate(kid);
    }

    /// How often a path was asked for.
    pub(crate) fn requests(&self, path: &str) -> usize {
        self.seen(path).len()
    }

    /// What was said to a path, in order.
    pub(crate) fn seen(&self, path: &str) -> Vec<Seen> {
        let issued = self.issued.lock().unwrap();
        issued.requests.iter().filter(|seen| seen.path == path).cloned().collect()
    }

    pub(crate) fn knows_refresh_token(&self, token: &str) -> bool {
        self.issued.lock().unwrap().refresh_tokens.contains(token)
    }

    /// What the browser brings back once the person has signed in.
    pub(crate) fn authorize(&self, url: &Url) -> String {
        assert_eq!(url.as_str().split('?').next().unwrap(), format!("{}/authorize", self.issuer));
        let mut asked = HashMap::new();
        for (name, value) in pushed::asked(&mut self.issued.lock().unwrap(), url) {
            let earlier = asked.insert(name.clone(), value);
            assert!(earlier.is_none() || name == "resource", "{name} twice");
        }
        assert_eq!(asked["response_type"], "code");
        assert_eq!(asked["client_id"], CLIENT);
        assert_eq!(asked["code_challenge_method"], "S256");
        assert_eq!(asked["code_challenge"].len(), 43);
        assert!(asked["scope"].split(' ').any(|scope| scope == "openid"));
        for random in ["state", "nonce"] {
            assert!(
                BASE64_URL_SAFE_NO_PAD.decode(&asked[random]).unwrap().len() >= 16,
                "{random} is too short"
            );
        }
        let mut issued = self.issued.lock().unwrap();
        if let Some(hint) = asked.get("id_token_hint") {
            assert!(issued.id_tokens.contains(hint), "the hint was not issued here");
        }
        let silent_error =
            issued.behaviour.silent_error.filter(|_| asked.get("prompt").is_some_and(|p| p == "none"));
        if let Some(error) = silent_error {
            return form_urlencoded::Serializer::new(String::new())
                .extend_pairs([("error", error), ("state", &asked["state"]), ("iss", &self.issuer)])
                .finish();
        }
        issued.counter += 1;
        let code = format!("code-{}", issued.counter);
        let details = Code {
            challenge: asked["code_challenge"].clone(),
            redirect_uri: asked["redirect_uri"].clone(),
            nonce: asked["nonce"].clone(),
            jkt: asked.get("dpop_jkt").cloned(),
        };
        issued.codes.insert(code.clone(), details);
        form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("code", &code), ("state", &asked["state"]), ("iss", &self.issuer)])
            .extend_pairs(issued.behaviour.session_state.iter().map(|state| ("session_state", state)))
            .finish()
    }

    /// Any text, signed with the provider's key.
    pub(crate) fn signed(&self, typ: &str, claims: &str) -> String {
        sign(&self.issued.lock().unwrap(), typ, claims)
    }

    /// What the browser brings back once the person has signed out.
    pub(crate) fn end_session(&self, url: &Url) -> String {
        assert_eq!(url.as_str().split('?').next().unwrap(), format!("{}/logout", self.issuer));
        let asked: HashMap<String, String> = url.query_pairs().into_owned().collect();
        assert_eq!(asked.len(), url.query_pairs().count(), "a parameter is there twice");
        assert_eq!(asked["client_id"], CLIENT);
        assert!(self.issued.lock().unwrap().id_tokens.contains(&asked["id_token_hint"]));
        assert!(asked["post_logout_redirect_uri"].starts_with("http://127.0.0.1:"));
        form_urlencoded::Serializer::new(String::new()).append_pair("state", &asked["state"]).finish()
    }
}

async fn handle(State(provider): State<TestProvider>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 16).await.unwrap();
    let path = parts.uri.path().to_owned();
    let form = form_urlencoded::parse(&body).into_owned().collect::<Vec<_>>();
    let seen = Seen { path: path.clone(), headers: parts.headers.clone(), form: form.clone() };
    provider.issued.lock().unwrap().requests.push(seen);
    let silent =
        matches!(provider.issued.lock().unwrap().behaviour.canned.get(path.as_str()), Some(Canned::Silent));
    if silent {
        std::future::pending::<()>().await;
    }
    let mut issued = provider.issued.lock().unwrap();
    match issued.behaviour.canned.get(path.as_str()) {
        Some(Canned::Answer(status, kind, body)) => return answer(*status, kind, body.clone().into()),
        Some(Canned::Header(status, name, value)) => {
            return Response::builder().status(*status).header(*name, value).body(Body::empty()).unwrap();
        }
        Some(Canned::Endless) => {
            let chunks =
                futures_util::stream::repeat_with(|| Ok::<_, std::io::Error>(Bytes::from(vec![b' '; 4096])));
            return answer(200, "application/json", Body::from_stream(chunks));
        }
        Some(Canned::Silent) | None => {}
    }
    let issuer = &provider.issuer;
    if let Some(refusal) = bound::check(&mut issued, issuer, &parts) {
        return refusal;
    }
    let authorization = parts.headers.get("authorization").map(|value| value.to_str().unwrap().to_owned());
    match (parts.method.as_str(), path.as_str()) {
        ("GET", "/.well-known/openid-configuration") => json_answer(200, &metadata(&issued, issuer)),
        ("GET", "/keys") => json_answer(200, &json!({ "keys": [issued.key.jwk()] })),
        ("POST", "/register") => endpoints::register(&mut issued, &body, authorization),
        ("DELETE", "/register/1") => {
            assert_eq!(authorization.as_deref(), Some("Bearer canary-management"));
            answer(204, "text/plain", Body::empty())
        }
        ("POST", "/device") => {
            let answer = endpoints::device(&mut issued, issuer, form, authorization);
            bound::with_nonce(&mut issued, answer)
        }
        ("POST", "/token") => {
            let answer = token(&mut issued, issuer, form, authorization);
            bound::with_nonce(&mut issued, answer)
        }
        ("POST", "/par") => {
            let answer = pushed::push(&mut issued, issuer, form, authorization);
            bound::with_nonce(&mut issued, answer)
        }
        ("POST", "/events") => {
            assert_eq!(parts.headers["content-type"], "application/json");
            assert_eq!(parts.headers["accept"], "application/json");
            events::polled(&mut issued, &body, authorization)
        }
        ("GET", "/userinfo") => {
            let answer = userinfo(&issued, issuer, authorization);
            bound::with_nonce(&mut issued, answer)
        }
        ("POST", "/revoke") => match authenticated(&mut issued, issuer, form, authorization) {
            Ok(form) => {
                issued.refresh_tokens.remove(&form["token"]);
                issued.access_tokens.remove(&form["token"]);
                answer(200, "text/plain", Body::empty())
            }
            Err(error) => oauth_error(error),
        },
        ("POST", "/introspect") => match authenticated(&mut issued, issuer, form, authorization) {
            Ok(form) => json_answer(200, &json!({"active": issued.refresh_tokens.contains(&form["token"])})),
            Err(error) => oauth_error(error),
        },
        _ => answer(404, "text/html", "<h1>Not found</h1>".into()),
    }
}

fn answer(status: u16, kind: &str, body: Body) -> Response {
    Response::builder().status(status).header("content-type", kind).body(body).unwrap()
}

fn json_answer(status: u16, value: &Value) -> Response {
    answer(status, "application/json; charset=utf-8", value.to_string().into())
}

fn oauth_error(error: &str) -> Response {
    json_answer(400, &json!({"error": error, "error_description": "As the\r\ntest wants it."}))
}

fn metadata(issued: &Issued, issuer: &str) -> Value {
    let mut metadata = json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/keys"),
        "userinfo_endpoint": format!("{issuer}/userinfo"),
        "revocation_endpoint": format!("{issuer}/revoke"),
        "introspection_endpoint": format!("{issuer}/introspect"),
        "end_session_endpoint": format!("{issuer}/logout"),
        "registration_endpoint": format!("{issuer}/register"),
        "device_authorization_endpoint": format!("{issuer}/device"),
        "response_types_supported": ["code"],
        "id_token_signing_alg_values_supported": ["ES256", "HS256", "none"],
        "authorization_response_iss_parameter_supported": true,
    });
    if let Some(change) = &issued.behaviour.metadata {
        change(&mut metadata);
    }
    metadata
}

fn token(
    issued: &mut Issued,
    issuer: &str,
    form: Vec<(String, String)>,
    authorization: Option<String>,
) -> Response {
    let form = match authenticated(issued, issuer, form, authorization) {
        Ok(form) => form,
        Err(error) => return oauth_error(error),
    };
    let nonce = match form["grant_type"].as_str() {
        "authorization_code" => {
            let Some(code) = issued.codes.remove(&form["code"]) else { return oauth_error("invalid_grant") };
            let challenge = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(&form["code_verifier"]));
            if challenge != code.challenge || form["redirect_uri"] != code.redirect_uri {
                return oauth_error("invalid_grant");
            }
            if code.jkt.is_some() && issued.behaviour.bound.is_some() && code.jkt != issued.proofs.key {
                return oauth_error("invalid_dpop_proof");
            }
            Some(code.nonce)
        }
        "refresh_token" if !issued.proofs.fits(&form["refresh_token"]) => {
            return oauth_error("invalid_grant");
        }
        "refresh_token" if issued.refresh_tokens.remove(&form["refresh_token"]) => None,
        "refresh_token" => return oauth_error("invalid_grant"),
        "urn:ietf:params:oauth:grant-type:device_code" if form["device_code"] == DEVICE_CODE => {
            if let Some(error) = issued.behaviour.poll_error {
                return oauth_error(error);
            }
            None
        }
        "urn:ietf:params:oauth:grant-type:token-exchange" if !issued.proofs.fits(&form["subject_token"]) => {
            return oauth_error("invalid_request");
        }
        "urn:ietf:params:oauth:grant-type:token-exchange"
            if issued.access_tokens.contains(&form["subject_token"]) =>
        {
            None
        }
        _ => return oauth_error("unsupported_grant_type"),
    };
    issued.counter += 1;
    let access_token = format!("canary-access-{}", issued.counter);
    let refresh_token = format!("canary-refresh-{}", issued.counter);
    issued.access_tokens.insert(access_token.clone());
    issued.refresh_tokens.insert(refresh_token.clone());
    let id_token = id_token(issued, issuer, &access_token, nonce);
    issued.id_tokens.insert(id_token.clone());
    let mut tokens = json!({
        "access_token": access_token,
        "token_type": issued.proofs.bind(&[&access_token, &refresh_token]),
        "expires_in": 300,
        "refresh_token": refresh_token,
        "refresh_expires_in": 1800,
        "id_token": id_token,
    });
    if let Some(change) = &issued.behaviour.tokens {
        change(&mut tokens);
    }
    json_answer(200, &tokens)
}

fn id_token(issued: &Issued, issuer: &str, access_token: &str, nonce: Option<String>) -> String {
    let mut claims = json!({
        "iss": issuer, "sub": SUBJECT, "aud": CLIENT, "exp": NOW + 300, "iat": NOW, "auth_time": NOW - 10,
        "at_hash": BASE64_URL_SAFE_NO_PAD.encode(&Sha256::digest(access_token)[..16]),
        "name": "Alice Example", "email": "alice@example.com", "sid": "session-1", "acr": "1", "amr": ["pwd"],
        "email_verified": "true", "updated_at": "2026-12-01T00:00:00.000Z",
    });
    if let Some(nonce) = nonce {
        claims["nonce"] = nonce.into();
    }
    if let Some(change) = &issued.behaviour.claims {
        change(&mut claims);
    }
    sign(issued, "JWT", &claims.to_string())
}

/// Signs whatever the text says, as the provider behaves.
fn sign(issued: &Issued, typ: &str, claims: &str) -> String {
    let alg = match issued.behaviour.signature {
        Signature::Absent => "none",
        Signature::Hs256 => "HS256",
        Signature::Good | Signature::Corrupt => "ES256",
    };
    let mut header = json!({"alg": alg, "typ": typ, "kid": issued.key.kid});
    if let Some(change) = &issued.behaviour.header {
        change(&mut header);
    }
    let encode = |text: &str| BASE64_URL_SAFE_NO_PAD.encode(text);
    let signed = format!("{}.{}", encode(&header.to_string()), encode(claims));
    let signature = match issued.behaviour.signature {
        Signature::Absent => Vec::new(),
        Signature::Hs256 => {
            let secret = issued.behaviour.secret.unwrap_or(CLIENT);
            let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, secret.as_bytes());
            ring::hmac::sign(&key, signed.as_bytes()).as_ref().to_vec()
        }
        Signature::Good | Signature::Corrupt => {
            let signature = issued.key.pair.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
            let mut bytes = signature.as_ref().to_vec();
            if matches!(issued.behaviour.signature, Signature::Corrupt) {
                bytes[40] ^= 1;
            }
            bytes
        }
    };
    format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
}

fn userinfo(issued: &Issued, issuer: &str, authorization: Option<String>) -> Response {
    let scheme = if issued.proofs.key.is_some() { "DPoP " } else { "Bearer " };
    let token = authorization.as_deref().and_then(|value| value.strip_prefix(scheme));
    if !token.is_some_and(|token| issued.access_tokens.contains(token) && issued.proofs.fits(token)) {
        return answer(401, "text/plain", "no".into());
    }
    let mut claims = json!({"sub": SUBJECT, "name": "Alice Example", "employee": {"id": 7}});
    if issued.behaviour.signed_userinfo {
        claims["iss"] = issuer.into();
        claims["aud"] = json!([CLIENT]);
    }
    if let Some(change) = &issued.behaviour.userinfo {
        change(&mut claims);
    }
    if issued.behaviour.signed_userinfo {
        return answer(200, "application/jwt", sign(issued, "JWT", &claims.to_string()).into());
    }
    json_answer(200, &claims)
}

/// One client for all tests: reading the trust roots is most of what making one costs.
pub(crate) fn http() -> Http {
    static HTTP: LazyLock<Http> = LazyLock::new(|| {
        Http::new(HttpOptions { timeout: Duration::from_secs(20), ..HttpOptions::default() }).unwrap()
    });
    HTTP.clone()
}

/// A registered client that has discovered the provider.
pub(crate) struct Client {
    pub(crate) provider: TestProvider,
    pub(crate) http: Http,
    pub(crate) rp: RelyingParty,
}

impl Client {
    pub(crate) async fn new(behaviour: Behaviour) -> Self {
        let registration =
            Registration { client_secret: behaviour.secret.map(Into::into), ..Registration::public(CLIENT) };
        Self::registered(behaviour, registration).await
    }

    pub(crate) async fn registered(behaviour: Behaviour, registration: Registration) -> Self {
        let provider = TestProvider::start(behaviour).await;
        let http = http();
        let discovered = Provider::discover(&http, &provider.issuer).await.unwrap();
        let rp = RelyingParty::new(discovered, registration).unwrap();
        Self { provider, http, rp }
    }

    pub(crate) fn request(&self, parameters: &AuthorizationParameters) -> AuthorizationRequest {
        self.rp.authorization_request(&Url::parse(REDIRECT).unwrap(), parameters).unwrap()
    }

    pub(crate) async fn sign_in(&self) -> Result<Tokens, Error> {
        self.sign_in_with(&AuthorizationParameters::default()).await
    }

    pub(crate) async fn sign_in_with(&self, parameters: &AuthorizationParameters) -> Result<Tokens, Error> {
        let AuthorizationRequest { url, pending } = self.request(parameters);
        let code = pending.receive(&self.provider.authorize(&url)).unwrap().code;
        self.rp.exchange(&self.http, &pending, code, now()).await.map_err(|refused| refused.error)
    }

    pub(crate) async fn refresh(&self, tokens: &Tokens) -> Result<Tokens, Error> {
        let refresh_token = tokens.refresh_token.as_ref().unwrap();
        self.refresh_with(refresh_token, tokens).await.map_err(|failure| failure.error)
    }

    pub(crate) async fn refresh_with(
        &self,
        refresh_token: &secrecy::SecretString,
        tokens: &Tokens,
    ) -> Result<Tokens, RefreshError> {
        self.rp.refresh(&self.http, refresh_token, &tokens.identity, &tokens.scope, now()).await
    }
}

/// The code of the error that a sign-in at this provider ends with.
pub(crate) async fn sign_in_error(behaviour: Behaviour) -> &'static str {
    Client::new(behaviour).await.sign_in().await.unwrap_err().code()
}
