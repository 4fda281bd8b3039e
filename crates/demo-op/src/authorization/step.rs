//! Whether a person has to be asked before a code can be issued.

use crate::state::acr;
use crate::state::purpose::{AuthorizationRequest, Prompt};
use crate::state::store::Session;
use crate::state::users::User;

/// What has to happen before a code can be issued.
pub(crate) enum Step {
    SignIn,
    Ask(Session),
    Issue(Session),
    LoginRequired,
}

/// Decides from the browser's session and the client's parameters.
pub(crate) fn next_step(request: &AuthorizationRequest, session: Option<Session>, now: u64) -> Step {
    let fitting = session.filter(|session| {
        let limits = [request.max_age, acr::age_for(request.acr_values.as_deref())];
        let age = now.saturating_sub(session.auth_time);
        let fresh = limits.into_iter().flatten().all(|limit| age <= limit);
        let subject = request.hinted_subject.as_deref().is_none_or(|subject| subject == session.user.subject);
        let hinted = request.login_hint.as_deref().and_then(User::known_as);
        fresh && subject && hinted.is_none_or(|user| user.subject == session.user.subject)
    });
    match (request.prompt, fitting) {
        (Prompt::None, None) => Step::LoginRequired,
        (Prompt::Login, _) | (_, None) => Step::SignIn,
        (Prompt::Ask, Some(session)) => Step::Ask(session),
        (Prompt::None | Prompt::AsNeeded, Some(session)) => Step::Issue(session),
    }
}
