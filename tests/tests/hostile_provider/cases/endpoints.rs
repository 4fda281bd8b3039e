//! Addresses in the metadata that must not be opened or requested.

use abide_demo_op::Endpoint::Discovery;

use crate::hostile_provider::case::Expected::{NoBrowser, Served};
use crate::hostile_provider::case::{Case, case, set};

const SECTION: &str = "RFC 6749, 3.1; RFC 8252, 8.1";

/// Addresses that are dangerous for a browser or for the network.
const EVERYWHERE: [(&str, &str, &str, &str); 8] = [
    ("file", "is a file", "file:///etc/passwd", "endpoint_invalid"),
    ("http-elsewhere", "is plain http on another computer", "http://192.0.2.1/x", "endpoint_insecure"),
    ("http-public-name", "is plain http under a public name", "http://id.example.com/x", "endpoint_insecure"),
    ("relative", "is relative", "/x", "endpoint_invalid"),
    (
        "user-info",
        "has a user name in front of the host",
        "http://127.0.0.1:1@evil.example/",
        "endpoint_invalid",
    ),
    ("fragment", "has a fragment", "{issuer}/x#y", "endpoint_invalid"),
    ("line-break", "has a line break", "{issuer}/x\r\nX-Injected: 1", "endpoint_invalid"),
    ("ftp", "is not a web address", "ftp://127.0.0.1/x", "endpoint_invalid"),
];

/// Addresses that are dangerous only when a program is started with them.
const BROWSER: [(&str, &str, &str, &str); 37] = [
    ("file-upper-case", "is a file, the scheme in capitals", "FILE:///etc/passwd", "endpoint_invalid"),
    ("file-host", "is a file on a share", "file://evil.example/share/program.exe", "endpoint_invalid"),
    ("file-one-slash", "is a file, with one slash", "file:/usr/bin/xcalc", "endpoint_invalid"),
    ("path", "is a program's path", "/usr/bin/xcalc", "endpoint_invalid"),
    (
        "windows-path",
        "is the path of a program on Windows",
        "C:\\Windows\\System32\\calc.exe",
        "endpoint_invalid",
    ),
    ("unc-path", "is a program on a share", "\\\\evil.example\\share\\program.exe", "endpoint_invalid"),
    ("smb", "is a share", "smb://evil.example/share", "endpoint_invalid"),
    ("javascript", "is a script", "javascript:alert(document.domain)", "endpoint_invalid"),
    (
        "javascript-slashes",
        "is a script that looks like an address",
        "javascript://127.0.0.1/%0aalert(1)",
        "endpoint_invalid",
    ),
    ("data", "is a `data:` URL", "data:text/html,<script>alert(1)</script>", "endpoint_invalid"),
    ("vbscript", "is a script for another browser", "vbscript:msgbox(1)", "endpoint_invalid"),
    ("view-source", "is a browser's own scheme", "view-source:{issuer}/", "endpoint_invalid"),
    ("about", "is a page of the browser", "about:config", "endpoint_invalid"),
    ("chrome", "is a page of the browser with a host", "chrome://settings/reset", "endpoint_invalid"),
    ("ms-handler", "is for a program of the system", "ms-msdt:/id PCWDiagnostic", "endpoint_invalid"),
    (
        "search-ms",
        "is a search on a share",
        "search-ms:query=a&crumb=location:\\\\evil.example",
        "endpoint_invalid",
    ),
    ("custom-scheme", "is for another application", "otherapp://callback", "endpoint_invalid"),
    (
        "ssh",
        "is an ssh address with an option in place of the host",
        "ssh://-oProxyCommand=xcalc/x",
        "endpoint_invalid",
    ),
    ("flag", "is an option", "--help", "endpoint_invalid"),
    ("short-flag", "is a short option", "-P", "endpoint_invalid"),
    (
        "flag-profile",
        "is an option that loads an extension",
        "--load-extension=/tmp/evil",
        "endpoint_invalid",
    ),
    ("flag-remote", "is an option that runs a program", "--renderer-cmd-prefix=xcalc", "endpoint_invalid"),
    (
        "flag-before-address",
        "has an option in front of it",
        "--new-window {issuer}/authorize",
        "endpoint_invalid",
    ),
    (
        "flag-after-space",
        "has an option after a space",
        "{issuer}/authorize --proxy-server=evil.example",
        "endpoint_invalid",
    ),
    ("crlf", "has a header after a line break", "{issuer}/authorize\r\nSet-Cookie: a=b", "endpoint_invalid"),
    ("lf", "has a line feed", "{issuer}/authorize\nxcalc", "endpoint_invalid"),
    ("tab", "has a tab, which browsers leave out", "java\tscript:alert(1)", "endpoint_invalid"),
    ("nul", "has a zero byte", "{issuer}/authorize{nul}.html", "endpoint_invalid"),
    ("backtick", "has a command in backticks", "{issuer}/`xcalc`", "endpoint_invalid"),
    ("pipe", "has a pipe", "{issuer}/a|xcalc", "endpoint_invalid"),
    ("redirect", "writes into a file", "{issuer}/a>/tmp/x", "endpoint_invalid"),
    ("quotes", "has quotation marks", "{issuer}/\" & xcalc & \"", "endpoint_invalid"),
    ("braces", "has braces, which shells expand", "{issuer}/{a,b}", "endpoint_invalid"),
    ("caret", "has what escapes in cmd.exe", "{issuer}/^&xcalc", "endpoint_invalid"),
    (
        "backslash-host",
        "has a backslash where browsers see a slash",
        "https://127.0.0.1\\@evil.example/",
        "endpoint_invalid",
    ),
    (
        "non-ascii",
        "has letters that only look like those of the provider",
        "https://ехample.com/authorize",
        "endpoint_invalid",
    ),
    ("bidi", "has a sign that turns the text around", "{issuer}/\u{202e}moc.elpmaxe", "endpoint_invalid"),
];

