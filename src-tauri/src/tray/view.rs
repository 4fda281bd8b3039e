//! What the tray shows for a snapshot. Pure: no desktop, no clock.

use abide_locale::{common, desktop, session, time};
use abide_wire::{Language, LiveGrant, SessionState, SessionStatus, Signal, SignalState, Snapshot};

use crate::face::{Face, Ring, Tone, sixtieths};

/// Everything that the tray shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct View {
    /// The icon.
    pub(crate) face: Face,
    /// One line for each account, the one whose session ends first at the top, then the warnings.
    pub(crate) tooltip: Vec<String>,
    /// The accounts in the menu, in the order of the configuration.
    pub(crate) accounts: Vec<AccountView>,
    /// The programs that may have tokens now and can be stopped.
    pub(crate) stops: Vec<StopView>,
    /// The language of all of it.
    pub(crate) language: Language,
}

/// A program that may have tokens now, until something ends. How many it had is in the window, because a menu is read anew for each
/// change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StopView {
    /// The number of the grant.
    pub(crate) grant: u64,
    /// The text of the item.
    pub(crate) label: String,
}

/// At most so many programs are in the menu; the window has all.
const MOST_STOPS: usize = 5;
/// So much of a program's name is shown, in characters.
const LONGEST_NAME: usize = 40;

/// An account in the menu. Its items depend only on the set of accounts, except for the item for a closed tab. Texts and
/// greying follow the state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AccountView {
    /// The account's name.
    pub(crate) name: String,
    /// Who is signed in and for how long, or why not.
    pub(crate) status: String,
    /// The same without the time left: while this stays the same, a closed menu needs no update.
    #[cfg_attr(not(target_os = "linux"), allow(dead_code))]
    pub(crate) lasting_status: String,
    /// "Sign in", or "Cancel sign-in" while the browser is open.
    pub(crate) sign_in: ItemView,
    /// "Keep session".
    pub(crate) keep: ItemView,
    /// Whether the tab that watches the provider's session can be opened again: while it is closed.
    pub(crate) watch_again: bool,
    /// "Sign out".
    pub(crate) sign_out: ItemView,
}

/// An item of the menu.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ItemView {
    /// Its text.
    pub(crate) label: String,
    /// Whether it can be chosen.
    pub(crate) enabled: bool,
}

/// The action of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Open the browser for this account.
    SignIn(String),
    /// Stop waiting for the browser.
    CancelSignIn(String),
    /// Keep this account's session.
    Keep(String),
    /// Open the tab again that watches the session at this account's provider.
    Watch(String),
    /// End this account's session.
    SignOut(String),
    /// Take back what a program was allowed.
    Stop(u64),
    /// Copy the command that calls a service with a token.
    CopyCommand,
    /// Open the window.
    Open,
    /// Open the window at its settings.
    Settings,
    /// End the program.
    Quit,
}

/// The identifiers of the items. If an item concerns an account, a colon and the account's name follow.
pub(crate) mod item {
    pub(crate) const STATUS: &str = "status";
    pub(crate) const SIGN_IN: &str = "sign-in";
    pub(crate) const KEEP: &str = "keep";
    pub(crate) const WATCH: &str = "watch";
    pub(crate) const SIGN_OUT: &str = "sign-out";
    pub(crate) const STOP: &str = "stop";
    pub(crate) const COPY: &str = "copy-command";
    pub(crate) const OPEN: &str = "open";
    pub(crate) const SETTINGS: &str = "settings";
    pub(crate) const QUIT: &str = "quit";
}

impl Action {
    /// The meaning of a chosen item now. `None` if a menu that was opened earlier offers something that is no longer
    /// possible.
    pub(crate) fn of(id: &str, snapshot: &Snapshot) -> Option<Self> {
        match id {
            item::COPY => return Some(Self::CopyCommand),
            item::OPEN => return Some(Self::Open),
            item::SETTINGS => return Some(Self::Settings),
            item::QUIT => return Some(Self::Quit),
            _ => {}
        }
        let (what, name) = id.split_once(':')?;
        if what == item::STOP {
            let grant = name.parse().ok()?;
            return snapshot.grants.iter().any(|live| live.id == grant).then_some(Self::Stop(grant));
        }
        let status = snapshot.accounts.iter().find(|status| status.account == name)?;
        let account = name.to_owned();
        match what {
            item::SIGN_IN if status.state == SessionState::Authorizing => Some(Self::CancelSignIn(account)),
            item::SIGN_IN if offers_sign_in(status) => Some(Self::SignIn(account)),
            item::KEEP if offers_keep(status) => Some(Self::Keep(account)),
            item::WATCH if can_watch_again(status) => Some(Self::Watch(account)),
            item::SIGN_OUT if is_signed_in(status) => Some(Self::SignOut(account)),
            _ => None,
        }
    }
}

