//! What holds for any grants, callers and requests, against the words of the design.

use proptest::prelude::*;

use super::*;

fn any_set() -> impl Strategy<Value = BTreeSet<String>> {
    proptest::collection::btree_set(
        prop_oneof![Just("a"), Just("b"), Just("c")].prop_map(str::to_owned),
        0..3,
    )
}

fn any_account() -> impl Strategy<Value = String> {
    prop_oneof![Just("work"), Just("home")].prop_map(str::to_owned)
}

fn any_registration() -> impl Strategy<Value = Registration> {
    prop_oneof![4 => Just(at("https://id.example.com")), 1 => Just(at("https://id.example.org"))]
}

prop_compose! {
    fn any_limits()(
        account in proptest::option::of(any_account()), targets in proptest::option::of(any_set()),
        scopes in proptest::option::of(any_set()), activity: bool, signs_in: bool,
        until in proptest::option::of(NOW - 2..NOW + 3), session in proptest::option::of((0_u32..2, 0_u64..2)),
        narrowed_from in proptest::option::of((any_set(), any_set())),
        registered in proptest::option::of(proptest::collection::btree_map(any_account(), any_registration(), 1..3)),
    ) -> Limits {
        let narrowed_from = narrowed_from.map(|(targets, scopes)| Purpose { targets, scopes });
        Limits { account, registered, targets, scopes, narrowed_from, activity, signs_in, until, session }
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
        (0_u64..3, any::<bool>(), any::<bool>()).prop_map(|(inode, first, of_root)| Subject::Page {
            origin: if first { "/opt/tool" } else { "http://localhost:5173" }.to_owned(),
            path: "/opt/tool".into(),
            stamp: stamp(inode),
            of_root,
        }),
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
        scopes in any_set(), activity: bool, signs_in: bool, registration in any_registration(),
    ) -> Request {
        Request { account, registration, session, targets, scopes, activity, signs_in }
    }
}

prop_compose! {
    fn any_caller()(
        kind in prop_oneof![
            Just(Kind::Program), Just(Kind::Interpreter), Just(Kind::Terminal), Just(Kind::Forwarder),
            Just(Kind::Background), Just(Kind::Contained), Just(Kind::Unknown), Just(Kind::Key),
            Just(Kind::Page),
        ],
        inode in 0_u64..3, has_terminal: bool, has_script: bool, only_root_writes: bool, replaced: bool,
        contained in prop::bool::weighted(0.1), was_read in prop::bool::weighted(0.8),
        is_known in prop::bool::weighted(0.9), ancestry_cut in prop::bool::weighted(0.1),
    ) -> Facts {
        let terminal = has_terminal.then_some(Terminal { leader: process(9), device: inode % 2 });
        let script = has_script.then_some(Script { path: "/s".into(), stamp: stamp(inode) });
        let script_sha256 = (has_script && was_read).then(|| format!("digest-{inode}"));
        let mut caller =
            Facts { kind, terminal, script, script_sha256, only_root_writes, ..program("/opt/tool", inode) };
        let program = caller.program.as_mut().unwrap();
        (program.replaced, program.contained) = (replaced, contained);
        caller.program = caller.program.filter(|_| is_known);
        caller.ancestry_cut = ancestry_cut;
        caller.sha256 = caller.sha256.filter(|_| was_read);
        caller
    }
}

