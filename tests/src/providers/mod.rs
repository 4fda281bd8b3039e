//! The OpenID Providers of the tests: our own, and four by others.

mod django;
mod keycloak;
mod lemonldap;
mod node;
mod other_site;

use abide_demo_op::{Client, Config, DemoOp, Endpoint, Outcome};
use serde_json::Value;

pub use django::{Django, DjangoSettings};
pub use keycloak::{Realm, RealmSettings};
pub use lemonldap::{LemonLdap, LemonLdapSettings};
pub use node::Node;
pub use other_site::OtherSite;

use crate::owned::Owned;
use crate::room::Room;
use crate::tab::Tab;
use crate::{eventually, http, s};

/// The user. `oidc-provider`'s development pages accept any password, the others only this one.
pub const USER: &str = "alice";
/// Another user, with the same password.
pub const OTHER_USER: &str = "bob";
/// The password.
pub const PASSWORD: &str = "demo";

/// A running provider.
pub enum Provider {
    /// The embedded demonstration provider.
    Demo(DemoOp),
    /// `oidc-provider` from npm.
    Node(Node),
    /// `django-oidc-provider` from PyPI.
    Django(Django),
    /// A realm of Keycloak, from Maven Central.
    Keycloak(Realm),
    /// LemonLDAP::NG, from Debian.
    LemonLdap(LemonLdap),
}

/// The number of requests to a provider.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// Authorization requests; at Django, Keycloak and LemonLDAP::NG only those that led to a code.
    pub authorizations: usize,
    /// Refreshes that it granted.
    pub refreshes: usize,
    /// Revocations that it accepted. Django and LemonLDAP::NG have none.
    pub revocations: usize,
    /// UserInfo requests that it answered with claims.
    pub userinfos: usize,
}

impl Provider {
    /// The demo provider, in this process.
    pub async fn demo() -> Self {
        Self::Demo(DemoOp::start(Config::default()).await.expect("start the demo provider"))
    }

    /// `oidc-provider`, in a process of its own.
    pub async fn node(room: &Room) -> Self {
        Self::Node(Node::start(room).await)
    }

    /// `django-oidc-provider`, in a process of its own.
    pub async fn django(room: &Room, settings: DjangoSettings) -> Self {
        Self::Django(Django::start(room, settings).await)
    }

    /// A separate realm of the one Keycloak that all tests of this program share.
    pub async fn keycloak(settings: RealmSettings) -> Self {
        Self::Keycloak(Realm::create(&settings).await)
    }

    /// LemonLDAP::NG, in a process of its own.
    pub async fn lemonldap(room: &Room, settings: LemonLdapSettings) -> Self {
        Self::LemonLdap(LemonLdap::start(room, settings).await)
    }

