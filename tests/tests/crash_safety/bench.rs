//! An agent that is signed in, killed, and started again; and its expected state afterwards.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use abide_demo_op::{Config, DemoOp, Outcome};
use abide_tests::app::{App, abide, configure, one_account};
use abide_tests::login::sign_in;
use abide_tests::providers::USER;
use abide_tests::room::Room;
use abide_tests::{http, program, s};
use abide_vault::{Costs, Passphrase, Vault, Zeroizing};

const SESSION: &str = "end_after = \"15m\"\nwarn_after = \"12m\"";

/// The number of kills in all.
pub(super) fn crashes() -> usize {
    let wanted = std::env::var("ABIDE_CRASHES").unwrap_or_default();
    wanted.parse().unwrap_or(200)
}

/// The effect of a kill on the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// The provider has not exchanged the token, or the new one is on the disk: the session still exists.
    Kept,
    /// The provider has exchanged it, but its answer has not reached the disk: the new token is lost.
    Lost,
    /// Either of them, if the process was killed at a random moment before it could report its place.
    Unknown,
    /// The place was not passed; killed from outside instead.
    Missed,
}

/// Random moments and decisions. The seed is printed, so that a run can be repeated.
pub(super) struct Chance(u64);

impl Chance {
    pub(super) fn new() -> Self {
        let given = std::env::var("ABIDE_CRASH_SEED").ok().and_then(|seed| seed.parse::<u64>().ok());
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        let seed = given.unwrap_or(now.subsec_nanos().into());
        println!("ABIDE_CRASH_SEED={seed}");
        Self(seed | 1)
    }

    /// At least 0, less than 1 (xorshift64).
    #[expect(clippy::cast_precision_loss, reason = "a moment")]
    pub(super) fn fraction(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// A room whose programs look for failpoints.
pub(super) fn prepared(mut room: Room) -> Room {
    let points = room.path("points");
    std::fs::create_dir(&points).unwrap();
    room.set(abide_failpoint::FOLDER, points.to_str().unwrap());
    room
}

/// The vault of this room is sealed with a passphrase of very low cost, because there are many starts. The cost is in the
/// vault, so it is made before the agent starts. Returns the lines for the configuration.
pub(super) fn with_a_passphrase(room: &Room) -> String {
    let file = room.path("passphrase");
    std::fs::write(&file, "correct horse battery staple").unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    let text = Zeroizing::new(std::fs::read(&file).unwrap());
    let passphrase = Passphrase::new(text).unwrap().costing(Costs::new(256, 1, 1).unwrap());
    let mut vault = Vault::open_with(&room.places().state, &passphrase).unwrap().vault;
    vault.put("something else", Zeroizing::new(b"stays".to_vec())).unwrap();
    format!("[vault]\nmode = \"passphrase\"\npassphrase_file = \"{}\"\n", file.display())
}

/// The room, the provider, the running agent, and the count.
pub(super) struct Bench<'a> {
    room: &'a Room,
    provider: DemoOp,
    subject: String,
    app: Option<App<'a>>,
    kills: usize,
    lost: usize,
    missed: usize,
    begun: Instant,
}

impl<'a> Bench<'a> {
    /// Signs in; `vault` is the rest of the configuration.
    pub(super) async fn signed_in(room: &'a Room, vault: &str) -> Self {
        let provider = DemoOp::start(Config::default()).await.unwrap();
        configure(room, &format!("{}\n{vault}", one_account(provider.issuer(), None, SESSION)));
        let app = App::headless(room).await;
        sign_in(room).await;
        let trace = room.path("points").join(abide_failpoint::TRACE);
        assert!(
            trace.exists(),
            "the programs are built without the feature `failpoints`: `cargo build -p abide -p abide-tests --bins --tests`"
        );
        let token = app.abide(&["token"]).await.stdout;
        let (subject, begun) = (String::new(), Instant::now());
        let mut bench = Self { room, provider, subject, app: None, kills: 0, lost: 0, missed: 0, begun };
        bench.subject = bench.subject_of(&token).await;
        bench.app = Some(app);
        bench
    }

