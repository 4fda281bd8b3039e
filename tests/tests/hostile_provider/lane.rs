//! One provider and its accounts, and the cases that are run there one after another.

use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::time::Duration;

use abide_demo_op::{Client, Config, DemoOp, Endpoint, SigningAlgorithm};
use abide_tests::app::{App, Done, abide, command};
use abide_tests::form::{Landed, Visitor};
use abide_tests::providers::{PASSWORD, USER};
use abide_tests::room::Room;
use abide_tests::{evidence, s};
use futures_util::FutureExt as _;
use serde_json::Value;

use super::case::{Account, Case, Expected};
use super::stand_in::StandIn;

/// No case may take longer.
const LIMIT: Duration = s(40);
const SUBJECT: &str = "demo-user-1";
const EMAIL: &str = "alice@example.com";

macro_rules! ensure {
    ($holds:expr, $($words:tt)+) => {
        if !$holds {
            return Err(format!($($words)+));
        }
    };
}

/// Where the secret of the accounts that have one is.
pub(crate) fn secret_file() -> PathBuf {
    evidence("hostile-provider").join("client-secret")
}

pub(crate) struct Lane {
    number: usize,
    provider: DemoOp,
}

/// What a case needs of the world.
struct Scene<'a> {
    lane: &'a Lane,
    room: &'a Room,
    app: &'a App<'a>,
    stand_in: &'a StandIn,
    key: &'a str,
    account: String,
    client: String,
    exchanges: usize,
    userinfos: usize,
}

impl Account {
    fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Hasty => "hasty",
            Self::Rsa => "rsa",
            Self::Secret => "secret",
        }
    }

    const ALL: [Self; 4] = [Self::Plain, Self::Hasty, Self::Rsa, Self::Secret];
}

impl Lane {
    /// The first has an RSA key, too, which takes a while to make.
    pub(crate) async fn start(number: usize) -> Self {
        let kinds = if number == 0 { &Account::ALL[..] } else { &Account::ALL[..2] };
        let client = |kind: &Account| Client {
            id: format!("{}-{number}", kind.name()),
            signing: if *kind == Account::Rsa { SigningAlgorithm::Rs256 } else { SigningAlgorithm::Es256 },
            ..Client::default()
        };
        let clients = kinds.iter().map(client).collect();
        let provider = DemoOp::start(Config { clients, ..Config::default() }).await.expect("a provider");
        Self { number, provider }
    }

    /// What the configuration says of its accounts.
    pub(crate) fn accounts(&self) -> String {
        let account = |kind: Account| {
            let more = match kind {
                Account::Plain | Account::Rsa => String::new(),
                // Enough for a provider on this computer, and not long to wait for one that is silent.
                Account::Hasty => "timeout = \"2s\"\n".to_owned(),
                Account::Secret => format!("client_secret_file = {:?}\n", secret_file()),
            };
            let name = format!("{}-{}", kind.name(), self.number);
            format!(
                "[accounts.{name}]\nissuer = \"{}\"\nclient_id = \"{name}\"\n{more}\
                 [accounts.{name}.provider]\nwatch = [\"refresh\"]\n[accounts.{name}.logout]\nrevoke = false\n\n",
                self.provider.issuer()
            )
        };
        Account::ALL.into_iter().map(account).collect()
    }

    /// Whether this case is run here.
    pub(crate) fn takes(&self, at: usize, case: &Case) -> bool {
        match case.account {
            Account::Rsa | Account::Secret => self.number == 0,
            Account::Plain | Account::Hasty => at % super::LANES == self.number,
        }
    }

    pub(crate) async fn run_all<'c>(
        &self,
        room: &Room,
        app: &App<'_>,
        stand_in: &StandIn,
        key: &str,
        cases: Vec<&'c Case>,
    ) -> Vec<(&'c Case, Result<(), String>)> {
        let mut results = Vec::new();
        for case in cases {
            let name = format!("{}-{}", case.account.name(), self.number);
            let scene = Scene {
                lane: self,
                room,
                app,
                stand_in,
                key,
                account: name.clone(),
                client: name,
                exchanges: exchanges(&self.provider),
                userinfos: self.provider.record().count(Endpoint::UserInfo),
            };
            self.provider.misbehave(case.wrong.clone());
            let running = tokio::time::timeout(LIMIT, scene.run(case));
            let outcome = match AssertUnwindSafe(running).catch_unwind().await {
                Ok(Ok(outcome)) => outcome,
                Ok(Err(_)) => Err("it takes too long".to_owned()),
                Err(panic) => Err(words(&*panic)),
            };
            self.provider.misbehave(Vec::new());
            scene.tidy().await;
            results.push((case, outcome.map_err(|why| format!("{}: {why}", case.name))));
        }
        results
    }
}

