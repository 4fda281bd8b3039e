//! The pages. No script but that of the OP iframe, one inline stylesheet that the policy names by its digest, and on every page the word that this
//! is a demonstration.

mod device;

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};
use url::{Host, Url};

use crate::ending::Frame;
use crate::provider::Provider;
use crate::record::Endpoint;
use crate::store::{AuthorizationRequest, EndSessionRequest};
use crate::transaction::Ticket;
use crate::users::{PASSWORD, User};

pub(crate) use device::{Entry, confirm_device, device_done, enter_code};

const STYLE: &str = include_str!("style.css");

static STYLE_SOURCE: LazyLock<String> =
    LazyLock::new(|| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(STYLE.as_bytes()))));

/// The mark: an open ring around a keyhole.
const MARK: &str = r#"<svg viewBox="0 0 24 24" fill="none" aria-hidden="true"><path d="M12 2.5a9.5 9.5 0 1 1-8.2 4.7" stroke="currentColor" stroke-width="2.5" stroke-linecap="round"/><path d="M12 8a2.25 2.25 0 0 0-1.1 4.2L10.2 16h3.6l-.7-3.8A2.25 2.25 0 0 0 12 8Z" fill="currentColor"/></svg>"#;

/// The script of the OP iframe, the only one there is.
const CHECK_SESSION: &str = include_str!("check_session.js");

static CHECK_SESSION_SOURCE: LazyLock<String> =
    LazyLock::new(|| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(CHECK_SESSION.as_bytes()))));

pub(crate) struct Page {
    pub(crate) html: String,
    policy: Policy,
}

/// What a page may do.
enum Policy {
    /// Be looked at, with a form, and with what clients want to show in iframes.
    Seen { form: Form, frames: Vec<String> },
    /// Run its script in a frame of a page on this computer.
    Framed,
}

/// Where the page's form may lead.
enum Form {
    None,
    /// To this provider, and from there by a redirect to this URI, which a browser holds against the policy, too.
    Then(Option<String>),
}

/// The sign-in page says again what it was given, and what was wrong.
pub(crate) struct WrongPassword<'a> {
    pub(crate) username: &'a str,
}

pub(crate) fn content_security_policy(page: &Page) -> String {
    let (form, frames) = match &page.policy {
        Policy::Seen { form, frames } => (form, frames),
        // The policy has no way to write an IPv6 address.
        Policy::Framed => {
            return format!(
                "default-src 'none'; script-src {}; frame-ancestors http://127.0.0.1:* http://localhost:*; \
                 base-uri 'none'",
                CHECK_SESSION_SOURCE.as_str()
            );
        }
    };
    let form = match form {
        Form::None => "'none'".to_owned(),
        Form::Then(None) => "'self'".to_owned(),
        Form::Then(Some(uri)) => format!("'self' {}", source(uri)),
    };
    let frames = match frames.as_slice() {
        [] => String::new(),
        uris => format!("frame-src {}; ", uris.iter().map(|uri| source(uri)).collect::<Vec<_>>().join(" ")),
    };
    let style = STYLE_SOURCE.as_str();
    format!(
        "default-src 'none'; style-src {style}; {frames}form-action {form}; frame-ancestors 'none'; base-uri 'none'"
    )
}

/// A redirect URI as the policy has to name it.
fn source(uri: &str) -> String {
    match Url::parse(uri) {
        // The policy has no way to write an IPv6 address.
        Ok(url) if matches!(url.host(), Some(Host::Ipv6(_))) => format!("{}:", url.scheme()),
        Ok(url) if url.origin().is_tuple() => url.origin().ascii_serialization(),
        Ok(url) => format!("{}:", url.scheme()),
        Err(_) => "'self'".to_owned(),
    }
}

fn page(provider: &Provider, title: &str, form: Form, content: &str) -> Page {
    whole(provider, title, "", Policy::Seen { form, frames: Vec::new() }, content)
}

/// A page with `head` in addition to what the head of every page has.
fn whole(provider: &Provider, title: &str, head: &str, policy: Policy, content: &str) -> Page {
    let authority = escape(provider.authority());
    let html = format!(
        r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title} · demo provider</title>
{head}<style>{STYLE}</style>
</head>
<body>
<div class="column">
<header class="brand">{MARK}<span>Demo provider</span></header>
<main>
{content}
</main>
<footer>This is a demonstration OpenID Provider. It runs on this computer only, at {authority}.</footer>
</div>
</body>
</html>
"#,
        title = escape(title),
    );
    Page { html, policy }
}

