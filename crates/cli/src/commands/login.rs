//! `abide login`: starts a sign-in and waits for its end.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use abide_wire::terminal::plain;
use abide_wire::text::{duration, ended_by, why_it_cannot_be_kept};
use abide_wire::{DeviceCode, EndReason, LastErrorKind, Limit, SessionState, SessionStatus, SignInBegun};

use super::device;
use super::target::{Among, account, has_no_token, is_signed_in, is_stuck, session_target, who};
use crate::arguments::parse::Way;
use crate::commands::device::Picture;
use crate::failure::{AnswerFault, Failure};
use crate::http::{Endpoint, Events};
use crate::io::Io;
use crate::platform::Stream;
use crate::terminal::Style;

/// The longest wait for the agent after Ctrl-C.
const SOON: Duration = Duration::from_secs(2);

pub(super) fn login(io: &mut Io<'_>, named: Option<String>, way: Way, json: bool) -> Result<(), Failure> {
    let endpoint = io.endpoint()?;
    let account = account(&endpoint, named, Among::All, "login")?;
    // Subscribed before the request, so that no change is missed.
    let mut events = endpoint.events(&session_target(&account, "/events"))?;
    let (present, data) = next(&mut events)?;
    if is_signed_in(&present) && !present.sign_in_needed && !is_stuck(&present) {
        let left = present.expires_in.map(|left| format!(", {} left", duration(left))).unwrap_or_default();
        return signed_in(
            io,
            &format!("You are already signed in: {}{left}.\n", who(&present)),
            &data,
            way,
            json,
        );
    }
    let ours = cancel_when_interrupted(io, &endpoint, &present);
    match sign_in(io, &endpoint, &present, events, (way, json), &ours) {
        // An error now is a consequence of that.
        Err(_) if ours.cancelled.load(Ordering::SeqCst) => Err(Failure::Interrupted),
        done => done,
    }
}

/// Begins the sign-in and waits for its end. If no browser opens, the user gets the address.
fn sign_in(
    io: &mut Io<'_>,
    endpoint: &Endpoint,
    present: &SessionStatus,
    mut events: Events<Stream>,
    (way, json): (Way, bool),
    ours: &Ours,
) -> Result<(), Failure> {
    let mut used = shown(begin(io, endpoint, present, way, json, ours), endpoint, present, ours)?;
    loop {
        if used != way {
            // The events until now are about the sign-in that opened no browser.
            events = endpoint.events(&session_target(&present.account, "/events"))?;
        }
        let attempt = ours.attempt.load(Ordering::SeqCst);
        let sought = (attempt, is_stuck(present));
        match follow(io, endpoint, &mut events, (used, json), sought, present.ended_at) {
            // The program that was to open it can take a while to fail.
            Err(failure @ Failure::SignIn { .. })
                if used == Way::Browser && no_browser(endpoint, &present.account) =>
            {
                io.tell(&format!("{}\n", plain(&failure.to_string())));
                used =
                    shown(begin(io, endpoint, present, Way::Address, json, ours), endpoint, present, ours)?;
            }
            done => return done,
        }
    }
}

/// Cancels a sign-in whose address or code could not be written: nothing would ever come of it.
fn shown(
    begun: Result<Way, Failure>,
    endpoint: &Endpoint,
    present: &SessionStatus,
    ours: &Ours,
) -> Result<Way, Failure> {
    if matches!(begun, Err(Failure::Output(_))) {
        cancel(endpoint, &present.account, ours.attempt.load(Ordering::SeqCst));
    }
    begun
}

/// Cancels the attempt of this number, or of an agent that does not number them. Returns whether the agent has.
fn cancel(endpoint: &Endpoint, account: &str, attempt: u64) -> bool {
    let body = if attempt == 0 { "{}".to_owned() } else { format!("{{\"attempt\":{attempt}}}") };
    endpoint.call_with("POST", &session_target(account, "/cancel"), Some(body.as_bytes())).is_ok()
}

/// The sign-in that this command has begun.
#[derive(Default)]
struct Ours {
    /// Its number, from 1; 0 until the agent has answered.
    attempt: AtomicU64,
    /// Whether the user has cancelled the command.
    cancelled: AtomicBool,
}

