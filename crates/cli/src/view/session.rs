//! Sessions and times as text for the terminal.

use abide_wire::terminal::plain;
use abide_wire::text::{duration, ended_by, limit, provider_end, rough_duration};
use abide_wire::{
    EndReason, Layer, LayerState, Limit, ProviderEnd, Question, SessionState, SessionStatus, SignOutPage,
    Snapshot,
};

use super::{layers, signals};
use crate::clock::{Clock, moment};
use crate::terminal::{Ink, Style};

/// The output of `abide status`.
pub(crate) fn status(snapshot: &Snapshot, clock: Clock, style: Style) -> String {
    let mut page = String::new();
    let longest = snapshot.accounts.iter().map(|status| plain(&status.account).chars().count()).max();
    let width = longest.unwrap_or(0) + 3;
    for status in &snapshot.accounts {
        let name = plain(&status.account);
        let mut left =
            format!("{}{:pad$}", style.paint(Ink::Bold, &name), "", pad = width - name.chars().count());
        let asked = snapshot.questions.iter().find(|question| question.account == status.account);
        for line in account(status, asked, clock, style) {
            page.push_str(&left);
            page.push_str(&line);
            page.push('\n');
            left = " ".repeat(width);
        }
    }
    if snapshot.accounts.is_empty() {
        page.push_str("No account yet. Add one: abide accounts add NAME --issuer URL --client-id ID\n");
    }
    if !snapshot.warnings.is_empty() {
        page.push('\n');
    }
    for warning in &snapshot.warnings {
        page.push_str(&style.paint(Ink::Amber, &plain(warning)));
        page.push('\n');
    }
    page
}

/// One account, line by line.
fn account(status: &SessionStatus, asked: Option<&Question>, clock: Clock, style: Style) -> Vec<String> {
    let provider = plain(&status.provider);
    let mut lines = match status.state {
        SessionState::SignedOut => vec![format!("not signed in · {provider}")],
        SessionState::Authorizing => {
            vec![format!("signing in · {provider}"), "waiting for your sign-in in the browser".into()]
        }
        SessionState::Ended => {
            [Some(signed_out(status, clock)), provider_side(status, style)].into_iter().flatten().collect()
        }
        SessionState::Active | SessionState::Expiring => signed_in(status, asked, clock, style),
    };
    if let (Some(label), Some(first)) = (&status.label, lines.first_mut()) {
        *first = format!("{} · {first}", plain(label));
    }
    if status.removing {
        let removal = "removed in a few seconds, unless you undo that in the window";
        lines.push(style.paint(Ink::Amber, removal).into_owned());
    }
    if let Some(end_after) = status.advised_end_after {
        let advice = format!(
            "Your idle limit is not shorter than the session at {provider}, which can end first. Set end_after to {}: \
             abide config check shows how.",
            duration(end_after)
        );
        lines.push(style.paint(Ink::Amber, &advice).into_owned());
    }
    if let Some(last_error) = &status.last_error {
        lines.push(style.paint(Ink::Amber, &plain(last_error)).into_owned());
    }
    lines
}

fn signed_in(status: &SessionStatus, asked: Option<&Question>, clock: Clock, style: Style) -> Vec<String> {
    let provider = plain(&status.provider);
    let who = match &status.user {
        Some(user) => format!("{} · {provider}", plain(user)),
        None => provider.into_owned(),
    };
    let mut time = time_left(status, style);
    if let Some(at) = status.at_most_until {
        time.push_str(" · at most until ");
        time.push_str(&moment(at, clock));
    }
    let mut lines = vec![who, time];
    if let Some(question) = asked {
        lines.push(if question.can_be_kept {
            "to extend it: abide keep".to_owned()
        } else {
            "sign in again after that: abide login".to_owned()
        });
    }
    let behind = [
        layers::provider(status, clock),
        signals::watched(status),
        layers::identity(status, clock),
        Some(token(status)),
    ];
    lines.extend(behind.into_iter().flatten().map(|line| style.paint(Ink::Dim, &line).into_owned()));
    lines
}

fn token(status: &SessionStatus) -> String {
    if status.frozen {
        return "no access token until you unlock the screen".to_owned();
    }
    let token = match status.access_token_expires_in {
        Some(0) => "access token expired".to_owned(),
        Some(seconds) => format!("access token {}", rough_duration(seconds)),
        None => "no access token yet".to_owned(),
    };
    let renews = if status.renewable { "renews automatically" } else { "cannot be renewed" };
    format!("{token} · {renews}")
}