fn message(provider: &Provider, title: &str, paragraphs: &[&str]) -> Page {
    let mut content = format!("<h1>{}</h1>", escape(title));
    for paragraph in paragraphs {
        content.push_str(&format!("\n<p>{paragraph}</p>"));
    }
    page(provider, title, Form::None, &content)
}

/// What only somebody who can change the application makes use of.
fn for_developers(why: &str) -> String {
    format!(r#"<span class="small">For the developers of the application: {}.</span>"#, escape(why))
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
    // What is still to be typed has the focus.
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

/// For somebody who is signed in, when the client wants them to be asked.
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

/// The page on which somebody signs out without an application.
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

pub(crate) fn nobody_to_sign_out(provider: &Provider) -> Page {
    message(
        provider,
        "You are not signed in",
        &["Nobody is signed in to the demo provider in this browser, so there is nothing to sign out of."],
    )
}

/// How long the page with the iframes stays before it goes on, in seconds. The clients are on this computer, too.
const STAY: u32 = 2;

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
    // A refresh, not a script, leaves the iframes the time to load.
    let head = match &request.return_to {
        Some(uri) => format!("<meta http-equiv=\"refresh\" content=\"{STAY}; url={}\">\n", escape(uri)),
        None => String::new(),
    };
    let frames = frames.iter().map(|frame| frame.uri.clone()).collect();
    whole(provider, "You are signed out", &head, Policy::Seen { form: Form::None, frames }, &content)
}

/// The OP iframe. Nobody sees it.
pub(crate) fn check_session(cookie_name: &str) -> Page {
    let html = format!(
        r#"<!doctype html>
<html lang="en" data-cookie="{}">
<meta charset="utf-8">
<title>Session check · demo provider</title>
<script>{CHECK_SESSION}</script>
</html>
"#,
        escape(cookie_name)
    );
    Page { html, policy: Policy::Framed }
}

pub(crate) fn still_signed_in(provider: &Provider) -> Page {
    message(provider, "You are still signed in", &["Nothing has changed. You may close this tab."])
}

pub(crate) fn page_is_over(provider: &Provider) -> Page {
    message(
        provider,
        "This page is over",
        &[
            "The page you came from was already used, is more than 15 minutes old, or was opened in another browser. \
             Nothing was done with what you entered.",
            "Go back to the application and start again from there.",
        ],
    )
}

pub(crate) fn invalid_request(provider: &Provider, why: &str) -> Page {
    let why = for_developers(why);
    message(
        provider,
        "This sign-in cannot start",
        &[
            "An application sent you here with a request that this provider does not accept. You are not signed in to it, \
             and it was told nothing about you.",
            "Close this tab, go back to the application and try again. If it happens again, its settings are wrong.",
            &why,
        ],
    )
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

pub(crate) fn not_found(provider: &Provider) -> Page {
    message(
        provider,
        "There is no such page",
        &["The demo provider has no page at this address. Go back to the application that you came from."],
    )
}

pub(crate) fn welcome(provider: &Provider) -> Page {
    let issuer = format!("Its issuer is <code>{}</code>.", escape(provider.issuer()));
    let sign_out = format!(r#"<a href="{}">Sign out of the demo provider</a>"#, Endpoint::SignOut.path());
    message(
        provider,
        "A provider to try things with",
        &[
            "This is a demonstration OpenID Provider. Applications send you here to sign in; there is nothing to do on this \
             page.",
            &issuer,
            &sign_out,
        ],
    )
}

fn client_name(provider: &Provider, request: &AuthorizationRequest) -> String {
    let name = provider.client(&request.client_id).map(|client| client.display_name());
    escape(&name.unwrap_or_else(|| request.client_id.clone()))
}

/// What the client gets, in a sentence. The names of scopes mean nothing to whom this is for.
fn receives(client: &str, scope: &[String]) -> String {
    let asked = |name: &str| scope.iter().any(|scope| scope == name);
    let about = match (asked("profile"), asked("email")) {
        (true, true) => "your name and e-mail address",
        (true, false) => "your name",
        (false, true) => "your e-mail address",
        (false, false) => "an identifier, but not your name",
    };
    match asked("offline_access") {
        true => format!(
            "{client} receives {about}. It can renew your session without asking for the password again."
        ),
        false => format!("{client} receives {about}."),
    }
}

fn hidden(ticket: &Ticket) -> String {
    format!(
        r#"<input type="hidden" name="transaction" value="{}"><input type="hidden" name="csrf" value="{}">"#,
        escape(&ticket.transaction),
        escape(&ticket.csrf)
    )
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}