/// Begins the sign-in and shows the next step. Returns the way that was used: if no browser opens, the user gets the
/// address.
fn begin(
    io: &mut Io<'_>,
    endpoint: &Endpoint,
    present: &SessionStatus,
    way: Way,
    json: bool,
    ours: &Ours,
) -> Result<Way, Failure> {
    let body = match way {
        Way::Browser => &b"{\"browser\":true}"[..],
        Way::Address => b"{\"browser\":false}",
        Way::Device => b"{\"device\":true}",
    };
    // The answer arrives when the browser is open, or the address or the code is known.
    let answer = match endpoint.call_with("POST", &session_target(&present.account, "/login"), Some(body)) {
        Err(failure) if way == Way::Browser && no_browser(endpoint, &present.account) => {
            io.tell(&format!("{}\n", plain(&failure.to_string())));
            return begin(io, endpoint, present, Way::Address, json, ours);
        }
        answer => answer?,
    };
    let begun: SignInBegun = answer.json()?;
    ours.attempt.store(begun.attempt.unwrap_or_default(), Ordering::SeqCst);
    match way {
        Way::Browser => {
            io.tell(&format!("Sign in at {} in your browser.\n", plain(&present.provider)));
        }
        Way::Address => {
            let url = begun.authorization_url.as_deref().filter(|url| is_printable_url(url));
            let url = url.ok_or(AnswerFault::Content)?;
            if json {
                io.pass_on(&answer)?;
            } else {
                io.say(&format!("{url}\n"))?;
            }
            io.tell(&how_to_open(&begun, url));
        }
        Way::Device => {
            let code = begun.device.as_ref().filter(|code| can_be_shown(code)).ok_or(AnswerFault::Content)?;
            if json {
                io.pass_on(&answer)?;
            } else {
                let style = Style::new(io.err_is_terminal, io.environment);
                let picture = match (io.err_is_terminal, style.has_colour()) {
                    (false, _) => Picture::None,
                    (true, false) => Picture::Plain,
                    (true, true) => Picture::Inked,
                };
                io.tell(&device::page(code, picture));
            }
        }
    }
    Ok(way)
}

/// Whether a sign-in has failed because no browser could be opened.
fn no_browser(endpoint: &Endpoint, account: &str) -> bool {
    let status = endpoint.call("GET", &session_target(account, "")).and_then(|answer| answer.json());
    status.is_ok_and(|status: SessionStatus| status.last_error_code.as_deref() == Some("browser_not_started"))
}

/// Text for a terminal must contain nothing unexpected.
fn can_be_shown(code: &DeviceCode) -> bool {
    let printable = |text: &str| !text.is_empty() && text.bytes().all(|byte| (0x20..0x7f).contains(&byte));
    is_printable_url(&code.verification_uri)
        && code.verification_uri_complete.as_deref().is_none_or(is_printable_url)
        && printable(&code.user_code)
}

/// On Ctrl-C the sign-in is cancelled, so that nothing waits for the browser. A sign-in that another program has begun
/// continues.
fn cancel_when_interrupted(io: &Io<'_>, endpoint: &Endpoint, present: &SessionStatus) -> Arc<Ours> {
    let ours = Arc::new(Ours::default());
    let cancelled = Arc::clone(&ours);
    let endpoint = Endpoint { patience: SOON, ..endpoint.clone() };
    let account = present.account.clone();
    let another_goes_on = present.state == SessionState::Authorizing;
    (io.before_interruption)(Box::new(move |err| {
        cancelled.cancelled.store(true, Ordering::SeqCst);
        let attempt = cancelled.attempt.load(Ordering::SeqCst);
        // Not begun yet, or by an agent that does not number them.
        if attempt == 0 && another_goes_on {
            return;
        }
        // The process ends in any case. An agent that does not get this cancels the sign-in after ten minutes.
        if cancel(&endpoint, &account, attempt) {
            let _ = writeln!(err, "\nThe sign-in was cancelled.");
        }
    }));
    ours
}

/// Waits for the end of the sign-in.
///
/// The first events may be older, for example about the end of the session before. So an end counts only after the sign-in
/// was seen pending, or if the agent answers that it has none. `stuck`: the session is there already, without a token.
fn follow(
    io: &mut Io<'_>,
    endpoint: &Endpoint,
    events: &mut Events<Stream>,
    (way, json): (Way, bool),
    (ours, stuck): (u64, bool),
    ended_before: Option<u64>,
) -> Result<(), Failure> {
    let mut under_way = false;
    loop {
        let (status, data) = next(events)?;
        if ours != 0 && status.signing_in && status.attempt.is_some_and(|present| present > ours) {
            let sentence = "Another sign-in to this account has started, so this one has ended.".to_owned();
            return Err(Failure::SignIn { sentence, exit: 1 });
        }
        match status.state {
            SessionState::Authorizing => under_way = true,
            // The session is kept, and has no token before the person has signed in: a sign-in is or was pending.
            SessionState::Active | SessionState::Expiring
                if status.sign_in_needed || (stuck && (status.signing_in || has_no_token(&status))) =>
            {
                if status.signing_in {
                    under_way = true;
                } else if under_way || !is_under_way(endpoint, &status.account)? {
                    return Err(not_completed(&status));
                }
            }
            SessionState::SignedOut | SessionState::Ended
                if !under_way && is_under_way(endpoint, &status.account)? =>
            {
                under_way = true;
            }
            SessionState::Active | SessionState::Expiring => {
                let sentence = format!("You are signed in: {}.{}\n", who(&status), lasts(&status));
                return signed_in(io, &sentence, &data, way, json);
            }
            SessionState::SignedOut | SessionState::Ended => {
                let over = status.ended.filter(|_| status.ended_at != ended_before);
                return Err(
                    over.map_or_else(|| not_completed(&status), |reason| over_at_once(&status, reason))
                );
            }
        }
    }
}

