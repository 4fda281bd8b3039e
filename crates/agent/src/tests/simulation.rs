//! Random schedules of everything that can happen to one account. A seed decides all of it, so a seed repeats a run exactly.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use abide_session::{EndReason, Input, State as SessionState};
use abide_wire::{ErrorAnswer, TokenAnswer};
use secrecy::ExposeSecret as _;

use crate::platform::clock::{self, scripted};
use crate::state::store::Store;
use crate::tests::disk::Disk;
use crate::tests::provider::{Fate, Provider, State, number};
use crate::tests::world::{ACCOUNT, World, narrow, params};
use crate::tokens::{TokenParams, token};

/// How many seeds a run of the tests tries.
const SEEDS: u64 = 2_000;
/// Seeds that have found something once.
const KEPT: &[u64] = &[1171];
/// How many things happen in one run.
const STEPS: u32 = 60;
/// A request is answered within this time, in seconds that the machine is awake.
const PATIENCE: u64 = 15 * 60;

/// A random number below `most`.
fn below(most: u64) -> u64 {
    scripted::chance().unwrap() % most
}

fn seconds(most: u64) -> Duration {
    Duration::from_millis(below(most * 1000 + 1))
}

/// How a request fares at a provider on a bad day.
fn fate(path: &str) -> Fate {
    match (path, below(100)) {
        ("/revoke", 0..20) => Fate::Lost,
        ("/revoke", _) | (_, 0..55) => Fate::Answered(seconds(1), seconds(1)),
        (_, 55..75) => Fate::Answered(seconds(20), seconds(70)),
        (_, 75..82) => Fate::Lost,
        (_, 82..86) => Fate::AnswerLost,
        (_, 86..88) => Fate::Refused("interaction_required"),
        (_, 88..95) => Fate::Trouble([500, 503, 429, 403][usize::try_from(below(4)).unwrap()]),
        _ => Fate::Malformed,
    }
}

/// What must never happen, once it has.
#[derive(Clone, Default)]
struct Violations(Arc<Mutex<Vec<String>>>);

impl Violations {
    fn add(&self, what: impl Into<String>) {
        self.0.lock().unwrap().push(what.into());
    }

    fn first(&self) -> Option<String> {
        self.0.lock().unwrap().first().cloned()
    }
}

/// Requests that are not answered yet: since when, by the clock that counts while the machine is awake.
type Waiting = Arc<Mutex<BTreeMap<u64, Duration>>>;

struct Run {
    world: World,
    violations: Violations,
    waiting: Waiting,
    requests: u64,
    trace: Arc<Mutex<Vec<String>>>,
    locked: bool,
    /// Of the present session, or the last one.
    grant: Option<u64>,
    /// How many ends have been judged.
    ends: usize,
    /// The last question that was seen: its number, and the boot time of the end that it is about.
    asked: Option<(u64, Duration)>,
}

impl Run {
    fn new(seed: u64) -> Self {
        let mut world = World::new(seed);
        world.provider.inner().chooser = Some(fate);
        world.provider.inner().keeps_tokens = below(4) == 0;
        world.start();
        Self {
            world,
            violations: Violations::default(),
            waiting: Waiting::default(),
            requests: 0,
            trace: Arc::default(),
            locked: false,
            grant: None,
            ends: 0,
            asked: None,
        }
    }

    fn note(&self, what: impl Into<String>) {
        let at = clock::now();
        self.trace.lock().unwrap().push(format!("{:?} {}", at.boot, what.into()));
    }

    /// One request of a tool. What it gets is judged in the moment in which it gets it.
    fn request(&mut self, params: TokenParams) {
        self.requests += 1;
        let id = self.requests;
        let own = params.target == abide_oidc::TokenTarget::default();
        self.waiting.lock().unwrap().insert(id, scripted::awake());
        let (waiting, trace, violations) =
            (self.waiting.clone(), self.trace.clone(), self.violations.clone());
        let (store, provider, disk) =
            (self.world.store().clone(), self.world.provider.clone(), self.world.disk.clone());
        self.world.run(async {
            tokio::spawn(async move {
                let result = token(&store, &params).await;
                waiting.lock().unwrap().remove(&id);
                let said = match &result {
                    Ok(answer) => answer.access_token.expose().to_owned(),
                    Err(error) => format!("{:?}", error.error),
                };
                trace.lock().unwrap().push(format!("{:?} request {id}: {said}", clock::now().boot));
                if let Some(wrong) = judge(&store, &provider, &disk, own, &result) {
                    violations.add(format!("request {id}: {wrong}"));
                }
            });
        });
    }

    fn input(&mut self, input: Input) {
        self.note(format!("{input:?}"));
        self.world.input(input);
    }