/// Written anew, from the words of the design: whether this grant says that this caller may have this.
fn covers(grant: &Grant, caller: &Facts, request: &Request) -> bool {
    let whom = match &grant.subject {
        Subject::Key(name) => caller.kind == Kind::Key && &caller.name == name,
        Subject::File { path, stamp, sha256, of_root } => caller.program.as_ref().is_some_and(|program| {
            let is_the_same =
                program.stamp == *stamp || (caller.sha256.is_some() && sha256 == &caller.sha256);
            let is_an_update = *of_root && caller.only_root_writes;
            caller.kind == Kind::Program
                && !program.contained
                && &program.path == path
                && (is_the_same || is_an_update)
        }),
        Subject::Script { path, sha256, .. } => {
            let is_there = caller.script.as_ref().is_some_and(|script| &script.path == path);
            is_there && caller.script_sha256.as_ref() == Some(sha256)
        }
        Subject::Page { origin, path, stamp, of_root } => caller.program.as_ref().is_some_and(|program| {
            let is_the_same = program.stamp.as_ref() == Some(stamp);
            caller.kind == Kind::Page
                && &caller.name == origin
                && !(program.contained || program.replaced)
                && &program.path == path
                && (is_the_same || (*of_root && caller.only_root_writes))
        }),
        Subject::Process(process) => has_a_process(caller) && caller.ancestry.contains(process),
        Subject::Terminal(terminal) => has_a_process(caller) && caller.terminal.as_ref() == Some(terminal),
    };
    let limits = &grant.limits;
    whom && grant.allows
        && is_live(grant, request)
        && within(limits.targets.as_ref(), &request.targets)
        && within(limits.scopes.as_ref(), &request.scopes)
        && (!request.signs_in || limits.signs_in)
}

fn has_a_process(caller: &Facts) -> bool {
    caller.kind != Kind::Key && caller.kind != Kind::Page
}

fn is_live(grant: &Grant, request: &Request) -> bool {
    let limits = &grant.limits;
    let is_the_account = limits.registered.as_ref().is_none_or(|known| {
        known.iter().any(|(name, at)| *name == request.account && *at == request.registration)
    });
    (limits.account.is_none() || limits.account.as_ref() == Some(&request.account))
        && is_the_account
        && limits.until.is_none_or(|until| until > NOW)
        && (limits.session.is_none() || limits.session == request.session)
}

fn within(limit: Option<&BTreeSet<String>>, wanted: &BTreeSet<String>) -> bool {
    match limit {
        None => true,
        Some(limit) if limit.is_empty() => wanted.is_empty(),
        Some(limit) => !wanted.is_empty() && wanted.iter().all(|one| limit.contains(one)),
    }
}

/// Whether a request asks for some of what was denied.
fn has_some_of(denied: &Limits, request: &Request) -> bool {
    let target = denied.targets.as_ref().is_none_or(|denied| {
        denied == &request.targets || request.targets.iter().any(|target| denied.contains(target))
    });
    let scope = denied.scopes.as_ref().is_none_or(|denied| {
        let all = denied.is_empty() || request.scopes.is_empty();
        all || request.scopes.iter().any(|scope| denied.contains(scope))
    });
    target && scope
}