/// When the new session ends, as a sentence. Use moves only an end that can be moved.
fn lasts(status: &SessionStatus) -> String {
    let Some(left) = status.expires_in.map(duration) else { return String::new() };
    match status.limit.filter(|limit| !status.can_be_kept && *limit != Limit::Idle) {
        Some(limit) => format!(" Your session ends in {left}: {}", why_it_cannot_be_kept(limit)),
        None => format!(" Your session ends in {left} without use."),
    }
}

/// Whether a sign-in failed because the person did not complete it, or the provider wants to see them again: another attempt
/// can succeed (OpenID Connect Core 1.0, section 3.1.2.6; RFC 8628, section 3.5).
fn is_for_the_person(code: Option<&str>) -> bool {
    const CODES: [&str; 7] = [
        "access_denied",
        "account_selection_required",
        "consent_required",
        "expired_token",
        "given_up",
        "interaction_required",
        "login_required",
    ];
    code.is_some_and(|code| CODES.contains(&code))
}

/// The session has ended as soon as it began, for example because the provider's limit was past. Another sign-in would end in
/// the same way.
fn over_at_once(status: &SessionStatus, reason: EndReason) -> Failure {
    let why = ended_by(reason, status.ended_by);
    Failure::SignIn { sentence: format!("You signed in, but the session has ended already: {why}."), exit: 1 }
}

fn not_completed(status: &SessionStatus) -> Failure {
    let for_the_person = match status.last_error_kind {
        Some(kind) => kind == LastErrorKind::ActionRequired,
        // An agent from before this command.
        None => is_for_the_person(status.last_error_code.as_deref()),
    };
    let exit = if for_the_person { 3 } else { 1 };
    match status.last_error.clone() {
        Some(sentence) => Failure::SignIn { sentence, exit },
        None => Failure::SignIn {
            sentence: "The sign-in was not completed. Try again: abide login".into(),
            exit: 3,
        },
    }
}

fn is_under_way(endpoint: &Endpoint, account: &str) -> Result<bool, Failure> {
    let status: SessionStatus = endpoint.call("GET", &session_target(account, ""))?.json()?;
    // Signed in already: the stream will report it.
    Ok(status.signing_in
        || status.state == SessionState::Authorizing
        || (is_signed_in(&status) && !status.sign_in_needed))
}

/// Prints the result. If standard output contains the address, it is printed on standard error.
fn signed_in(io: &mut Io<'_>, sentence: &str, data: &[u8], way: Way, json: bool) -> Result<(), Failure> {
    if json {
        return io.json_line(data);
    }
    if way != Way::Address {
        return io.say(sentence);
    }
    io.tell(sentence);
    Ok(())
}

fn next(events: &mut Events<Stream>) -> Result<(SessionStatus, Vec<u8>), Failure> {
    let data = events.next()?.ok_or(Failure::Stopped)?;
    let status = serde_json::from_slice(&data).map_err(|_| AnswerFault::Content)?;
    Ok((status, data))
}

/// Whether this is only an http(s) address: it is printed on a terminal or passed to another program.
fn is_printable_url(url: &str) -> bool {
    (url.starts_with("https://") || url.starts_with("http://"))
        && url.bytes().all(|byte| byte.is_ascii_graphic())
}

fn how_to_open(begun: &SignInBegun, url: &str) -> String {
    let mut text = String::from(
        "Open this address in a browser on this computer and sign in. `abide login --device` signs in on another device.\n",
    );
    if let Some(seconds) = begun.opens_within {
        text.push_str(&format!("The provider keeps it for {}.\n", duration(seconds)));
    }
    if let Some(port) = begun.redirect_port.or_else(|| redirect_port(url)) {
        text.push_str(&format!(
            "If your browser is on another machine, connect the two first: ssh -L {port}:127.0.0.1:{port} …\n"
        ));
    }
    text
}

/// The port of the redirect URI in the address (`redirect_uri`, RFC 6749 section 4.1.1).
fn redirect_port(url: &str) -> Option<u16> {
    let (_, query) = url.split_once('?')?;
    let uri = query.split('&').find_map(|pair| pair.strip_prefix("redirect_uri="))?;
    let uri = uri.replace("%3A", ":").replace("%3a", ":").replace("%2F", "/").replace("%2f", "/");
    let authority = uri.strip_prefix("http://")?.split('/').next()?;
    authority.rsplit_once(':')?.1.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_to_forward_is_found_in_the_address() {
        let url = |uri: &str| format!("https://id.example.com/a?client_id=x&redirect_uri={uri}&state=1");
        assert_eq!(redirect_port(&url("http%3A%2F%2F127.0.0.1%3A40123%2Fcallback")), Some(40123));
        assert_eq!(redirect_port(&url("http://127.0.0.1:40123/callback")), Some(40123));
        assert_eq!(redirect_port(&url("https%3A%2F%2Fexample.com%2Fcallback")), None);
        assert_eq!(redirect_port("https://id.example.com/"), None);
    }
}
