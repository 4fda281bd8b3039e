//! One account, one provider, one browser.

use std::cell::Cell;

use abide_demo_op::DemoOp;
use abide_tests::app::{App, account_with, configure};
use abide_tests::browser::{Browser, Cookies, Page};
use abide_tests::firefox::Firefox;
use abide_tests::login::Login;
use abide_tests::providers::{DjangoSettings, OtherSite, Provider, RealmSettings, USER};
use abide_tests::room::Room;
use abide_tests::seen;
use abide_tests::tab::Tab;
use abide_tests::{eventually, s};
use serde_json::{Value, json};

pub(crate) const SESSION: &str = "end_after = \"15m\"\nwarn_after = \"12m\"\nabsolute = \"1h\"";
pub(crate) const OFFLINE: &str = "scopes = [\"openid\", \"profile\", \"email\", \"offline_access\"]\n";
pub(crate) const ONLINE: &str = "scopes = [\"openid\", \"profile\", \"email\"]\n";
pub(crate) const WATCHING: &str = "provider.poll = \"2s\"\n";

/// A program instead of a browser that notes the address.
pub(crate) fn opener(room: &Room) -> String {
    let file = room.path("opened");
    let script = format!("printf %s \"$0\" > {0}.new && mv {0}.new {0}", file.display());
    format!("browser = {}\n", json!(["sh", "-c", script]))
}

/// An account with a secret: django-oidc-provider asks a public client for consent each time, so a silent request never
/// names the person.
pub(crate) fn confidential(room: &Room) -> String {
    let secret = room.path("client-secret");
    std::fs::write(&secret, "a-secret-of-the-tests\n").unwrap();
    format!("{OFFLINE}client_secret_file = \"{}\"\n", secret.display())
}

pub(crate) async fn django_elsewhere(room: &mut Room) -> (OtherSite, Provider) {
    let site = OtherSite::new(room).await;
    let settings = DjangoSettings { site: Some(site.clone()), ..DjangoSettings::default() };
    let provider = Provider::django(room, settings).await;
    assert!(provider.issuer().starts_with("https://op.test:"), "{}", provider.issuer());
    (site, provider)
}

pub(crate) async fn keycloak_elsewhere(room: &mut Room) -> (OtherSite, Provider) {
    let site = OtherSite::new(room).await;
    let settings = RealmSettings { site: Some(site.clone()), ..RealmSettings::default() };
    let provider = Provider::keycloak(settings).await;
    assert!(provider.issuer().starts_with("https://op.test:"), "{}", provider.issuer());
    (site, provider)
}

pub(crate) struct Scene<'a, B = Browser<'a>> {
    pub(crate) room: &'a Room,
    pub(crate) provider: &'a Provider,
    pub(crate) browser: B,
    pub(crate) app: App<'a>,
}

impl<'a> Scene<'a> {
    pub(crate) async fn new(room: &'a Room, provider: &'a Provider, settings: &str) -> Self {
        Self::with(room, provider, settings, Browser::headless(room).await).await
    }

    /// A page in the browser at the address that Abide opened.
    pub(crate) async fn opened(&self) -> Page<'_> {
        self.browser.open(&self.address().await).await
    }

    /// The address that Abide opened.
    pub(crate) async fn address(&self) -> String {
        let file = self.room.path("opened");
        let address =
            eventually("an address to open", s(10), || async { std::fs::read_to_string(&file).ok() }).await;
        std::fs::remove_file(&file).unwrap();
        assert!(address.starts_with("http://127.0.0.1:"), "a program's arguments hold no token: {address}");
        address
    }

    /// Signs in, and keeps the tab open.
    pub(crate) async fn signs_in(&self) -> Page<'_> {
        let login = Login::begin(self.room).await;
        let page = self.browser.open(&login.url).await;
        self.ends_sign_in(login, &page).await;
        page
    }
}

/// The probes of the provider by one signal.
pub(crate) struct Looked<'a> {
    app: &'a App<'a>,
    signal: &'static str,
    /// The time of the last one.
    last: Cell<Option<u64>>,
}

impl Looked<'_> {
    async fn status(&self) -> (String, Option<u64>) {
        let session = self.app.session("work").await;
        if session["state"] != "active" {
            return ("ended".to_owned(), None);
        }
        let signals = session["signals"].as_array().cloned().unwrap_or_default();
        let ours = signals.into_iter().find(|one| one["signal"] == self.signal).unwrap_or_default();
        (ours["state"].as_str().unwrap_or("waiting").to_owned(), ours["heard_at"].as_u64())
    }

    pub(crate) async fn state(&self) -> String {
        self.status().await.0
    }

    /// Waits for another probe, and returns the signal's state after it: `ended` if the session has ended.
    pub(crate) async fn again(&self) -> String {
        let what = format!("another look by {}", self.signal);
        eventually(&what, s(20), || async {
            let (state, heard) = self.status().await;
            let new = heard.is_some() && heard != self.last.get();
            if new {
                self.last.set(heard);
            }
            (new || matches!(state.as_str(), "ended" | "not_offered")).then_some(state)
        })
        .await
    }
}

