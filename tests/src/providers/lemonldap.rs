//! LemonLDAP::NG from Debian: its portal on a server of its own, with a Relying Party for each client of the tests.

use serde_json::{Value, json};

use super::{Asked, announced};
use crate::owned::Owned;
use crate::room::Room;
use crate::tab::Tab;
use crate::{eventually, free_port, http, s, workspace};

/// Settings that a test may change.
#[derive(Clone, Debug)]
pub struct LemonLdapSettings {
    /// The redirect URI. The portal compares it as a string, so the port is part of it.
    pub redirect_uri: String,
    /// The post-logout redirect URI.
    pub post_logout_redirect_uri: String,
    /// How long an access token lives, in seconds.
    pub access_token: u64,
}

impl Default for LemonLdapSettings {
    fn default() -> Self {
        Self {
            redirect_uri: format!("http://127.0.0.1:{}/callback", free_port()),
            post_logout_redirect_uri: format!("http://127.0.0.1:{}/signed-out", free_port()),
            access_token: 3600,
        }
    }
}

/// A running portal. Its issuer ends with a slash, as by default in every portal.
pub struct LemonLdap {
    /// Ended when dropped.
    _program: Owned,
    pub(super) issuer: String,
    redirect_uri: String,
}

impl LemonLdap {
    /// The reason why it is missing here, if there is one.
    #[must_use]
    pub fn missing() -> Option<&'static str> {
        let there = workspace().join("target/tools/lemonldap-ng/abide-version").is_file();
        (!there).then_some("LemonLDAP::NG is not in target/tools; `./x setup` installs it on Debian")
    }

    pub(super) async fn start(room: &Room, settings: LemonLdapSettings) -> Self {
        let installed = workspace().join("target/tools/lemonldap-ng");
        let folder = room.path("lemonldap");
        std::fs::create_dir(&folder).expect("a folder for LemonLDAP::NG");
        let port = free_port();
        let clients = folder.join("clients.json");
        let parties = relying_parties(&format!("http://127.0.0.1:{port}/"), &settings);
        std::fs::write(&clients, parties.to_string()).expect("write what is registered");
        let server = workspace().join("tests/providers/lemonldap/server.pl");
        let words = [server.as_os_str(), port.to_string().as_ref(), folder.as_os_str(), clients.as_os_str()]
            .map(std::ffi::OsStr::to_owned);
        let program = room.start_with("perl", &words, |command| {
            command.env("LEMONLDAP", &installed).env("PERL5LIB", installed.join("usr/share/perl5"));
        });
        let issuer = announced("LemonLDAP::NG", &program).await;
        let metadata = format!("{issuer}.well-known/openid-configuration");
        eventually("LemonLDAP::NG's answer", s(40), || async {
            http().get(&metadata).send().await.ok().filter(|answer| answer.status().is_success())
        })
        .await;
        Self { _program: program, issuer, redirect_uri: settings.redirect_uri }
    }

    /// The settings of an account that uses it.
    pub(super) fn account_settings(&self) -> String {
        format!("redirect_uri = \"{}\"\n", self.redirect_uri)
    }

    pub(super) async fn asked(&self) -> Asked {
        let record = super::json_at(&http(), &format!("{}__record", self.issuer)).await;
        let record = record.as_array().cloned().unwrap_or_default();
        let count = |fits: &dyn Fn(&Value) -> bool| record.iter().filter(|entry| fits(entry)).count();
        let answered = |entry: &Value, route: &str| entry["route"] == route && entry["status"] == 200;
        Asked {
            authorizations: count(&|entry| entry["route"] == "authorize" && entry["answered"] == true),
            refreshes: count(&|entry| answered(entry, "token") && entry["grant_type"] == "refresh_token"),
            revocations: 0,
            userinfos: count(&|entry| answered(entry, "userinfo")),
        }
    }

    /// Deletes every session and token, as an administrator does who empties the store.
    ///
    /// # Panics
    ///
    /// When it cannot be asked.
    pub async fn forget(&self) {
        let answer = http().get(format!("{}__forget", self.issuer)).send().await.expect("an answer");
        assert!(answer.status().is_success());
    }

    /// Waits until the portal asks for a sign-in again, on a page that its sign-out has led to.
    pub async fn says_that_it_is_over(&self, page: &impl Tab) {
        let confirm = "form.confirm button.positive, form#form button[type=submit]";
        let over = eventually("the portal's question, or its sign-in", s(20), || async {
            if page.has("input[name=user]").await {
                return Some(true);
            }
            page.has(confirm).await.then_some(false)
        })
        .await;
        if !over {
            page.click(confirm).await;
            eventually("the portal's next page", s(20), || async {
                (!page.has(confirm).await).then_some(())
            })
            .await;
        }
        // Scripts add its texts; the fields exist without them.
        page.go(&self.issuer).await;
        page.wait_for("input[name=user]").await;
    }

    pub(super) async fn sign_out_in_tab(&self, page: &impl Tab) {
        page.go(&format!("{}?logout=1", self.issuer)).await;
        // Scripts add its texts; the fields exist without them.
        page.go(&self.issuer).await;
        page.wait_for("input[name=user]").await;
    }
}

/// The registered Relying Parties, by name, with options as in the portal's configuration.
fn relying_parties(issuer: &str, settings: &LemonLdapSettings) -> Value {
    let party = |client: &str, redirect_uri: &str, more: Value| {
        let mut options = json!({
            "oidcRPMetaDataOptionsClientID": client,
            "oidcRPMetaDataOptionsDisplayName": client,
            "oidcRPMetaDataOptionsPublic": 1,
            "oidcRPMetaDataOptionsRequirePKCE": 1,
            "oidcRPMetaDataOptionsIDTokenSignAlg": "RS256",
            // *Allow offline access*, and *Use refresh tokens* for a sign-in without that scope.
            "oidcRPMetaDataOptionsAllowOffline": 1,
            "oidcRPMetaDataOptionsRefreshToken": 1,
            "oidcRPMetaDataOptionsAccessTokenExpiration": settings.access_token,
            "oidcRPMetaDataOptionsRedirectUris": redirect_uri,
            "oidcRPMetaDataOptionsPostLogoutRedirectUris": settings.post_logout_redirect_uri,
        });
        let more = more.as_object().cloned().unwrap_or_default();
        options.as_object_mut().expect("an object").extend(more);
        options
    };
    let own = &settings.redirect_uri;
    let landing = format!("{issuer}.well-known/openid-configuration");
    let signed = json!({ "oidcRPMetaDataOptionsUserInfoSignAlg": "RS256" });
    json!({
        "abide": party("abide", own, json!({})),
        "abide-signed": party("abide-signed", own, signed),
        "elsewhere": party("elsewhere", &landing, json!({ "oidcRPMetaDataOptionsBypassConsent": 1 })),
    })
}
