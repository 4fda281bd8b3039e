#![allow(clippy::unwrap_used)]
use std::time::{Duration, Instant};

use abide_wire::{AskedBecause, ConsentAnswer, ErrorCode, Until};

use super::answer::{end, given, part};
use super::*;
use crate::identity::{Facts, Kind};
use crate::platform::program::{ProcessId, Program, Stamp};

fn caller(name: &str, number: i32) -> Caller {
    let stamp = Some(Stamp { inode: 1, ..Stamp::default() });
    let path = format!("/usr/bin/{name}").into();
    let program = Program { path, id: (1, 1), stamp, replaced: false, contained: false };
    let process = ProcessId { number, started: 5 };
    let facts = Facts {
        kind: Kind::Program,
        name: name.to_owned(),
        program: Some(program),
        ancestry: vec![process],
        sha256: Some(format!("digest of {name}")),
        ..Facts::default()
    };
    Caller { facts, process: Some(process), ..Caller::default() }
}

fn of_kind(kind: Kind, caller: Caller) -> Caller {
    Caller { facts: Facts { kind, ..caller.facts }, ..caller }
}

fn asked(caller: Caller) -> Asked {
    let request = Request { account: "work".to_owned(), session: Some((1, 1)), ..Request::default() };
    let provider = "id.example.com".to_owned();
    let labels = Vec::new();
    Asked { caller, labels, request, reason: None, because: AskedBecause::New, provider, job: None }
}

fn enter(
    queue: &mut Queue,
    asked: Asked,
    now: Instant,
) -> Result<(u64, watch::Receiver<Option<Outcome>>), Case> {
    let spans = spans(&asked.caller, &asked.request, asked.job);
    match queue.enter(asked, spans, now, 0) {
        Entry::Waits(id, answer) => Ok((id, answer)),
        Entry::Answered(outcome) => panic!("{outcome:?} was given before"),
        Entry::Refused(case) => Err(case),
    }
}

const ALLOWED: Outcome = Outcome::Allowed { by: Basis::Grant(1), activity: true, only: None };
const DENIED: Outcome = Outcome::Denied(Denial::Refused(0));

#[test]
fn equal_requests_join_and_others_queue() {
    let (mut queue, now) = (Queue::default(), Instant::now());
    let (first, one) = enter(&mut queue, asked(caller("curl", 1)), now).unwrap();
    // The same program in another process, and once as use of the session.
    let active = Request { activity: true, ..asked(caller("curl", 2)).request };
    let (joined, other) =
        enter(&mut queue, Asked { request: active, ..asked(caller("curl", 2)) }, now).unwrap();
    assert_eq!(first, joined);
    let (second, _) = enter(&mut queue, asked(caller("git", 3)), now).unwrap();
    let wider = Request { signs_in: true, ..asked(caller("curl", 1)).request };
    let (third, _) = enter(&mut queue, Asked { request: wider, ..asked(caller("curl", 1)) }, now).unwrap();
    let shown: Vec<_> =
        queue.questions(now).into_iter().map(|question| (question.id, question.waiting)).collect();
    assert_eq!(shown, [(first, 2), (second, 1), (third, 1)]);
    queue.settle(first, ALLOWED, now);
    assert_eq!((one.borrow().clone(), other.borrow().clone()), (Some(ALLOWED), Some(ALLOWED)));
}

#[test]
fn the_user_sees_the_command_that_the_answer_is_for() {
    let (mut queue, now) = (Queue::default(), Instant::now());
    let with =
        |process, command: &str| Caller { command: Some(command.to_owned()), ..caller("curl", process) };
    let (id, _) = enter(&mut queue, asked(with(1, "curl /one")), now).unwrap();
    let (joined, _) = enter(&mut queue, asked(with(2, "curl -o stolen /two")), now).unwrap();
    assert_eq!(id, joined, "one question for one program");
    assert!(queue.shows(id, &with(1, "curl /one")) && queue.shows(id, &with(3, "curl /one")));
    assert!(!queue.shows(id, &with(2, "curl -o stolen /two")), "it is asked about on its own");
}