/// Without a usable one of these, no sign-in works. Of the last, only if the account does not say that nothing is pushed.
const ENDPOINTS: [(&str, &str); 4] = [
    ("authorization_endpoint", "/authorization_endpoint"),
    ("token_endpoint", "/token_endpoint"),
    ("jwks_uri", "/jwks_uri"),
    ("pushed_authorization_request_endpoint", "/pushed_authorization_request_endpoint"),
];

/// No sign-in needs these: an address that cannot be used is not used.
const OPTIONAL: [(&str, &str); 6] = [
    ("userinfo_endpoint", "/userinfo_endpoint"),
    ("revocation_endpoint", "/revocation_endpoint"),
    ("introspection_endpoint", "/introspection_endpoint"),
    ("device_authorization_endpoint", "/device_authorization_endpoint"),
    ("registration_endpoint", "/registration_endpoint"),
    ("end_session_endpoint", "/end_session_endpoint"),
];

pub(crate) fn cases() -> Vec<Case> {
    let row = |(member, pointer): (&str, &'static str),
               (name, words, address, code): (&str, &str, &str, &'static str)| {
        case(
            format!("{}-{name}", member.replace('_', "-")),
            format!("`{member}` {words}"),
            SECTION,
            NoBrowser(code),
            set(Discovery, pointer, address),
        )
    };
    let mut cases: Vec<Case> = BROWSER.into_iter().map(|one| row(ENDPOINTS[0], one)).collect();
    for endpoint in ENDPOINTS {
        cases.extend(EVERYWHERE.into_iter().map(|one| row(endpoint, one)));
    }
    for (member, pointer) in OPTIONAL {
        cases.extend(EVERYWHERE.into_iter().map(|(name, words, address, _)| {
            case(
                format!("{}-{name}", member.replace('_', "-")),
                format!("`{member}` {words}"),
                SECTION,
                Served,
                set(Discovery, pointer, address),
            )
        }));
    }
    let host = [
        ("no-host", "has no host", "https:///authorize"),
        ("no-slashes", "has no slashes", "https:id.example.com"),
        ("port-out-of-range", "has a port that there is not", "https://id.example.com:99999/"),
        ("bad-address", "has an invalid IP address", "https://[::g]/authorize"),
    ];
    for (name, words, address) in host {
        cases.push(row(ENDPOINTS[0], (name, words, address, "endpoint_invalid")));
    }
    let long = format!("https://id.example.com/{}", "a".repeat(4096));
    cases.push(row(ENDPOINTS[0], ("long", "is 4 KiB long", &long, "endpoint_invalid")));
    for (name, words, address) in [
        ("name-of-loopback", "only looks like loopback", "http://127.0.0.1.evil.example/authorize"),
        ("localhost-name", "only looks like localhost", "http://localhost.evil.example/authorize"),
        ("any-address", "is plain http on 0.0.0.0", "http://0.0.0.0/authorize"),
    ] {
        cases.push(row(ENDPOINTS[0], (name, words, address, "endpoint_insecure")));
    }
    cases
}