/// `active · 11 min 42 s left (idle)`, amber in the last quarter, red in the last minute. A frozen session is marked first:
/// its limits continue, but it cannot be used.
fn time_left(status: &SessionStatus, style: Style) -> String {
    let left = status.expires_in.unwrap_or(u64::MAX);
    let ink = match status.lifetime {
        _ if left < 60 => Ink::Red,
        Some(lifetime) if left.saturating_mul(4) <= lifetime => Ink::Amber,
        _ if status.state == SessionState::Expiring => Ink::Amber,
        _ => Ink::Accent,
    };
    let (word, ink_of_word) = match status.state {
        _ if status.frozen => ("frozen: the screen is locked", Ink::Amber),
        _ if status.sign_in_needed => ("sign in again", Ink::Amber),
        SessionState::Expiring => ("expiring", ink),
        _ => ("active", ink),
    };
    let mut line = style.paint(ink_of_word, word).into_owned();
    if let Some(seconds) = status.expires_in {
        line.push_str(" · ");
        line.push_str(&style.paint(ink, &format!("{} left", duration(seconds))));
        if let Some(which) = status.limit {
            line.push_str(&format!(" ({})", limit_with_source(which, status)));
        }
    }
    line
}

/// A limit, with the parameter in which the provider declared its own.
fn limit_with_source(which: Limit, status: &SessionStatus) -> String {
    match status.provider_limit.filter(|_| which == Limit::Provider) {
        Some(source) => format!("{}: {}", limit(which), source.parameter()),
        None => limit(which).to_owned(),
    }
}

fn signed_out(status: &SessionStatus, clock: Clock) -> String {
    let mut line = String::from("signed out");
    if let Some(at) = status.ended_at {
        match (clock.now)().saturating_sub(at) {
            0 => line.push_str(" just now"),
            ago => line.push_str(&format!(" {} ago", rough_duration(ago))),
        }
    }
    if let Some(reason) = status.ended {
        line.push_str(": ");
        line.push_str(&ended_by(reason, status.ended_by));
    }
    line
}

/// The state of the provider's session after the end here, with what to do if it continues.
pub(crate) fn provider_side(status: &SessionStatus, style: Style) -> Option<String> {
    let end = status.provider_end.filter(|_| status.state == SessionState::Ended)?;
    let sentence = provider_end(&plain(&status.provider), end, status.sign_out_page);
    let ended_there = matches!(status.ended, Some(EndReason::ProviderLogout | EndReason::RefreshRejected));
    match end {
        ProviderEnd::GoesOn if status.sign_out_page != Some(SignOutPage::CameBack) => {
            let what_to_do = format!("{sentence} Sign out there too if others use this computer.");
            Some(style.paint(Ink::Amber, &what_to_do).into_owned())
        }
        // If the provider itself ended the session, it needs no notification.
        _ if ended_there => None,
        _ => Some(style.paint(Ink::Dim, &sentence).into_owned()),
    }
}

/// The lines of `abide watch` about a session, without the time and the account: the session, the known layers behind it,
/// and the state at the provider once it is final.
pub(crate) fn lines(status: &SessionStatus, clock: Clock, style: Style) -> [Option<String>; 4] {
    let signed_in = matches!(status.state, SessionState::Active | SessionState::Expiring);
    let ended_there =
        status.layers.iter().any(|layer| layer.layer == Layer::Provider && layer.state == LayerState::Ended);
    let provider = if signed_in || ended_there { layers::provider_now(status, clock) } else { None };
    let identity = if signed_in { layers::identity(status, clock) } else { None };
    let settled = status.provider_end != Some(ProviderEnd::Pending);
    let there = if settled { provider_side(status, style) } else { None };
    [Some(summary(status, style)), provider, identity, there]
}

fn summary(status: &SessionStatus, style: Style) -> String {
    let mut line = match (status.state, status.ended) {
        (SessionState::Active | SessionState::Expiring, _) => time_left(status, style),
        (SessionState::Authorizing, _) => "signing in".to_owned(),
        (SessionState::SignedOut, _) => "not signed in".to_owned(),
        (SessionState::Ended, Some(reason)) => format!("signed out: {}", ended_by(reason, status.ended_by)),
        (SessionState::Ended, None) => "signed out".to_owned(),
    };
    if let Some(last_error) = &status.last_error {
        line.push_str(" · ");
        line.push_str(&style.paint(Ink::Amber, &plain(last_error)));
    }
    line
}
