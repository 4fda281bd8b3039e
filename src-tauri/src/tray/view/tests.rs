//! What the tray shows, in each state of the accounts.

#![allow(clippy::unwrap_used)]
use super::*;
use abide_wire::{EndReason, LimitSource, Question, SignalStatus};

pub(in crate::tray) fn status(account: &str, state: SessionState) -> SessionStatus {
    let signed_in = matches!(state, SessionState::Active | SessionState::Expiring);
    SessionStatus {
        account: account.to_owned(),
        label: None,
        removing: false,
        issuer: "https://id.example.com".to_owned(),
        provider: "id.example.com".to_owned(),
        user: signed_in.then(|| "alice@example.com".to_owned()),
        state,
        ended: None,
        ended_by: None,
        provider_end: None,
        sign_out_page: None,
        ended_at: None,
        expires_in: signed_in.then_some(660),
        limit: signed_in.then_some(Limit::Idle),
        lifetime: signed_in.then_some(900),
        since: None,
        at_most_until: None,
        access_token_expires_in: None,
        renewable: signed_in,
        can_be_kept: signed_in,
        sign_in_needed: false,
        reminder: None,
        signing_in: false,
        attempt: None,
        provider_logout: None,
        provider_limit: None,
        frozen: false,
        layers: Vec::new(),
        signals: Vec::new(),
        clock_skew: None,
        advised_end_after: None,
        last_error: None,
        last_error_code: None,
        last_error_kind: None,
    }
}

fn of(accounts: Vec<SessionStatus>) -> Snapshot {
    Snapshot { accounts, questions: Vec::new(), warnings: Vec::new(), ..Snapshot::default() }
}

#[test]
fn one_account_has_the_plain_words() {
    let view = View::of(&of(vec![status("work", SessionState::Active)]));
    let account = &view.accounts[0];
    assert_eq!(account.status, "alice@example.com \u{b7} 11 min left");
    assert_eq!(account.sign_in, ItemView { label: "Sign in".to_owned(), enabled: false });
    assert_eq!(account.keep, ItemView { label: "Keep session".to_owned(), enabled: true });
    assert_eq!(account.sign_out, ItemView { label: "Sign out".to_owned(), enabled: true });
    assert_eq!(view.tooltip, ["work: 11 min left"]);
}

#[test]
fn a_title_is_shown_instead_of_the_name() {
    let mut work = status("work", SessionState::SignedOut);
    work.label = Some("Example & Sons".to_owned());
    let snapshot = of(vec![work, status("home", SessionState::SignedOut)]);
    let view = View::of(&snapshot);
    assert_eq!(view.accounts[0].name, "work", "what is chosen names the account");
    assert_eq!(view.accounts[0].status, "Example & Sons \u{b7} not signed in");
    assert_eq!(view.accounts[0].sign_in.label, "Sign in to Example & Sons");
    assert_eq!(view.tooltip[0], "Example & Sons: not signed in");
}

#[test]
fn an_account_that_is_being_removed_is_marked() {
    let mut work = status("work", SessionState::Active);
    work.removing = true;
    assert_eq!(View::of(&of(vec![work])).tooltip, ["work: removed in a few seconds"]);
}

#[test]
fn the_provider_s_limit_names_the_parameter_that_declared_it() {
    let mut work = status("work", SessionState::Active);
    work.provider_limit = Some(LimitSource::SessionExpiry);
    assert_eq!(View::of(&of(vec![work.clone()])).tooltip, ["work: 11 min left"], "another one is nearer");
    work.limit = Some(Limit::Provider);
    let view = View::of(&of(vec![work]));
    assert_eq!(view.tooltip, ["work: 11 min left, limited by the provider (session_expiry)"]);
    assert!(view.accounts[0].status.ends_with("limited by the provider (session_expiry)"));
}

#[test]
fn keeping_is_offered_only_where_it_helps() {
    let enabled = |change: fn(&mut SessionStatus)| {
        let mut status = status("work", SessionState::Active);
        change(&mut status);
        let snapshot = of(vec![status]);
        let offered = View::of(&snapshot).accounts[0].keep.enabled;
        assert_eq!(Action::of("keep:work", &snapshot).is_some(), offered);
        offered
    };
    assert!(enabled(|_| {}));
    // The agent decides, whatever the limit is.
    assert!(enabled(|status| (status.limit, status.renewable) = (Some(Limit::Provider), false)));
    assert!(!enabled(|status| status.can_be_kept = false));
    assert!(!enabled(|status| status.frozen = true));
}

#[test]
fn a_sign_in_is_offered_while_the_user_is_reminded_of_the_end() {
    let mut work = status("work", SessionState::Active);
    assert!(!View::of(&of(vec![work.clone()])).accounts[0].sign_in.enabled);
    work.reminder = Some(abide_wire::Reminder { id: 1, limit: Limit::Absolute, ends_at: 0, later_at: None });
    assert!(View::of(&of(vec![work])).accounts[0].sign_in.enabled);
}