/// The name of a browser in the table.
pub(crate) trait InTable {
    fn in_table(&self, elsewhere: bool) -> &'static str;
}

impl InTable for Browser<'_> {
    fn in_table(&self, elsewhere: bool) -> &'static str {
        match (elsewhere, self.cookies()) {
            (false, _) => "Chromium, same site",
            (true, None | Some(Cookies::Allowed)) => "Chromium, another site",
            (true, Some(Cookies::Blocked)) => "Chromium, another site, third-party cookies blocked",
        }
    }
}

impl InTable for Firefox {
    fn in_table(&self, elsewhere: bool) -> &'static str {
        if elsewhere { "Firefox, another site" } else { "Firefox, same site" }
    }
}

impl<'a, B: InTable> Scene<'a, B> {
    pub(crate) async fn with(room: &'a Room, provider: &'a Provider, settings: &str, browser: B) -> Self {
        let settings = settings.to_owned() + &provider.account_settings();
        let mut text = opener(room) + &account_with(provider.issuer(), &settings, SESSION);
        if settings.contains("client_secret_file") {
            text = text.replace("client_id = \"abide\"", "client_id = \"abide-confidential\"");
        }
        configure(room, &text);
        Self { room, provider, browser, app: App::headless(room).await }
    }

    /// Does in a tab what a person does to sign in.
    pub(crate) async fn ends_sign_in(&self, login: Login, page: &impl Tab) {
        self.provider.sign_in_as(page, USER).await;
        page.says("You are signed in").await;
        let done = login.end().await;
        assert_eq!(done.code, 0, "{done:?}");
        self.app.state("work", "active", s(10)).await;
    }

    pub(crate) async fn signal(&self, signal: &str, state: &str) -> Value {
        eventually(&format!("the signal {signal} to be {state}"), s(20), || async {
            let session = self.app.session("work").await;
            let signals = session["signals"].as_array().cloned().unwrap_or_default();
            signals.into_iter().find(|one| one["signal"] == signal && one["state"] == state)
        })
        .await
    }

    /// Prepares to wait for the next result of a signal.
    pub(crate) fn looked_at(&self, signal: &'static str) -> Looked<'_> {
        Looked { app: &self.app, signal, last: Cell::new(None) }
    }

    pub(crate) async fn ended_by(&self, signal: &str) {
        let session = self.app.state("work", "ended", s(15)).await;
        assert_eq!((&session["ended"], &session["ended_by"]), (&json!("provider_logout"), &json!(signal)));
        let refused = self.app.abide(&["token"]).await;
        assert_eq!((refused.code, refused.stdout.as_str()), (3, ""));
        assert!(refused.stderr.contains("the provider ended its session"), "{}", refused.stderr);
        self.saw(signal, "ended");
    }

    /// Notes the result of a signal, for the table.
    pub(crate) fn saw(&self, signal: &str, outcome: &str) {
        let config = std::fs::read_to_string(self.room.places().config_file()).unwrap();
        // The pages on loopback are at 127.0.0.1, unless the account uses the other name.
        let elsewhere = !self.provider.issuer().contains("//127.0.0.1:")
            || config.contains("redirect_uri = \"http://localhost");
        let browser = (signal == "iframe").then(|| self.browser.in_table(elsewhere));
        seen::saw(signal, browser, self.provider, outcome);
    }

    /// Checks that the provider was asked again since, and that the session still exists.
    pub(crate) async fn goes_on(&self) {
        let session = self.app.session("work").await;
        assert_eq!(session["state"], "active", "{session}");
    }

    /// A tab that cannot learn anything shows that and ends nothing.
    pub(crate) async fn stays_although_the_cookie_is_hidden(&self, page: &impl Tab) {
        self.signal("iframe", "blocked").await;
        page.says("Your browser hides the cookies").await;
        page.screenshot(&self.room.evidence().join("blocked.png")).await;
        self.goes_on().await;
        assert_eq!(self.app.abide(&["token"]).await.code, 0);
        self.saw("iframe", "blocked");
    }

    /// The provider's frame answers `error` if it finds no cookie, and further requests are not allowed then (Session
    /// Management 1.0, section 3.1). So it stays unknown what hides the cookie.
    pub(crate) async fn stays_although_the_frame_says_error(&self, page: &impl Tab) {
        self.signal("iframe", "failed").await;
        page.says("Your session in Abide continues").await;
        page.screenshot(&self.room.evidence().join("failed-signal.png")).await;
        self.goes_on().await;
        assert_eq!(self.app.abide(&["token"]).await.code, 0);
        self.saw("iframe", "failed");
    }

    pub(crate) fn demo(&self) -> &DemoOp {
        let Provider::Demo(provider) = self.provider else { panic!("the demo provider") };
        provider
    }
}
