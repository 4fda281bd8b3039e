//! The pages for the code of another device.

use crate::browser::transaction::Ticket;
use crate::http::{Endpoint, Page};
use crate::pages::layout::{Form, escape, hidden, message, page, receives};
use crate::pages::sign_in::WrongPassword;
use crate::state::devices::{Waiting, shown};
use crate::state::provider::Provider;
use crate::state::users::{PASSWORD, User};

/// The result of the last attempt.
pub(crate) enum Entry<'a> {
    Empty,
    /// No waiting device has this code.
    Unknown(&'a str),
    /// Too many wrong codes were entered.
    TooMany(&'a str),
}

pub(crate) fn enter_code(provider: &Provider, ticket: &Ticket, entry: Entry<'_>) -> Page {
    let (wrong, entered) = match entry {
        Entry::Empty => (None, ""),
        Entry::Unknown(text) => (
            Some(
                "No device shows this code now, so nothing was done. Compare it with the one on your device, or start \
                 again there.",
            ),
            text,
        ),
        Entry::TooMany(text) => (
            Some("Too many wrong codes were entered, so this one was not checked. Try again in a minute."),
            text,
        ),
    };
    let alert = wrong.map_or_else(String::new, |wrong| {
        format!("<p class=\"note bad\" role=\"alert\" id=\"wrong\">{wrong}</p>\n")
    });
    let invalid = wrong.map_or("", |_| r#" aria-invalid="true" aria-describedby="wrong""#);
    let entered: String = entered.chars().take(20).collect();
    let content = format!(
        r#"<h1>Connect a device</h1>
<p class="lead">Enter the code that the device shows.</p>
<form method="post" action="{action}">
{alert}{hidden}
<label for="user_code">Code</label>
<input type="text" id="user_code" name="user_code" value="{entered}" autocomplete="off" autocapitalize="characters" spellcheck="false" maxlength="20" required autofocus{invalid}>
<button class="main">Continue</button>
</form>"#,
        action = Endpoint::Device.path(),
        hidden = hidden(ticket),
        entered = escape(&entered),
    );
    page(provider, "Connect a device", Form::Then(None), &content)
}

/// Asks whether the device with this code may sign in: with a button for a person who is signed in, otherwise with the
/// fields of the sign-in page.
pub(crate) fn confirm_device(
    provider: &Provider,
    waiting: &Waiting,
    ticket: &Ticket,
    user: Option<&User>,
    wrong: Option<WrongPassword<'_>>,
) -> Page {
    let name = provider.client(&waiting.client_id).map(|client| client.display_name());
    let client = escape(&name.unwrap_or_else(|| waiting.client_id.clone()));
    let choice = match user {
        Some(user) => continue_as(user),
        None => sign_in_fields(wrong),
    };
    let content = format!(
        r#"<h1>Connect {client}</h1>
<p class="lead">{client} on another device wants to sign in as you.</p>
<p class="note">Go on only if that device shows <b>{code}</b> and you started this yourself.</p>
<form method="post" action="{action}">
{hidden}
{choice}
<button name="action" value="cancel" formnovalidate>Do not connect</button>
</form>
<p class="small">{receives}</p>"#,
        code = escape(&shown(&waiting.user_code)),
        action = Endpoint::Device.path(),
        hidden = hidden(ticket),
        receives = receives(&client, &waiting.scope),
    );
    page(provider, "Connect a device", Form::Then(None), &content)
}

fn continue_as(user: &User) -> String {
    format!(
        r#"<p class="small">You are signed in as {name} ({email}).</p>
<button class="main" name="action" value="continue">Continue as {given_name}</button>
<button name="action" value="another">Use another account</button>"#,
        name = escape(&user.name()),
        email = escape(user.email),
        given_name = escape(user.given_name),
    )
}

fn sign_in_fields(wrong: Option<WrongPassword<'_>>) -> String {
    let (alert, invalid, username) = match wrong {
        Some(wrong) => (
            r#"<p class="note bad" role="alert" id="wrong">This user name and password do not belong together, so the device is not connected. Correct them and try again.</p>
"#,
            r#" aria-invalid="true" aria-describedby="wrong""#,
            escape(wrong.username),
        ),
        None => ("", "", String::new()),
    };
    format!(
        r#"{alert}<p class="note" id="demo">This provider is a demonstration: sign in as <b>alice</b>, password <b>{PASSWORD}</b>.</p>
<label for="username">User name</label>
<input type="text" id="username" name="username" value="{username}" autocomplete="username" autocapitalize="none" spellcheck="false" maxlength="200" required autofocus{invalid}>
<label for="password">Password</label>
<input type="password" id="password" name="password" autocomplete="current-password" maxlength="200" required{invalid}>
<button class="main" name="action" value="sign-in">Sign in and connect</button>"#
    )
}

pub(crate) fn device_done(provider: &Provider, allowed: bool) -> Page {
    match allowed {
        true => message(
            provider,
            "Your device is connected",
            &["It continues by itself within a few seconds. You may close this tab."],
        ),
        false => message(
            provider,
            "Your device is not connected",
            &["It learns that you said no, and nothing about you. You may close this tab."],
        ),
    }
}
