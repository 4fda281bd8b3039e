//! The page that sends an authorization response as a form (OAuth 2.0 Form Post Response Mode, section 2).

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use crate::http::Page;
use crate::pages::layout::{escape, source};

/// Sends the form. Without scripts a person presses the button.
const SUBMIT: &str = "document.forms[0].submit()";

static SUBMIT_SOURCE: LazyLock<String> =
    LazyLock::new(|| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(SUBMIT.as_bytes()))));

/// A form with these fields for `redirect_uri`.
pub(crate) fn answer<'a>(redirect_uri: &str, fields: impl Iterator<Item = (&'a str, &'a str)>) -> Page {
    let fields: String = fields
        .map(|(name, value)| {
            format!(r#"<input type="hidden" name="{}" value="{}">"#, escape(name), escape(value))
        })
        .collect();
    let html = format!(
        r#"<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Back to the application · demo provider</title>
<form method="post" action="{}">
{fields}
<button>Continue</button>
</form>
<script>{SUBMIT}</script>
</html>
"#,
        escape(redirect_uri)
    );
    // The application sends the browser on. That is checked against `form-action` too, and may be this provider again.
    let policy = format!(
        "default-src 'none'; script-src {}; form-action 'self' {}; frame-ancestors 'none'; base-uri 'none'",
        SUBMIT_SOURCE.as_str(),
        source(redirect_uri)
    );
    Page { html, policy }
}
