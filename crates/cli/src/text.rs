//! Sessions and times as the terminal says them.

use abide_wire::text::{duration, ended_by, limit, provider_end, rough_duration};
use abide_wire::{
    EndReason, Layer, LayerState, ProviderEnd, Question, SessionState, SessionStatus, Snapshot,
};

use crate::Clock;
use crate::layers;
use crate::signals;
use crate::style::{Ink, Style};
use abide_wire::terminal::plain;

const DAY: i64 = 86_400;

/// What `abide status` shows.
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
        page.push_str(
            "There is no account yet. Add one: abide accounts add NAME --issuer URL --client-id ID\n",
        );
    }
    if !snapshot.remarks.is_empty() {
        page.push('\n');
    }
    for remark in &snapshot.remarks {
        page.push_str(&style.paint(Ink::Amber, &plain(remark)));
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
            vec![format!("signing in · {provider}"), "waiting for you in the browser".into()]
        }
        SessionState::Ended => {
            [Some(signed_out(status, clock)), provider_side(status, style)].into_iter().flatten().collect()
        }
        SessionState::Active | SessionState::Expiring => signed_in(status, asked, clock, style),
    };
    if let Some(end_after) = status.advised_end_after {
        let advice = format!(
            "Your idle time is not shorter than the session at {provider}, so it cannot be held. Set end_after to {}: \
             abide config check says how.",
            duration(end_after)
        );
        lines.push(style.paint(Ink::Amber, &advice).into_owned());
    }
    if let Some(trouble) = &status.trouble {
        lines.push(style.paint(Ink::Amber, &plain(trouble)).into_owned());
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
            "to keep it: abide keep".to_owned()
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
        return "no access token is handed out until you unlock the screen".to_owned();
    }
    let token = match status.access_token_expires_in {
        Some(0) => "access token used up".to_owned(),
        Some(seconds) => format!("access token {}", rough_duration(seconds)),
        None => "no access token yet".to_owned(),
    };
    let renews = if status.renewable { "renews by itself" } else { "does not renew" };
    format!("{token} · {renews}")
}

/// `active · 11 min 42 s left (idle)`, amber in the last quarter, red in the last minute. A frozen session says so first:
/// its time runs on, but nobody can use it.
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
        SessionState::Expiring => ("expiring", ink),
        _ => ("active", ink),
    };
    let mut line = style.paint(ink_of_word, word).into_owned();
    if let Some(seconds) = status.expires_in {
        line.push_str(" · ");
        line.push_str(&style.paint(ink, &format!("{} left", duration(seconds))));
        if let Some(which) = status.limit {
            line.push_str(&format!(" ({})", limit(which)));
        }
    }
    line
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

/// What became of the provider's side of a session that has ended here, with what to do where it goes on.
pub(crate) fn provider_side(status: &SessionStatus, style: Style) -> Option<String> {
    let end = status.provider_end.filter(|_| status.state == SessionState::Ended)?;
    let sentence = provider_end(&plain(&status.provider), end);
    let ended_there = matches!(status.ended, Some(EndReason::ProviderLogout | EndReason::RefreshRejected));
    match end {
        ProviderEnd::GoesOn => {
            let what_to_do = format!("{sentence} Sign out there as well if others use this computer.");
            Some(style.paint(Ink::Amber, &what_to_do).into_owned())
        }
        // What the provider ended itself need not be told there.
        _ if ended_there => None,
        _ => Some(style.paint(Ink::Dim, &sentence).into_owned()),
    }
}

/// What `abide watch` shows of a session, without the time and the account: the session itself, the layers behind it as
/// far as there is something to say, and what became of the provider's side once that is settled.
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
    if let Some(trouble) = &status.trouble {
        line.push_str(" · ");
        line.push_str(&style.paint(Ink::Amber, &plain(trouble)));
    }
    line
}

/// A time: `21:04`, `21:04 tomorrow`, `21:04 yesterday`, `25 Nov, 21:04`.
pub(crate) fn moment(at: u64, clock: Clock) -> String {
    let (then, now) = (local(at, clock), local((clock.now)(), clock));
    let time = hours_and_minutes(then);
    match then.div_euclid(DAY) - now.div_euclid(DAY) {
        0 => time,
        1 => format!("{time} tomorrow"),
        -1 => format!("{time} yesterday"),
        _ => {
            let (_, month, day) = date(then);
            format!("{day} {}, {time}", MONTHS[month])
        }
    }
}

/// The time of day, to the second: `21:04:07`.
pub(crate) fn time_of_day(at: u64, clock: Clock) -> String {
    let local = local(at, clock);
    format!("{}:{:02}", hours_and_minutes(local), local.rem_euclid(60))
}

/// A day: `25 Nov 2026`.
pub(crate) fn day(at: u64, clock: Clock) -> String {
    let (year, month, day) = date(local(at, clock));
    format!("{day} {} {year}", MONTHS[month])
}

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Seconds of local time.
fn local(at: u64, clock: Clock) -> i64 {
    i64::try_from(at).unwrap_or(i64::MAX / 2) + i64::from((clock.utc_offset)(at))
}

fn hours_and_minutes(local: i64) -> String {
    format!("{:02}:{:02}", local.rem_euclid(DAY) / 3600, local.rem_euclid(3600) / 60)
}

/// Year, month (from 0) and day of the proleptic Gregorian calendar. The year is counted from March, so that the leap day
/// is its last, and cut into eras of 400 years, which are all alike.
fn date(local: i64) -> (i64, usize, i64) {
    let days = local.div_euclid(DAY) + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = (from_march + 2) % 12;
    (era * 400 + year + i64::from(month < 2), usize::try_from(month).unwrap_or(0), day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock() -> Clock {
        // 2026-11-24 20:52:18 in a zone that is an hour ahead.
        Clock { now: || 1_795_549_938, utc_offset: |_| 3600 }
    }

    #[test]
    fn times_name_the_day_only_when_it_is_another() {
        let now = (clock().now)();
        assert_eq!(time_of_day(now, clock()), "20:52:18");
        assert_eq!(moment(now + 702, clock()), "21:04");
        assert_eq!(moment(now + 4 * 3600, clock()), "00:52 tomorrow");
        assert_eq!(moment(now + 30 * 3600, clock()), "26 Nov, 02:52");
        assert_eq!(moment(now - 21 * 3600, clock()), "23:52 yesterday");
    }

    #[test]
    fn days_are_the_calendars() {
        let utc = Clock { now: || 0, utc_offset: |_| 0 };
        let days = [0, 951_782_400, 951_868_800, 1_735_689_599, 1_735_689_600, 4_107_542_400];
        let said: Vec<String> = days.into_iter().map(|at| day(at, utc)).collect();
        assert_eq!(
            said,
            ["1 Jan 1970", "29 Feb 2000", "1 Mar 2000", "31 Dec 2024", "1 Jan 2025", "1 Mar 2100"]
        );
    }
}
