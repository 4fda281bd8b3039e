//! `django-oidc-provider` from PyPI, on a small site of our own.

use std::process::Stdio;

use serde_json::Value;

use super::{Asked, OtherSite, announced};
use crate::owned::Owned;
use crate::room::Room;
use crate::tab::Tab;
use crate::workspace;

/// The secret of its clients that have one.
pub(super) const SECRET: &str = "a-secret-of-the-tests";

/// Settings that a test may change.
#[derive(Clone, Debug)]
pub struct DjangoSettings {
    /// The redirect URI. The provider compares it as a string, so the port is part of it.
    pub redirect_uri: String,
    /// The post-logout redirect URI.
    pub post_logout_redirect_uri: Option<String>,
    /// A name other than 127.0.0.1, over https.
    pub site: Option<OtherSite>,
    /// How long an access token lives, in seconds.
    pub access_token: u64,
}

impl Default for DjangoSettings {
    fn default() -> Self {
        // A port that was free a moment ago.
        let port = std::net::TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| listener.local_addr())
            .expect("a free port")
            .port();
        Self {
            redirect_uri: format!("http://127.0.0.1:{port}/callback"),
            post_logout_redirect_uri: None,
            site: None,
            access_token: 3600,
        }
    }
}

/// A running `django-oidc-provider`.
pub struct Django {
    /// Ended when dropped, or when its standard input closes.
    _program: Owned,
    pub(super) issuer: String,
    /// The site that it is part of, without a path.
    pub(super) site: String,
    redirect_uri: String,
    /// The other site that it is on, if it is.
    other: Option<OtherSite>,
}

impl Django {
    /// The reason why it is missing here, if there is one.
    #[must_use]
    pub fn missing() -> Option<&'static str> {
        let there = workspace().join("target/tools/django/abide-requirements").is_file();
        (!there).then_some(
            "django-oidc-provider is not in target/tools; `./x setup` installs it where there is Python",
        )
    }

    pub(super) async fn start(room: &Room, settings: DjangoSettings) -> Self {
        let python = workspace().join("target/tools/django/bin/python");
        let server = workspace().join("tests/providers/django/server.py");
        let mut arguments = vec![server.to_string_lossy().into_owned()];
        let mut give = |name: &str, value: &str| arguments.extend([name.to_owned(), value.to_owned()]);
        give("--redirect-uri", &settings.redirect_uri);
        give("--access-token-seconds", &settings.access_token.to_string());
        if let Some(uri) = &settings.post_logout_redirect_uri {
            give("--post-logout-redirect-uri", uri);
        }
        if let Some(site) = &settings.site {
            give("--host", site.name());
            give("--certificate", &site.certificate.to_string_lossy());
            give("--key", &site.key.to_string_lossy());
        }
        let program = room.start_with(&python, &arguments, |command| {
            // No compiled files beside the sources.
            command.stdin(Stdio::piped()).env("PYTHONDONTWRITEBYTECODE", "1");
        });
        let issuer = announced("django-oidc-provider", &program).await;
        let site = issuer.trim_end_matches("/openid").to_owned();
        let other = settings.site;
        Self { _program: program, issuer, site, redirect_uri: settings.redirect_uri, other }
    }

    /// The settings of an account that uses it.
    pub(super) fn account_settings(&self) -> String {
        let believed =
            self.other.as_ref().map(|site| format!("ca_file = \"{}\"\n", site.authority.display()));
        format!("redirect_uri = \"{}\"\n{}", self.redirect_uri, believed.unwrap_or_default())
    }

    pub(super) fn http(&self) -> reqwest::Client {
        let port = url::Url::parse(&self.site).ok().and_then(|site| site.port()).expect("the site's port");
        self.other.as_ref().map_or_else(crate::http, |other| other.http(port))
    }

    async fn record(&self) -> Vec<Value> {
        let asked = self.http().get(format!("{}/__record", self.site)).send().await;
        asked.expect("an answer").json().await.expect("what was asked so far")
    }

    /// The number of silent authorization requests, whatever their answers.
    pub async fn silent_requests(&self) -> usize {
        let record = self.record().await;
        record.iter().filter(|entry| entry["route"] == "authorize" && entry["prompt"] == "none").count()
    }

    pub(super) async fn asked(&self) -> Asked {
        let record = self.record().await;
        let count = |fits: &dyn Fn(&Value) -> bool| record.iter().filter(|entry| fits(entry)).count();
        let answered = |entry: &Value, route: &str| entry["route"] == route && entry["status"] == 200;
        Asked {
            // Each page on the way is one more request, but only one leads back with a code.
            authorizations: count(&|entry| entry["route"] == "authorize" && entry["answered"] == true),
            refreshes: count(&|entry| answered(entry, "token") && entry["grant_type"] == "refresh_token"),
            revocations: 0,
            userinfos: count(&|entry| answered(entry, "userinfo")),
        }
    }

    pub(super) async fn sign_out_in_tab(&self, page: &impl Tab) {
        page.go(&format!("{}/", self.site)).await;
        super::confirm(page, "#sign-out", "you are not signed in").await;
    }

    pub(super) async fn sign_in_in_tab(&self, page: &impl Tab, user: &str) {
        page.go(&format!("{}/login/", self.site)).await;
        page.fill("input[name=username]", user).await;
        page.fill("input[name=password]", super::PASSWORD).await;
        page.press_return().await;
        page.wait_for("#who").await;
        assert!(page.text().await.contains(user), "the site says who is signed in");
    }
}