fn for_api(caller: Caller, api: &str) -> Asked {
    let asked = asked(caller);
    let targets = std::iter::once(format!("https://{api}.example.com/")).collect();
    Asked { request: Request { targets, ..asked.request }, ..asked }
}

#[test]
fn what_one_run_of_a_program_asks_for_is_one_list() {
    let (mut queue, now) = (Queue::default(), Instant::now());
    let with =
        |process, command: &str| Caller { command: Some(command.to_owned()), ..caller("deploy", process) };
    let run = with(1, "deploy all");
    let (one, _) = enter(&mut queue, for_api(run.clone(), "one"), now).unwrap();
    let (two, _) = enter(&mut queue, for_api(run.clone(), "two"), now).unwrap();
    let (three, _) = enter(&mut queue, for_api(with(2, "deploy all"), "three"), now).unwrap();
    // What the user does not see in the first question.
    let unseen = [
        for_api(with(3, "deploy --steal"), "four"),
        for_api(Caller { command: Some("deploy all".to_owned()), ..caller("other", 4) }, "five"),
        Asked { because: AskedBecause::Changed, ..for_api(run.clone(), "six") },
    ];
    for unseen in unseen {
        enter(&mut queue, unseen, now).unwrap();
    }
    let signs_in = for_api(run, "seven");
    let signs_in = Asked { request: Request { signs_in: true, ..signs_in.request }, ..signs_in };
    enter(&mut queue, signs_in, now).unwrap();
    let shown: Vec<_> = queue.questions(now).into_iter().map(|question| question.others).collect();
    assert_eq!(shown[..3], [vec![two, three], vec![one, three], vec![one, two]]);
    assert!(shown[3..].iter().all(Vec::is_empty), "{shown:?}");
}

#[test]
fn one_denial_of_a_list_is_one_denial() {
    let (mut queue, now) = (Queue::default(), Instant::now());
    for api in ["one", "two", "three"] {
        enter(&mut queue, for_api(caller("deploy", 1), api), now).unwrap();
    }
    for id in [1, 2, 3] {
        queue.settle(id, DENIED, now);
    }
    let again = enter(&mut queue, for_api(caller("deploy", 1), "four"), now).err();
    assert_eq!(again, Some(Case::Paused(11)), "the first pause");
}

#[test]
fn each_job_of_a_program_is_a_question_of_its_own() {
    let (mut queue, now) = (Queue::default(), Instant::now());
    let job = |number| Some(ProcessId { number, started: 5 });
    let first = Asked { job: job(20), ..asked(caller("code", 1)) };
    let (one, _) = enter(&mut queue, first.clone(), now).unwrap();
    let (same, _) = enter(&mut queue, first.clone(), now).unwrap();
    let (other, _) = enter(&mut queue, Asked { job: job(21), ..first }, now).unwrap();
    assert!(same == one && other != one, "the user saw the command of one of them");
}

#[test]
fn after_a_denial_the_pause_doubles_and_ends_with_a_yes() {
    let (mut queue, mut now) = (Queue::default(), Instant::now());
    for seconds in [10, 20, 40, 80] {
        let (id, _) = enter(&mut queue, asked(caller("curl", 1)), now).unwrap();
        queue.settle(id, DENIED, now);
        // Started anew it is the same.
        assert_eq!(enter(&mut queue, asked(caller("curl", 7)), now).err(), Some(Case::Paused(seconds + 1)));
        assert!(enter(&mut queue, asked(caller("git", 2)), now).is_ok(), "another program is asked about");
        now += Duration::from_secs(seconds);
    }
    let (id, _) = enter(&mut queue, asked(caller("curl", 1)), now).unwrap();
    queue.settle(id, ALLOWED, now);
    let (id, _) = enter(&mut queue, asked(caller("curl", 1)), now).unwrap();
    queue.settle(id, Outcome::Refused(Case::NoAnswer), now);
    assert_eq!(
        enter(&mut queue, asked(caller("curl", 1)), now).err(),
        Some(Case::Unanswered(11)),
        "from the beginning"
    );
}

