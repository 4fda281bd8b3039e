#![allow(clippy::unwrap_used)]
use proptest::prelude::*;

use super::*;
use crate::identity::Script;
use crate::platform::program::Program;

const NOW: u64 = 1_000;

fn process(number: i32) -> ProcessId {
    ProcessId { number, started: 7 }
}

fn stamp(inode: u64) -> Stamp {
    Stamp { device: 1, inode, size: 10, changed: (5, 0) }
}

fn program(path: &str, inode: u64) -> Caller {
    let stamp = Some(stamp(inode));
    let program = Program { path: path.into(), id: (1, inode), stamp, replaced: false, contained: false };
    Caller {
        kind: Kind::Program,
        name: path.to_owned(),
        program: Some(program),
        process: Some(process(10)),
        ancestry: vec![process(10), process(9), process(1)],
        sha256: Some(format!("digest-{inode}")),
        ..Caller::default()
    }
}

fn file(path: &str, inode: u64, of_root: bool) -> Subject {
    Subject::File {
        path: path.into(),
        stamp: Some(stamp(inode)),
        sha256: Some(format!("digest-{inode}")),
        of_root,
    }
}

fn allows(subject: Subject, limits: Limits) -> Grant {
    Grant { id: 1, subject, allows: true, limits }
}

fn request() -> Request {
    Request { account: "work".to_owned(), session: Some((1, 1)), activity: true, ..Request::default() }
}

fn judged(caller: &Caller, request: &Request, grants: &[Grant]) -> Decision {
    decide(caller, request, grants, &Policy::default(), NOW)
}

fn set(words: &[&str]) -> BTreeSet<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn is_allowed(decision: &Decision) -> bool {
    matches!(decision, Decision::Allow { .. })
}

#[test]
fn without_a_grant_every_caller_is_asked_about_or_denied() {
    for kind in
        [Kind::Program, Kind::Interpreter, Kind::Terminal, Kind::Forwarder, Kind::Background, Kind::Unknown]
    {
        let caller = Caller { kind, ..program("/opt/tool", 1) };
        assert_eq!(judged(&caller, &request(), &[]), Decision::Ask(AskedBecause::New), "{kind:?}");
    }
    let key = Caller { kind: Kind::Key, ..Caller::default() };
    assert_eq!(judged(&key, &request(), &[]), Decision::Deny(Denial::Key));
    let contained = Caller { kind: Kind::Contained, ..Caller::default() };
    assert_eq!(judged(&contained, &request(), &[]), Decision::Deny(Denial::Sandbox));
}

#[test]
fn a_changed_file_is_asked_about_again_unless_only_root_could_change_it() {
    let grants = [allows(file("/opt/tool", 1, false), Limits::NONE)];
    assert!(is_allowed(&judged(&program("/opt/tool", 1), &request(), &grants)));
    let touched = Caller { sha256: Some("digest-1".to_owned()), ..program("/opt/tool", 2) };
    assert!(is_allowed(&judged(&touched, &request(), &grants)), "the same content");
    let changed = Caller { only_root_writes: true, ..program("/opt/tool", 2) };
    assert_eq!(judged(&changed, &request(), &grants), Decision::Ask(AskedBecause::Changed));
    let elsewhere = Caller { sha256: Some("digest-1".to_owned()), ..program("/home/tool", 1) };
    assert_eq!(judged(&elsewhere, &request(), &grants), Decision::Ask(AskedBecause::New));
    let grants = [allows(file("/opt/tool", 1, true), Limits::NONE)];
    assert!(is_allowed(&judged(&changed, &request(), &grants)), "an update");
    assert!(
        !is_allowed(&judged(&program("/opt/tool", 2), &request(), &grants)),
        "others can write to it now"
    );
}

#[test]
fn a_program_that_was_replaced_while_it_runs_has_to_be_started_again() {
    let grants = [allows(file("/opt/tool", 1, false), Limits::NONE)];
    let mut old = program("/opt/tool (deleted)", 9);
    old.program.as_mut().unwrap().replaced = true;
    assert_eq!(judged(&old, &request(), &grants), Decision::Deny(Denial::Replaced));
}

#[test]
fn a_grant_is_never_wider_than_what_was_shown() {
    let shown = Request { targets: set(&["api"]), scopes: set(&["read", "list"]), ..request() };
    let grants = [allows(file("/opt/tool", 1, false), Limits::of(&shown))];
    let caller = program("/opt/tool", 1);
    let with = |change: &dyn Fn(&mut Request)| {
        let mut wanted = shown.clone();
        change(&mut wanted);
        judged(&caller, &wanted, &grants)
    };
    assert!(is_allowed(&with(&|_| {})));
    assert!(is_allowed(&with(&|wanted| wanted.scopes = set(&["read"]))));
    let wider = Decision::Ask(AskedBecause::Wider);
    assert_eq!(with(&|wanted| wanted.scopes = set(&["read", "write"])), wider);
    assert_eq!(with(&|wanted| wanted.scopes.clear()), wider, "all scopes are more than some");
    assert_eq!(with(&|wanted| wanted.targets = set(&["other"])), wider);
    assert_eq!(with(&|wanted| wanted.targets.clear()), wider);
    assert_eq!(with(&|wanted| wanted.signs_in = true), wider);
    assert_eq!(with(&|wanted| wanted.account = "home".to_owned()), Decision::Ask(AskedBecause::New));
}

