#![allow(clippy::unwrap_used)]
use std::time::{Duration, Instant};

use abide_wire::AskedBecause;

use super::*;
use crate::identity::Kind;
use crate::platform::program::{ProcessId, Program, Stamp};

fn caller(name: &str, number: i32) -> Caller {
    let stamp = Some(Stamp { inode: 1, ..Stamp::default() });
    let path = format!("/usr/bin/{name}").into();
    let program = Program { path, id: (1, 1), stamp, replaced: false, contained: false };
    let process = ProcessId { number, started: 5 };
    Caller {
        kind: Kind::Program,
        name: name.to_owned(),
        program: Some(program),
        process: Some(process),
        ancestry: vec![process],
        sha256: Some("digest".to_owned()),
        ..Caller::default()
    }
}

fn asked(caller: Caller) -> Asked {
    let request = Request { account: "work".to_owned(), session: Some((1, 1)), ..Request::default() };
    let provider = "id.example.com".to_owned();
    Asked { caller, request, reason: None, because: AskedBecause::New, provider, job: None }
}

fn enter(
    queue: &mut Queue,
    asked: Asked,
    now: Instant,
) -> Result<(u64, watch::Receiver<Option<Outcome>>), Case> {
    let spans = spans(&asked.caller, &asked.request);
    match queue.enter(asked, spans, now, 0) {
        Entry::Waits(id, answer) => Ok((id, answer)),
        Entry::Refused(case) => Err(case),
    }
}

const ALLOWED: Outcome = Outcome::Allowed { by: Basis::Grant(1), activity: true };
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
        Some(Case::Paused(11)),
        "from the beginning"
    );
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
    assert_eq!(taken.count(), 32);
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
    let offered = |caller: &Caller| spans(caller, &asked(caller.clone()).request);
    let curl = caller("curl", 1);
    assert_eq!(offered(&curl), [Span::Once, Span::Run, Span::Session, Span::Always]);
    let python = Caller { kind: Kind::Interpreter, ..caller("python3", 1) };
    assert_eq!(
        offered(&python),
        [Span::Once, Span::Run],
        "an interpreter is never allowed for good by itself"
    );
    let script = crate::identity::Script { path: "/home/me/a.py".into(), stamp: Stamp::default() };
    let with = Caller { script: Some(script), script_sha256: Some("digest".to_owned()), ..python };
    assert_eq!(offered(&with), [Span::Once, Span::Run, Span::Script]);
    for kind in [Kind::Background, Kind::Unknown] {
        assert_eq!(offered(&Caller { kind, ..curl.clone() }), [Span::Once], "{kind:?}");
    }
    let agent = Some((ProcessId { number: 9, started: 1 }, "claude".to_owned()));
    let forwarder = Caller { kind: Kind::Forwarder, agent, ..curl };
    assert_eq!(offered(&forwarder), [Span::Once, Span::Run]);
}

#[test]
fn an_answer_gives_what_was_shown_and_ends_with_the_session() {
    let curl = caller("curl", 1);
    let mut request = asked(curl.clone()).request;
    request.targets.insert("https://api.example.com".to_owned());
    for span in [Span::Run, Span::Session] {
        let given = given(&curl, &request, ConsentAnswer { allow: true, span }).unwrap();
        assert_eq!(given.limits, Limits { session: request.session, ..Limits::of(&request) }, "{span:?}");
    }
    let always = given(&curl, &request, ConsentAnswer { allow: true, span: Span::Always }).unwrap();
    assert_eq!(always.limits, Limits::of(&request));
}
