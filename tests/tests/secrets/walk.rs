//! A walk through everything in which a secret passes between Abide and a provider.

use std::collections::BTreeSet;
use std::path::PathBuf;

use abide_demo_op::{Config, DemoOp, PushedAuthorization};
use abide_tests::app::{App, abide, configure};
use abide_tests::form::Visitor;
use abide_tests::login::{Login, sign_in_to};
use abide_tests::providers::{PASSWORD, USER};
use abide_tests::room::Room;
use abide_tests::witness::Witness;
use abide_tests::{eventually, s};

use crate::needles::{Needles, Processes, nothing_outside};

const CLIENT_SECRET: &str = "canary-client-secret-5b1f0c7e93";

/// The provider, and the proxy that sees every secret.
pub(crate) struct Walk {
    pub(crate) witness: Witness,
    provider: DemoOp,
    secret_file: PathBuf,
}

impl Walk {
    /// Starts both, and configures accounts for them.
    pub(crate) async fn prepare(room: &mut Room) -> Self {
        room.set("ABIDE_LOG", "trace");
        let config = Config {
            pushed_authorization: PushedAuthorization::Offered,
            device_poll_interval: s(1),
            ..Config::default()
        };
        let provider = DemoOp::start(config).await.unwrap();
        let witness = Witness::start().await;
        let secret_file = room.path("home").join("client-secret");
        std::fs::write(&secret_file, CLIENT_SECRET).unwrap();
        let opener = format!("printf '%s\\\\n' $0 > {}; sleep 0.2", room.path("opened").display());
        configure(room, &configuration(&provider, &witness, &opener, secret_file.to_str().unwrap()));
        Self { witness, provider, secret_file }
    }

    /// Goes through everything. Returns the secrets that passed.
    pub(crate) async fn everything(
        &self,
        room: &Room,
        app: &App<'_>,
        processes: &Processes,
    ) -> BTreeSet<String> {
        // Sign-in, token, refresh.
        sign_in_with_the_browser(room, &["login", "--account", "work"]).await;
        for command in ["token", "header", "claims"] {
            run_in_sight(room, app, processes, &[command, "--account", "work"]).await;
        }
        let before = self.provider.record().refreshes();
        assert_eq!(abide(room, &["keep", "--account", "work"]).await.code, 0);
        eventually("a refresh", s(10), || async {
            (self.provider.record().refreshes() > before).then_some(())
        })
        .await;
        sign_in_to(room, "other").await;
        the_other_ways(room, &self.provider).await;

        // Errors: a provider that repeats the request in its answer, and one that refuses the secret.
        self.witness.refuse_next(
            "400 Bad Request\ncontent-type: application/json\n\n{\"error\":\"invalid_request\",\"error_description\":\"not this one: {}\"}",
        );
        assert_eq!(abide(room, &["keep", "--account", "other"]).await.code, 0);
        eventually("the refusal", s(10), || async {
            app.session("other").await["last_error"].is_string().then_some(())
        })
        .await;
        let last_error = app.session("other").await["last_error"].to_string();
        assert!(last_error.contains("not this one"), "{last_error}");
        let done = abide(room, &["login", "--no-browser", "--account", "confidential"]).await;
        assert_ne!(done.code, 0, "{done:?}");

        let secrets: BTreeSet<String> = self.witness.secrets();
        assert!(secrets.contains(CLIENT_SECRET), "the secret was used: {secrets:?}");
        assert!(
            self.witness.passed("/par") >= 2 && self.witness.passed("/token") >= 8 && secrets.len() >= 24
        );
        assert!(
            !Needles::new(&secrets)
                .within(format!("x{}x", self.witness.access_token()).as_bytes())
                .is_empty()
        );
        secrets
    }

    /// Signs out everywhere. Returns all secrets that have passed until then.
    pub(crate) async fn signs_out(&self, room: &Room) -> BTreeSet<String> {
        for account in ["work", "other", "device", "bound"] {
            assert_eq!(abide(room, &["logout", "--account", account]).await.code, 0);
        }
        self.witness.secrets()
    }

