//! Sign-in without a browser: the provider's pages are fetched, and their forms filled in and sent.

use std::collections::BTreeMap;

use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use url::Url;

/// A form in a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    /// Where it goes.
    pub action: String,
    /// Its named fields with their values.
    pub fields: BTreeMap<String, String>,
    /// Named buttons and their values, in order.
    pub buttons: Vec<(String, String)>,
}

/// The last page of a visit.
#[derive(Clone, Debug)]
pub struct Landed {
    /// The last address.
    pub url: Url,
    /// The status of its answer.
    pub status: u16,
    /// The answer.
    pub body: String,
    /// The code of a refusal by Abide.
    pub code: Option<String>,
}

impl Landed {
    /// The page's first form.
    ///
    /// # Panics
    ///
    /// When there is none.
    #[must_use]
    pub fn form(&self) -> Form {
        forms(&self.body).into_iter().next().unwrap_or_else(|| panic!("a form in {}", self.body))
    }
}

/// A simple browser: cookies, but no screen.
pub struct Visitor {
    http: reqwest::Client,
    cookies: BTreeMap<String, String>,
}

impl Default for Visitor {
    fn default() -> Self {
        Self { http: crate::http(), cookies: BTreeMap::new() }
    }
}

impl Visitor {
    /// Opens an address and follows redirects.
    pub async fn open(&mut self, url: &str) -> Landed {
        let url = Url::parse(url).expect("an address");
        self.travel(url, None).await
    }

    /// Fills in fields of a page's form, presses a button (by its value, if it has one), and follows redirects.
    pub async fn submit(&mut self, page: &Landed, filled: &[(&str, &str)], button: Option<&str>) -> Landed {
        let form = page.form();
        let mut fields = form.fields;
        for (name, value) in filled {
            assert!(fields.contains_key(*name), "the form has no field “{name}”: {:?}", fields.keys());
            fields.insert((*name).to_owned(), (*value).to_owned());
        }
        if let Some(wanted) = button {
            let (name, value) =
                form.buttons.into_iter().find(|(_, value)| value == wanted).expect("that button");
            fields.insert(name, value);
        }
        let action = page.url.join(&form.action).expect("where the form goes");
        self.travel(action, Some(fields)).await
    }

    /// Signs in: from the address that Abide opens in a browser to Abide's last page.
    pub async fn sign_in(&mut self, authorization_url: &str, user: &str, password: &str) -> Landed {
        let page = self.open(authorization_url).await;
        if page.url.path() == "/callback" {
            return page;
        }
        self.submit(&page, &[("username", user), ("password", password)], None).await
    }

    async fn travel(&mut self, mut url: Url, mut form: Option<BTreeMap<String, String>>) -> Landed {
        for _ in 0..10 {
            let mut request = match form.take() {
                Some(fields) => {
                    let origin = url.origin().ascii_serialization();
                    self.http.post(url.clone()).header("Origin", origin).form(&fields)
                }
                None => self.http.get(url.clone()),
            };
            let cookies: Vec<String> =
                self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            if !cookies.is_empty() {
                request = request.header(COOKIE, cookies.join("; "));
            }
            let answer = request.send().await.unwrap_or_else(|error| panic!("open {url}: {error}"));
            for cookie in answer.headers().get_all(SET_COOKIE) {
                let pair = cookie.to_str().unwrap_or_default().split(';').next().unwrap_or_default();
                if let Some((name, value)) = pair.split_once('=') {
                    self.cookies.insert(name.to_owned(), value.to_owned());
                }
            }
            let next = answer.headers().get(LOCATION).and_then(|next| next.to_str().ok()).map(str::to_owned);
            match next {
                Some(next) if answer.status().is_redirection() => {
                    url = url.join(&next).expect("a redirect to an address");
                }
                _ => {
                    let status = answer.status().as_u16();
                    let code = answer.headers().get("abide-error").and_then(|code| code.to_str().ok());
                    let code = code.map(str::to_owned);
                    let body = answer.text().await.expect("a page");
                    return Landed { url, status, body, code };
                }
            }
        }
        panic!("redirects without end at {url}");
    }
}

/// The forms of a page.
#[must_use]
pub fn forms(page: &str) -> Vec<Form> {
    let mut found: Vec<Form> = Vec::new();
    for piece in page.split('<').skip(1) {
        let Some((tag, _)) = piece.split_once('>') else { continue };
        let name = tag.split(|c: char| c.is_whitespace() || c == '/').next().unwrap_or_default();
        let attributes = attributes(&tag[name.len()..]);
        let of = |name: &str| attributes.get(name).cloned().unwrap_or_default();
        if name.eq_ignore_ascii_case("form") {
            found.push(Form { action: of("action"), fields: BTreeMap::new(), buttons: Vec::new() });
            continue;
        }
        let Some(form) = found.last_mut() else { continue };
        let button = name.eq_ignore_ascii_case("button") || of("type") == "submit";
        if !attributes.contains_key("name") {
            continue;
        }
        if button {
            form.buttons.push((of("name"), of("value")));
        } else if name.eq_ignore_ascii_case("input") {
            form.fields.insert(of("name"), of("value"));
        }
    }
    found
}

fn attributes(mut text: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    loop {
        text = text.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
        let end = text.find(|c: char| c.is_whitespace() || c == '=').unwrap_or(text.len());
        if end == 0 {
            return found;
        }
        let (name, rest) = text.split_at(end);
        let (value, rest) = match rest.trim_start().strip_prefix('=').map(str::trim_start) {
            None => ("", rest),
            Some(quoted) if quoted.starts_with(['"', '\'']) => {
                let (quote, inside) = quoted.split_at(1);
                inside.split_once(quote).unwrap_or((inside, ""))
            }
            Some(bare) => bare.split_at(bare.find(char::is_whitespace).unwrap_or(bare.len())),
        };
        found.insert(name.to_lowercase(), unescape(value));
        text = rest;
    }
}

fn unescape(text: &str) -> String {
    [("&quot;", "\""), ("&#39;", "'"), ("&#x27;", "'"), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")]
        .iter()
        .fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}
