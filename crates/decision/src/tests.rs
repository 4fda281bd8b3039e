#![allow(clippy::unwrap_used)]

#[path = "tests/any.rs"]
mod any;

use super::*;

const NOW: u64 = 1_000;

fn process(number: i32) -> ProcessId {
    ProcessId { number, started: 7 }
}

fn stamp(inode: u64) -> Stamp {
    Stamp { device: 1, inode, size: 10, changed: (5, 0) }
}

fn program(path: &str, inode: u64) -> Facts {
    let stamp = Some(stamp(inode));
    let program = Program { path: path.into(), id: (1, inode), stamp, replaced: false, contained: false };
    Facts {
        kind: Kind::Program,
        name: path.to_owned(),
        program: Some(program),
        ancestry: vec![process(10), process(9), process(1)],
        sha256: Some(format!("digest-{inode}")),
        ..Facts::default()
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

fn judged(caller: &Facts, request: &Request, grants: &[Grant]) -> Decision {
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
        let caller = Facts { kind, ..program("/opt/tool", 1) };
        assert_eq!(judged(&caller, &request(), &[]), Decision::Ask(AskedBecause::New), "{kind:?}");
    }
    let key = Facts { kind: Kind::Key, ..Facts::default() };
    assert_eq!(judged(&key, &request(), &[]), Decision::Deny(Denial::Key));
    let contained = Facts { kind: Kind::Contained, ..Facts::default() };
    assert_eq!(judged(&contained, &request(), &[]), Decision::Deny(Denial::Sandbox));
}

#[test]
fn a_changed_file_is_asked_about_again_unless_only_root_could_change_it() {
    let grants = [allows(file("/opt/tool", 1, false), Limits::NONE)];
    assert!(is_allowed(&judged(&program("/opt/tool", 1), &request(), &grants)));
    let touched = Facts { sha256: Some("digest-1".to_owned()), ..program("/opt/tool", 2) };
    assert!(is_allowed(&judged(&touched, &request(), &grants)), "the same content");
    let changed = Facts { only_root_writes: true, ..program("/opt/tool", 2) };
    assert_eq!(judged(&changed, &request(), &grants), Decision::Ask(AskedBecause::Changed));
    let elsewhere = Facts { sha256: Some("digest-1".to_owned()), ..program("/home/tool", 1) };
    assert_eq!(judged(&elsewhere, &request(), &grants), Decision::Ask(AskedBecause::New));
    let grants = [allows(file("/opt/tool", 1, true), Limits::NONE)];
    assert!(is_allowed(&judged(&changed, &request(), &grants)), "an update");
    assert!(
        !is_allowed(&judged(&program("/opt/tool", 2), &request(), &grants)),
        "others can write to it now"
    );
}

#[test]
fn a_page_is_allowed_at_its_origin_in_one_browser() {
    let page = |origin: &str, path: &str, inode| Facts {
        kind: Kind::Page,
        name: origin.to_owned(),
        ancestry: Vec::new(),
        ..program(path, inode)
    };
    let subject = |of_root| Subject::Page {
        origin: "http://localhost:5173".to_owned(),
        path: "/usr/bin/browser".into(),
        stamp: stamp(1),
        of_root,
    };
    let grants = [allows(subject(false), Limits::NONE)];
    let here = page("http://localhost:5173", "/usr/bin/browser", 1);
    assert!(is_allowed(&judged(&here, &request(), &grants)));
    let mut replaced = here.clone();
    replaced.program.as_mut().unwrap().replaced = true;
    let mut contained = here.clone();
    contained.program.as_mut().unwrap().contained = true;
    let updated = Facts { only_root_writes: true, ..page("http://localhost:5173", "/usr/bin/browser", 2) };
    for other in [
        page("http://localhost:5174", "/usr/bin/browser", 1),
        page("http://localhost:5173", "/usr/bin/curl", 1),
        Facts { kind: Kind::Program, ..here.clone() },
        replaced,
        contained,
        updated.clone(),
    ] {
        assert_eq!(judged(&other, &request(), &grants), Decision::Ask(AskedBecause::New), "{other:?}");
    }
    let grants = [allows(subject(true), Limits::NONE)];
    assert!(is_allowed(&judged(&updated, &request(), &grants)), "an update");
    let others = Facts { only_root_writes: false, ..updated };
    assert!(!is_allowed(&judged(&others, &request(), &grants)));

    // What the browser itself may have is not for the pages that it shows.
    let grants = [allows(file("/usr/bin/browser", 1, false), Limits::NONE)];
    assert_eq!(judged(&here, &request(), &grants), Decision::Ask(AskedBecause::New));
    let trusted = Facts { only_root_writes: true, ..here };
    let rules = || vec![Rule::Path("/usr/bin/browser".into())];
    let policy = Policy { allow: rules(), ..Policy::default() };
    assert_eq!(decide(&trusted, &request(), &[], &policy, NOW), Decision::Ask(AskedBecause::New));
    let policy = Policy { forbid: rules(), ..Policy::default() };
    assert_eq!(decide(&trusted, &request(), &[], &policy, NOW), Decision::Deny(Denial::Policy));
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
    let forbid = Policy { forbid: rule(), allow: rule(), ..Policy::default() };
    assert_eq!(decide(&caller, &request(), &[allowed], &forbid, NOW), Decision::Deny(Denial::Policy));
    let allow = Policy { allow: rule(), ..Policy::default() };
    assert!(!is_allowed(&decide(&caller, &request(), &[], &allow, NOW)), "others can write to that path");
    let proved = Facts { only_root_writes: true, ..caller };
    assert!(is_allowed(&decide(&proved, &request(), &[], &allow, NOW)));
}

#[test]
fn an_interpreter_is_not_allowed_by_the_grant_of_its_file() {
    let python = Facts { kind: Kind::Interpreter, ..program("/usr/bin/python3", 1) };
    let grants = [allows(file("/usr/bin/python3", 1, true), Limits::NONE)];
    assert!(!is_allowed(&judged(&python, &request(), &grants)));
    let script = Script { path: "/home/me/a.py".into(), stamp: stamp(3) };
    let subject =
        Subject::Script { path: script.path.clone(), stamp: script.stamp, sha256: "digest-3".to_owned() };
    let with = Facts { script: Some(script), script_sha256: Some("digest-3".to_owned()), ..python };
    assert!(is_allowed(&judged(&with, &request(), &[allows(subject.clone(), Limits::NONE)])));
    // Changed through a mapping, which leaves the time as it was.
    let changed = Facts { script_sha256: Some("digest-4".to_owned()), ..with.clone() };
    assert!(!is_allowed(&judged(&changed, &request(), &[allows(subject.clone(), Limits::NONE)])));
    let swapped = Script { path: "/home/me/a.py".into(), stamp: stamp(4) };
    let with = Facts { script: Some(swapped), script_sha256: Some("digest-4".to_owned()), ..with };
    let asked = judged(&with, &request(), &[allows(subject, Limits::NONE)]);
    assert_eq!(asked, Decision::Ask(AskedBecause::Changed));
}

#[test]
fn what_does_not_count_as_activity_never_does() {
    let limits = Limits { activity: false, ..Limits::NONE };
    let quiet = allows(file("/opt/tool", 1, false), limits);
    let caller = program("/opt/tool", 1);
    let decision = judged(&caller, &request(), std::slice::from_ref(&quiet));
    assert_eq!(decision, Decision::Allow { by: Basis::Grant(1), activity: false, only: None });
    let other = Grant { id: 2, ..allows(Subject::Process(process(9)), Limits::NONE) };
    let decision = judged(&caller, &request(), &[other, quiet]);
    assert_eq!(decision, Decision::Allow { by: Basis::Grant(2), activity: true, only: None });
}

#[test]
fn the_same_request_gets_the_part_that_the_user_has_left_and_another_one_is_asked_about() {
    let whole = Request { targets: set(&["api", "files"]), scopes: set(&["read", "write"]), ..request() };
    let part = Purpose { targets: set(&["api"]), scopes: set(&["read"]) };
    let limits = Limits::part_of(&whole, &part).unwrap();
    let caller = program("/opt/tool", 1);
    let quiet = Limits { activity: false, ..limits.clone() };
    let with = |request: &Request, limits: &Limits| {
        judged(&caller, request, &[allows(file("/opt/tool", 1, false), limits.clone())])
    };
    let left = Some(part.clone());
    let allowed = |activity| Decision::Allow { by: Basis::Grant(1), activity, only: left.clone() };
    assert_eq!(with(&whole, &limits), allowed(true));
    assert_eq!(with(&whole, &quiet), allowed(false));
    assert_eq!(with(&Request { activity: false, ..whole.clone() }, &limits), allowed(false));
    // What was left is asked for by itself.
    let Purpose { targets, scopes } = part.clone();
    assert_eq!(
        with(&Request { targets, scopes, ..whole.clone() }, &limits),
        Decision::Allow { by: Basis::Grant(1), activity: true, only: None }
    );
    let wider = Decision::Ask(AskedBecause::Wider);
    assert_eq!(with(&Request { scopes: set(&["read", "write", "admin"]), ..whole.clone() }, &limits), wider);
    assert_eq!(with(&Request { targets: set(&["files"]), ..whole.clone() }, &limits), wider);
    assert_eq!(with(&Request { signs_in: true, ..whole.clone() }, &limits), wider);
    let signs_in = Limits { signs_in: true, ..limits.clone() };
    assert_eq!(with(&Request { signs_in: true, ..whole.clone() }, &signs_in), allowed(true));
    let elsewhere = Request { account: "home".to_owned(), ..whole.clone() };
    assert_eq!(with(&elsewhere, &limits), Decision::Ask(AskedBecause::New));
    let ended = Limits { until: Some(NOW), ..limits };
    assert_eq!(with(&whole, &ended), Decision::Ask(AskedBecause::Ended));
}

#[test]
fn a_part_is_never_more_than_the_whole() {
    let whole = Request { targets: set(&["api"]), scopes: set(&["read", "write"]), ..request() };
    let part = |targets: &[&str], scopes: &[&str]| {
        Limits::part_of(&whole, &Purpose { targets: set(targets), scopes: set(scopes) })
    };
    assert_eq!(part(&["api"], &["read", "write"]), Some(Limits::of(&whole)), "all of it is not narrower");
    let less = part(&["api"], &["read"]).unwrap();
    assert_eq!((less.scopes, less.narrowed_from), (Some(set(&["read"])), Some(Purpose::of(&whole))));
    // No scope at all would be all scopes of the session.
    for (targets, scopes) in
        [(&["api"][..], &[][..]), (&[], &["read"]), (&["other"], &["read"]), (&["api"], &["admin"])]
    {
        assert_eq!(part(targets, scopes), None, "{targets:?} {scopes:?}");
    }
    // A file that says otherwise widens nothing.
    let wide = Limits {
        scopes: Some(set(&["admin"])),
        narrowed_from: Some(Purpose::of(&whole)),
        ..Limits::of(&whole)
    };
    let grants = [allows(file("/opt/tool", 1, false), wide)];
    assert_eq!(judged(&program("/opt/tool", 1), &whole, &grants), Decision::Ask(AskedBecause::Wider));
}

#[test]
fn a_grant_of_an_earlier_version_is_read_as_it_was_meant() {
    let read: Limits = serde_json::from_str("{}").unwrap();
    assert_eq!(read, Limits::NONE, "it may count as use, and may have the user sign in");
    assert!(
        serde_json::from_str::<Limits>(r#"{"untill": 5}"#).is_err(),
        "a word that is not known limits nothing"
    );
}

#[test]
fn abide_itself_needs_no_grant() {
    let own = Facts { kind: Kind::Own, ..program("/usr/bin/abide", 1) };
    let denied = Grant { allows: false, ..allows(Subject::Process(process(9)), Limits::NONE) };
    let allowed = |activity| Decision::Allow { by: Basis::Own, activity, only: None };
    assert_eq!(judged(&own, &request(), std::slice::from_ref(&denied)), allowed(true));
    assert_eq!(judged(&own, &Request { activity: false, ..request() }, &[denied]), allowed(false));
}

#[test]
fn a_key_a_terminal_and_a_process_are_each_known_by_what_proves_them() {
    let key = Facts { kind: Kind::Key, name: "ci".to_owned(), ..Facts::default() };
    let to = |subject| [allows(subject, Limits::NONE)];
    assert!(is_allowed(&judged(&key, &request(), &to(Subject::Key("ci".to_owned())))));
    assert!(!is_allowed(&judged(&key, &request(), &to(Subject::Key("other".to_owned())))));
    let named = Facts { name: "ci".to_owned(), ..program("/opt/ci", 1) };
    assert!(!is_allowed(&judged(&named, &request(), &to(Subject::Key("ci".to_owned())))), "a name is no key");
    let terminal = Terminal { leader: process(9), device: 5 };
    let at = Facts { terminal: Some(terminal), ..program("/opt/tool", 1) };
    assert!(is_allowed(&judged(&at, &request(), &to(Subject::Terminal(terminal)))));
    let other = Terminal { device: 6, ..terminal };
    assert!(!is_allowed(&judged(&at, &request(), &to(Subject::Terminal(other)))));
    assert!(is_allowed(&judged(&at, &request(), &to(Subject::Process(process(9))))));
    let reused = ProcessId { started: 8, ..process(9) };
    assert!(
        !is_allowed(&judged(&at, &request(), &to(Subject::Process(reused)))),
        "a later process of that number"
    );
    // A key shows no process and no terminal, whatever it is connected from.
    let key = Facts { terminal: Some(terminal), ancestry: at.ancestry.clone(), ..key };
    assert!(!is_allowed(&judged(&key, &request(), &to(Subject::Terminal(terminal)))));
    assert!(!is_allowed(&judged(&key, &request(), &to(Subject::Process(process(9))))));
}

#[test]
fn a_program_in_a_container_is_not_the_program_of_that_path() {
    let mut inside = program("/opt/tool", 1);
    inside.program.as_mut().unwrap().contained = true;
    let grants = [allows(file("/opt/tool", 1, false), Limits::NONE)];
    assert!(!is_allowed(&judged(&inside, &request(), &grants)));
    let rule = || vec![Rule::Path("/opt/tool".into()), Rule::Sha256("digest-1".to_owned())];
    let proved = Facts { only_root_writes: true, ..inside };
    let allow = Policy { allow: rule(), ..Policy::default() };
    assert!(!is_allowed(&decide(&proved, &request(), &[], &allow, NOW)));
}

#[test]
fn a_file_without_a_digest_is_not_every_file_without_one() {
    let subject = Subject::File { path: "/opt/tool".into(), stamp: None, sha256: None, of_root: false };
    let unread = Facts { sha256: None, ..program("/opt/tool", 1) };
    assert!(!is_allowed(&judged(&unread, &request(), &[allows(subject, Limits::NONE)])));
}

#[test]
fn what_ended_is_not_what_was_replaced() {
    // The same file, allowed until a moment ago, which has lost its name meanwhile.
    let mut old = program("/opt/tool", 1);
    old.program.as_mut().unwrap().replaced = true;
    let ended = allows(file("/opt/tool", 1, false), Limits { until: Some(NOW), ..Limits::NONE });
    assert_eq!(judged(&old, &request(), std::slice::from_ref(&ended)), Decision::Ask(AskedBecause::Ended));
    // Another file of that name, and no grant that allowed it, or none for this account.
    let mut other = program("/opt/tool", 2);
    let changed = [allows(file("/opt/tool", 1, false), Limits::NONE)];
    assert_eq!(judged(&other, &request(), &changed), Decision::Ask(AskedBecause::Changed));
    other.program.as_mut().unwrap().replaced = true;
    assert_eq!(judged(&other, &request(), &changed), Decision::Deny(Denial::Replaced));
    assert_eq!(judged(&other, &request(), &[]), Decision::Ask(AskedBecause::New));
    let denied = [Grant { allows: false, ..changed[0].clone() }];
    assert_eq!(judged(&other, &request(), &denied), Decision::Ask(AskedBecause::New));
    let limits = Limits { account: Some("home".to_owned()), ..Limits::NONE };
    let elsewhere = [allows(file("/opt/tool", 1, false), limits)];
    assert_eq!(judged(&other, &request(), &elsewhere), Decision::Ask(AskedBecause::New));
}

#[test]
fn the_content_of_a_file_is_needed_only_where_it_could_decide() {
    let subject = file("/opt/tool", 1, false);
    assert!(!subject.needs_digest(&program("/opt/tool", 1)), "the same file");
    assert!(subject.needs_digest(&program("/opt/tool", 2)));
    assert!(!subject.needs_digest(&program("/opt/other", 2)));
    let python = Facts { kind: Kind::Interpreter, ..program("/opt/tool", 2) };
    assert!(!subject.needs_digest(&python));
    let script = |inode| Script { path: "/s".into(), stamp: stamp(inode) };
    let with = |inode| Facts { script: Some(script(inode)), ..python.clone() };
    let subject = Subject::Script { path: "/s".into(), stamp: stamp(1), sha256: "digest-1".to_owned() };
    assert!(subject.needs_digest(&with(1)), "always");
    assert!(subject.needs_digest(&with(2)));
    let elsewhere = Facts { script: Some(Script { path: "/t".into(), ..script(2) }), ..python.clone() };
    assert!(!subject.needs_digest(&elsewhere));
    let same = Facts { script_sha256: Some("digest-1".to_owned()), ..with(2) };
    assert!(is_allowed(&judged(&same, &request(), &[allows(subject, Limits::NONE)])), "the same content");
    assert!(!Subject::Process(process(9)).needs_digest(&python));
    let digest = vec![Rule::Sha256("a".to_owned())];
    assert!(Policy { allow: digest.clone(), ..Policy::default() }.needs_digest());
    assert!(Policy { forbid: digest, ..Policy::default() }.needs_digest());
    assert!(!Policy { forbid: vec![Rule::Path("/opt/tool".into())], ..Policy::default() }.needs_digest());
}

#[test]
fn an_administrator_names_a_program_by_its_content_or_by_its_path() {
    let caller = program("/opt/tool", 1);
    let by = |rule: Rule| Policy { allow: vec![rule.clone()], ..Policy::default() };
    let allowed = |policy: &Policy, caller: &Facts| {
        decide(caller, &request(), &[], policy, NOW)
            == Decision::Allow { by: Basis::Policy, activity: true, only: None }
    };
    assert!(allowed(&by(Rule::Sha256("digest-1".to_owned())), &caller));
    assert!(!allowed(&by(Rule::Sha256("digest-2".to_owned())), &caller));
    let proved = Facts { only_root_writes: true, ..caller };
    assert!(allowed(&by(Rule::Path("/opt/tool".into())), &proved));
    assert!(!allowed(&by(Rule::Path("/opt/other".into())), &proved));
    let quiet = Request { activity: false, ..request() };
    let decision = decide(&proved, &quiet, &[], &by(Rule::Path("/opt/tool".into())), NOW);
    assert_eq!(decision, Decision::Allow { by: Basis::Policy, activity: false, only: None });
}

#[test]
fn a_rule_is_a_digest_or_a_path_from_the_root() {
    let rule = |text: &str| serde_json::from_str::<Rule>(text).ok();
    let digest = "aB".repeat(32);
    let read = |digest: &str| rule(&format!("{{\"sha256\":\"{digest}\"}}"));
    assert_eq!(read(&digest), Some(Rule::Sha256("ab".repeat(32))));
    assert_eq!(read(&digest[1..]), None, "one digit is missing");
    assert_eq!(read(&digest.replace('a', "g")), None, "no hexadecimal digits");
    assert_eq!(rule(r#"{"path":"/usr/bin/git"}"#), Some(Rule::Path("/usr/bin/git".into())));
    for refused in [r#"{"path":"git"}"#, "{}", r#"{"path":"/usr/bin/git","name":"git"}"#] {
        assert_eq!(rule(refused), None, "{refused}");
    }
}

#[test]
fn a_denial_is_about_what_was_shown_and_no_more() {
    let caller = program("/opt/tool", 1);
    let api = Request { targets: set(&["api"]), scopes: set(&["read"]), ..request() };
    let allowed = allows(file("/opt/tool", 1, false), Limits::of(&request()));
    let denied = Grant { id: 2, allows: false, ..allows(file("/opt/tool", 1, false), Limits::of(&api)) };
    let grants = [allowed, denied];
    assert!(is_allowed(&judged(&caller, &request(), &grants)), "the session's own token was allowed");
    let deny = Decision::Deny(Denial::Refused(2));
    assert_eq!(judged(&caller, &api, &grants), deny);
    let with = |targets: &[&str], scopes: &[&str]| Request {
        targets: set(targets),
        scopes: set(scopes),
        ..request()
    };
    assert_eq!(
        judged(&caller, &with(&["api", "other"], &["read"]), &grants),
        deny,
        "with another API beside it"
    );
    assert_eq!(judged(&caller, &with(&["api"], &[]), &grants), deny, "all scopes are also that one");
    let asked = Decision::Ask(AskedBecause::Wider);
    assert_eq!(judged(&caller, &with(&["other"], &["read"]), &grants), asked);
    assert_eq!(judged(&caller, &with(&["api"], &["write"]), &grants), asked);
}

#[test]
fn limits_without_an_account_meet_those_of_every_account() {
    let of = |account: Option<&str>| Limits { account: account.map(str::to_owned), ..Limits::NONE };
    assert!(of(None).meet(&of(Some("work"))) && of(Some("work")).meet(&of(None)));
    assert!(of(Some("work")).meet(&of(Some("work"))) && !of(Some("work")).meet(&of(Some("home"))));
    let scopes = |words: &[&str]| Limits { scopes: Some(set(words)), ..Limits::NONE };
    assert!(scopes(&[]).meet(&scopes(&["read"])) && scopes(&["read"]).meet(&scopes(&[])));
    assert!(!scopes(&["write"]).meet(&scopes(&["read"])));
}

#[test]
fn what_a_forbidden_path_leads_to_is_forbidden_too() {
    let policy = Policy { forbid: vec![Rule::Path("/usr/bin/nc".into())], ..Policy::default() };
    let real = |path: &std::path::Path| (path.ends_with("nc")).then(|| "/usr/bin/nc.openbsd".into());
    let resolved = policy.resolved(real);
    for path in ["/usr/bin/nc", "/usr/bin/nc.openbsd"] {
        assert!(resolved.forbids(&program(path, 1)), "{path}");
    }
    assert!(!resolved.forbids(&program("/usr/bin/curl", 1)));
    assert_eq!(resolved.allow, policy.allow);
    assert_eq!(policy.resolved(|_| None), policy);
}

fn at(issuer: &str) -> Registration {
    Registration { issuer: issuer.to_owned(), client_id: "abide".to_owned() }
}

#[test]
fn what_was_allowed_for_an_account_is_not_allowed_for_another_one_of_its_name() {
    let was = Request { registration: at("https://id.example.com"), ..request() };
    let other_provider = Request { registration: at("https://id.example.org"), ..request() };
    let other_client = Request {
        registration: Registration { client_id: "other".to_owned(), ..was.registration.clone() },
        ..request()
    };
    let tool = program("/opt/tool", 1);
    let grants = [allows(file("/opt/tool", 1, false), Limits::of(&was))];
    assert!(is_allowed(&judged(&tool, &was, &grants)));
    for other in [&other_provider, &other_client] {
        assert_eq!(judged(&tool, other, &grants), Decision::Ask(AskedBecause::AccountChanged));
        // A denial was about the other one.
        let denied = [Grant { allows: false, ..grants[0].clone() }];
        assert_eq!(judged(&tool, other, &denied), Decision::Ask(AskedBecause::New));
    }
    let part = Purpose { targets: set(&["api"]), scopes: set(&[]) };
    let two = Request { targets: set(&["api", "files"]), ..was.clone() };
    let narrowed = [allows(file("/opt/tool", 1, false), Limits::part_of(&two, &part).unwrap())];
    let two_elsewhere = Request { registration: at("https://id.example.org"), ..two };
    assert_eq!(judged(&tool, &two_elsewhere, &narrowed), Decision::Ask(AskedBecause::AccountChanged));
}

#[test]
fn a_key_is_for_the_accounts_that_it_was_made_for() {
    let was = Request { registration: at("https://id.example.com"), ..request() };
    let registered = BTreeMap::from([("work".to_owned(), was.registration.clone())]);
    let grants =
        [allows(Subject::Key("ci".to_owned()), Limits { registered: Some(registered), ..Limits::NONE })];
    let key = Facts { kind: Kind::Key, name: "ci".to_owned(), ..Facts::default() };
    assert!(is_allowed(&judged(&key, &was, &grants)));
    let changed = Request { registration: at("https://id.example.org"), ..was.clone() };
    let later = Request { account: "home".to_owned(), ..was };
    for other in [changed, later] {
        assert_eq!(judged(&key, &other, &grants), Decision::Deny(Denial::Key), "{other:?}");
    }
}

#[test]
fn where_programs_are_forbidden_one_that_cannot_be_checked_gets_nothing() {
    let by_content = || Policy { forbid: vec![Rule::Sha256("digest-1".to_owned())], ..Policy::default() };
    let by_path = || Policy { forbid: vec![Rule::Path("/opt/tool".into())], ..Policy::default() };
    let other = program("/opt/other", 2);
    // As of `chmod 111`: the file cannot be read, and the system hides it.
    let unread = Facts { sha256: None, ..other.clone() };
    let hidden = Facts { kind: Kind::Unknown, program: None, ..unread.clone() };
    let asks = Decision::Ask(AskedBecause::New);
    let unchecked = Decision::Deny(Denial::Unchecked);
    for (caller, policy, wanted) in [
        (&other, by_content(), &asks),
        (&other, by_path(), &asks),
        (&unread, by_content(), &unchecked),
        (&unread, by_path(), &asks),
        (&hidden, by_content(), &unchecked),
        (&hidden, by_path(), &unchecked),
        (&hidden, Policy::default(), &asks),
    ] {
        let grants = [allows(Subject::Process(process(40)), Limits::NONE)];
        assert_eq!(&decide(caller, &request(), &grants, &policy, NOW), wanted, "{caller:?} {policy:?}");
    }
    // No answer of the user changes that.
    let grants = [allows(Subject::Process(process(9)), Limits::NONE)];
    assert!(is_allowed(&judged(&hidden, &request(), &grants)));
    assert_eq!(decide(&hidden, &request(), &grants, &by_content(), NOW), unchecked);
    let key = Facts { kind: Kind::Key, name: "ci".to_owned(), ..Facts::default() };
    let grants = [allows(Subject::Key("ci".to_owned()), Limits::NONE)];
    assert!(is_allowed(&decide(&key, &request(), &grants, &by_content(), NOW)), "a key is no program");
    let own = Facts { kind: Kind::Own, ..Facts::default() };
    assert!(is_allowed(&decide(&own, &request(), &[], &by_content(), NOW)));
}

#[test]
fn what_runs_in_the_background_is_forbidden_by_what_is_left_of_it_and_never_allowed_by_it() {
    let left = Facts { kind: Kind::Background, only_root_writes: true, ..program("/usr/bin/sh", 1) };
    for rule in [Rule::Path("/usr/bin/sh".into()), Rule::Sha256("digest-1".to_owned())] {
        let forbids = Policy { forbid: vec![rule.clone()], ..Policy::default() };
        assert_eq!(decide(&left, &request(), &[], &forbids, NOW), Decision::Deny(Denial::Policy));
        let allows = Policy { allow: vec![rule], ..Policy::default() };
        assert_eq!(decide(&left, &request(), &[], &allows, NOW), Decision::Ask(AskedBecause::New));
    }
}

#[test]
fn many_processes_in_between_do_not_hide_whom_something_was_denied_to() {
    let denied = [Grant { allows: false, ..allows(Subject::Process(process(1)), Limits::NONE) }];
    let caller = program("/opt/tool", 1);
    assert!(matches!(judged(&caller, &request(), &denied), Decision::Deny(Denial::Refused(_))));
    let ancestry = vec![process(10), process(9)];
    let deep = Facts { ancestry, ancestry_cut: true, ..caller };
    assert_eq!(judged(&deep, &request(), &denied), Decision::Deny(Denial::TooDeep));
    let grants = [allows(file("/opt/tool", 1, true), Limits::NONE)];
    assert_eq!(judged(&deep, &request(), &grants), Decision::Deny(Denial::TooDeep));
}