/// The part of a request that a decision hands out.
fn handed_out(request: &Request, only: Option<&Purpose>) -> Request {
    match only {
        None => request.clone(),
        Some(part) => {
            Request { targets: part.targets.clone(), scopes: part.scopes.clone(), ..request.clone() }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_history_allows_what_no_grant_covers(grants in any_grants(), caller in any_caller(), request in any_request()) {
        let decision = judged(&caller, &request, &grants);
        let covered = grants.iter().any(|grant| covers(grant, &caller, &request));
        if let Decision::Allow { by, activity, only } = decision {
            prop_assert!(caller.kind != Kind::Contained && !caller.ancestry_cut);
            let Basis::Grant(id) = by else { return Err(TestCaseError::fail("no grant")) };
            let grant = grants.iter().find(|grant| grant.id == id).unwrap();
            let part = handed_out(&request, only.as_ref());
            prop_assert!(covers(grant, &caller, &part), "what is handed out is covered");
            prop_assert!(within(Some(&request.targets), &part.targets) && within(Some(&request.scopes), &part.scopes));
            prop_assert!(covered == only.is_none(), "a part is handed out only where the whole is not covered");
            prop_assert_eq!(activity, request.activity && grant.limits.activity);
        } else {
            let denied = caller.ancestry_cut || grants.iter().any(|grant| !grant.allows);
            prop_assert!(!covered || denied || caller.kind == Kind::Contained, "what is covered is not asked about again");
        }
    }

    #[test]
    fn a_denial_that_holds_comes_before_every_grant(
        grants in any_grants(), subject in any_subject(), limits in any_limits(), caller in any_caller(),
        request in any_request(), at in any::<prop::sample::Index>(),
    ) {
        let before = is_allowed(&judged(&caller, &request, &grants));
        let denial = Grant { id: 99, subject, allows: false, limits };
        // What it would allow, if it allowed everything of the account.
        let all = Limits { targets: None, scopes: None, signs_in: true, ..denial.limits.clone() };
        let holds = covers(&Grant { allows: true, limits: all, ..denial.clone() }, &caller, &request)
            && has_some_of(&denial.limits, &request);
        let mut more = grants;
        more.insert(at.index(more.len() + 1), denial);
        let after = judged(&caller, &request, &more);
        prop_assert!(before || !is_allowed(&after), "a denial allows nothing");
        prop_assert!(!holds || matches!(after, Decision::Deny(_)), "{after:?}");
        prop_assert!(holds || is_allowed(&after) == before, "a denial is about nothing else");
    }

    #[test]
    fn what_policy_forbids_nothing_allows(grants in any_grants(), caller in any_caller(), request in any_request()) {
        let rules = || vec![Rule::Path("/opt/tool".into())];
        let policy = Policy { allow: rules(), forbid: rules(), ..Policy::default() };
        let decision = decide(&caller, &request, &grants, &policy, NOW);
        if caller.program.as_ref().is_some_and(|program| !program.contained) {
            prop_assert_eq!(decision, Decision::Deny(Denial::Policy));
        } else if matches!(caller.kind, Kind::Key | Kind::Contained) {
            prop_assert_eq!(decision, judged(&caller, &request, &grants), "it is about no key, and a container gets nothing");
        } else {
            prop_assert_eq!(decision, Decision::Deny(Denial::Unchecked), "it may be that program");
        }
    }

    #[test]
    fn a_forbidden_content_is_not_hidden_by_a_file_that_cannot_be_read(
        grants in any_grants(), caller in any_caller(), request in any_request(),
    ) {
        let forbid = vec![Rule::Sha256("digest-1".to_owned())];
        let policy = Policy { allow: vec![Rule::Path("/opt/tool".into())], forbid, ..Policy::default() };
        // The same caller, if Abide could read everything.
        let seen = caller.program.as_ref().is_some_and(|program| !program.contained) && caller.sha256.is_some();
        let decision = decide(&caller, &request, &grants, &policy, NOW);
        if seen && caller.sha256.as_deref() == Some("digest-1") {
            prop_assert_eq!(decision, Decision::Deny(Denial::Policy));
        } else if !seen && caller.kind != Kind::Key {
            prop_assert!(matches!(decision, Decision::Deny(_)), "{:?}", decision);
        } else {
            let others = Policy { forbid: Vec::new(), ..policy };
            prop_assert_eq!(decision, decide(&caller, &request, &grants, &others, NOW), "it is about no other program");
        }
    }

    #[test]
    fn what_policy_allows_comes_after_denials_and_before_grants(
        grants in any_grants(), caller in any_caller(), request in any_request(),
    ) {
        let policy = Policy { allow: vec![Rule::Path("/opt/tool".into())], ..Policy::default() };
        let acts = !matches!(caller.kind, Kind::Page | Kind::Background);
        let is_proved = acts && caller.only_root_writes && caller.program.as_ref().is_some_and(|program| !program.contained);
        let without = judged(&caller, &request, &grants);
        let with = decide(&caller, &request, &grants, &policy, NOW);
        let is_final = matches!(without, Decision::Deny(Denial::Refused(_) | Denial::Sandbox | Denial::TooDeep));
        if is_proved && !is_final {
            prop_assert_eq!(with, Decision::Allow { by: Basis::Policy, activity: request.activity, only: None });
        } else {
            prop_assert_eq!(with, without);
        }
    }
}