    /// The name of its software.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Demo(_) => "demo provider",
            Self::Node(_) => "oidc-provider",
            Self::Django(_) => "django-oidc-provider",
            Self::Keycloak(_) => "Keycloak",
            Self::LemonLdap(_) => "LemonLDAP::NG",
        }
    }

    /// The issuer.
    #[must_use]
    pub fn issuer(&self) -> &str {
        match self {
            Self::Demo(provider) => provider.issuer(),
            Self::Node(provider) => &provider.issuer,
            Self::Django(provider) => &provider.issuer,
            Self::Keycloak(realm) => &realm.issuer,
            Self::LemonLdap(provider) => &provider.issuer,
        }
    }

    /// The common beginning of all pages of the provider's site: some are not below the issuer.
    fn site(&self) -> &str {
        match self {
            Self::Django(provider) => &provider.site,
            _ => self.issuer(),
        }
    }

    /// The settings of an account at this provider in `config.toml`, beside issuer, client and scopes.
    #[must_use]
    pub fn account_settings(&self) -> String {
        match self {
            Self::Django(provider) => provider.account_settings(),
            Self::Keycloak(realm) => realm.account_settings(),
            Self::LemonLdap(provider) => provider.account_settings(),
            Self::Demo(_) | Self::Node(_) => String::new(),
        }
    }

    /// The number of requests so far.
    pub async fn asked(&self) -> Asked {
        match self {
            Self::Demo(provider) => asked_of_demo(provider),
            Self::Node(provider) => provider.asked().await,
            Self::Django(provider) => provider.asked().await,
            Self::Keycloak(realm) => realm.asked().await,
            Self::LemonLdap(provider) => provider.asked().await,
        }
    }

    /// Does in a tab what a person does, from any page of the provider to Abide's page: fills in name and password, agrees
    /// if asked. `seen` is called on each of the provider's pages before it is sent.
    pub async fn sign_in<T: Tab>(&self, page: &T, seen: impl AsyncFnMut(&T, usize)) {
        self.answer_pages(page, USER, |_| false, seen).await;
    }

    /// The same as another user.
    pub async fn sign_in_as(&self, page: &impl Tab, user: &str) {
        self.answer_pages(page, user, |_| false, async |_: &_, _| {}).await;
    }

    /// Answers the provider's pages until the tab has left it, or its address is right for `there`.
    async fn answer_pages<T: Tab>(
        &self,
        page: &T,
        user: &str,
        there: impl Fn(&str) -> bool,
        mut seen: impl AsyncFnMut(&T, usize),
    ) {
        let (name, agree) = match self {
            Self::Demo(_) => ("input[name=username]", "form button"),
            Self::Node(_) => ("input[name=login]", "form button"),
            Self::Django(_) => ("input[name=username]", "input[name=allow]"),
            Self::Keycloak(_) => ("input[name=username]", "#kc-login"),
            Self::LemonLdap(_) => ("input[name=user]", "form.confirm button.positive"),
        };
        let mut pages = 0;
        let mut last = String::new();
        loop {
            let address = eventually("the provider's next page", s(20), || async {
                let address = page.address().await;
                let loaded = page.evaluate("document.readyState").await == "complete";
                (loaded && address != last && address.starts_with("http")).then_some(address)
            })
            .await;
            if !address.starts_with(self.site()) || there(&address) {
                return;
            }
            seen(page, pages).await;
            pages += 1;
            assert!(pages < 6, "the provider asks and asks");
            if page.has("input[name=password]").await {
                // Not asked if the user is known already.
                if page.has(name).await {
                    page.fill(name, user).await;
                }
                page.fill("input[name=password]", PASSWORD).await;
                page.press_return().await;
            } else if page.has(agree).await {
                page.click(agree).await;
            }
            // A page without a button continues by itself: a form on its way to Abide.
            last = address;
        }
    }

    /// Ends the provider's own session in a tab, through the provider's own pages and without Abide.
    pub async fn sign_out_in_tab(&self, page: &impl Tab) {
        match self {
            Self::Demo(provider) => {
                page.go(&format!("{}/signout", provider.issuer())).await;
                let button = "form button[value=sign-out]";
                let asked = eventually("the sign-out page", s(20), || async {
                    let signed_out = page.text().await.contains("You are not signed in");
                    if signed_out { Some(false) } else { page.has(button).await.then_some(true) }
                })
                .await;
                if asked {
                    page.click(button).await;
                    page.says("You are signed out").await;
                }
            }
            Self::Node(provider) => {
                page.go(&format!("{}/session/end", provider.issuer)).await;
                confirm(page, "button[name=logout]", "sign-out success").await;
            }
            Self::Django(provider) => provider.sign_out_in_tab(page).await,
            Self::Keycloak(realm) => realm.sign_out_in_tab(page).await,
            Self::LemonLdap(provider) => provider.sign_out_in_tab(page).await,
        }
    }

    /// Answers the pages for the code of another device, up to the last one.
    ///
    /// # Panics
    ///
    /// With django-oidc-provider and LemonLDAP::NG, which have no such pages.
    pub async fn allow_device(&self, page: &impl Tab, user: &str) {
        let (name, agree) = match self {
            Self::Demo(_) => ("input[name=username]", "button.main"),
            Self::Node(_) => ("input[name=login]", "button[type=submit]:not([name=abort]), form button"),
            Self::Keycloak(_) => ("input[name=username]", "#kc-login"),
            Self::Django(_) | Self::LemonLdap(_) => {
                panic!("{} has no sign-in on another device", self.name())
            }
        };
        for _ in 0..6 {
            let loaded = async || {
                let complete = page.evaluate("document.readyState").await == "complete";
                (complete && page.address().await.starts_with("http")).then_some(())
            };
            eventually("the provider's next page", s(20), loaded).await;
            let before = page.text().await;
            if page.has("input[name=password]").await {
                if page.has(name).await {
                    page.fill(name, user).await;
                }
                page.fill("input[name=password]", PASSWORD).await;
                page.press_return().await;
            } else if page.has(agree).await {
                page.click(agree).await;
            } else {
                return;
            }
            let moved = async || {
                let text = page.text().await;
                (!text.is_empty() && text != before).then_some(())
            };
            eventually("the page after that", s(20), moved).await;
        }
        panic!("the provider asks and asks: {}", page.text().await);
    }

    /// Begins a session of the provider in a tab, without Abide: at its site, or at another app that signs in there. An
    /// earlier session is ended first.
    ///
    /// # Panics
    ///
    /// When the demo provider does not take the other app.
    pub async fn sign_in_in_tab(&self, page: &impl Tab, user: &str) {
        if let Self::Django(provider) = self {
            return provider.sign_in_in_tab(page, user).await;
        }
        if let Self::Demo(provider) = self {
            let landing = format!("{}/.well-known/openid-configuration", provider.issuer());
            let elsewhere =
                Client { id: "elsewhere".to_owned(), redirect_uris: vec![landing], ..Client::default() };
            provider.register(elsewhere).expect("another app at the demo provider");
        }
        self.sign_out_in_tab(page).await;
        self.sign_in_elsewhere(page, user, &[]).await;
    }

    /// Makes the signed-in person authenticate again, because another app asks for it. The demo provider has to know that app.
    pub async fn sign_in_again_in_tab(&self, page: &impl Tab, user: &str) {
        match self {
            Self::Django(provider) => provider.sign_in_in_tab(page, user).await,
            _ => self.sign_in_elsewhere(page, user, &[("prompt", "login")]).await,
        }
    }

    /// Signs in to the other registered app.
    async fn sign_in_elsewhere(&self, page: &impl Tab, user: &str, more: &[(&str, &str)]) {
        let metadata = self.metadata().await;
        let endpoint = metadata["authorization_endpoint"].as_str().expect("an authorization endpoint");
        let mut address = url::Url::parse(endpoint).expect("the address of the authorization endpoint");
        let landing = self.metadata_address();
        let parameters = [
            ("client_id", "elsewhere"),
            ("response_type", "code"),
            ("scope", "openid"),
            ("redirect_uri", &landing),
            ("state", "elsewhere"),
            ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
            ("code_challenge_method", "S256"),
        ];
        address.query_pairs_mut().extend_pairs(parameters.iter().chain(more));
        page.go(address.as_str()).await;
        let there = |address: &str| address.starts_with(&landing);
        self.answer_pages(page, user, there, async |_: &_, _| {}).await;
        let address = page.address().await;
        assert!(address.contains("code="), "{user} is signed in elsewhere: {address}");
    }

    /// Its metadata.
    pub async fn metadata(&self) -> Value {
        json_at(&self.http(), &self.metadata_address()).await
    }

    /// An issuer may end with a slash, which is not repeated.
    fn metadata_address(&self) -> String {
        format!("{}/.well-known/openid-configuration", self.issuer().trim_end_matches('/'))
    }

    /// A client of this program that reaches it.
    fn http(&self) -> reqwest::Client {
        match self {
            Self::Django(provider) => provider.http(),
            Self::Keycloak(realm) => realm.http(),
            Self::Demo(_) | Self::Node(_) | Self::LemonLdap(_) => http(),
        }
    }

    /// Asks UserInfo about an access token: the status, and the claims on success.
    pub async fn userinfo(&self, token: &str) -> (u16, Value) {
        let metadata = self.metadata().await;
        let endpoint = metadata["userinfo_endpoint"].as_str().expect("a UserInfo endpoint");
        let answer = http().get(endpoint).bearer_auth(token).send().await.expect("an answer from UserInfo");
        let status = answer.status().as_u16();
        (status, answer.json().await.unwrap_or_default())
    }

    /// Whether the provider reports an access token as active to a resource server (RFC 7662).
    ///
    /// # Panics
    ///
    /// With the demo provider and `oidc-provider`, where no resource server is registered.
    pub async fn stands_by(&self, token: &str) -> bool {
        assert!(matches!(self, Self::Django(_) | Self::Keycloak(_)), "a provider with a resource server");
        let metadata = self.metadata().await;
        let endpoint = metadata["introspection_endpoint"].as_str().expect("an introspection endpoint");
        let answer = http()
            .post(endpoint)
            .basic_auth("resource-server", Some(django::SECRET))
            .form(&[("token", token)])
            .send()
            .await
            .expect("an answer from introspection");
        assert_eq!(answer.status(), 200, "introspection");
        let answer: Value = answer.json().await.expect("introspection as JSON");
        answer["active"].as_bool().unwrap_or_else(|| panic!("{answer}"))
    }
}

