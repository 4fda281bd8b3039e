//! The pages on which a person signs in.

use crate::browser::transaction::Ticket;
use crate::http::{Endpoint, Page};
use crate::pages::layout::{Form, client_name, escape, hidden, page, receives};
use crate::state::provider::Provider;
use crate::state::purpose::AuthorizationRequest;
use crate::state::users::{PASSWORD, User};

/// The wrong entry, to show it on the sign-in page again.
pub(crate) struct WrongPassword<'a> {
    pub(crate) username: &'a str,
}

pub(crate) fn sign_in(
    provider: &Provider,
    request: &AuthorizationRequest,
    ticket: &Ticket,
    wrong: Option<WrongPassword<'_>>,
) -> Page {
    let client = client_name(provider, request);
    let username = match &wrong {
        Some(wrong) => wrong.username,
        None => request.login_hint.as_deref().unwrap_or_default(),
    };
    // The empty field gets the focus.
    let (first, second) = if username.is_empty() { (" autofocus", "") } else { ("", " autofocus") };
    let (alert, invalid) = match &wrong {
        Some(_) => (
            String::from(
                r#"<p class="note bad" role="alert" id="wrong">This user name and password do not belong together, so you are not signed in. Correct them and try again.</p>
"#,
            ),
            r#" aria-invalid="true" aria-describedby="wrong""#,
        ),
        None => (String::new(), ""),
    };
    let content = format!(
        r#"<h1>Sign in</h1>
<p class="lead">to continue to {client}</p>
<p class="note" id="demo">This provider is a demonstration: sign in as <b>alice</b>, password <b>{PASSWORD}</b>.</p>
<form method="post" action="{action}">
{alert}{hidden}
<label for="username">User name</label>
<input type="text" id="username" name="username" value="{username}" autocomplete="username" autocapitalize="none" spellcheck="false" maxlength="200" required{first}{invalid}>
<label for="password">Password</label>
<input type="password" id="password" name="password" autocomplete="current-password" maxlength="200" required{second}{invalid}>
<button class="main" name="action" value="sign-in">Sign in</button>
<button name="action" value="cancel" formnovalidate>Cancel</button>
</form>
<p class="small">{receives}</p>"#,
        action = Endpoint::SignIn.path(),
        hidden = hidden(ticket),
        username = escape(username),
        receives = receives(&client, &request.scope),
    );
    page(provider, "Sign in", Form::Then(Some(request.redirect_uri.clone())), &content)
}

/// For a person who is signed in, if the client wants them to be asked.
pub(crate) fn ask(provider: &Provider, request: &AuthorizationRequest, ticket: &Ticket, user: &User) -> Page {
    let client = client_name(provider, request);
    let content = format!(
        r#"<h1>Continue to {client}</h1>
<p class="lead">You are signed in as {name} ({email}).</p>
<form method="post" action="{action}">
{hidden}
<button class="main" name="action" value="continue" autofocus>Continue as {given_name}</button>
<button name="action" value="another">Use another account</button>
<button name="action" value="cancel">Cancel</button>
</form>
<p class="small">{receives}</p>"#,
        name = escape(&user.name()),
        email = escape(user.email),
        given_name = escape(user.given_name),
        action = Endpoint::SignIn.path(),
        hidden = hidden(ticket),
        receives = receives(&client, &request.scope),
    );
    page(provider, "Continue", Form::Then(Some(request.redirect_uri.clone())), &content)
}