    pub(super) fn kills(&self) -> usize {
        self.kills
    }

    pub(super) fn lost(&self) -> usize {
        self.lost
    }

    pub(super) fn missed(&self) -> usize {
        self.missed
    }

    pub(super) fn summary(&self) -> String {
        let Self { kills, lost, missed, .. } = self;
        let seconds = self.begun.elapsed().as_secs();
        format!(
            "{kills} kills in {seconds} s; in the window: {lost}; places that were not passed again: {missed}"
        )
    }

    /// The person that the provider reports for this token.
    async fn subject_of(&self, token: &str) -> String {
        let userinfo = format!("{}/userinfo", self.provider.issuer());
        let answer = http().get(userinfo).bearer_auth(token).send().await.unwrap();
        assert_eq!(answer.status(), 200, "the provider accepts the token");
        let claims: serde_json::Value = answer.json().await.unwrap();
        claims["sub"].as_str().unwrap().to_owned()
    }

    /// The places that a refresh passes, each with the number of its passes.
    pub(super) async fn route(&self) -> Vec<(String, u32)> {
        self.arm("");
        assert_eq!(abide(self.room, &["keep"]).await.code, 0);
        let mut times = BTreeMap::new();
        let counted = |name: String| {
            let count = times.entry(name.clone()).or_insert(0_u32);
            *count += 1;
            (name, *count)
        };
        self.whole_refresh().await.into_iter().map(counted).collect()
    }

    /// The duration of a refresh from its first step to the end of its consequences.
    pub(super) async fn duration_of_a_refresh(&self) -> Duration {
        self.arm("");
        let whole = async {
            self.until("a refresh to begin", || !self.trace().is_empty()).await;
            let since = Instant::now();
            self.whole_refresh().await;
            since.elapsed()
        };
        tokio::join!(abide(self.room, &["keep"]), whole).1
    }

    fn point(&self, file: &str) -> PathBuf {
        self.room.path("points").join(file)
    }

    /// Sets the place at which the process ends, and clears the trace.
    fn arm(&self, place: &str) {
        let (armed, fresh) = (self.point(abide_failpoint::ARMED), self.point("fresh"));
        std::fs::write(self.point(abide_failpoint::TRACE), "").unwrap();
        std::fs::write(&fresh, place).unwrap();
        std::fs::rename(fresh, armed).unwrap();
    }

    /// The passed places.
    fn trace(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.point(abide_failpoint::TRACE)).unwrap_or_default();
        // The last line may be incomplete.
        let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
        whole.lines().map(str::to_owned).collect()
    }