#[test]
fn a_grant_ends_with_its_time_and_with_its_session() {
    let caller = program("/opt/tool", 1);
    let ended = Decision::Ask(AskedBecause::Ended);
    let until = Limits { until: Some(NOW), ..Limits::NONE };
    assert_eq!(judged(&caller, &request(), &[allows(file("/opt/tool", 1, false), until)]), ended);
    let session = Limits { session: Some((1, 2)), ..Limits::NONE };
    assert_eq!(judged(&caller, &request(), &[allows(file("/opt/tool", 1, false), session)]), ended);
}

#[test]
fn a_denial_comes_before_every_grant_and_policy_before_both() {
    let caller = program("/opt/tool", 1);
    let allowed = allows(file("/opt/tool", 1, false), Limits::NONE);
    let denied = Grant { id: 2, allows: false, ..allowed.clone() };
    let both = [allowed.clone(), denied];
    assert_eq!(judged(&caller, &request(), &both), Decision::Deny(Denial::Refused(2)));
    let rule = || vec![Rule::Path("/opt/tool".into())];
    let forbid = Policy { forbid: rule(), allow: rule() };
    assert_eq!(decide(&caller, &request(), &[allowed], &forbid, NOW), Decision::Deny(Denial::Policy));
    let allow = Policy { allow: rule(), ..Policy::default() };
    assert!(!is_allowed(&decide(&caller, &request(), &[], &allow, NOW)), "others can write to that path");
    let proved = Caller { only_root_writes: true, ..caller };
    assert!(is_allowed(&decide(&proved, &request(), &[], &allow, NOW)));
}

#[test]
fn an_interpreter_is_not_allowed_by_the_grant_of_its_file() {
    let python = Caller { kind: Kind::Interpreter, ..program("/usr/bin/python3", 1) };
    let grants = [allows(file("/usr/bin/python3", 1, true), Limits::NONE)];
    assert!(!is_allowed(&judged(&python, &request(), &grants)));
    let script = Script { path: "/home/me/a.py".into(), stamp: stamp(3) };
    let subject =
        Subject::Script { path: script.path.clone(), stamp: script.stamp, sha256: "digest-3".to_owned() };
    let with = Caller { script: Some(script), ..python };
    assert!(is_allowed(&judged(&with, &request(), &[allows(subject.clone(), Limits::NONE)])));
    let swapped = Script { path: "/home/me/a.py".into(), stamp: stamp(4) };
    let with = Caller { script: Some(swapped), script_sha256: Some("digest-4".to_owned()), ..with };
    let asked = judged(&with, &request(), &[allows(subject, Limits::NONE)]);
    assert_eq!(asked, Decision::Ask(AskedBecause::Changed));
}

#[test]
fn what_does_not_count_as_activity_never_does() {
    let limits = Limits { activity: false, ..Limits::NONE };
    let quiet = allows(file("/opt/tool", 1, false), limits);
    let caller = program("/opt/tool", 1);
    let decision = judged(&caller, &request(), std::slice::from_ref(&quiet));
    assert_eq!(decision, Decision::Allow { by: Basis::Grant(1), activity: false });
    let other = Grant { id: 2, ..allows(Subject::Process(process(9)), Limits::NONE) };
    let decision = judged(&caller, &request(), &[other, quiet]);
    assert_eq!(decision, Decision::Allow { by: Basis::Grant(2), activity: true });
}

fn any_set() -> impl Strategy<Value = BTreeSet<String>> {
    proptest::collection::btree_set(
        prop_oneof![Just("a"), Just("b"), Just("c")].prop_map(str::to_owned),
        0..3,
    )
}

fn any_account() -> impl Strategy<Value = String> {
    prop_oneof![Just("work"), Just("home")].prop_map(str::to_owned)
}

prop_compose! {
    fn any_limits()(
        account in proptest::option::of(any_account()), targets in proptest::option::of(any_set()),
        scopes in proptest::option::of(any_set()), activity: bool, signs_in: bool,
        until in proptest::option::of(NOW - 2..NOW + 3), session in proptest::option::of((0_u32..2, 0_u64..2)),
    ) -> Limits {
        Limits { account, targets, scopes, activity, signs_in, until, session }
    }
}

fn any_subject() -> impl Strategy<Value = Subject> {
    prop_oneof![
        (0_u64..3, any::<bool>(), any::<bool>()).prop_map(|(inode, first, root)| {
            file(if first { "/opt/tool" } else { "/opt/other" }, inode, root)
        }),
        (8_i32..12).prop_map(|number| Subject::Process(process(number))),
        (0_u64..2).prop_map(|device| Subject::Terminal(Terminal { leader: process(9), device })),
        prop_oneof![Just("/opt/tool"), Just("ci")].prop_map(|name| Subject::Key(name.to_owned())),
        (0_u64..3).prop_map(|inode| Subject::Script {
            path: "/s".into(),
            stamp: stamp(inode),
            sha256: format!("digest-{inode}"),
        }),
    ]
}