#[test]
fn the_pause_after_a_denial_holds_for_a_stronger_sign_in_and_for_other_purposes_too() {
    let (mut queue, now) = (Queue::default(), Instant::now());
    let (id, _) = enter(&mut queue, asked(caller("curl", 1)), now).unwrap();
    queue.settle(id, DENIED, now);
    let stronger = Request { signs_in: true, ..asked(caller("curl", 1)).request };
    let other = Request { scopes: std::iter::once("read".to_owned()).collect(), ..stronger.clone() };
    for request in [stronger, other] {
        let again = Asked { request, ..asked(caller("curl", 2)) };
        assert_eq!(enter(&mut queue, again, now).err(), Some(Case::Paused(11)));
    }
}

#[test]
fn a_denial_is_about_what_runs_and_not_about_its_name() {
    let (mut queue, now) = (Queue::default(), Instant::now());
    let (id, _) = enter(&mut queue, asked(caller("tool", 1)), now).unwrap();
    queue.settle(id, DENIED, now);
    // The same file under another name.
    let copy = caller("tool2", 2);
    let facts = Facts { sha256: Some("digest of tool".to_owned()), ..copy.facts };
    let copy = Caller { facts, ..copy };
    assert_eq!(enter(&mut queue, asked(copy), now).err(), Some(Case::Paused(11)));
    // Another program of the same interpreter.
    let inline = |command: &str| Caller {
        command: Some(command.to_owned()),
        ..of_kind(Kind::Interpreter, caller("python3", 3))
    };
    let (id, _) = enter(&mut queue, asked(inline("python3 -c a")), now).unwrap();
    queue.settle(id, DENIED, now);
    assert!(enter(&mut queue, asked(inline("python3 -c b")), now).is_ok());
    assert_eq!(enter(&mut queue, asked(inline("python3 -c a")), now).err(), Some(Case::Paused(11)));
}

#[test]
fn a_denial_in_the_background_is_about_all_that_is_left_of_other_programs() {
    let (mut queue, now) = (Queue::default(), Instant::now());
    let left = |name: &str, number| of_kind(Kind::Background, caller(name, number));
    let (id, _) = enter(&mut queue, asked(left("sh", 1)), now).unwrap();
    queue.settle(id, DENIED, now);
    // The same program behind another shell.
    assert_eq!(enter(&mut queue, asked(left("bash", 2)), now).err(), Some(Case::Paused(11)));
}

#[test]
fn programs_of_one_terminal_cannot_ask_under_new_names_for_ever() {
    let (mut queue, mut now) = (Queue::default(), Instant::now());
    let terminal = |leader| {
        Some(abide_decision::Terminal { leader: ProcessId { number: leader, started: 1 }, device: 1 })
    };
    let of = |number: i32, leader| {
        let tool = caller(&format!("tool{number}"), number);
        Caller { facts: Facts { terminal: terminal(leader), ..tool.facts }, ..tool }
    };
    let mut asked_about = 0;
    for number in 0..50 {
        // One answer after the other.
        now += Duration::from_millis(1);
        if let Ok((id, _)) = enter(&mut queue, asked(of(number, 1)), now) {
            queue.settle(id, DENIED, now);
            asked_about += 1;
        }
    }
    assert_eq!(asked_about, 5);
    assert!(enter(&mut queue, asked(of(60, 2)), now).is_ok(), "another terminal");
    let person = of_kind(Kind::Terminal, of(61, 1));
    let (id, _) = enter(&mut queue, asked(person), now).unwrap();
    queue.settle(id, ALLOWED, now);
    assert!(enter(&mut queue, asked(of(62, 1)), now + Duration::from_secs(11)).is_ok());
}