#[test]
fn a_closed_tab_can_be_opened_again_and_no_other() {
    let offered = |state, signals: &[(Signal, SignalState)]| {
        let mut status = status("work", state);
        status.signals = signals
            .iter()
            .map(|&(signal, state)| SignalStatus { signal, state, heard_at: None, code: None })
            .collect();
        let snapshot = of(vec![status]);
        let offered = View::of(&snapshot).accounts[0].watch_again;
        let action = Action::of("watch:work", &snapshot);
        assert_eq!(action, offered.then(|| Action::Watch("work".to_owned())));
        offered
    };
    let (iframe, refresh) = (Signal::Iframe, Signal::Refresh);
    let closed = [(refresh, SignalState::Works), (iframe, SignalState::Closed)];
    assert!(offered(SessionState::Active, &closed));
    assert!(offered(SessionState::Expiring, &closed));
    for state in [SignalState::Waiting, SignalState::Works, SignalState::Blocked, SignalState::NotOffered] {
        assert!(!offered(SessionState::Active, &[(iframe, state)]), "{state:?}");
    }
    assert!(!offered(SessionState::Active, &[(refresh, SignalState::Closed)]));
    assert!(!offered(SessionState::Ended, &closed), "signed out");
}

#[test]
fn a_frozen_session_is_barred_and_says_why() {
    let mut frozen = status("work", SessionState::Active);
    frozen.frozen = true;
    let view = View::of(&of(vec![frozen]));
    assert_eq!(view.face.ring, Ring::Barred(44));
    assert_eq!(view.tooltip, ["work: frozen, the screen is locked"]);
    assert_eq!(view.accounts[0].status, "alice@example.com \u{b7} frozen, the screen is locked");
    assert!(view.accounts[0].sign_out.enabled);
}

#[test]
fn signed_out_offers_only_to_sign_in() {
    let view = View::of(&of(vec![status("demo", SessionState::SignedOut)]));
    let account = &view.accounts[0];
    assert_eq!(account.status, "demo \u{b7} not signed in");
    assert!(account.sign_in.enabled && !account.keep.enabled && !account.sign_out.enabled);
    assert_eq!(view.face, Face { ring: Ring::Hollow, tone: Tone::Calm, dot: false });
}

#[test]
fn the_end_of_a_session_says_why() {
    let mut ended = status("work", SessionState::Ended);
    ended.ended = Some(EndReason::Declined);
    let view = View::of(&of(vec![ended]));
    assert!(view.accounts[0].status.starts_with("work \u{b7} signed out, you answered No"));
    assert_eq!(view.face.ring, Ring::Hollow);
}

#[test]
fn while_the_browser_is_open_the_item_cancels() {
    let snapshot = of(vec![status("work", SessionState::Authorizing)]);
    let view = View::of(&snapshot);
    assert_eq!(view.face.ring, Ring::SigningIn);
    assert_eq!(view.accounts[0].sign_in, ItemView { label: "Cancel sign-in".to_owned(), enabled: true });
    assert_eq!(Action::of("sign-in:work", &snapshot), Some(Action::CancelSignIn("work".to_owned())));
}

#[test]
fn a_stale_menu_asks_for_nothing_impossible() {
    let active = of(vec![status("work", SessionState::Active)]);
    assert_eq!(Action::of("sign-in:work", &active), None);
    assert_eq!(Action::of("keep:work", &active), Some(Action::Keep("work".to_owned())));
    let out = of(vec![status("work", SessionState::SignedOut)]);
    assert_eq!(Action::of("sign-in:work", &out), Some(Action::SignIn("work".to_owned())));
    assert_eq!(Action::of("keep:work", &out), None);
    assert_eq!(Action::of("sign-out:work", &out), None);
    assert_eq!(Action::of("sign-in:gone", &out), None);
    assert_eq!(Action::of("status:work", &out), None);
    assert_eq!(Action::of("quit", &out), Some(Action::Quit));
    assert_eq!(Action::of("settings", &out), Some(Action::Settings));
}

#[test]
fn the_face_follows_the_time() {
    let face_at = |left, state| {
        let mut status = status("work", state);
        status.expires_in = Some(left);
        View::of(&of(vec![status])).face
    };
    let face = |parts, tone| Face { ring: Ring::Left(parts), tone, dot: false };
    assert_eq!(face_at(900, SessionState::Active), face(60, Tone::Calm));
    assert_eq!(face_at(226, SessionState::Active), face(16, Tone::Calm));
    // Rounded up to half a minute: never emptier than the time that is left.
    assert_eq!(face_at(225, SessionState::Active), face(16, Tone::Amber));
    assert_eq!(face_at(210, SessionState::Active), face(14, Tone::Amber));
    assert_eq!(face_at(180, SessionState::Expiring), face(12, Tone::Red));
    assert_eq!(face_at(60, SessionState::Active), face(4, Tone::Red));
    // In the same steps as the tooltip.
    assert_eq!(face_at(64, SessionState::Active), face_at(62, SessionState::Active));
}

#[test]
fn a_second_that_nobody_sees_changes_nothing() {
    let at = |left| {
        let mut status = status("work", SessionState::Active);
        status.expires_in = Some(left);
        View::of(&of(vec![status]))
    };
    assert_eq!(at(660), at(655));
    assert_ne!(at(660), at(600));
}

