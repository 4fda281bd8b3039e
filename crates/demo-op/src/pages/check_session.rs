//! The OP iframe.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use crate::http::Page;
use crate::pages::layout::escape;

/// The script of the OP iframe.
const CHECK_SESSION: &str = include_str!("check_session.js");

static CHECK_SESSION_SOURCE: LazyLock<String> =
    LazyLock::new(|| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(CHECK_SESSION.as_bytes()))));

/// The OP iframe, which is invisible.
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
    // The syntax of a policy does not allow an IPv6 address.
    let policy = format!(
        "default-src 'none'; script-src {}; frame-ancestors http://127.0.0.1:* http://localhost:*; base-uri 'none'",
        CHECK_SESSION_SOURCE.as_str()
    );
    Page { html, policy }
}