fn words(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("it panicked").to_owned()
}

impl Scene<'_> {
    async fn run(&self, case: &Case) -> Result<(), String> {
        let signing_in = command(self.room, &["login", "--account", &self.account]).output();
        let mut signing_in = std::pin::pin!(signing_in);
        let address = loop {
            tokio::select! {
                done = signing_in.as_mut() => {
                    return self.before_the_browser(case.expected, done_of(done)).await;
                }
                () = tokio::time::sleep(Duration::from_millis(10)) => {
                    if let Some(address) = self.stand_in.take(&self.client) {
                        break address;
                    }
                }
            }
        };
        ensure!(!matches!(case.expected, Expected::NoBrowser(_)), "a browser was started with {address}");
        let mut landed = Visitor::default().sign_in(&address, USER, PASSWORD).await;
        if let Expected::Stray(code) = case.expected {
            self.turned_away(&landed, code).await?;
            // What is right comes after it, and is taken.
            self.lane.provider.misbehave(Vec::new());
            landed = Visitor::default().sign_in(&address, USER, PASSWORD).await;
        }
        let done = done_of(signing_in.await);
        self.after_the_browser(case, &done, &landed).await
    }

    async fn before_the_browser(&self, expected: Expected, done: Done) -> Result<(), String> {
        let Expected::NoBrowser(code) = expected else {
            return Err(format!("no browser was started: {done:?}, {}", self.status().await));
        };
        self.nobody(code, &done).await?;
        ensure!(self.asked(Endpoint::Token) == 0, "the token endpoint was asked");
        ensure!(self.asked(Endpoint::UserInfo) == 0, "UserInfo was asked");
        let started = self.stand_in.take(&self.client);
        ensure!(started.is_none(), "a browser was started: {started:?}");
        Ok(())
    }

    async fn after_the_browser(&self, case: &Case, done: &Done, landed: &Landed) -> Result<(), String> {
        let expected = case.expected;
        if let Expected::NoToken(code) | Expected::NoExchange(code) | Expected::Substituted(code) = expected {
            self.nobody(code, done).await?;
            let failed = landed.body.contains("You are not signed in");
            ensure!(failed, "the page does not say that it failed: {} {}", landed.url, landed.body);
            let exchanges = usize::from(!matches!(expected, Expected::NoExchange(_)) && !case.elsewhere);
            ensure!(
                self.asked(Endpoint::Token) == exchanges,
                "token requests: {}",
                self.asked(Endpoint::Token)
            );
            let looks = usize::from(matches!(expected, Expected::Substituted(_)));
            ensure!(self.asked(Endpoint::UserInfo) == looks, "UserInfo was asked");
            return Ok(());
        }
        ensure!(done.code == 0, "not signed in: {done:?}, {}", self.status().await);
        ensure!(landed.body.contains("You are signed in"), "the page: {} {}", landed.url, landed.body);
        let first = self.token().await?;
        let status = self.status().await;
        match expected {
            Expected::NoClaims(code) => {
                self.trouble(code).await?;
                ensure!(status["user"] == SUBJECT, "what UserInfo said is used: {status}");
                let looks = usize::from(!case.elsewhere);
                ensure!(
                    self.asked(Endpoint::UserInfo) == looks,
                    "UserInfo was asked {}",
                    self.asked(Endpoint::UserInfo)
                );
            }
            Expected::Ended(_) | Expected::Kept(_) | Expected::Recovers(_) | Expected::Renewed => {
                self.renewal(expected, &first).await?;
            }
            _ => {
                ensure!(status["trouble_code"].is_null(), "in trouble: {status}");
                ensure!(status["user"] == EMAIL, "somebody else: {status}");
            }
        }
        Ok(())
    }

    /// The browser's request did not belong to the sign-in, which waits as before.
    async fn turned_away(&self, landed: &Landed, code: &str) -> Result<(), String> {
        let found = (landed.status, landed.code.as_deref());
        ensure!(found == (400, Some(code)), "turned away with {found:?}: {}", landed.body);
        let status = self.status().await;
        ensure!(status["state"] == "authorizing", "the sign-in is over: {status}");
        ensure!(self.token().await.is_err(), "a token is served");
        ensure!(self.asked(Endpoint::Token) == 0, "the token endpoint was asked");
        Ok(())
    }

    /// Renews now, and looks what became of it.
    async fn renewal(&self, expected: Expected, first: &str) -> Result<(), String> {
        let kept = abide(self.room, &["keep", "--account", &self.account]).await;
        ensure!(kept.code == 0, "abide keep: {kept:?}");
        let Some(code) = expected.code() else { return self.renewed(first).await };
        let status = self.trouble(code).await?;
        if matches!(expected, Expected::Ended(_)) {
            ensure!(status["state"] == "ended", "the session goes on: {status}");
            ensure!(self.token().await.is_err(), "a token is served");
            return Ok(());
        }
        ensure!(status["state"] == "active", "the session is not kept: {status}");
        let now = self.token().await;
        ensure!(now.is_err() || now.as_deref() == Ok(first), "another token is served");
        if matches!(expected, Expected::Recovers(_)) {
            self.lane.provider.misbehave(Vec::new());
            self.renewed(first).await?;
        }
        Ok(())
    }

    /// Waits for another token than the first.
    async fn renewed(&self, first: &str) -> Result<(), String> {
        for _ in 0..400 {
            let now = self.token().await?;
            if now != first {
                let status = self.status().await;
                ensure!(status["trouble_code"].is_null(), "in trouble: {status}");
                ensure!(status["user"] == EMAIL, "somebody else: {status}");
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        Err(format!("no new token is served: {}", self.status().await))
    }

    /// Nobody is signed in, for this reason, and there is no token.
    async fn nobody(&self, code: &str, done: &Done) -> Result<(), String> {
        ensure!(done.code != 0, "signed in, where {code} was expected: {done:?}");
        ensure!(done.stderr.len() > 10, "nothing was said: {done:?}");
        let status = self.trouble(code).await?;
        let over = status["state"] == "signed_out" || status["state"] == "ended";
        ensure!(over, "the state after {code}: {status}");
        match self.token().await {
            Ok(_) => Err("a token is served".to_owned()),
            Err(error) => {
                let none = ["login_required", "session_expired"].contains(&error.as_str());
                ensure!(none, "the answer to who wants a token is {error}");
                Ok(())
            }
        }
    }

    /// Waits for the code of what went wrong; gives the state of the session at that moment.
    async fn trouble(&self, code: &str) -> Result<Value, String> {
        let mut status = Value::Null;
        for _ in 0..200 {
            status = self.status().await;
            if !status["trouble_code"].is_null() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        let found = &status["trouble_code"];
        ensure!(found == code, "the code is {found}, expected was {code}: {status}");
        ensure!(status["trouble"].is_string(), "no sentence: {status}");
        Ok(status)
    }

    async fn status(&self) -> Value {
        self.app.session(&self.account).await
    }

    /// The access token, as a tool gets it, or the code of the refusal.
    async fn token(&self) -> Result<String, String> {
        let target = format!("/v1/token?account={}&activity=none", self.account);
        let key = format!("X-Abide-Key: {}", self.key);
        let answer = self.app.socket().request("GET", &target, &["Host: localhost", &key], "").await;
        let answer = answer.expect("an answer").json();
        match answer["access_token"].as_str() {
            Some(token) => Ok(token.to_owned()),
            None => Err(answer["error"].as_str().unwrap_or("no error").to_owned()),
        }
    }

    /// How often the provider was asked in this case.
    fn asked(&self, endpoint: Endpoint) -> usize {
        match endpoint {
            Endpoint::Token => exchanges(&self.lane.provider) - self.exchanges,
            _ => self.lane.provider.record().count(endpoint) - self.userinfos,
        }
    }

    /// Nobody is signed in or about to be, whatever happened.
    async fn tidy(&self) {
        let status = self.status().await;
        if status["state"] != "signed_out" && status["state"] != "ended" {
            let done = abide(self.room, &["logout", "--account", &self.account]).await;
            assert!(done.code == 0 || done.code == 3, "abide logout: {done:?}");
        }
    }
}

/// Token requests for a sign-in. One for a renewal may be left from the case before.
fn exchanges(provider: &DemoOp) -> usize {
    provider.record().count(Endpoint::Token) - provider.record().refreshes()
}

fn done_of(output: std::io::Result<std::process::Output>) -> Done {
    let output = output.expect("run abide");
    Done {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).trim_end().to_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}
