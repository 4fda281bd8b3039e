//! OpenID Providers to sign in at: our own, and one that nobody here wrote.

use std::process::Stdio;

use abide_demo_op::{Config, DemoOp, Endpoint, Outcome};
use serde_json::Value;

use crate::browser::Page;
use crate::owned::Owned;
use crate::room::Room;
use crate::{eventually, http, s, workspace};

/// Who signs in. `oidc-provider`'s development pages take any password, the demo provider only this one.
pub const USER: &str = "alice";
/// The password.
pub const PASSWORD: &str = "demo";

/// A running provider.
pub enum Provider {
    /// The embedded demonstration provider.
    Demo(DemoOp),
    /// `oidc-provider` from npm.
    Node {
        /// The process; ended when dropped, or when its standard input closes.
        program: Owned,
        /// Its issuer.
        issuer: String,
    },
}

/// What a provider was asked so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// Authorization requests.
    pub authorizations: usize,
    /// Refreshes that it granted.
    pub refreshes: usize,
    /// Revocations that it accepted.
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
        let server = workspace().join("tests/providers/server.mjs");
        assert!(
            server.with_file_name("node_modules").is_dir(),
            "oidc-provider is not installed; `npm ci --prefix tests/providers` does it"
        );
        let program = room.start_with("node", &[&server], |command| {
            command.stdin(Stdio::piped());
        });
        let issuer = eventually("oidc-provider", s(20), || async {
            let output = program.output();
            let line = output.lines().find(|line| line.starts_with("{\"issuer\""))?;
            let value: Value = serde_json::from_str(line).ok()?;
            value["issuer"].as_str().map(str::to_owned)
        })
        .await;
        Self::Node { program, issuer }
    }

    /// The issuer.
    #[must_use]
    pub fn issuer(&self) -> &str {
        match self {
            Self::Demo(provider) => provider.issuer(),
            Self::Node { issuer, .. } => issuer,
        }
    }

    /// What it was asked so far.
    pub async fn asked(&self) -> Asked {
        match self {
            Self::Demo(provider) => {
                let entries = provider.record().entries();
                let granted = |endpoint| {
                    entries
                        .iter()
                        .filter(move |entry| entry.endpoint == endpoint && entry.outcome == Outcome::Ok)
                };
                Asked {
                    authorizations: provider.record().count(Endpoint::Authorization),
                    refreshes: granted(Endpoint::Token).filter(|entry| entry.is_refresh()).count(),
                    revocations: granted(Endpoint::Revocation).count(),
                    userinfos: granted(Endpoint::UserInfo).count(),
                }
            }
            Self::Node { issuer, .. } => {
                let record: Vec<Value> = http()
                    .get(format!("{issuer}/__record"))
                    .send()
                    .await
                    .expect("the provider's record")
                    .json()
                    .await
                    .expect("the provider's record as JSON");
                let count = |fits: &dyn Fn(&Value) -> bool| record.iter().filter(|entry| fits(entry)).count();
                let answered = |entry: &Value, route: &str| entry["route"] == route && entry["status"] == 200;
                Asked {
                    authorizations: count(&|entry| entry["route"] == "authorization"),
                    refreshes: count(&|entry| {
                        answered(entry, "token") && entry["grant_type"] == "refresh_token"
                    }),
                    revocations: count(&|entry| answered(entry, "revocation")),
                    userinfos: count(&|entry| answered(entry, "userinfo")),
                }
            }
        }
    }

    /// Does in a tab what a person does, from whatever page the provider shows to the page that Abide shows: fills in
    /// name and password, agrees when asked. `seen` is called on each of the provider's pages before it is sent.
    pub async fn sign_in(&self, page: &Page<'_>, mut seen: impl AsyncFnMut(&Page<'_>, usize)) {
        let mut pages = 0;
        let mut last = String::new();
        loop {
            let address = eventually("the provider's next page", s(20), || async {
                let address = page.address().await;
                let loaded = page.evaluate("document.readyState").await == "complete";
                (loaded && address != last && address.starts_with("http")).then_some(address)
            })
            .await;
            if !address.starts_with(self.issuer()) {
                return;
            }
            seen(page, pages).await;
            pages += 1;
            assert!(pages < 6, "the provider asks and asks");
            let name = match self {
                Self::Demo(_) => "input[name=username]",
                Self::Node { .. } => "input[name=login]",
            };
            if page.has(name).await {
                page.fill(name, USER).await;
                page.fill("input[name=password]", PASSWORD).await;
                page.press_return().await;
            } else {
                page.click("form button").await;
            }
            last = address;
        }
    }

    /// Asks the provider who an access token belongs to: the status, and the claims if it was accepted.
    pub async fn userinfo(&self, token: &str) -> (u16, Value) {
        let discovery: Value = http()
            .get(format!("{}/.well-known/openid-configuration", self.issuer()))
            .send()
            .await
            .expect("discovery")
            .json()
            .await
            .expect("discovery as JSON");
        let endpoint = discovery["userinfo_endpoint"].as_str().expect("a UserInfo endpoint");
        let answer = http().get(endpoint).bearer_auth(token).send().await.expect("an answer from UserInfo");
        let status = answer.status().as_u16();
        (status, answer.json().await.unwrap_or_default())
    }
}