    /// The process ends without a word. What only it knew is lost: that is the window, and it is on record.
    fn crash(&mut self) {
        self.note("crash");
        let durable = self.world.disk.durable();
        let holds = |number: u64| {
            let words = format!("\"rt-{number}\"");
            durable.values().any(|content| crate::tests::disk::contains(content, &words))
        };
        self.world.crash();
        {
            let mut inner = self.world.provider.inner();
            let lost: Vec<u64> = inner
                .refresh_tokens
                .iter()
                .filter(|(number, token)| token.state == State::Good && !holds(**number))
                .map(|(number, _)| *number)
                .collect();
            for number in lost {
                let grant = inner.refresh_tokens[&number].grant;
                inner.lost_tokens.insert(number);
                inner.lost_grants.insert(grant);
            }
        }
        self.waiting.lock().unwrap().clear();
        self.asked = None;
    }

    fn start(&mut self) {
        self.world.start();
        if self.locked {
            self.world.run(async { self.world.store().lock_screen(true) });
        }
    }

    fn step(&mut self) {
        match below(100) {
            0..34 => self.request(params(below(2) == 0)),
            34..42 => {
                self.request(narrow(["https://a.example", "https://b.example"][usize::from(below(2) == 0)]))
            }
            42..52 => self.input(Input::Login),
            52..56 => self.input(Input::Logout),
            56..58 => self.input(Input::CancelLogin),
            58..62 => self.input(Input::Keep),
            62..65 => self.input(Input::Renew),
            65..69 => {
                self.locked = !self.locked;
                self.note(format!("locked: {}", self.locked));
                // The question is taken down, and comes back.
                self.asked = None;
                let locked = self.locked;
                self.world.run(async { self.world.store().lock_screen(locked) });
            }
            69..72 => {
                let time = seconds([60, 900, 7200][usize::try_from(below(3)).unwrap()]);
                self.note(format!("asleep for {time:?}"));
                scripted::suspend(time);
            }
            72..75 => {
                self.note("the wall clock is set");
                if below(2) == 0 {
                    scripted::set_wall_ahead(seconds(7200));
                } else {
                    scripted::set_wall_back(seconds(7200));
                }
            }
            75..81 => {
                let (slow, full) = (seconds(3), u32::try_from(below(4)).unwrap());
                self.note(format!("the disk takes {slow:?} and is full for {full}"));
                self.world.disk.takes(slow);
                self.world.disk.is_full_for(full);
            }
            81..86 => self.world.disk.takes(Duration::ZERO),
            86..91 => {
                self.crash();
                self.start();
            }
            91..92 => {
                self.crash();
                scripted::reboot();
                self.start();
            }
            92..94 => {
                self.note("the provider ends everything");
                self.world.provider.end_all();
            }
            94..96 => self.world.person.lock().unwrap().takes = seconds(400),
            96..97 => {
                let subject = ["alice", "bob"][usize::from(below(4) == 0)];
                self.world.person.lock().unwrap().subject = subject;
            }
            97..98 => {
                self.note("other rules");
                self.asked = None;
                let mut config = self.world.config.clone();
                config.session.warn_after = Duration::from_secs(60 + below(600));
                config.session.end_after = config.session.warn_after + Duration::from_secs(60 + below(600));
                self.world.run(async { self.world.store().change_rules(ACCOUNT, config) });
            }
            _ => self.world.run(async { self.world.store().write_all_down().await }),
        }
        let pause = match below(10) {
            0..4 => Duration::ZERO,
            4..7 => seconds(3),
            7..9 => seconds(120),
            _ => seconds(1200),
        };
        let until = scripted::awake() + pause;
        while scripted::awake() < until {
            // Seen often enough to see every question.
            let left = until.saturating_sub(scripted::awake());
            self.world.run(clock::sleep(left.min(Duration::from_secs(20))));
            self.look();
        }
        self.world.run(clock::sleep(Duration::from_millis(1)));
        self.look();
    }

    /// What must hold at any moment.
    fn look(&mut self) {
        let late = |since: &Duration| scripted::awake().saturating_sub(*since).as_secs() > PATIENCE;
        if let Some((id, _)) = self.waiting.lock().unwrap().iter().find(|(_, since)| late(since)) {
            self.violations.add(format!("request {id} is left waiting"));
        }
        if self.world.provider.inner().most_under_way > 1 {
            self.violations.add("two requests send the refresh token at the same time");
        }
        let ends = self.world.ended.lock().unwrap().clone();
        for end in &ends[self.ends..] {
            self.note(format!("ended: {end:?}"));
            // Only a token that was lost outside of Abide, or in the window, may be refused.
            let inner = self.world.provider.inner();
            let newest =
                inner.refresh_tokens.values().rev().find(|token| token.delivered).map(|token| token.grant);
            let lost =
                [self.grant, newest].into_iter().flatten().any(|grant| inner.lost_grants.contains(&grant));
            if *end == EndReason::RefreshRejected && !lost {
                self.violations.add("the refresh token was refused although nothing was lost");
            }
        }
        self.ends = ends.len();
        let held = self.world.with(|account| {
            let token = account.held.as_ref()?.refresh_token.as_ref()?;
            number(token.expose_secret())
        });
        let grant = held.map(|number| self.world.provider.inner().refresh_tokens[&number].grant);
        self.grant = grant.or(self.grant);
        let now = clock::now();
        let question = self.world.with(|account| {
            let view = account.session.view(now);
            Some((view.question?.0, now.boot + view.left?))
        });
        if let Some((id, end)) = question {
            if let Some((before, same)) = self.asked
                && before != id
                && same.abs_diff(end) < Duration::from_secs(1)
            {
                self.violations.add(format!("asked twice about the end at {end:?}"));
            }
            self.asked = Some((id, end));
        }
    }