impl View {
    /// The view of this snapshot.
    pub(crate) fn of(snapshot: &Snapshot) -> Self {
        let alone = snapshot.accounts.len() == 1;
        let language = snapshot.language.used;
        let account = |status| AccountView::of(status, alone, language);
        Self {
            face: face(snapshot),
            tooltip: tooltip(snapshot),
            accounts: snapshot.accounts.iter().map(account).collect(),
            stops: stops(snapshot, alone),
            language,
        }
    }

    /// The items below the accounts and the programs, but the last.
    pub(crate) fn common_items(&self) -> [(&'static str, String); 3] {
        [
            (item::COPY, desktop::tray_copy_command(self.language)),
            (item::OPEN, desktop::tray_open(self.language)),
            (item::SETTINGS, desktop::tray_settings(self.language)),
        ]
    }

    /// The last item.
    pub(crate) fn quit(&self) -> String {
        desktop::tray_quit(self.language)
    }

    /// The item that opens the tab again which watches the provider's session.
    pub(crate) fn watch_again(&self) -> String {
        desktop::tray_watch_again(self.language)
    }

    /// Whether the other view needs other items, not only other texts: for accounts, for programs, or in another language.
    #[cfg(any(not(target_os = "linux"), test))]
    pub(crate) fn has_other_items_than(&self, other: &Self) -> bool {
        let names =
            |view: &Self| view.accounts.iter().map(|account| account.name.clone()).collect::<Vec<_>>();
        names(self) != names(other) || self.stops != other.stops || self.language != other.language
    }
}

impl AccountView {
    fn of(status: &SessionStatus, alone: bool, language: Language) -> Self {
        let signed_in = is_signed_in(status);
        let authorizing = status.state == SessionState::Authorizing;
        let sign_in = match (authorizing, alone) {
            (true, _) => common::action_cancel_sign_in(language),
            (false, true) => common::action_sign_in(language),
            (false, false) => desktop::tray_sign_in_to(language, status.title()),
        };
        Self {
            name: status.account.clone(),
            status: status_line(status, alone, language, |left| left),
            lasting_status: status_line(status, alone, language, |_| 0),
            sign_in: ItemView { label: sign_in, enabled: offers_sign_in(status) },
            keep: ItemView { label: common::action_keep_session(language), enabled: offers_keep(status) },
            watch_again: can_watch_again(status),
            sign_out: ItemView { label: common::action_sign_out(language), enabled: signed_in },
        }
    }
}

fn stops(snapshot: &Snapshot, alone: bool) -> Vec<StopView> {
    let label = |live: &LiveGrant| {
        let mut name: String = live.program.chars().filter(|c| !c.is_control()).take(LONGEST_NAME).collect();
        if live.program.chars().nth(LONGEST_NAME).is_some() {
            name.push('\u{2026}');
        }
        let language = snapshot.language.used;
        match alone {
            true => desktop::tray_stop(language, name),
            false => desktop::tray_stop_for(language, snapshot.title_of(&live.account), name),
        }
    };
    let allowed = snapshot.grants.iter().filter(|live| live.allows).take(MOST_STOPS);
    allowed.map(|live| StopView { grant: live.id, label: label(live) }).collect()
}

fn is_signed_in(status: &SessionStatus) -> bool {
    matches!(status.state, SessionState::Active | SessionState::Expiring)
}

/// Whether to offer *Keep session*. A frozen session waits until the screen is unlocked.
fn offers_keep(status: &SessionStatus) -> bool {
    is_signed_in(status) && !status.frozen && status.can_be_kept
}

/// Whether to offer *Sign in*: without a session, if the provider requires another sign-in, and while the user is reminded of the end.
fn offers_sign_in(status: &SessionStatus) -> bool {
    !is_signed_in(status) || status.sign_in_needed || status.reminder.is_some()
}

/// Whether the tab that watches the provider's session was open and has been closed.
fn can_watch_again(status: &SessionStatus) -> bool {
    let closed = |signal: &abide_wire::SignalStatus| {
        signal.signal == Signal::Iframe && signal.state == SignalState::Closed
    };
    is_signed_in(status) && status.signals.iter().any(closed)
}

fn face(snapshot: &Snapshot) -> Face {
    let dot = !snapshot.questions.is_empty()
        || !snapshot.warnings.is_empty()
        || snapshot.accounts.iter().any(|status| status.last_error.is_some());
    let still = |ring| Face { ring, tone: Tone::Calm, dot };
    let signing_in = snapshot.accounts.iter().any(|status| status.state == SessionState::Authorizing);
    let Some(leading) = snapshot.leading() else { return still(Ring::Hollow) };
    if !is_signed_in(leading) {
        return still(if signing_in { Ring::SigningIn } else { Ring::Hollow });
    }
    let drawn = |parts| if leading.frozen { Ring::Barred(parts) } else { Ring::Left(parts) };
    let Some(left) = leading.expires_in else { return still(drawn(60)) };
    let whole = leading.lifetime.unwrap_or(left);
    let asked = leading.state == SessionState::Expiring;
    let tone = if left <= 60 || asked {
        Tone::Red
    } else if left.saturating_mul(4) <= whole {
        Tone::Amber
    } else {
        Tone::Calm
    };
    // With a limit of a quarter of an hour, a panel icon shows no smaller change than half a minute, and every new picture
    // makes the panel read it. It reads the picture together with the tooltip.
    let parts = sixtieths(calm(left), whole);
    Face { ring: drawn(parts + parts % 2), tone, dot }
}

fn tooltip(snapshot: &Snapshot) -> Vec<String> {
    let leading = snapshot.leading().map(|status| status.account.as_str());
    let mut accounts: Vec<&SessionStatus> = snapshot.accounts.iter().collect();
    accounts.sort_by_key(|status| Some(status.account.as_str()) != leading);
    let language = snapshot.language.used;
    let line = |status: &&SessionStatus| {
        desktop::tray_tooltip_line(language, status.title(), brief(status, language, calm))
    };
    let mut lines: Vec<String> = accounts.iter().map(line).collect();
    lines.extend(accounts.iter().filter_map(|status| status.last_error.clone()));
    lines.extend(snapshot.warnings.iter().cloned());
    if lines.is_empty() {
        lines.push(desktop::tray_tooltip_empty(language));
    }
    lines
}

/// The time in the tooltip: rounded down, in steps of a quarter of a minute, then of five seconds, and exact at the very
/// end. With each new text a panel reads everything again.
fn calm(left: u64) -> u64 {
    match left {
        30..120 => left - left % 15,
        10..30 => left - left % 5,
        _ => left,
    }
}

/// The state in few words. `shown` converts the time left into the time to show.
fn brief(status: &SessionStatus, language: Language, shown: impl Fn(u64) -> u64) -> String {
    match (status.state, status.expires_in, status.ended) {
        _ if status.removing => desktop::tray_removing(language),
        _ if status.frozen => desktop::tray_frozen(language),
        (SessionState::Active | SessionState::Expiring, Some(left), _) => {
            desktop::tray_left(language, time::rough_duration(language, shown(left)))
        }
        (SessionState::Active | SessionState::Expiring, None, _) => desktop::tray_signed_in(language),
        (SessionState::Authorizing, _, _) => desktop::tray_waiting(language),
        (SessionState::Ended, _, Some(reason)) => {
            desktop::tray_signed_out_because(language, session::ended(language, reason))
        }
        (SessionState::Ended, _, None) => desktop::tray_signed_out(language),
        (SessionState::SignedOut, _, _) => desktop::tray_not_signed_in(language),
    }
}

/// Separated by dots: who, for how long, and what is wrong.
fn status_line(
    status: &SessionStatus,
    alone: bool,
    language: Language,
    shown: impl Fn(u64) -> u64,
) -> String {
    let user = status.user.as_ref().filter(|_| is_signed_in(status));
    let account = (user.is_none() || !alone).then(|| status.title().to_owned());
    let attention = status.last_error.is_some().then(|| desktop::tray_needs_attention(language));
    let parts = [account, user.cloned(), Some(brief(status, language, shown)), attention];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" \u{b7} ")
}

