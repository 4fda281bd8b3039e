//! What the tray shows for a snapshot. Pure: no desktop, no clock.

use abide_locale::{common, desktop, session, time};
use abide_wire::{Language, Limit, LiveGrant, SessionState, SessionStatus, Signal, SignalState, Snapshot};

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
            let left = time::rough_duration(language, shown(left));
            match status.provider_limit.filter(|_| status.limit == Some(Limit::Provider)) {
                Some(source) => desktop::tray_left_declared(language, source.parameter(), left),
                None => desktop::tray_left(language, left),
            }
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
pub(super) mod tests;
