//! The layout of all pages.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};
use url::{Host, Url};

use crate::browser::transaction::Ticket;
use crate::http::Page;
use crate::state::provider::Provider;
use crate::state::purpose::AuthorizationRequest;

const STYLE: &str = include_str!("style.css");

static STYLE_SOURCE: LazyLock<String> =
    LazyLock::new(|| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(STYLE.as_bytes()))));

/// The mark: an open ring around a keyhole.
const MARK: &str = r#"<svg viewBox="0 0 24 24" fill="none" aria-hidden="true"><path d="M12 2.5a9.5 9.5 0 1 1-8.2 4.7" stroke="currentColor" stroke-width="2.5" stroke-linecap="round"/><path d="M12 8a2.25 2.25 0 0 0-1.1 4.2L10.2 16h3.6l-.7-3.8A2.25 2.25 0 0 0 12 8Z" fill="currentColor"/></svg>"#;

/// The allowed targets of the page's form.
pub(super) enum Form {
    None,
    /// This provider, and this URI after a redirect, which the browser also checks against the policy.
    Then(Option<String>),
}

fn policy(form: &Form, frames: &[String]) -> String {
    let form = match form {
        Form::None => "'none'".to_owned(),
        Form::Then(None) => "'self'".to_owned(),
        Form::Then(Some(uri)) => format!("'self' {}", source(uri)),
    };
    let frames = match frames {
        [] => String::new(),
        uris => format!("frame-src {}; ", uris.iter().map(|uri| source(uri)).collect::<Vec<_>>().join(" ")),
    };
    let style = STYLE_SOURCE.as_str();
    format!(
        "default-src 'none'; style-src {style}; {frames}form-action {form}; frame-ancestors 'none'; base-uri 'none'"
    )
}

/// A redirect URI in the syntax of the policy.
pub(super) fn source(uri: &str) -> String {
    match Url::parse(uri) {
        // The syntax of a policy does not allow an IPv6 address.
        Ok(url) if matches!(url.host(), Some(Host::Ipv6(_))) => format!("{}:", url.scheme()),
        Ok(url) if url.origin().is_tuple() => url.origin().ascii_serialization(),
        Ok(url) => format!("{}:", url.scheme()),
        Err(_) => "'self'".to_owned(),
    }
}

pub(super) fn page(provider: &Provider, title: &str, form: Form, content: &str) -> Page {
    Page { html: html(provider, title, "", content), policy: policy(&form, &[]) }
}

/// A page without a form, with iframes, and with `head` added to the usual head.
pub(super) fn with_frames(
    provider: &Provider,
    title: &str,
    head: &str,
    frames: &[String],
    content: &str,
) -> Page {
    Page { html: html(provider, title, head, content), policy: policy(&Form::None, frames) }
}

fn html(provider: &Provider, title: &str, head: &str, content: &str) -> String {
    let authority = escape(provider.authority());
    format!(
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
    )
}

pub(super) fn message(provider: &Provider, title: &str, paragraphs: &[&str]) -> Page {
    let mut content = format!("<h1>{}</h1>", escape(title));
    for paragraph in paragraphs {
        content.push_str(&format!("\n<p>{paragraph}</p>"));
    }
    page(provider, title, Form::None, &content)
}

/// A detail that only the developers of the application need.
pub(super) fn for_developers(why: &str) -> String {
    format!(r#"<span class="small">For the developers of the application: {}.</span>"#, escape(why))
}

pub(super) fn client_name(provider: &Provider, request: &AuthorizationRequest) -> String {
    let name = provider.client(&request.client_id).map(|client| client.display_name());
    escape(&name.unwrap_or_else(|| request.client_id.clone()))
}

/// The data that the client gets, in a sentence. Most people do not know the names of scopes.
pub(super) fn receives(client: &str, scope: &[String]) -> String {
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

pub(super) fn hidden(ticket: &Ticket) -> String {
    format!(
        r#"<input type="hidden" name="transaction" value="{}"><input type="hidden" name="csrf" value="{}">"#,
        escape(&ticket.transaction),
        escape(&ticket.csrf)
    )
}

pub(super) fn escape(text: &str) -> String {
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