#[test]
fn a_question_without_an_answer_stays_so_that_the_user_can_answer_it_later() {
    let (mut queue, now) = (Queue::default(), Instant::now());
    let (id, answer) = enter(&mut queue, asked(caller("tool", 1)), now).unwrap();
    queue.settle(id, Outcome::Refused(Case::NoAnswer), now);
    assert_eq!(answer.borrow().clone(), Some(Outcome::Refused(Case::NoAnswer)));
    // What waited goes.
    assert!(!queue.leave(id, false));
    let shown: Vec<_> = queue.questions(now).into_iter().map(|open| (open.id, open.waiting)).collect();
    assert_eq!(shown, [(id, 0)]);
    // It asks in its pause, and keeps the question open.
    let later = now + Duration::from_secs(5);
    assert_eq!(enter(&mut queue, asked(caller("tool", 2)), later).err(), Some(Case::Unanswered(6)));
    assert_eq!(queue.questions(later).len(), 1);
    queue.settle(id, ALLOWED, later);
    assert!(enter(&mut queue, asked(caller("tool", 3)), later).is_ok(), "the pause is over");
    // After a denial, nothing is left to be asked about.
    let mut queue = Queue::default();
    let (id, _) = enter(&mut queue, asked(caller("tool", 1)), now).unwrap();
    queue.settle(id, DENIED, now);
    assert!(enter(&mut queue, asked(caller("tool", 2)), now).is_err() && queue.questions(now).is_empty());
}

#[test]
fn an_answer_is_to_a_question_that_is_open_and_nothing_else_closes_it_then() {
    let (mut queue, now) = (Queue::default(), Instant::now());
    let (id, answer) = enter(&mut queue, asked(caller("tool", 1)), now).unwrap();
    assert!(queue.take_answer(id));
    assert!(!queue.take_answer(id), "one answer");
    queue.settle(id, Outcome::Refused(Case::NoAnswer), now);
    assert!(!queue.leave(id, false), "the program has ended");
    queue.conclude(id, Some(ALLOWED), now);
    assert_eq!(answer.borrow().clone(), Some(ALLOWED));
    assert!(queue.questions(now).is_empty());
    let (id, _) = enter(&mut queue, asked(caller("tool", 1)), now).unwrap();
    queue.leave(id, false);
    assert!(!queue.take_answer(id), "it has closed");
}

#[test]
fn a_question_goes_with_the_last_caller_that_waits_for_it() {
    let (mut queue, now) = (Queue::default(), Instant::now());
    let (id, _) = enter(&mut queue, asked(caller("curl", 1)), now).unwrap();
    enter(&mut queue, asked(caller("curl", 2)), now).unwrap();
    assert!(!queue.leave(id, false));
    assert!(queue.leave(id, false));
    assert!(queue.questions(now).is_empty());
    // Without a desktop it stays for a while, for `abide approve`.
    let (id, _) = enter(&mut queue, asked(caller("curl", 1)), now).unwrap();
    assert!(!queue.leave(id, true));
    assert_eq!(queue.questions(now).len(), 1);
    assert!(queue.questions(now + Duration::from_secs(601)).is_empty());
}

#[test]
fn a_flood_of_programs_fills_the_queue_and_no_more() {
    let (mut queue, now) = (Queue::default(), Instant::now());
    let taken = (0..1_000)
        .filter(|number| enter(&mut queue, asked(caller(&format!("p{number}"), *number)), now).is_ok());
    assert_eq!(taken.count(), 28);
    let mut terminal = of_kind(Kind::Terminal, caller("bash", 2_000));
    terminal.facts.terminal =
        Some(abide_decision::Terminal { leader: ProcessId { number: 1, started: 1 }, device: 34816 });
    assert!(enter(&mut queue, asked(terminal), now).is_ok(), "a person at a terminal is not kept out");
}

#[test]
fn so_many_requests_wait_for_one_question() {
    let (mut queue, now) = (Queue::default(), Instant::now());
    let entered = (0..200).filter(|number| enter(&mut queue, asked(caller("curl", *number)), now).is_ok());
    assert_eq!(entered.count(), 48);
    assert_eq!(queue.questions(now)[0].waiting, 48);
}

