//! Decisions from the answers of the OP iframe.

use abide_session::{CheckSession, CheckSessionState, IframeAnswer, Next, SilentAnswer};

/// A page in a browser that shows the provider's cookie.
fn watching() -> CheckSession {
    let mut monitor = CheckSession::default();
    assert_eq!(monitor.iframe_said(IframeAnswer::Unchanged), Next::Silent, "silent requests are tested once");
    assert_eq!(monitor.answered(SilentAnswer::SamePerson), Next::Poll);
    assert_eq!(monitor.state(), CheckSessionState::Watching);
    monitor
}

#[test]
fn unchanged_is_nothing() {
    let mut monitor = watching();
    for _ in 0..100 {
        assert_eq!(monitor.iframe_said(IframeAnswer::Unchanged), Next::Poll);
    }
}

#[test]
fn changed_asks_silently_and_the_same_person_continues() {
    let mut monitor = watching();
    assert_eq!(monitor.iframe_said(IframeAnswer::Changed), Next::Silent);
    assert_eq!(monitor.answered(SilentAnswer::SamePerson), Next::Poll);
    assert_eq!(monitor.iframe_said(IframeAnswer::Unchanged), Next::Poll);
}

#[test]
fn no_sign_in_or_another_person_is_the_end() {
    for answer in [SilentAnswer::LoginRequired, SilentAnswer::OtherPerson] {
        let mut monitor = watching();
        monitor.iframe_said(IframeAnswer::Changed);
        assert_eq!(monitor.answered(answer), Next::Ended);
    }
}

#[test]
fn a_browser_that_hides_the_cookie_does_not_mean_signed_out() {
    for first in [IframeAnswer::Changed, IframeAnswer::Unchanged] {
        let mut monitor = CheckSession::default();
        assert_eq!(monitor.iframe_said(first), Next::Silent);
        for _ in 0..5 {
            assert_eq!(monitor.answered(SilentAnswer::LoginRequired), Next::PollSlowly);
            assert_eq!(monitor.state(), CheckSessionState::Blocked);
            assert_eq!(monitor.iframe_said(IframeAnswer::Changed), Next::Silent);
        }
        assert_eq!(monitor.answered(SilentAnswer::SamePerson), Next::Poll, "the browser shows it by now");
        assert_eq!(monitor.state(), CheckSessionState::Watching);
    }
}

#[test]
fn an_error_is_no_reason_to_ask_the_provider() {
    for mut monitor in [CheckSession::default(), watching()] {
        for _ in 0..5 {
            assert_eq!(monitor.iframe_said(IframeAnswer::Error), Next::PollSlowly);
            assert_eq!(monitor.state(), CheckSessionState::Failed);
        }
        assert_eq!(monitor.iframe_said(IframeAnswer::Unchanged), Next::Silent, "it answers again");
        assert_eq!(monitor.answered(SilentAnswer::SamePerson), Next::Poll);
    }
}

#[test]
fn silent_requests_that_bring_nothing_become_rare_and_a_later_sign_out_is_noticed() {
    let mut monitor = watching();
    for next in [Next::Poll, Next::Poll, Next::PollSlowly, Next::PollSlowly] {
        assert_eq!(monitor.iframe_said(IframeAnswer::Changed), Next::Silent);
        assert_eq!(monitor.answered(SilentAnswer::Nothing), next);
    }
    assert_eq!(monitor.state(), CheckSessionState::Failed);
    assert_eq!(monitor.iframe_said(IframeAnswer::Changed), Next::Silent);
    assert_eq!(monitor.answered(SilentAnswer::LoginRequired), Next::Ended);
}

#[test]
fn a_success_between_failures_counts() {
    let mut monitor = watching();
    for _ in 0..5 {
        monitor.iframe_said(IframeAnswer::Changed);
        assert_eq!(monitor.answered(SilentAnswer::Nothing), Next::Poll);
        monitor.iframe_said(IframeAnswer::Changed);
        assert_eq!(monitor.answered(SilentAnswer::SamePerson), Next::Poll);
    }
}

#[test]
fn an_unrequested_answer_ends_nothing() {
    let mut monitor = watching();
    assert_eq!(monitor.answered(SilentAnswer::LoginRequired), Next::Poll);
    assert_eq!(monitor.state(), CheckSessionState::Watching);
}

#[test]
fn a_provider_that_would_have_to_ask_shows_that_its_cookie_arrives() {
    let mut monitor = CheckSession::default();
    monitor.iframe_said(IframeAnswer::Unchanged);
    assert_eq!(monitor.answered(SilentAnswer::InteractionNeeded), Next::Poll);
    assert_eq!(monitor.state(), CheckSessionState::Watching);
    // The person after a change is unknown, and is asked for less and less often.
    for next in [Next::Poll, Next::Poll, Next::PollSlowly, Next::PollSlowly] {
        assert_eq!(monitor.iframe_said(IframeAnswer::Changed), Next::Silent);
        assert_eq!(monitor.answered(SilentAnswer::InteractionNeeded), next);
    }
    assert_eq!(monitor.state(), CheckSessionState::Unclear);
    // That user has signed out.
    assert_eq!(monitor.iframe_said(IframeAnswer::Changed), Next::Silent);
    assert_eq!(monitor.answered(SilentAnswer::LoginRequired), Next::Ended);
    // No sign-in is the end, as everywhere.
    let mut monitor = CheckSession::default();
    monitor.iframe_said(IframeAnswer::Unchanged);
    monitor.answered(SilentAnswer::InteractionNeeded);
    monitor.iframe_said(IframeAnswer::Changed);
    assert_eq!(monitor.answered(SilentAnswer::LoginRequired), Next::Ended);
}