    async fn until(&self, what: &str, holds: impl Fn() -> bool) {
        let end = Instant::now() + s(20);
        while !holds() {
            assert!(Instant::now() < end, "waited 20 s for {what}: {:?}", self.trace());
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// Waits until a refresh has been served, UserInfo has been read after it, and no write is pending.
    async fn whole_refresh(&self) -> Vec<String> {
        let is_whole = || {
            let trace = self.trace();
            let served = trace.iter().position(|at| at == "refresh.served");
            let read = served.is_some_and(|served| trace[served..].iter().any(|at| at == "http.body"));
            let count = |names: &[&str]| trace.iter().filter(|at| names.contains(&at.as_str())).count();
            read && count(&["vault.put", "vault.update"]) == count(&["disk.done"])
        };
        self.until("the end of a refresh", is_whole).await;
        self.trace()
    }

    /// Starts a refresh that ends the process at this place.
    pub(super) async fn refresh_until_killed_at(&mut self, name: &str, times: u32) -> Fate {
        let before = self.provider.record().refreshes();
        let app = RefCell::new(self.app.take().expect("an agent"));
        self.arm(&format!("{name} {times}"));
        // It may end before it answers.
        let _ = abide(self.room, &["keep"]).await;
        let ended = self.until("the end", || app.borrow_mut().ended().is_some());
        let fate = if tokio::time::timeout(s(4), ended).await.is_ok() {
            let signal = app.borrow_mut().ended().and_then(|status| status.signal());
            assert_eq!(signal, Some(9), "killed at {name}, and nothing else: {}", app.borrow().log());
            // Nothing was passed if an earlier write was the one that ended there.
            let came = self.trace();
            assert!(came.last().is_none_or(|last| last == name), "it ended where it was to end: {came:?}");
            self.fate(before, true).await
        } else {
            app.borrow_mut().kill();
            self.missed += 1;
            self.fate(before, false).await;
            Fate::Missed
        };
        self.kills += 1;
        fate
    }

    /// Starts a refresh, and kills the process a while later.
    pub(super) async fn refresh_until(&mut self, moment: Duration) -> Fate {
        let before = self.provider.record().refreshes();
        let mut app = self.app.take().expect("an agent");
        self.arm("");
        let kill = async {
            self.until("a refresh to begin", || !self.trace().is_empty()).await;
            tokio::time::sleep(moment).await;
            app.kill();
        };
        let _ = tokio::join!(abide(self.room, &["keep"]), kill);
        drop(app);
        self.kills += 1;
        self.fate(before, false).await
    }

    /// Starts the agent and kills it a while later, whatever its state.
    pub(super) async fn start_until(&mut self, moment: Duration) {
        let mut program = self.room.start(program("abide"), &["agent"]);
        tokio::time::sleep(moment).await;
        program.kill();
        self.kills += 1;
    }

    /// The expected effect on the session, from the provider's record and the trace of the process.
    async fn fate(&self, before: usize, exact: bool) -> Fate {
        // All requests of the process are answered before this one.
        let discovery = format!("{}/.well-known/openid-configuration", self.provider.issuer());
        assert_eq!(http().get(discovery).send().await.unwrap().status(), 200);
        let record = self.provider.record();
        let asked = record.refreshes() - before;
        let entries = record.entries();
        let asked = entries.iter().rev().filter(|entry| entry.is_refresh()).take(asked);
        let exchanged = asked.filter(|entry| entry.outcome == Outcome::Ok).count();
        assert!(exchanged <= 1, "one refresh, not {exchanged}");
        let trace = self.trace();
        let put = trace.iter().position(|name| name == "vault.put");
        let on_disk = put.is_some_and(|put| trace[put..].iter().any(|name| name == "disk.written"));
        match (exchanged == 1 && !on_disk, exact) {
            (false, _) => Fate::Kept,
            (true, true) => Fate::Lost,
            (true, false) => Fate::Unknown,
        }
    }

    /// Starts the agent and checks that its state is the expected one.
    pub(super) async fn comes_back(&mut self, fate: Fate) {
        let came = self.trace();
        self.arm("");
        let record = self.provider.record();
        let before = record.refreshes();
        let app = App::headless(self.room).await;
        let token = app.abide(&["token"]).await;
        let asked = record.refreshes() - before;
        let session = app.session("work").await;
        let what = format!("{fate:?} after {came:?}: {token:?}, {session}");
        let is_there = token.code == 0;
        match fate {
            Fate::Kept => assert!(is_there, "{what}"),
            Fate::Lost => assert!(!is_there, "the harness is wrong about the window: {what}"),
            Fate::Unknown | Fate::Missed => {}
        }
        if is_there {
            assert_eq!(asked, 1, "one refresh brings a token: {what}");
            assert_eq!(self.subject_of(&token.stdout).await, self.subject, "the same person");
            assert!(session["user"].as_str().is_some_and(|user| user.contains(USER)), "{what}");
            self.whole_refresh().await;
        } else {
            // In the window the old token is tried once, and the provider's answer counts.
            assert_eq!(token.code, 3, "{what}");
            assert_eq!(session["ended"], "refresh_rejected", "{what}");
            // A session that has ended notifies the provider, and tests that the token is not accepted there.
            assert!((1..=2).contains(&asked), "one refresh brings the news that there is no token: {what}");
            let entries = record.entries();
            for refused in entries.iter().rev().filter(|entry| entry.is_refresh()).take(asked) {
                assert_eq!(refused.outcome, Outcome::Error("invalid_grant"), "{what}");
            }
            self.lost += 1;
            sign_in(self.room).await;
        }
        self.app = Some(app);
    }
}