#[cfg(test)]
pub(super) mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use abide_wire::{EndReason, Limit, Question, SignalStatus};

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
        work.reminder =
            Some(abide_wire::Reminder { id: 1, limit: Limit::Absolute, ends_at: 0, later_at: None });
        assert!(View::of(&of(vec![work])).accounts[0].sign_in.enabled);
    }

    #[test]
    fn a_closed_tab_can_be_opened_again_and_no_other() {
        let offered = |state, signals: &[(Signal, SignalState)]| {
            let mut status = status("work", state);
            status.signals = signals
                .iter()
                .map(|&(signal, state)| SignalStatus { signal, state, heard_at: None })
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
        for state in [SignalState::Waiting, SignalState::Works, SignalState::Blocked, SignalState::NotOffered]
        {
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
        let two = View::of(&of(vec![
            status("work", SessionState::Active),
            status("home", SessionState::SignedOut),
        ]));
        assert!(!one.has_other_items_than(&later));
        assert!(one.has_other_items_than(&two));
    }

    #[test]
    fn the_tooltip_counts_in_calm_steps_and_to_the_second_at_the_end() {
        assert_eq!([121, 119, 106, 31, 29, 12, 10, 9, 1].map(calm), [121, 105, 105, 30, 25, 10, 10, 9, 1]);
    }
}
