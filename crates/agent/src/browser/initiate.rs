//! Third-party initiated login (OpenID Connect Core 1.0, section 4): a link, on an intranet page for example, that asks Abide to
//! sign in. The page asks the person first; without a yes, no sign-in starts. `target_link_uri` is not used, because
//! Abide has no page to open after a sign-in.

use abide_locale::{Language, common, pages as texts};
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
                None => {
                    let language = catching.language();
                    return Ok(refused(language, &texts::link_unreadable(language)));
                }
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
    let language = catching.language();
    let Some((host, redirect_uri)) = catching.host() else { return nothing(language) };
    let link = Link::read(parameters);
    let invited = host.invited(redirect_uri, link.as_ref().map_or("", |link| &link.issuer));
    match (invited, link) {
        (Invited::NotOffered, _) => nothing(language),
        (Invited::UnknownIssuer, _) | (_, None) => refused(language, &texts::link_unknown_provider(language)),
        (Invited::SignedIn { user, title }, _) => {
            let line = texts::link_already(language, title, user);
            let close = texts::page_close(language);
            let lines = &[line.as_str(), close.as_str()];
            let title = &texts::page_signed_in(language);
            page(StatusCode::OK, &Page { language, title, lines, good: true })
        }
        (Invited::Ask { title, provider, .. }, Some(link)) => {
            let who = link.login_hint.as_ref().map(|hint| texts::link_suggests(language, hint));
            let Some(path) = catching.tickets.add(link) else { return nothing(language) };
            let line = texts::link_asks(language, title, provider);
            let last = texts::link_not_clicked(language);
            let lines: Vec<&str> =
                [Some(line.as_str()), who.as_deref(), Some(last.as_str())].into_iter().flatten().collect();
            let title = &texts::link_title(language);
            let content = Page { language, title, lines: &lines, good: true };
            let content = pages::asking(&content, &path, &common::action_sign_in(language));
            let mut response =
                respond(StatusCode::OK, "text/html; charset=utf-8", content, pages::ASKING_POLICY);
            let deny = http::HeaderValue::from_static("DENY");
            response.headers_mut().insert(http::header::X_FRAME_OPTIONS, deny);
            response
        }
    }
}

/// Handles the sent form. Only the page that asked knows its path.
fn accept(request: &Request<Incoming>, catching: &Catching) -> Response<Full<Bytes>> {
    let language = catching.language();
    let mut sites = request.headers().get_all("sec-fetch-site").iter();
    let from_elsewhere = sites.any(|site| site.as_bytes() != b"same-origin");
    let Some((host, redirect_uri)) = catching.host() else { return nothing(language) };
    let link = if from_elsewhere { None } else { catching.tickets.take(request.uri().path()) };
    let Some(Link { issuer, login_hint }) = link else {
        return refused(language, &texts::link_answered(language));
    };
    host.accepted(redirect_uri, &issuer, login_hint);
    let lines = &[texts::link_started_body(language), texts::page_close(language)];
    let lines = &lines.each_ref().map(String::as_str);
    let title = &texts::link_started(language);
    page(StatusCode::OK, &Page { language, title, lines, good: true })
}

fn refused(language: Language, line: &str) -> Response<Full<Bytes>> {
    problem(StatusCode::BAD_REQUEST, language, line)
}
