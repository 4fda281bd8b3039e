//! Third-party initiated login (OpenID Connect Core 1.0, section 4): a link, on an intranet page for example, that asks Abide to
//! sign in. The page asks the person first; without a yes, no sign-in starts. `target_link_uri` is not used, because
//! Abide has no page to open after a sign-in.

use http::{Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};

use crate::browser::pages::{self, Page, nothing, page, problem};
use crate::browser::ports::{Catching, Invited};
use crate::browser::server::{self, respond};
use crate::browser::tickets::{Link, PATH};

/// The largest form, in bytes.
const FORM: usize = 8 * 1024;

/// Answers a request for such a link. Returns any other request unchanged.
pub(crate) async fn answer(
    request: Request<Incoming>,
    catching: &Catching,
) -> Result<Response<Full<Bytes>>, Request<Incoming>> {
    let path = request.uri().path();
    if path == PATH {
        // Section 4: GET, or POST with a form.
        let parameters = match request.method().clone() {
            Method::GET => request.uri().query().unwrap_or_default().to_owned(),
            Method::POST => match server::body(request, FORM).await.map(|form| form.to_vec()) {
                Some(form) => String::from_utf8(form).unwrap_or_default(),
                None => return Ok(refused("This link cannot be read. Nothing has changed.")),
            },
            _ => return Err(request),
        };
        return Ok(ask(&parameters, catching));
    }
    if path.starts_with(PATH) && request.method() == Method::POST {
        return Ok(accept(&request, catching));
    }
    Err(request)
}

fn ask(parameters: &str, catching: &Catching) -> Response<Full<Bytes>> {
    let Some((host, redirect_uri)) = catching.host() else { return nothing() };
    let link = Link::read(parameters);
    let invited = host.invited(redirect_uri, link.as_ref().map_or("", |link| &link.issuer));
    match (invited, link) {
        (Invited::NotOffered, _) => nothing(),
        (Invited::UnknownIssuer, _) | (_, None) => refused(
            "This link asks you to sign in at a provider that no account of Abide is at. Nothing has changed.",
        ),
        (Invited::SignedIn { user, account }, _) => {
            let line = format!("{user} is signed in to the account \u{201c}{account}\u{201d} already.");
            let lines = &[line.as_str(), "You can close this tab."];
            page(StatusCode::OK, &Page { title: "You are signed in", lines, good: true })
        }
        (Invited::Ask { account, provider }, Some(link)) => {
            let who = link.login_hint.as_ref().map(|hint| format!("It suggests the user name {hint}."));
            let Some(path) = catching.tickets.add(link) else { return nothing() };
            let line =
                format!("A link asks you to sign in to the account \u{201c}{account}\u{201d} at {provider}.");
            let lines: Vec<&str> =
                [Some(line.as_str()), who.as_deref(), Some(NOT_ASKED)].into_iter().flatten().collect();
            let title = "Sign in?";
            let content = pages::asking(&Page { title, lines: &lines, good: true }, &path, "Sign in");
            let mut response =
                respond(StatusCode::OK, "text/html; charset=utf-8", content, pages::ASKING_POLICY);
            let deny = http::HeaderValue::from_static("DENY");
            response.headers_mut().insert(http::header::X_FRAME_OPTIONS, deny);
            response
        }
    }
}

const NOT_ASKED: &str = "If you did not click such a link, close this tab. Nothing has begun.";

/// Handles the sent form. Only the page that asked knows its path.
fn accept(request: &Request<Incoming>, catching: &Catching) -> Response<Full<Bytes>> {
    let mut sites = request.headers().get_all("sec-fetch-site").iter();
    let from_elsewhere = sites.any(|site| site.as_bytes() != b"same-origin");
    let Some((host, redirect_uri)) = catching.host() else { return nothing() };
    let link = if from_elsewhere { None } else { catching.tickets.take(request.uri().path()) };
    let Some(Link { issuer, login_hint }) = link else {
        return refused("This question was answered already, or is too old. Open the link again.");
    };
    host.accepted(redirect_uri, &issuer, login_hint);
    let lines = &["Abide opens the sign-in in another tab.", "You can close this tab."];
    page(StatusCode::OK, &Page { title: "Sign-in started", lines, good: true })
}

fn refused(line: &str) -> Response<Full<Bytes>> {
    problem(StatusCode::BAD_REQUEST, line)
}