    /// No secret is in a file, an argument or an environment, except for the file with the client's secret.
    pub(crate) fn nothing_outside(&self, room: &Room, processes: &Processes, secrets: &BTreeSet<String>) {
        nothing_outside(room, processes, secrets, std::slice::from_ref(&self.secret_file));
    }
}

/// Accounts behind the witness: one of them with bound tokens, and one whose secret the provider refuses.
fn configuration(provider: &DemoOp, witness: &Witness, opener: &str, secret_file: &str) -> String {
    let account = |name: &str, more: &str| {
        format!(
            "[accounts.{name}]\nissuer = \"{}\"\nclient_id = \"abide\"\n{more}\
             scopes = [\"openid\", \"profile\", \"email\", \"offline_access\"]\n",
            provider.issuer()
        )
    };
    format!(
        "browser = [\"/bin/sh\", \"-c\", \"{opener}\"]\n{}[endpoint]\nport = 0\n{}{}{}{}{}",
        witness.setting(),
        account("work", ""),
        account("other", ""),
        account("device", ""),
        account("bound", "dpop = \"required\"\n"),
        account("confidential", &format!("client_secret_file = \"{secret_file}\"\n")),
    )
}

/// Opens the browser, which notes the address and stays for a moment, and signs in there.
async fn sign_in_with_the_browser(room: &Room, command: &[&str]) {
    let address = room.path("opened");
    let _ = std::fs::remove_file(&address);
    let done = async {
        let url = eventually("the browser to be opened", s(20), || async {
            std::fs::read_to_string(&address).ok().filter(|url| url.ends_with('\n'))
        })
        .await;
        Visitor::default().sign_in(url.trim(), USER, PASSWORD).await
    };
    let (done, page) = tokio::join!(abide(room, command), done);
    assert_eq!(done.code, 0, "{done:?}, {}", page.body);
}

pub(crate) fn contains(hay: &[u8], wanted: &[u8]) -> bool {
    hay.windows(wanted.len()).any(|part| part == wanted)
}

/// Runs a command that takes only milliseconds, and makes it wait until it was seen.
async fn run_in_sight(room: &Room, app: &App<'_>, processes: &Processes, arguments: &[&str]) {
    let signal = |name: &str| {
        let process = app.process().to_string();
        assert!(std::process::Command::new("kill").args([name, &process]).status().unwrap().success());
    };
    signal("-STOP");
    let wanted = arguments.join("\0").into_bytes();
    let seen = async {
        eventually("the command to be seen", s(20), || async {
            processes.all().iter().any(|(started, _)| contains(started, &wanted)).then_some(())
        })
        .await;
        signal("-CONT");
    };
    let (done, ()) = tokio::join!(abide(room, arguments), seen);
    assert_eq!(done.code, 0, "{arguments:?}: {done:?}");
}

/// Sign-in with a code on another device, bound tokens, a token for one purpose, and a stronger sign-in.
async fn the_other_ways(room: &Room, provider: &DemoOp) {
    let login = Login::on_another_device_for(room, "device").await;
    let mut person = Visitor::default();
    let form = person.open(&login.url).await;
    person.submit(&form, &[("username", USER), ("password", PASSWORD)], Some("sign-in")).await;
    let done = login.end().await;
    assert_eq!(done.code, 0, "{done:?}");
    sign_in_to(room, "bound").await;
    let url = format!("{}/userinfo", provider.issuer());
    for words in [
        &["header", "--account", "bound", "--url", &url][..],
        &["token", "--account", "work", "--scope", "openid"],
    ] {
        let done = abide(room, words).await;
        assert_eq!(done.code, 0, "{done:?}");
    }
    let challenge = "Bearer error=\"insufficient_user_authentication\", acr_values=\"urn:abide:demo:recent\"";
    sign_in_with_the_browser(room, &["token", "--account", "work", "--challenge", challenge]).await;
}
