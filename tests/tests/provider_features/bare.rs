//! `abide-oidc` alone at a real provider, with a real browser: for features that the program does not show.

use std::time::SystemTime;

use abide_oidc::{
    AuthorizationParameters, ExchangeRequest, Http, HttpOptions, Provider as Metadata, Registration,
    RelyingParty, TokenKind, TokenTarget, TokenType, Tokens,
};
use abide_tests::browser::Browser;
use abide_tests::providers::{Provider, USER};
use abide_tests::{eventually, s};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use url::Url;

/// A client that is registered at a provider.
pub(crate) struct Bare<'a> {
    provider: &'a Provider,
    browser: &'a Browser<'a>,
    /// The redirect URI; without a port, any port is used.
    redirect_uri: Url,
    scopes: &'a [&'a str],
    http: Http,
    client: RelyingParty,
}

impl<'a> Bare<'a> {
    pub(crate) async fn new(
        provider: &'a Provider,
        browser: &'a Browser<'a>,
        scopes: &'a [&'a str],
        registration: Registration,
    ) -> Self {
        let http = Http::new(HttpOptions::default()).unwrap();
        let metadata = Metadata::discover(&http, provider.issuer()).await.unwrap();
        let client = RelyingParty::new(metadata, registration).unwrap();
        let settings = provider.account_settings();
        let fixed = settings.split("redirect_uri = \"").nth(1).and_then(|rest| rest.split('"').next());
        let redirect_uri = Url::parse(fixed.unwrap_or("http://127.0.0.1/callback")).unwrap();
        Self { provider, browser, redirect_uri, scopes, http, client }
    }

    pub(crate) async fn signs_in(&self) -> Result<Tokens, abide_oidc::Error> {
        Ok(self.signs_in_with(false).await?.0)
    }

    /// Whether the answer is a form if that is requested.
    pub(crate) async fn answers_in_a_form(&self) -> bool {
        self.signs_in_with(true).await.unwrap().1 == "POST"
    }

    /// Also returns the method of the request with the answer.
    async fn signs_in_with(&self, form_post: bool) -> Result<(Tokens, String), abide_oidc::Error> {
        let wanted = ("127.0.0.1", self.redirect_uri.port().unwrap_or(0));
        let listener =
            eventually("the port of the answer", s(10), || async { TcpListener::bind(wanted).await.ok() })
                .await;
        let mut redirect_uri = self.redirect_uri.clone();
        redirect_uri.set_port(Some(listener.local_addr().unwrap().port())).unwrap();
        let parameters = AuthorizationParameters {
            scopes: self.scopes.iter().map(|scope| (*scope).to_owned()).collect(),
            prompt: vec!["consent".to_owned()],
            form_post,
            ..AuthorizationParameters::default()
        };
        let now = SystemTime::now();
        let request = self.client.start_authorization(&self.http, &redirect_uri, &parameters, now).await?;
        let page = self.browser.open(request.url.as_str()).await;
        let answered = async { tokio::time::timeout(s(60), answer(&listener)).await.expect("an answer") };
        let ((), (method, answer)) = tokio::join!(self.provider.sign_in_as(&page, USER), answered);
        page.close().await;
        let code = request.pending.receive(&answer).unwrap().code;
        let now = SystemTime::now();
        let tokens = self.client.exchange(&self.http, &request.pending, code, now).await;
        Ok((tokens.map_err(|refused| refused.error)?, method))
    }

    /// The introspection of a valid access token.
    pub(crate) async fn introspection(&self, tokens: &Tokens) -> String {
        let now = SystemTime::now();
        match self.client.introspect(&self.http, &tokens.access_token, TokenKind::AccessToken, now).await {
            Ok(said) if said.active => "works".to_owned(),
            Ok(_) => "says nothing to a public client".to_owned(),
            Err(error) => refused(&error),
        }
    }

    /// Whether a refresh invalidates the used refresh token.
    pub(crate) async fn rotation(&self, tokens: &Tokens) -> String {
        let (http, now) = (&self.http, SystemTime::now());
        let old = tokens.refresh_token.as_ref().expect("a refresh token");
        let fresh = self.client.refresh(http, old, &tokens.identity, &tokens.scope, now).await.unwrap();
        let rotated = fresh.refresh_token.is_some();
        match self.client.try_refresh_token(http, old, now).await {
            Err(error) if rotated => format!("works; the old one gets `{}`", error.code()),
            Err(error) => panic!("neither another one nor the old one: {error}"),
            Ok(_) if rotated => "the old one stays valid".to_owned(),
            Ok(_) => "the same one stays valid".to_owned(),
        }
    }

    pub(crate) async fn exchange(&self) -> String {
        let tokens = self.signs_in().await.unwrap();
        let target = TokenTarget::default();
        let request = ExchangeRequest {
            subject_token: &tokens.access_token,
            subject_token_type: TokenType::AccessToken,
            actor: None,
            requested: TokenType::AccessToken,
            target: &target,
            granted_scope: &tokens.scope,
        };
        match self.client.exchange_token(&self.http, &request, SystemTime::now()).await {
            Ok(issued) => {
                use secrecy::ExposeSecret as _;
                assert_eq!(issued.issued_token_type, TokenType::AccessToken);
                let (status, claims) = self.provider.userinfo(issued.access_token.expose_secret()).await;
                assert_eq!((status, &claims["sub"]), (200, &tokens.identity.subject.clone().into()));
                "works".to_owned()
            }
            Err(not) => refused(&not.error),
        }
    }
}

pub(crate) fn refused(error: &abide_oidc::Error) -> String {
    format!("refused: `{}`", error.code())
}

/// The method of the browser's request, and its query or form.
async fn answer(listener: &TcpListener) -> (String, String) {
    loop {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut text = String::new();
        let mut bytes = [0; 16 * 1024];
        while !is_whole(&text) {
            let length = stream.read(&mut bytes).await.unwrap();
            if length == 0 {
                break;
            }
            text += &String::from_utf8_lossy(&bytes[..length]);
        }
        let page = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n<p>Back.</p>";
        stream.write_all(page.as_bytes()).await.unwrap();
        let mut words = text.split(' ');
        let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        if let Some((_, query)) = target.split_once("/callback?") {
            return (method.to_owned(), query.to_owned());
        }
        if let (true, Some((_, form))) = (target == "/callback", text.split_once("\r\n\r\n")) {
            return (method.to_owned(), form.to_owned());
        }
    }
}

/// Whether a request has arrived with its complete body.
fn is_whole(request: &str) -> bool {
    let Some((head, body)) = request.split_once("\r\n\r\n") else { return false };
    let length = head.to_ascii_lowercase().lines().find_map(|line| {
        line.strip_prefix("content-length:").and_then(|length| length.trim().parse::<usize>().ok())
    });
    body.len() >= length.unwrap_or(0)
}
