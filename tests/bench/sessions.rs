//! What the state machine costs when there are very many of it.

use std::hint::black_box;
use std::time::{Duration, Instant};

use abide_session::{Input, Limits, Now, Output, ProviderLimits, Session, TokenRequest, Tokens};

use crate::figures::{Table, median};

/// How many there are: a thousand times what anybody has.
const SESSIONS: usize = 10_000;
/// How often each figure is taken.
const TURNS: usize = 41;

fn now(milliseconds: u64) -> Now {
    let boot = Duration::from_millis(milliseconds);
    Now { wall: Duration::from_secs(1_800_000_000) + boot, boot }
}

/// Sessions that began one after the other, a few milliseconds apart.
fn signed_in() -> Vec<Session> {
    let tokens = Tokens {
        access_expires_in: Some(Duration::from_secs(3600)),
        renewable: true,
        provider: ProviderLimits::default(),
    };
    let sign_in = |number: usize| {
        let mut session = Session::new(Limits::default());
        let at = now(1_000 + 7 * number as u64);
        session.handle(at, Input::Login);
        let Some(Output::Authorize { attempt }) = session.poll() else { panic!("no authorization began") };
        session.handle(at, Input::Authorized { attempt, tokens });
        while session.poll().is_some() {}
        session
    };
    (0..SESSIONS).map(sign_in).collect()
}

/// How long one session takes of it, in nanoseconds: the median of all turns.
fn each(mut turn: impl FnMut(u64)) -> f64 {
    let times: Vec<f64> = (0..TURNS as u64)
        .map(|number| {
            let began = Instant::now();
            turn(number);
            began.elapsed().as_secs_f64() * 1e9 / SESSIONS as f64
        })
        .collect();
    median(&times)
}

fn settle(session: &mut Session) {
    while let Some(output) = session.poll() {
        black_box(output);
    }
}

pub(crate) fn measure(table: &mut Table) {
    eprintln!("the cost of {SESSIONS} sessions in one engine");
    let mut sessions = signed_in();
    let begin = 100_000;
    let deadline = each(|_| {
        black_box(sessions.iter().filter_map(Session::deadline).min());
    });
    let tick = each(|turn| {
        for session in &mut sessions {
            session.handle(now(begin + turn), Input::Tick);
            settle(session);
        }
    });
    let begin = begin + 1_000;
    let activity = each(|turn| {
        for session in &mut sessions {
            let request = TokenRequest { min_validity: Duration::from_secs(10), activity: true };
            black_box(session.token(now(begin + turn), request));
            settle(session);
        }
    });
    // With the question up, every second shows.
    let begin = 13 * 60_000 + begin;
    let asked = each(|turn| {
        for session in &mut sessions {
            session.handle(now(begin + 1_000 * turn), Input::Tick);
            settle(session);
        }
    });
    table.plain("One of 10,000 sessions: finding the next deadline", "ns", deadline);
    table.plain("One of 10,000 sessions: a tick that changes nothing", "ns", tick);
    table.plain("One of 10,000 sessions: a request for a token, counted as activity", "ns", activity);
    table.plain("One of 10,000 sessions: a tick while the question counts down", "ns", asked);
}