    /// The trouble is over, and everything comes to rest.
    fn rest(&mut self) {
        self.world.provider.inner().chooser = None;
        self.world.disk.takes(Duration::ZERO);
        self.world.disk.is_full_for(0);
        self.note("rest");
        self.world.pass(PATIENCE);
        self.look();
        if !self.waiting.lock().unwrap().is_empty() {
            self.violations.add("requests are left waiting");
        }
        self.world.input(Input::CancelLogin);
        self.world.input(Input::Logout);
        self.world.pass(4 * 3600);
        self.look();
        if matches!(self.world.state(), SessionState::Active | SessionState::Expiring) {
            self.violations.add("signed in after signing out");
        }
        let lost = self.world.provider.inner().lost_tokens.clone();
        let left: Vec<u64> =
            self.world.provider.good().into_iter().filter(|number| !lost.contains(number)).collect();
        if !left.is_empty() {
            self.violations.add(format!("not revoked: {left:?}"));
        }
        // What the disk did not let go is taken up by the next start.
        self.crash();
        self.start();
        self.world.pass(3600);
        self.look();
        let records = self.world.disk.names("");
        if !records.is_empty() {
            self.violations.add(format!("left in the vault: {records:?}"));
        }
    }
}

/// What is wrong with what a tool has got, if anything is.
fn judge(
    store: &Arc<Store>,
    provider: &Provider,
    disk: &Disk,
    own: bool,
    result: &Result<TokenAnswer, ErrorAnswer>,
) -> Option<String> {
    let Ok(answer) = result else { return None };
    let served = number(answer.access_token.expose())?;
    let state = store.act(ACCOUNT, |account, _| account.session.state()).ok()?;
    if !matches!(state, SessionState::Active | SessionState::Expiring) {
        return Some(format!("at-{served} was served in a session that is {state:?}"));
    }
    let came_with = provider.inner().access_tokens[&served];
    let durable = disk.session(ACCOUNT).and_then(|session| number(session["refresh_token"].as_str()?));
    if durable.is_none_or(|durable| durable < came_with) {
        return Some(format!("at-{served} was served, and the disk has {durable:?}"));
    }
    let present = store.act(ACCOUNT, |account, _| account.held.as_ref().and_then(|held| held.access.clone()));
    let present = present.ok()?.and_then(|access| number(access.token.expose_secret()));
    (own && present != Some(served)).then(|| format!("at-{served} was served, which is not the session's"))
}

/// Everything that has happened, and what must not have.
fn run(seed: u64) -> (Vec<String>, Option<String>) {
    let mut run = Run::new(seed);
    for _ in 0..STEPS {
        run.step();
        if run.violations.first().is_some() {
            break;
        }
    }
    if run.violations.first().is_none() {
        run.rest();
    }
    let mut trace = run.trace.lock().unwrap().clone();
    trace.extend(run.world.provider.inner().log.iter().cloned());
    (trace, run.violations.first())
}

fn check(seed: u64) {
    let (trace, wrong) = run(seed);
    if let Some(wrong) = wrong {
        panic!("seed {seed}: {wrong}\n{}", trace.join("\n"));
    }
}

fn number_in(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

#[test]
fn what_was_found_once_is_not_found_again() {
    KEPT.iter().for_each(|seed| check(*seed));
}

#[test]
fn a_seed_repeats_a_run() {
    for seed in 1..6 {
        assert_eq!(run(seed), run(seed), "seed {seed}");
    }
}

/// `ABIDE_SEED` is the first seed, `ABIDE_SEEDS` how many are tried.
#[test]
fn no_schedule_breaks_a_promise() {
    let first = number_in("ABIDE_SEED").unwrap_or(1);
    let (began, count) = (Instant::now(), number_in("ABIDE_SEEDS").unwrap_or(SEEDS));
    let next = std::sync::atomic::AtomicU64::new(0);
    let workers = std::thread::available_parallelism().map_or(1, usize::from).min(8);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                    if index >= count {
                        next.fetch_sub(1, std::sync::atomic::Ordering::Relaxed);
                        return;
                    }
                    check(first + index);
                }
            });
        }
    });
    let done = next.into_inner();
    println!("{done} schedules from seed {first} in {:.1} s", began.elapsed().as_secs_f64());
    assert!(done > 0);
}
