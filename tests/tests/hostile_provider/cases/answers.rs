//! Wrong answers of every endpoint that Abide uses: statuses, content types, shapes, sizes, speeds, and bytes that are not
//! HTTP.

use abide_demo_op::{Answer, Body, Deviation, Endpoint, Wrong};

use crate::hostile_provider::case::Expected::{
    self, Kept, NoBrowser, NoClaims, NoCode, NoToken, NotRegistered, Recovers, Served,
};
use crate::hostile_provider::case::{
    Account, Case, Way, answer, case, header, later, nameless, pushing, set,
};
use crate::hostile_provider::raw;

const HTTP: &str = "RFC 9110, 15";
const JSON: &str = "RFC 8259, 2";

/// An endpoint, and the expected result of a wrong answer.
#[derive(Clone, Copy)]
struct Place {
    name: &'static str,
    at: Endpoint,
    /// Its member in the metadata, if there is one.
    member: &'static str,
    /// The prefix of its document's codes.
    document: Document,
    outcome: fn(&'static str) -> Expected,
    way: Way,
    /// The status of a right answer.
    status: u16,
    /// The code for 204.
    empty: &'static str,
    dress: fn(Vec<Deviation>) -> Vec<Deviation>,
}

/// The codes of a document: wrong content type, malformed, duplicated, too deep.
type Document = [&'static str; 4];

const TOKEN: Document = [
    "token_response_not_json",
    "token_response_malformed",
    "token_response_duplicate_member",
    "token_response_too_deep",
];

const UNEXPECTED: &str = "provider_unexpected_status";

fn places() -> [Place; 8] {
    let same = |wrong| wrong;
    [
        Place {
            name: "discovery",
            at: Endpoint::Discovery,
            member: "",
            document: [
                "metadata_not_json",
                "metadata_malformed",
                "metadata_duplicate_member",
                "metadata_too_deep",
            ],
            outcome: NoBrowser,
            way: Way::Browser,
            status: 200,
            empty: UNEXPECTED,
            dress: same,
        },
        Place {
            name: "jwks",
            at: Endpoint::Jwks,
            member: "/jwks_uri",
            document: ["keys_not_json", "keys_malformed", "keys_duplicate_member", "keys_too_deep"],
            outcome: NoBrowser,
            way: Way::Browser,
            status: 200,
            empty: UNEXPECTED,
            dress: same,
        },
        Place {
            name: "token",
            at: Endpoint::Token,
            member: "/token_endpoint",
            document: TOKEN,
            outcome: NoToken,
            way: Way::Browser,
            status: 200,
            empty: UNEXPECTED,
            dress: same,
        },
        Place {
            name: "userinfo",
            at: Endpoint::UserInfo,
            member: "/userinfo_endpoint",
            document: [
                "userinfo_not_json",
                "userinfo_malformed",
                "userinfo_duplicate_member",
                "userinfo_too_deep",
            ],
            outcome: NoClaims,
            way: Way::Browser,
            status: 200,
            empty: UNEXPECTED,
            dress: nameless,
        },
        Place {
            name: "refresh",
            at: Endpoint::Token,
            member: "",
            document: TOKEN,
            outcome: Kept,
            way: Way::Browser,
            status: 200,
            empty: UNEXPECTED,
            dress: later,
        },
        Place {
            name: "pushed",
            at: Endpoint::PushedAuthorization,
            member: "/pushed_authorization_request_endpoint",
            document: [
                "pushed_response_not_json",
                "pushed_response_malformed",
                "pushed_response_duplicate_member",
                "pushed_response_too_deep",
            ],
            outcome: NoBrowser,
            way: Way::Browser,
            status: 201,
            empty: "pushed_request_not_created",
            dress: pushing,
        },
        Place {
            name: "device",
            at: Endpoint::DeviceAuthorization,
            member: "/device_authorization_endpoint",
            document: [
                "device_authorization_not_json",
                "device_authorization_malformed",
                "device_authorization_duplicate_member",
                "device_authorization_too_deep",
            ],
            outcome: NoCode,
            way: Way::Device,
            status: 200,
            empty: UNEXPECTED,
            dress: same,
        },
        Place {
            name: "registration",
            at: Endpoint::Registration,
            member: "/registration_endpoint",
            document: [
                "registration_not_json",
                "registration_malformed",
                "registration_duplicate_member",
                "registration_too_deep",
            ],
            outcome: NotRegistered,
            way: Way::Registration,
            status: 201,
            empty: UNEXPECTED,
            dress: same,
        },
    ]
}

pub(crate) fn cases() -> Vec<Case> {
    let everywhere = places().into_iter().flat_map(|place| {
        [statuses(place), kinds(place), shapes(place), sizes(place), speeds(place), noise(place)].concat()
    });
    everywhere.chain(unusual()).collect()
}

impl Place {
    fn row(
        self,
        name: &str,
        deviation: &str,
        section: &'static str,
        code: &'static str,
        wrong: Vec<Deviation>,
    ) -> Case {
        let (name, deviation) =
            (format!("{}-answer-{name}", self.name), format!("{}: {deviation}", self.words()));
        // The provider has not acted on a renewal if its answer is completely replaced.
        let made_up =
            |one: &Deviation| matches!(&one.what, Wrong::Answer(answer) if is_made_up(&answer.body));
        let expected = match (self.outcome)(code) {
            Kept(code) if wrong.iter().any(made_up) => Recovers(code),
            expected => expected,
        };
        case(name, deviation, section, expected, (self.dress)(wrong)).by(self.way)
    }

    /// This body, in an otherwise right answer.
    fn body(self, body: Body) -> Vec<Deviation> {
        // A completely replaced answer would also have another status.
        let status = is_made_up(&body).then_some(self.status);
        vec![Deviation::new(self.at, Wrong::Answer(Answer { status, headers: Vec::new(), body }))]
    }

    fn words(self) -> &'static str {
        match self.name {
            "discovery" => "metadata",
            "jwks" => "keys",
            "token" => "the code's exchange",
            "userinfo" => "UserInfo",
            "pushed" => "the pushed request",
            "device" => "the code for another device",
            "registration" => "the registration",
            _ => "the renewal",
        }
    }
}

fn is_made_up(body: &Body) -> bool {
    matches!(body, Body::Text(_) | Body::Bytes(_) | Body::Large(..) | Body::Endless(_))
}

fn statuses(place: Place) -> Vec<Case> {
    let page = || Body::Text("{}".to_owned());
    let of = |status: u16, words: &str, code| {
        place.row(
            &status.to_string(),
            &format!("{status} {words}"),
            HTTP,
            code,
            answer(place.at, status, &[], page()),
        )
    };
    let elsewhere = |status: u16| {
        let headers = [("location", "{issuer}/userinfo")];
        let deviation = format!("{status}, sent elsewhere");
        place.row(
            &status.to_string(),
            &deviation,
            "RFC 9700, 4.12",
            "provider_redirected",
            answer(place.at, status, &headers, page()),
        )
    };
    let outside = answer(place.at, 307, &[("location", "https://evil.example/")], page());
    let mut cases = vec![
        elsewhere(301),
        elsewhere(302),
        elsewhere(303),
        elsewhere(307),
        elsewhere(308),
        place.row(
            "307-to-another-host",
            "307, sent to another host",
            "RFC 9700, 4.12",
            "provider_redirected",
            outside,
        ),
        of(404, "not found", "provider_unexpected_status"),
        of(204, "without content", place.empty),
        of(408, "request timeout", "provider_unavailable"),
        of(429, "too many requests", "provider_rate_limited"),
        of(500, "with an empty object", "provider_unavailable"),
        of(503, "out of service", "provider_unavailable"),
    ];
    if !["userinfo", "registration"].contains(&place.name) {
        let pushed = place.name == "pushed";
        let code = if pushed { "pushed_request_refused" } else { "provider_unexpected_status" };
        cases.push(of(401, "without an error", code));
    }
    if place.name == "discovery" || place.name == "token" {
        cases.extend([
            of(
                201,
                "created",
                if place.name == "token" { "access_token_missing" } else { "provider_unexpected_status" },
            ),
            of(206, "a part of it", "provider_unexpected_status"),
            of(400, "without an error", "provider_unexpected_status"),
            of(403, "forbidden", "provider_unexpected_status"),
            of(407, "the proxy wants a password", "provider_unexpected_status"),
            of(418, "a teapot", "provider_unexpected_status"),
            of(502, "bad gateway", "provider_unavailable"),
            of(504, "gateway timeout", "provider_unavailable"),
            place.row(
                "304",
                "304 not modified",
                HTTP,
                "provider_redirected",
                answer(place.at, 304, &[], page()),
            ),
        ]);
    }
    cases
}

fn kinds(place: Place) -> Vec<Case> {
    let [not_json, ..] = place.document;
    let kind = |name: &str, kind: &str| {
        let deviation = format!("`Content-Type: {kind}`");
        place.row(name, &deviation, "RFC 8259, 11", not_json, header(place.at, "content-type", kind))
    };
    let portal = answer(
        place.at,
        place.status,
        &[("content-type", "text/html")],
        Body::Text("<html><body>Welcome to the Wi-Fi of the hotel</body></html>".into()),
    );
    vec![
        place.row(
            "no-content-type",
            "no `Content-Type`",
            "RFC 8259, 11",
            not_json,
            header(place.at, "content-type", ""),
        ),
        kind("html", "text/html"),
        kind("text", "text/plain"),
        kind("javascript", "application/javascript"),
        place.row("captive-portal", "the page of a hotel's network", "RFC 8952, 1", not_json, portal),
    ]
}

fn shapes(place: Place) -> Vec<Case> {
    let [_, malformed, duplicate, deep] = place.document;
    let text = |name: &str, deviation: &str, code, text: &str| {
        place.row(name, deviation, JSON, code, place.body(Body::Text(text.to_owned())))
    };
    let bytes = |name: &str, deviation: &str, bytes: &[u8]| {
        place.row(name, deviation, "RFC 8259, 8.1", malformed, place.body(Body::Bytes(bytes.to_vec())))
    };
    let nested =
        |open: &str, close: &str, times: usize| format!("{}{}", open.repeat(times), close.repeat(times));
    let mut cases = vec![
        text("empty", "an empty body", malformed, ""),
        text("half", "half of an object", malformed, r#"{"a":"#),
        text("not-json", "not JSON, with its content type", malformed, "<html></html>"),
        text("number", "a number", malformed, "7"),
        text("null", "`null`", malformed, "null"),
        text("twice-the-object", "two objects", malformed, "{}{}"),
        text("nested-lists", "25 lists inside each other", deep, &nested("[", "]", 25)),
        text("nested-very-deeply", "100,000 lists inside each other", deep, &nested("[", "]", 100_000)),
        text("nested-objects", "objects inside each other", deep, &nested("{\"a\":", "", 30)),
        text(
            "duplicate-deep-inside",
            "a member twice, deep inside",
            duplicate,
            r#"{"a":{"b":[{"c":1,"c":2}]}}"#,
        ),
        text(
            "duplicate-escaped",
            "a member twice, once with an escape",
            duplicate,
            r#"{"issuer":"a","\u0069ssuer":"b"}"#,
        ),
        bytes("not-utf8", "no UTF-8", b"{\"a\":\"\xff\xfe\"}"),
    ];
    if place.name == "discovery" || place.name == "token" {
        cases.extend([
            text("bare-text", "a text", malformed, "\"hello\""),
            text("nan", "`NaN`", malformed, r#"{"a":NaN}"#),
            text("comment", "JSON with a comment", malformed, "{/* */}"),
            text("trailing-comma", "JSON with a comma too many", malformed, r#"{"a":1,}"#),
            text("single-quotes", "JSON with other quotation marks", malformed, "{'a':1}"),
            text("control-character", "a line break inside a text", malformed, "{\"a\":\"b\nc\"}"),
            text("lone-surrogate", "half of a character", malformed, r#"{"a":"\ud800"}"#),
            text(
                "huge-number",
                "a number with 5,000 digits",
                malformed,
                &format!("{{\"a\":1{}e}}", "0".repeat(5000)),
            ),
            text("json-hijacking", "a prefix against scripts", malformed, ")]}',\n{}"),
            bytes("byte-order-mark", "a byte order mark", b"\xef\xbb\xbf{}"),
            bytes("utf16", "UTF-16", b"\xff\xfe{\0}\0"),
            bytes("nul", "zero bytes", b"\0\0\0\0"),
        ]);
    }
    cases
}

fn sizes(place: Place) -> Vec<Case> {
    let large = |name: &str, deviation: &str, wrong| {
        place.row(name, deviation, "RFC 9110, 15.5.14", "response_too_large", wrong)
    };
    vec![
        large("large", "two MiB of spaces", place.body(Body::Large("    ", 1 << 19))),
        large("endless", "spaces without end", place.body(Body::Endless("   "))),
        large("endless-list", "a list without end", place.body(Body::Endless("[1,"))),
    ]
}

fn speeds(place: Place) -> Vec<Case> {
    let late = |name: &str, deviation: &str, wrong| {
        place
            .row(name, deviation, "RFC 9110, 9.2.2", "provider_timeout", place.body(wrong))
            .of(Account::Hasty)
    };
    let broken = |name: &str, deviation: &str, after| {
        place.row(name, deviation, "RFC 9112, 8", "provider_unreachable", place.body(Body::Truncated(after)))
    };
    let mut cases = vec![
        late("no-head", "no answer at all", Body::Nothing),
        late("no-body", "a head, and no body", Body::Silent),
        broken("cut-off", "cut off after ten bytes", 10),
    ];
    if place.name != "refresh" {
        cases.push(late("slow", "one byte every now and then", Body::Slow));
        cases.push(broken("cut-off-at-once", "cut off before the first byte", 0));
    }
    cases
}

fn noise(place: Place) -> Vec<Case> {
    if place.member.is_empty() {
        return Vec::new();
    }
    let at = |address: &str| set(Endpoint::Discovery, place.member, address);
    let row = |name: &str, deviation: &str| {
        let code = match name {
            "nothing" | "half-a-head" | "short" | "bad-chunk" | "only-going-on" => "provider_unreachable",
            _ => "answer_not_http",
        };
        place.row(name, deviation, "RFC 9112, 2", code, at(&raw::address(name)))
    };
    let mut cases = vec![
        place.row(
            "no-listener",
            "nothing listens there",
            "RFC 9110, 4.2",
            "provider_unreachable",
            at(&raw::closed()),
        ),
        row("nothing", "the connection closes without an answer"),
        row("noise", "bytes that are not HTTP"),
        row("half-a-head", "half of a head"),
        row("two-lengths", "two lengths that contradict each other"),
        row("short", "less than was announced"),
    ];
    if place.name == "token" {
        cases.extend([
            row("banner", "the greeting of a mail server"),
            row("alert", "an alert of TLS"),
            row("http2", "HTTP/2"),
            row("bad-length", "a negative length"),
            row("bad-chunk", "chunks whose length is not a number"),
            row("only-going-on", "100 Continue, and nothing after it"),
        ]);
    }
    // The request went to another server, so the provider has not counted it.
    for case in &mut cases {
        case.elsewhere = true;
    }
    cases
}

/// Unusual answers that are allowed.
fn unusual() -> Vec<Case> {
    let good = |name: &str, deviation: &str, wrong| case(name, deviation, JSON, Served, wrong);
    vec![
        good("discovery-answer-white-space", "metadata with white space around it", {
            vec![Deviation::new(
                Endpoint::Discovery,
                Wrong::Json(vec![abide_demo_op::Edit::After(" \r\n\t ")]),
            )]
        }),
        good(
            "token-answer-content-type-parameter",
            "the code's exchange: `Content-Type: application/json; charset=utf-8`",
            header(Endpoint::Token, "content-type", "application/json; charset=utf-8"),
        ),
        good(
            "token-answer-content-type-capitals",
            "the code's exchange: `Content-Type: Application/JSON`",
            header(Endpoint::Token, "content-type", "Application/JSON"),
        ),
        good(
            "token-answer-cookie",
            "the code's exchange sets a cookie, which is not kept",
            header(Endpoint::Token, "set-cookie", "a=b"),
        ),
    ]
}
