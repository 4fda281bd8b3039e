//! The pages on which a person signs out.

use crate::browser::transaction::Ticket;
use crate::http::{Endpoint, Page};
use crate::pages::layout::{Form, escape, for_developers, hidden, message, page, with_frames};
use crate::state::provider::Provider;
use crate::state::purpose::EndSessionRequest;
use crate::state::users::User;

/// The time that the page with the iframes stays before it continues, in seconds. The clients are on this computer too.
const STAY: u32 = 2;

/// The iframe of one client on the "signed out" page.
pub(crate) struct Frame {
    /// The client's name on the page.
    pub(crate) client: String,
    pub(crate) uri: String,
}

pub(crate) fn ask_sign_out(
    provider: &Provider,
    request: &EndSessionRequest,
    ticket: &Ticket,
    user: &User,
) -> Page {
    let content = format!(
        r#"<h1>Sign out?</h1>
<p class="lead">You are signed in as {name} ({email}).</p>
<p>If you sign out, every application that you used this demo provider with has to ask you to sign in again.</p>
<form method="post" action="{action}">
{hidden}
<button class="main" name="action" value="sign-out">Sign out</button>
<button name="action" value="stay">Stay signed in</button>
</form>"#,
        name = escape(&user.name()),
        email = escape(user.email),
        action = Endpoint::EndSession.path(),
        hidden = hidden(ticket),
    );
    page(provider, "Sign out", Form::Then(request.return_to.clone()), &content)
}

/// The page for signing out at the provider itself.
pub(crate) fn sign_out(provider: &Provider, ticket: &Ticket, user: &User) -> Page {
    let content = format!(
        r#"<h1>Sign out of the demo provider</h1>
<p class="lead">You are signed in as {name} ({email}).</p>
<p>If you sign out, the applications that you used it with are told, and have to ask you to sign in again.</p>
<form method="post" action="{action}">
{hidden}
<button class="main" name="action" value="sign-out">Sign out</button>
</form>"#,
        name = escape(&user.name()),
        email = escape(user.email),
        action = Endpoint::SignOut.path(),
        hidden = hidden(ticket),
    );
    page(provider, "Sign out", Form::Then(None), &content)
}

pub(crate) fn not_signed_in(provider: &Provider) -> Page {
    message(provider, "You are not signed in", &["This browser has no session at the demo provider."])
}

pub(crate) fn signed_out(provider: &Provider, request: &EndSessionRequest, frames: &[Frame]) -> Page {
    let mut content = String::from(
        "<h1>You are signed out</h1>\n<p>Your session with the demo provider has ended. To sign in again, you need the \
         password.</p>",
    );
    for frame in frames {
        content.push_str(&format!(
            "\n<iframe src=\"{}\" title=\"Signing out of {}\" hidden></iframe>",
            escape(&frame.uri),
            escape(&frame.client)
        ));
    }
    if !frames.is_empty() {
        let mut told: Vec<String> = frames.iter().map(|frame| escape(&frame.client)).collect();
        told.dedup();
        content.push_str(&format!("\n<p>Told that you signed out: {}.</p>", told.join(", ")));
    }
    let back = match (&request.return_to, &request.client) {
        (Some(uri), Some(client)) => {
            format!(
                "You go back to {client} in a moment, or <a href=\"{}\">now</a>.",
                escape(uri),
                client = escape(client)
            )
        }
        (None, Some(client)) => format!("You may close this tab and go back to {}.", escape(client)),
        (_, None) => "You may close this tab.".to_owned(),
    };
    content.push_str(&format!("\n<p>{back}</p>"));
    // A refresh instead of a script gives the iframes time to load.
    let head = match &request.return_to {
        Some(uri) => format!("<meta http-equiv=\"refresh\" content=\"{STAY}; url={}\">\n", escape(uri)),
        None => String::new(),
    };
    let frames: Vec<String> = frames.iter().map(|frame| frame.uri.clone()).collect();
    with_frames(provider, "You are signed out", &head, &frames, &content)
}

pub(crate) fn still_signed_in(provider: &Provider) -> Page {
    message(provider, "You are still signed in", &["Nothing has changed. You may close this tab."])
}

pub(crate) fn invalid_sign_out(provider: &Provider, why: &str) -> Page {
    let why = for_developers(why);
    let link = format!(r#"You can <a href="{}">sign out here</a> instead."#, Endpoint::EndSession.path());
    message(
        provider,
        "You were not signed out",
        &[
            "An application sent you here to sign out, with a request that this provider does not accept.",
            &link,
            &why,
        ],
    )
}