#[test]
fn a_program_that_polls_has_one_question_and_a_share_of_them() {
    let (mut queue, now) = (Queue::default(), Instant::now());
    let script = |number| of_kind(Kind::Background, caller("poll", number));
    for number in 0..40 {
        // Without a desktop: it is refused, and the question stays.
        let (id, _) = enter(&mut queue, asked(script(number)), now).unwrap();
        queue.leave(id, true);
    }
    let questions = queue.questions(now);
    assert_eq!((questions.len(), questions[0].waiting), (1, 0));
    // Other arguments are another question: the user has not seen them.
    let mut inline = script(41);
    inline.command = Some("poll -c something".to_owned());
    let (other, _) = enter(&mut queue, asked(inline), now).unwrap();
    assert_ne!(other, questions[0].id);
    queue.settle(other, Outcome::Refused(Case::Stopped), now);
    // With something else each time.
    let mut taken = 0;
    for number in 0..40 {
        let scopes = std::iter::once(format!("scope-{number}")).collect();
        let request = Request { scopes, ..asked(script(1)).request };
        taken += u32::from(enter(&mut queue, Asked { request, ..asked(script(number)) }, now).is_ok());
    }
    assert_eq!(taken, 7, "eight with the first");
    assert!(enter(&mut queue, asked(caller("git", 50)), now).is_ok(), "others are still asked about");
}

#[test]
fn what_is_allowed_once_while_nothing_waits_is_for_the_next_equal_request_alone() {
    let (mut queue, now) = (Queue::default(), Instant::now());
    const GIVEN: Outcome = Outcome::Allowed { by: Basis::Grant(ONCE), activity: true, only: None };
    let given = |queue: &mut Queue| {
        let (id, _) = enter(queue, asked(caller("tool", 1)), now).unwrap();
        queue.leave(id, true);
        queue.settle(id, GIVEN, now);
    };
    let next = |queue: &mut Queue, asked: Asked, now| {
        let spans = spans(&asked.caller, &asked.request, None);
        matches!(queue.enter(asked, spans, now, 0), Entry::Answered(GIVEN))
    };
    given(&mut queue);
    let other =
        Request { scopes: std::iter::once("write".to_owned()).collect(), ..asked(caller("tool", 2)).request };
    assert!(!next(&mut queue, Asked { request: other, ..asked(caller("tool", 2)) }, now), "something else");
    let mut changed = asked(caller("tool", 2));
    changed.caller.sha256 = Some("another".to_owned());
    assert!(!next(&mut queue, changed, now), "another file");
    let mut other = asked(caller("tool", 2));
    other.caller.command = Some("tool -c something".to_owned());
    assert!(!next(&mut queue, other, now), "other arguments than the user has seen");
    assert!(next(&mut queue, asked(caller("tool", 2)), now));
    assert!(!next(&mut queue, asked(caller("tool", 3)), now), "once");
    let mut queue = Queue::default();
    given(&mut queue);
    assert!(!next(&mut queue, asked(caller("tool", 2)), now + Duration::from_secs(121)), "for two minutes");
}

#[test]
fn a_file_that_was_not_read_is_the_same_as_long_as_it_is_unchanged() {
    let (mut queue, now) = (Queue::default(), Instant::now());
    let unread = |number, inode| {
        let mut asked = asked(of_kind(Kind::Interpreter, caller("tool", number)));
        asked.caller.sha256 = None;
        asked.caller.program.as_mut().unwrap().stamp = Some(Stamp { inode, ..Stamp::default() });
        asked
    };
    let (id, _) = enter(&mut queue, unread(1, 1), now).unwrap();
    queue.leave(id, true);
    let (replaced, _) = enter(&mut queue, unread(2, 2), now).unwrap();
    let (again, _) = enter(&mut queue, unread(3, 1), now).unwrap();
    assert!(replaced != id && again == id);
}

#[test]
fn a_denial_settles_what_the_same_program_asks_for_besides() {
    let (mut queue, now) = (Queue::default(), Instant::now());
    let (first, _) = enter(&mut queue, asked(caller("tool", 1)), now).unwrap();
    let stronger = Request { signs_in: true, ..asked(caller("tool", 2)).request };
    let (second, _) =
        enter(&mut queue, Asked { request: stronger, ..asked(caller("tool", 2)) }, now).unwrap();
    enter(&mut queue, asked(caller("git", 3)), now).unwrap();
    let api = std::iter::once("https://api.example.com".to_owned()).collect();
    let elsewhere = Request { targets: api, ..asked(caller("tool", 4)).request };
    enter(&mut queue, Asked { request: elsewhere, ..asked(caller("tool", 4)) }, now).unwrap();
    let (denied, _) = queue.question(first).unwrap();
    queue.settle(first, DENIED, now);
    assert_eq!(queue.same(&denied), [second]);
}

