//! One provider with its accounts, and the cases that run there one after another.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::time::Duration;

use abide_demo_op::{Client, ClientSecret, Config, DemoOp, Endpoint, SigningAlgorithm};
use abide_tests::app::{App, Done, abide, command};
use abide_tests::form::{Landed, Visitor};
use abide_tests::providers::{PASSWORD, USER};
use abide_tests::room::Room;
use abide_tests::{evidence, s};
use futures_util::FutureExt as _;
use serde_json::Value;

use super::case::{Account, Case, Expected, Way};
use super::stand_in::StandIn;
use super::{device, registering};

/// The time limit of a case.
const LIMIT: Duration = s(40);
const SUBJECT: &str = "demo-user-1";
const EMAIL: &str = "alice@example.com";

/// Endpoints whose number of requests matters.
const COUNTED: [Endpoint; 5] = [
    Endpoint::Token,
    Endpoint::UserInfo,
    Endpoint::PushedAuthorization,
    Endpoint::DeviceAuthorization,
    Endpoint::Registration,
];
/// The secret of the accounts that have one; in a header it is written differently.
pub(crate) const SECRET: &str = "a secret: 1+1=2 %41";

/// The file with the secret of the accounts that have one.
pub(crate) fn secret_file() -> PathBuf {
    evidence("hostile-provider").join("client-secret")
}

pub(crate) struct Lane {
    number: usize,
    provider: DemoOp,
}

/// The environment of a case.
pub(crate) struct Scene<'a> {
    pub(crate) lane: &'a Lane,
    pub(crate) room: &'a Room,
    pub(crate) app: &'a App<'a>,
    stand_in: &'a StandIn,
    key: &'a str,
    pub(crate) account: String,
    client: String,
    before: BTreeMap<Endpoint, usize>,
}

impl Account {
    fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Hasty => "hasty",
            Self::Rsa => "rsa",
            Self::Secret => "secret",
            Self::Bound => "bound",
            Self::Offered => "offered",
            Self::Trading => "trading",
            Self::Sealed => "sealed",
        }
    }

    /// The last ones exist only in the first lane.
    const ALL: [Self; 8] = [
        Self::Plain,
        Self::Hasty,
        Self::Bound,
        Self::Offered,
        Self::Trading,
        Self::Sealed,
        Self::Secret,
        Self::Rsa,
    ];
}

impl Lane {
    /// The first one also has an RSA key if a case needs it, because making one takes a while.
    pub(crate) async fn start(number: usize, rsa: bool) -> Self {
        let kinds = match (number, rsa) {
            (0, true) => &Account::ALL[..],
            (0, false) => &Account::ALL[..7],
            _ => &Account::ALL[..6],
        };
        let client = |kind: &Account| Client {
            id: format!("{}-{number}", kind.name()),
            signing: if *kind == Account::Rsa { SigningAlgorithm::Rs256 } else { SigningAlgorithm::Es256 },
            userinfo_signing: (*kind == Account::Sealed).then_some(SigningAlgorithm::Es256),
            secret: (*kind == Account::Secret).then(|| ClientSecret::of(SECRET)),
            ..Client::default()
        };
        let clients = kinds.iter().map(client).collect();
        // Abide polls at its own shortest interval.
        let config = Config { clients, device_poll_interval: Duration::ZERO, ..Config::default() };
        let provider = DemoOp::start(config).await.expect("a provider");
        Self { number, provider }
    }