fn live_grant(id: u64, program: &str) -> LiveGrant {
    LiveGrant {
        id,
        program: program.to_owned(),
        account: "work".to_owned(),
        targets: Vec::new(),
        scopes: Vec::new(),
        until: None,
        labels: Vec::new(),
        span: abide_wire::Span::Run,
        allows: true,
        tokens: 41,
        since: 0,
        last_used: None,
    }
}

#[test]
fn a_program_that_may_have_tokens_can_be_stopped() {
    let live = |id, program: &str, allows| LiveGrant { allows, ..live_grant(id, program) };
    let mut snapshot = of(vec![status("work", SessionState::Active)]);
    let none = View::of(&snapshot);
    snapshot.grants =
        vec![live(7, "Claude Code", true), live(8, "curl", false), live(9, &"x".repeat(90), true)];
    let view = View::of(&snapshot);
    assert_eq!(view.stops[0], StopView { grant: 7, label: "Stop Claude Code".to_owned() });
    assert_eq!((view.stops.len(), view.stops[1].label.chars().count()), (2, 46));
    assert!(view.has_other_items_than(&none));
    assert_eq!(Action::of("stop:7", &snapshot), Some(Action::Stop(7)));
    assert_eq!(Action::of("stop:1", &snapshot), None, "it has ended");
    // Its count is not in the menu.
    snapshot.grants[0].tokens = 42;
    assert_eq!(View::of(&snapshot), view);
    snapshot.accounts.push(status("home", SessionState::SignedOut));
    assert_eq!(View::of(&snapshot).stops[0].label, "Stop Claude Code (work)");
}

#[test]
fn an_account_is_called_by_its_title() {
    let mut work = status("work", SessionState::Ended);
    work.label = Some("Example & Sons".to_owned());
    let mut snapshot = of(vec![work, status("home", SessionState::SignedOut)]);
    snapshot.grants.push(live_grant(7, "git"));
    let view = View::of(&snapshot);
    assert_eq!(view.stops[0].label, "Stop git (Example & Sons)");
    assert_eq!(view.accounts[0].sign_in.label, "Sign in to Example & Sons");
    assert!(view.accounts[0].status.starts_with("Example & Sons \u{b7} "), "{view:?}");
    assert!(view.tooltip[0].starts_with("Example & Sons: "), "{view:?}");
    assert_eq!(Action::of("sign-in:work", &snapshot), Some(Action::SignIn("work".to_owned())));
}

#[test]
fn the_dot_stands_for_whatever_needs_attention() {
    let dot = |snapshot: &Snapshot| View::of(snapshot).face.dot;
    let mut snapshot = of(vec![status("work", SessionState::Active)]);
    assert!(!dot(&snapshot));
    snapshot.accounts[0].last_error = Some("The provider cannot be reached.".to_owned());
    assert!(dot(&snapshot));
    assert_eq!(View::of(&snapshot).tooltip, ["work: 11 min left", "The provider cannot be reached."]);
    assert!(View::of(&snapshot).accounts[0].status.ends_with("needs attention"));
    snapshot.accounts[0].last_error = None;
    snapshot.questions.push(Question {
        id: 1,
        account: "work".to_owned(),
        label: None,
        provider: "id.example.com".to_owned(),
        seconds_left: 58,
        limit: Limit::Idle,
        can_be_kept: true,
        yes_keeps_until: 0,
    });
    assert!(dot(&snapshot));
}

#[test]
fn several_accounts_are_named_and_the_nearest_end_leads() {
    let mut near = status("home", SessionState::Active);
    near.expires_in = Some(100);
    let snapshot =
        of(vec![status("work", SessionState::Active), near, status("lab", SessionState::SignedOut)]);
    let view = View::of(&snapshot);
    assert_eq!(view.tooltip, ["home: 1 min 30 s left", "work: 11 min left", "lab: not signed in"]);
    let names: Vec<&str> = view.accounts.iter().map(|account| account.name.as_str()).collect();
    assert_eq!(names, ["work", "home", "lab"]);
    assert_eq!(view.accounts[2].sign_in.label, "Sign in to lab");
    assert_eq!(view.accounts[0].status, "work \u{b7} alice@example.com \u{b7} 11 min left");
    assert_eq!(view.face.tone, Tone::Amber);
}

#[test]
fn only_another_set_of_accounts_needs_another_menu() {
    let one = View::of(&of(vec![status("work", SessionState::Active)]));
    let later = View::of(&of(vec![status("work", SessionState::Ended)]));
    let two =
        View::of(&of(vec![status("work", SessionState::Active), status("home", SessionState::SignedOut)]));
    assert!(!one.has_other_items_than(&later));
    assert!(one.has_other_items_than(&two));
}

#[test]
fn the_tooltip_counts_in_calm_steps_and_to_the_second_at_the_end() {
    assert_eq!([121, 119, 106, 31, 29, 12, 10, 9, 1].map(calm), [121, 105, 105, 30, 25, 10, 10, 9, 1]);
}