#[test]
fn a_program_cannot_write_sentences_of_its_own_into_a_question() {
    let (mut queue, now) = (Queue::default(), Instant::now());
    let mut tool = caller("git\u{2028}Verified by Debian", 1);
    tool.sha256 = Some("digest".to_owned());
    tool.command = Some(crate::identity::in_one_line("git\u{202e}push\u{200b}"));
    let target = "https://api.example.com\u{2029}It is safe.".to_owned();
    let request = Request { targets: std::iter::once(target).collect(), ..asked(caller("git", 1)).request };
    let reason = Some("check\u{2028}Abide has verified this program.".to_owned());
    enter(&mut queue, Asked { request, reason, ..asked(tool) }, now).unwrap();
    let shown = serde_json::to_string(&queue.questions(now)).unwrap();
    assert!(!shown.contains(abide_wire::terminal::is_unsafe), "{shown}");
}

#[test]
fn a_waiting_caller_hears_when_the_queue_is_gone() {
    let mut queue = Queue::default();
    let (_, answer) = enter(&mut queue, asked(caller("curl", 1)), Instant::now()).unwrap();
    drop(queue);
    assert!(answer.has_changed().is_err(), "its wait ends");
}

#[test]
fn what_is_offered_fits_the_caller() {
    let offered = |caller: &Caller| spans(caller, &asked(caller.clone()).request, None);
    let curl = caller("curl", 1);
    assert_eq!(offered(&curl), [Span::Once, Span::Run, Span::Session, Span::Always]);
    let python = of_kind(Kind::Interpreter, caller("python3", 1));
    assert_eq!(
        offered(&python),
        [Span::Once, Span::Run],
        "an interpreter is never allowed for good by itself"
    );
    let script = abide_decision::Script { path: "/home/me/a.py".into(), stamp: Stamp::default() };
    let mut with = python;
    with.script = Some(script);
    with.script_sha256 = Some("digest".to_owned());
    assert_eq!(offered(&with), [Span::Once, Span::Run, Span::Script]);
    let piped = Caller { on_input: true, ..of_kind(Kind::Interpreter, caller("bash", 1)) };
    let terminal = abide_decision::Terminal { leader: ProcessId { number: 9, started: 1 }, device: 1 };
    let facts = Facts { terminal: Some(terminal), ..piped.facts.clone() };
    assert_eq!(offered(&Caller { facts, ..piped }), [Span::Once, Span::Run], "a script from anywhere");
    for kind in [Kind::Background, Kind::Unknown] {
        assert_eq!(offered(&of_kind(kind, curl.clone())), [Span::Once], "{kind:?}");
    }
    let agent = Some((ProcessId { number: 9, started: 1 }, "claude".to_owned()));
    let forwarder = Caller { agent, ..of_kind(Kind::Forwarder, curl) };
    assert_eq!(offered(&forwarder), [Span::Once, Span::Run]);
    // The program of a job asks for each token: the narrowest answer is the job.
    let job = Some(ProcessId { number: 20, started: 5 });
    for kind in [Kind::Program, Kind::Background, Kind::Unknown] {
        let caller = of_kind(kind, caller("abide", 20));
        assert_eq!(spans(&caller, &asked(caller.clone()).request, job)[0], Span::Run, "{kind:?}");
    }
}

fn limits(asked: &Asked, answer: &ConsentAnswer) -> Result<Limits, ErrorAnswer> {
    let (end, part) = (end(answer)?, part(&asked.request, answer)?);
    Ok(given(asked, answer, end, part.as_ref(), now()).unwrap().limits)
}

/// `curl` asks for two APIs and two scopes.
fn asks_for_more() -> Asked {
    let mut asked = asked(caller("curl", 1));
    let set = |words: [&str; 2]| words.map(str::to_owned).into_iter().collect();
    asked.request.targets = set(["https://api.example.com", "https://files.example.com"]);
    asked.request.scopes = set(["read", "write"]);
    asked
}