fn asked_of_demo(provider: &DemoOp) -> Asked {
    let entries = provider.record().entries();
    let granted = |endpoint| {
        entries.iter().filter(move |entry| entry.endpoint == endpoint && entry.outcome == Outcome::Ok)
    };
    Asked {
        // A silent request is the tab's own, not a sign-in.
        authorizations: entries
            .iter()
            .filter(|entry| entry.endpoint == Endpoint::Authorization && entry.parameter("prompt") != "none")
            .count(),
        refreshes: granted(Endpoint::Token).filter(|entry| entry.is_refresh()).count(),
        revocations: granted(Endpoint::Revocation).count(),
        userinfos: granted(Endpoint::UserInfo).count(),
    }
}

/// Presses the button that a provider's sign-out page shows, unless there is no session, and waits for the last page's
/// words.
async fn confirm(page: &impl Tab, button: &str, words: &str) {
    let asked = eventually("the provider's question, or its last word", s(20), || async {
        if page.text().await.to_lowercase().contains(words) {
            return Some(false);
        }
        page.has(button).await.then_some(true)
    })
    .await;
    if asked {
        page.click(button).await;
        page.says(words).await;
    }
}

/// The issuer that a provider's program prints when it is ready.
async fn announced(name: &str, program: &Owned) -> String {
    eventually(name, s(40), || async {
        let output = program.output();
        let line = output.lines().find(|line| line.starts_with("{\"issuer\""))?;
        let value: Value = serde_json::from_str(line).ok()?;
        value["issuer"].as_str().map(str::to_owned)
    })
    .await
}

async fn json_at(client: &reqwest::Client, url: &str) -> Value {
    let answer = client.get(url).send().await.unwrap_or_else(|error| panic!("{url}: {error}"));
    answer.json().await.unwrap_or_else(|error| panic!("{url} as JSON: {error}"))
}