prop_compose! {
    fn any_grants()(made in proptest::collection::vec((any_subject(), any_limits(), any::<bool>()), 0..6)) -> Vec<Grant> {
        let made = made.into_iter().enumerate();
        made.map(|(id, (subject, limits, allows))| Grant { id: id as u64, subject, allows, limits }).collect()
    }
}

prop_compose! {
    fn any_request()(
        account in any_account(), session in proptest::option::of((0_u32..2, 0_u64..2)), targets in any_set(),
        scopes in any_set(), activity: bool, signs_in: bool,
    ) -> Request {
        Request { account, session, targets, scopes, activity, signs_in }
    }
}

prop_compose! {
    fn any_caller()(
        kind in prop_oneof![
            Just(Kind::Program), Just(Kind::Interpreter), Just(Kind::Terminal), Just(Kind::Forwarder),
            Just(Kind::Background), Just(Kind::Contained), Just(Kind::Unknown), Just(Kind::Key),
        ],
        inode in 0_u64..3, has_terminal: bool, has_script: bool, only_root_writes: bool, replaced: bool,
    ) -> Caller {
        let terminal = has_terminal.then_some(Terminal { leader: process(9), device: inode % 2 });
        let script = has_script.then_some(Script { path: "/s".into(), stamp: stamp(inode) });
        let mut caller = Caller { kind, terminal, script, only_root_writes, ..program("/opt/tool", inode) };
        caller.program.as_mut().unwrap().replaced = replaced;
        caller
    }
}

/// Written anew, from the words of the design: whether this grant says that this caller may have this.
fn covers(grant: &Grant, caller: &Caller, request: &Request) -> bool {
    let whom = match &grant.subject {
        Subject::Key(name) => caller.kind == Kind::Key && &caller.name == name,
        Subject::File { path, sha256, of_root, .. } => {
            let program = caller.program.as_ref().unwrap();
            caller.kind == Kind::Program
                && &program.path == path
                && (sha256 == &caller.sha256 || (*of_root && caller.only_root_writes))
        }
        Subject::Script { stamp, .. } => caller.script.as_ref().is_some_and(|script| script.stamp == *stamp),
        Subject::Process(process) => caller.kind != Kind::Key && caller.ancestry.contains(process),
        Subject::Terminal(terminal) => caller.kind != Kind::Key && caller.terminal.as_ref() == Some(terminal),
    };
    let within = |limit: &Option<BTreeSet<String>>, wanted: &BTreeSet<String>| match limit {
        None => true,
        Some(limit) if limit.is_empty() => wanted.is_empty(),
        Some(limit) => !wanted.is_empty() && wanted.iter().all(|one| limit.contains(one)),
    };
    let limits = &grant.limits;
    whom && grant.allows
        && (limits.account.is_none() || limits.account.as_ref() == Some(&request.account))
        && within(&limits.targets, &request.targets)
        && within(&limits.scopes, &request.scopes)
        && (!request.signs_in || limits.signs_in)
        && limits.until.is_none_or(|until| until > NOW)
        && (limits.session.is_none() || limits.session == request.session)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_history_allows_what_no_grant_covers(grants in any_grants(), caller in any_caller(), request in any_request()) {
        let decision = judged(&caller, &request, &grants);
        let covered = grants.iter().any(|grant| covers(grant, &caller, &request));
        if let Decision::Allow { by, activity } = decision {
            prop_assert!(covered && caller.kind != Kind::Contained);
            let Basis::Grant(id) = by else { return Err(TestCaseError::fail("no grant")) };
            let grant = grants.iter().find(|grant| grant.id == id).unwrap();
            prop_assert!(covers(grant, &caller, &request));
            prop_assert_eq!(activity, request.activity && grant.limits.activity);
        } else {
            let denied = grants.iter().any(|grant| !grant.allows);
            prop_assert!(!covered || denied || caller.kind == Kind::Contained, "what is covered is not asked about again");
        }
    }

    #[test]
    fn a_further_denial_allows_nothing(
        grants in any_grants(), subject in any_subject(), limits in any_limits(), caller in any_caller(),
        request in any_request(),
    ) {
        let before = is_allowed(&judged(&caller, &request, &grants));
        let mut more = grants;
        more.push(Grant { id: 99, subject, allows: false, limits });
        prop_assert!(before || !is_allowed(&judged(&caller, &request, &more)));
    }

    #[test]
    fn what_policy_forbids_nothing_allows(grants in any_grants(), caller in any_caller(), request in any_request()) {
        let rules = || vec![Rule::Path("/opt/tool".into())];
        let policy = Policy { allow: rules(), forbid: rules() };
        prop_assert_eq!(decide(&caller, &request, &grants, &policy, NOW), Decision::Deny(Denial::Policy));
    }
}