#[test]
fn an_answer_gives_what_was_shown_and_ends_with_the_session() {
    let asked = asks_for_more();
    let whole = Limits::of(&asked.request);
    for span in [Span::Run, Span::Session] {
        let given = limits(&asked, &ConsentAnswer::new(true, span)).unwrap();
        assert_eq!(given, Limits { session: asked.request.session, ..whole.clone() }, "{span:?}");
    }
    assert_eq!(limits(&asked, &ConsentAnswer::new(true, Span::Always)).unwrap(), whole);
}

#[test]
fn an_answer_can_allow_less_than_what_was_asked_for_and_never_more() {
    let asked = asks_for_more();
    let words = |words: &[&str]| Some(words.iter().map(|word| (*word).to_owned()).collect());
    let only = |targets: &[&str], scopes: &[&str]| ConsentAnswer {
        targets: words(targets),
        scopes: words(scopes),
        ..ConsentAnswer::new(true, Span::Always)
    };
    let api = "https://api.example.com";
    let less = limits(&asked, &only(&[api], &["read"])).unwrap();
    let set = |word: &str| Some(std::iter::once(word.to_owned()).collect());
    assert_eq!((less.targets, less.scopes), (set(api), set("read")));
    assert_eq!(
        less.narrowed_from,
        Some(Purpose::of(&asked.request)),
        "the same request is not asked about again"
    );
    for (targets, scopes) in [
        (&[api][..], &["admin"][..]),
        (&["https://other.example.com"], &["read"]),
        // Without a scope it would be every scope of the session.
        (&[api], &[]),
        (&[], &["read"]),
    ] {
        let refused = limits(&asked, &only(targets, scopes)).unwrap_err();
        assert_eq!(refused.error, ErrorCode::InvalidRequest, "{targets:?} {scopes:?}");
    }
    let no = ConsentAnswer { allow: false, ..only(&[api], &["read"]) };
    assert_eq!(limits(&asked, &no).unwrap(), Limits::of(&asked.request), "a denial is about all of it");
}

#[test]
fn an_end_only_shortens() {
    let asked = asks_for_more();
    let until =
        |span, until| limits(&asked, &ConsentAnswer { until: Some(until), ..ConsentAnswer::new(true, span) });
    let now = now();
    let soon =
        |limits: &Limits, seconds: u64| limits.until.is_some_and(|until| until.abs_diff(now + seconds) < 60);
    let run = until(Span::Run, Until::OneHour).unwrap();
    assert!(soon(&run, 3600) && run.session == asked.request.session, "at the latest with the session");
    let day = until(Span::Always, Until::ThirtyDays).unwrap();
    assert!(soon(&day, 30 * 86_400) && day.session.is_none());
    // A session that is not kept over a restart cannot limit what is.
    for (span, end) in
        [(Span::Always, Until::Session), (Span::Run, Until::ThirtyDays), (Span::Once, Until::OneHour)]
    {
        assert!(until(span, end).is_err(), "{span:?} {end:?}");
    }
    assert_eq!(
        Span::Script.ends().first().and_then(|end| end.seconds()),
        Some(30 * 86_400),
        "30 days at most"
    );
}

#[test]
fn a_permit_hands_out_no_more_than_was_allowed() {
    let only = Purpose {
        targets: std::iter::once("https://api.example.com".to_owned()).collect(),
        scopes: std::iter::once("read".to_owned()).collect(),
    };
    let permit = Permit {
        activity: false,
        only: Some(only),
        origin: None,
        counted_for: "a caller".to_owned(),
        account: "work".to_owned(),
        session: None,
        sha256: None,
    };
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let mut asked = TokenParams::of_session("work");
    asked.activity = true;
    asked.target.resources = words(&["https://api.example.com", "https://files.example.com"]);
    asked.target.audiences = words(&["files"]);
    asked.target.scopes = words(&["read", "write"]);
    let within = permit.within(&asked);
    assert_eq!(within.target.resources, ["https://api.example.com"]);
    assert_eq!((within.target.audiences.len(), within.target.scopes), (0, words(&["read"])));
    assert!(!within.activity);
    // The question named one account: another one that has a session by now is not meant.
    let unnamed = TokenParams { account: None, ..asked };
    assert_eq!(permit.within(&unnamed).account.as_deref(), Some("work"));
}
