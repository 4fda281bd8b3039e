//! The pages in the user's browser. Static except for escaped texts of our own; no script, no text of the provider as HTML,
//! nothing loaded from elsewhere.

use abide_locale::{Language, pages};
use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::Bytes;

use crate::browser::server::respond;

/// The content of a page.
pub(crate) struct Page<'a> {
    /// The language of its lines.
    pub(crate) language: Language,
    pub(crate) title: &'a str,
    pub(crate) lines: &'a [&'a str],
    pub(crate) good: bool,
}

/// The policy of every page: only its own inline stylesheet. It contains no foreign text.
pub(crate) const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

const STYLE: &str = "\
:root{color-scheme:light dark;--ground:#f6f7f7;--card:#fff;--ink:#1c2423;--soft:#5a6563;--line:#dfe4e3;--accent:#0f6b64;--bad:#a8321f}\
@media(prefers-color-scheme:dark){:root{--ground:#141918;--card:#1d2423;--ink:#e8eeec;--soft:#9fadaa;--line:#2f3937;--accent:#5cc4b8;--bad:#f0907c}}\
*{box-sizing:border-box}body{margin:0;min-height:100vh;display:grid;place-items:center;padding:24px;background:var(--ground);\
color:var(--ink);font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,Cantarell,sans-serif}\
main{width:100%;max-width:440px;padding:32px;background:var(--card);border:1px solid var(--line);border-radius:12px}\
svg{display:block;width:48px;height:48px;margin-bottom:20px;color:var(--accent)}.bad svg{color:var(--bad)}\
h1{margin:0 0 12px;font-size:22px;line-height:1.25;font-weight:600;letter-spacing:-.01em}p{margin:0 0 12px;overflow-wrap:anywhere}\
p:last-child{margin:0;color:var(--soft);font-size:14px}";

/// The stylesheet of the watching page: after the end, only the last line is shown.
const WATCHING: &str = "iframe,p:empty{display:none}.over .while{display:none}.over svg{color:var(--soft)}";

/// The mark: an open ring around a keyhole, with a tick or a bar for people who do not see the colour.
const MARK: &str = "<svg viewBox=\"0 0 48 48\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"4\" stroke-linecap=\"round\" aria-hidden=\"true\">\
<path d=\"M24 5a19 19 0 1 1-13.4 5.6\"/>";
const TICK: &str = "<path d=\"M16 24.5l5.5 5.5L32 19\"/></svg>";
const BAR: &str = "<path d=\"M24 14v12M24 33v.01\"/></svg>";

/// The page as HTML.
pub(crate) fn html(page: &Page<'_>) -> String {
    let mut body = String::new();
    for line in page.lines {
        body.push_str("<p>");
        body.push_str(&escape(line));
        body.push_str("</p>");
    }
    let (class, sign) = if page.good { ("good", TICK) } else { ("bad", BAR) };
    format!(
        "<!doctype html><html lang=\"{lang}\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width,initial-scale=1\"><title>{title} \u{b7} Abide</title><style>{STYLE}</style></head>\
         <body><main class=\"{class}\">{MARK}{sign}<h1>{title}</h1>{body}</main></body></html>",
        lang = page.language.tag(),
        title = escape(page.title),
    )
}

/// The page as an answer.
pub(crate) fn page(status: StatusCode, content: &Page<'_>) -> Response<Full<Bytes>> {
    let mut response = respond(status, "text/html; charset=utf-8", html(content), CONTENT_SECURITY_POLICY);
    response.headers_mut().insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    response
}

/// A page that says what is wrong.
pub(crate) fn problem(status: StatusCode, language: Language, line: &str) -> Response<Full<Bytes>> {
    page(status, &Page { language, title: "Abide", lines: &[line], good: false })
}

/// The answer at a path without a page.
pub(crate) fn nothing(language: Language) -> Response<Full<Bytes>> {
    problem(StatusCode::NOT_FOUND, language, &pages::page_nothing(language))
}

/// The policy of a page that asks: it may also send its form back to where it came from.
pub(crate) const ASKING_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

const BUTTON: &str = "button{margin:8px 0 20px;padding:8px 20px;border:0;border-radius:8px;background:var(--accent);\
color:var(--card);font:inherit;font-weight:600;cursor:pointer}button:focus-visible{outline:3px solid var(--ink);outline-offset:2px}";

/// A page with one button, which sends a form to `path`. The last line is below the button.
pub(crate) fn asking(page: &Page<'_>, path: &str, button: &str) -> String {
    let form = format!(
        "<form method=\"post\" action=\"{}\"><button type=\"submit\">{}</button></form>",
        escape(path),
        escape(button)
    );
    let page = html(page).replacen("</style>", &format!("{BUTTON}</style>"), 1);
    match page.rfind("<p>") {
        Some(last) => format!("{}{form}{}", &page[..last], &page[last..]),
        None => page,
    }
}

/// The watching page. Its script fills in the state and the user's name: everyone on this computer can request the page, but
/// only the tab that the browser was sent to has the secret for the rest.
pub(crate) fn monitor(language: Language, provider: &str) -> String {
    let keep_open = escape(&pages::watch_keep_open(language, provider));
    let provider = escape(provider);
    format!(
        "<!doctype html><html lang=\"{lang}\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width,initial-scale=1\"><title>{title} \u{b7} Abide</title>\
         <style>{STYLE}{WATCHING}</style></head>\
         <body><main class=\"good\">{MARK}{TICK}<h1>{title}</h1>\
         <p id=\"who\"></p>\
         <p class=\"while\">{keep_open}</p>\
         <p id=\"state\" role=\"status\" data-unreachable=\"{unreachable}\">{moment}</p></main>\
         <iframe id=\"op\" title=\"{provider}\" hidden></iframe><iframe id=\"silent\" title=\"{provider}\" hidden></iframe>\
         <script src=\"/monitor/watch.js\"></script></body></html>",
        lang = language.tag(),
        title = escape(&pages::page_signed_in(language)),
        unreachable = escape(&pages::watch_unreachable(language)),
        moment = escape(&pages::watch_one_moment(language)),
    )
}

/// Text as HTML, in an element or a quoted attribute.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_shows_words_and_never_markup_of_others() {
        let page = Page {
            language: Language::Es,
            title: "Signed in",
            lines: &["<script>alert(1)</script> & \"co\""],
            good: true,
        };
        let html = html(&page);
        assert!(html.contains("&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;co&quot;"));
        assert!(!html.contains("<script"));
        assert!(html.contains("<html lang=\"es\">"));
    }
}