    /// The configuration of its accounts.
    pub(crate) fn accounts(&self) -> String {
        let account = |kind: Account| {
            let more = match kind {
                Account::Plain | Account::Rsa => String::new(),
                // Enough for a provider on this computer, and short for one that does not answer.
                Account::Hasty => "timeout = \"4s\"\n".to_owned(),
                Account::Secret => format!("client_secret_file = {:?}\n", secret_file()),
                Account::Bound => "dpop = \"required\"\n".to_owned(),
                Account::Offered => "dpop = \"offered\"\n".to_owned(),
                Account::Trading => "token_exchange = true\n".to_owned(),
                Account::Sealed => "userinfo_signed_response_alg = \"ES256\"\n".to_owned(),
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

    pub(crate) fn issuer(&self) -> &str {
        self.provider.issuer()
    }

    /// Whether this case is run here.
    pub(crate) fn takes(&self, at: usize, case: &Case) -> bool {
        match case.account {
            Account::Rsa | Account::Secret => self.number == 0,
            _ => at % super::LANES == self.number,
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
                before: COUNTED.into_iter().map(|at| (at, counted(&self.provider, at))).collect(),
            };
            self.provider.misbehave(case.wrong.clone());
            let running = tokio::time::timeout(LIMIT, scene.run(case));
            let outcome = match AssertUnwindSafe(running).catch_unwind().await {
                Ok(Ok(outcome)) => outcome,
                Ok(Err(_)) => Err("it takes too long".to_owned()),
                Err(panic) => Err(words(&*panic)),
            };
            self.provider.misbehave(Vec::new());
            if case.way != Way::Registration {
                scene.tidy().await;
            }
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
        match case.way {
            Way::Browser => self.sign_in(case).await?,
            Way::Device => device::run(self, case).await?,
            Way::Registration => registering::run(&self.lane.provider, case).await?,
        }
        let Some((endpoint, times)) = case.asked else { return Ok(()) };
        let asked = self.asked(endpoint);
        ensure!(asked == times, "{endpoint:?} was asked {asked} times, expected were {times}");
        Ok(())
    }

    async fn sign_in(&self, case: &Case) -> Result<(), String> {
        let signing_in = command(self.room, &["login", "--account", &self.account]).output();
        let mut signing_in = std::pin::pin!(signing_in);
        let address = loop {
            tokio::select! {
                done = signing_in.as_mut() => {
                    let Expected::NoBrowser(code) = case.expected else {
                        let done = done_of(done);
                        return Err(format!("no browser was started: {done:?}, {}", self.status().await));
                    };
                    return self.not_begun(code, &done_of(done)).await;
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
            // The right answer comes next, and is accepted.
            self.lane.provider.misbehave(Vec::new());
            landed = Visitor::default().sign_in(&address, USER, PASSWORD).await;
        }
        let done = done_of(signing_in.await);
        self.after_the_browser(case, &done, &landed).await
    }

    /// Refused before the person had to do anything.
    pub(crate) async fn not_begun(&self, code: &str, done: &Done) -> Result<(), String> {
        self.not_signed_in(code, done).await?;
        ensure!(self.asked(Endpoint::Token) == 0, "the token endpoint was asked");
        ensure!(self.asked(Endpoint::UserInfo) == 0, "UserInfo was asked");
        let started = self.stand_in.take(&self.client);
        ensure!(started.is_none(), "a browser was started: {started:?}");
        Ok(())
    }

    async fn after_the_browser(&self, case: &Case, done: &Done, landed: &Landed) -> Result<(), String> {
        let expected = case.expected;
        if let Expected::NoToken(code) | Expected::NoExchange(code) | Expected::Substituted(code) = expected {
            self.not_signed_in(code, done).await?;
            let failed = landed.body.contains("You are not signed in");
            ensure!(failed, "the page does not say that it failed: {} {}", landed.url, landed.body);
            let exchanges = match case.asked {
                Some((Endpoint::Token, times)) => times,
                _ => usize::from(!matches!(expected, Expected::NoExchange(_)) && !case.elsewhere),
            };
            let asked = self.asked(Endpoint::Token);
            ensure!(asked == exchanges, "token requests: {asked}");
            let looks = usize::from(matches!(expected, Expected::Substituted(_)));
            ensure!(self.asked(Endpoint::UserInfo) == looks, "UserInfo was asked");
            return Ok(());
        }
        ensure!(done.code == 0, "not signed in: {done:?}, {}", self.status().await);
        ensure!(landed.body.contains("You are signed in"), "the page: {} {}", landed.url, landed.body);
        self.signed_in(case).await
    }

    /// The rest of the case, after the sign-in.
    pub(crate) async fn signed_in(&self, case: &Case) -> Result<(), String> {
        let expected = case.expected;
        let answer = self.ask("").await?;
        let first = answer["access_token"].as_str().unwrap_or_default().to_owned();
        if let Some(kind) = case.kind {
            ensure!(answer["token_type"] == kind, "the token is a {}", answer["token_type"]);
        }
        let status = self.status().await;
        match expected {
            Expected::NoClaims(code) => {
                self.last_error(code).await?;
                ensure!(status["user"] == SUBJECT, "what UserInfo said is used: {status}");
                let looks = match case.asked {
                    Some((Endpoint::UserInfo, times)) => times,
                    _ => usize::from(!case.elsewhere),
                };
                let asked = self.asked(Endpoint::UserInfo);
                ensure!(asked == looks, "UserInfo was asked {asked} times");
            }
            Expected::Withheld(code, said) => self.withheld(case.tool, code, said, &first).await?,
            Expected::Handed => {
                let handed = self.ask(case.tool).await?;
                ensure!(handed["access_token"] != first.as_str(), "it is the session's own token");
                ensure!(self.token().await.as_ref() == Ok(&first), "the session's own token is another one");
            }
            Expected::Ended(_)
            | Expected::Kept(_)
            | Expected::Recovers(_)
            | Expected::SignInNeeded(_)
            | Expected::Renewed => {
                self.renewal(expected, &first).await?;
            }
            _ => {
                ensure!(status["last_error_code"].is_null(), "in last_error: {status}");
                ensure!(status["user"] == EMAIL, "another person: {status}");
            }
        }
        Ok(())
    }

    /// The browser's request did not belong to the sign-in, which still waits.
    async fn turned_away(&self, landed: &Landed, code: &str) -> Result<(), String> {
        let found = (landed.status, landed.code.as_deref());
        ensure!(found == (400, Some(code)), "turned away with {found:?}: {}", landed.body);
        let status = self.status().await;
        ensure!(status["state"] == "authorizing", "the sign-in is over: {status}");
        ensure!(self.token().await.is_err(), "a token is served");
        ensure!(self.asked(Endpoint::Token) == 0, "the token endpoint was asked");
        Ok(())
    }

    /// Waits for the line with the reason after the first `from` bytes of the log, which is written beside the answer.
    async fn logged(&self, from: usize, code: &str) -> Result<(), String> {
        let (account, code) = (format!("account=\"{}\"", self.account), format!("code=\"{code}\""));
        for _ in 0..400 {
            let log = self.app.log();
            if log[from..].lines().any(|line| line.contains(&account) && line.contains(&code)) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        Err(format!("the reason is not {code}: {}", &self.app.log()[from..]))
    }

    /// A tool asks for a token for one purpose and gets none. The session does not change.
    async fn withheld(&self, tool: &str, code: &str, said: &str, first: &str) -> Result<(), String> {
        let logged = self.app.log().len();
        let refused = self.ask(tool).await;
        ensure!(refused.as_ref().err().map(String::as_str) == Some(said), "the tool is told {refused:?}");
        self.logged(logged, code).await?;
        let status = self.status().await;
        ensure!(status["state"] == "active", "the session is not kept: {status}");
        ensure!(self.token().await.as_deref() == Ok(first), "the session's own token is another one");
        self.lane.provider.misbehave(Vec::new());
        let kept = abide(self.room, &["keep", "--account", &self.account]).await;
        ensure!(kept.code == 0, "abide keep: {kept:?}");
        self.renewed(first).await
    }

    /// Renews now, and checks the result.
    async fn renewal(&self, expected: Expected, first: &str) -> Result<(), String> {
        let kept = abide(self.room, &["keep", "--account", &self.account]).await;
        ensure!(kept.code == 0, "abide keep: {kept:?}");
        let Some(code) = expected.code() else { return self.renewed(first).await };
        let status = self.last_error(code).await?;
        if matches!(expected, Expected::Ended(_)) {
            ensure!(status["state"] == "ended", "the session continues: {status}");
            // The provider has said no to the token, or Abide to the answer.
            let by = if code == "invalid_grant" { "refresh_rejected" } else { "answer_refused" };
            ensure!(status["ended"] == by, "the reason is not {by}: {status}");
            ensure!(self.token().await.is_err(), "a token is served");
            return Ok(());
        }
        ensure!(status["state"] == "active", "the session is not kept: {status}");
        let now = self.token().await;
        ensure!(now.is_err() || now.as_deref() == Ok(first), "another token is served");
        let asks = matches!(expected, Expected::SignInNeeded(_));
        ensure!(status["sign_in_needed"] == asks, "whether a sign-in is needed: {status}");
        if asks {
            let tool = ["token", "--account", &self.account, "--scope", "openid"];
            let told = abide(self.room, &tool).await;
            ensure!(told.code == 3 && told.stderr.contains("abide login"), "the command says {told:?}");
        }
        if matches!(expected, Expected::Recovers(_)) {
            self.lane.provider.misbehave(Vec::new());
            self.renewed(first).await?;
        }
        Ok(())
    }

    /// Waits for a token other than the first.
    async fn renewed(&self, first: &str) -> Result<(), String> {
        for _ in 0..400 {
            let now = self.token().await?;
            if now != first {
                let status = self.status().await;
                ensure!(status["last_error_code"].is_null(), "in last_error: {status}");
                ensure!(status["user"] == EMAIL, "another person: {status}");
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        Err(format!("no new token is served: {}", self.status().await))
    }

    /// Not signed in, for this reason, and without a token.
    pub(crate) async fn not_signed_in(&self, code: &str, done: &Done) -> Result<(), String> {
        ensure!(done.code != 0, "signed in, where {code} was expected: {done:?}");
        ensure!(done.stderr.len() > 10, "nothing was said: {done:?}");
        let status = self.last_error(code).await?;
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

    /// Waits for the code of the last error; returns the state of the session at that moment.
    async fn last_error(&self, code: &str) -> Result<Value, String> {
        let mut status = Value::Null;
        for _ in 0..200 {
            status = self.status().await;
            if !status["last_error_code"].is_null() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        let found = &status["last_error_code"];
        ensure!(found == code, "the code is {found}, expected was {code}: {status}");
        ensure!(status["last_error"].is_string(), "no sentence: {status}");
        Ok(status)
    }

    pub(crate) async fn status(&self) -> Value {
        self.app.session(&self.account).await
    }

    /// The access token for a tool, or the code of the refusal.
    async fn token(&self) -> Result<String, String> {
        let answer = self.ask("").await?;
        Ok(answer["access_token"].as_str().unwrap_or_default().to_owned())
    }

    /// The answer to a tool that asks for a token, for the purpose in this query if there is one.
    async fn ask(&self, purpose: &str) -> Result<Value, String> {
        let target = format!("/v1/token?account={}&activity=none&{purpose}", self.account);
        let target = target.trim_end_matches('&');
        let key = format!("X-Abide-Key: {}", self.key);
        let answer = self.app.socket().request("GET", target, &["Host: localhost", &key], "").await;
        let answer = answer.expect("an answer").json();
        match answer["access_token"].is_string() {
            true => Ok(answer),
            false => Err(answer["error"].as_str().unwrap_or("no error").to_owned()),
        }
    }

    /// The number of requests to the provider in this case.
    pub(crate) fn asked(&self, endpoint: Endpoint) -> usize {
        counted(&self.lane.provider, endpoint) - self.before.get(&endpoint).copied().unwrap_or_default()
    }

    /// Signs out, unless the session has ended already.
    async fn tidy(&self) {
        let status = self.status().await;
        if status["state"] != "signed_out" && status["state"] != "ended" {
            let done = abide(self.room, &["logout", "--account", &self.account]).await;
            assert!(done.code == 0 || done.code == 3, "abide logout: {done:?}");
        }
    }
}

/// Token requests for a sign-in. One for a renewal may be left from the previous case.
fn counted(provider: &DemoOp, endpoint: Endpoint) -> usize {
    let all = provider.record().count(endpoint);
    if endpoint == Endpoint::Token { all - provider.record().refreshes() } else { all }
}

pub(crate) fn done_of(output: std::io::Result<std::process::Output>) -> Done {
    let output = output.expect("run abide");
    Done {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).trim_end().to_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}
