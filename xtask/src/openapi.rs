//! Writes crates/agent/src/api/openapi.json, the local API from its table of routes and the types of crates/wire, and docs/api.md, the
//! same as a page. With `--check`, only says whether they are current.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "printing is what this program is for")]

mod api_page;
mod policy_templates;

use std::collections::BTreeSet;
use std::process::ExitCode;

use abide_wire::window::DiscoveredProvider;
use abide_wire::{
    AccountAdded, AccountRemoved, AccountRequest, AuditStatus, AwsCredentials, AwsRole, ClaimsAnswer,
    ConfigCheck, ConsentAnswer, Consents, DialectServers, ErrorAnswer, JobAnswer, JobRequest, PresenceStatus,
    ProxyList, SessionSettings, SessionStatus, SignInBegun, Snapshot, TokenAnswer, VaultStatus,
};
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};

const ROUTES: &str = "crates/agent/src/api/routes.rs";
const PLACE: &str = "crates/agent/src/api/openapi.json";
/// One request and answer for each call, as a test has recorded them (`./x examples`).
const EXAMPLES: &str = "crates/agent/src/api/examples.json";
const PAGE: &str = "docs/api.md";

fn main() -> ExitCode {
    let checks = std::env::args().any(|argument| argument == "--check");
    match run(checks) {
        Ok(()) => ExitCode::SUCCESS,
        Err(text) => {
            eprintln!("{text}");
            ExitCode::FAILURE
        }
    }
}

fn run(checks: bool) -> Result<(), String> {
    let routes = std::fs::read_to_string(ROUTES).map_err(|error| format!("{ROUTES}: {error}"))?;
    let examples = std::fs::read_to_string(EXAMPLES).map_err(|error| format!("{EXAMPLES}: {error}"))?;
    let examples: Map<String, Value> =
        serde_json::from_str(&examples).map_err(|error| format!("{EXAMPLES}: {error}"))?;
    let document = document(&rows(&routes), &examples)?;
    let mut described = serde_json::to_string_pretty(&document).map_err(|error| error.to_string())?;
    described.push('\n');
    let written = [(PLACE, described), (PAGE, api_page::page(&document, &examples))];
    for (place, wanted) in written.into_iter().chain(policy_templates::templates()) {
        if checks {
            is_current(place, &wanted)?;
        } else {
            std::fs::write(place, wanted).map_err(|error| format!("{place}: {error}"))?;
            println!("wrote {place}");
        }
    }
    Ok(())
}

fn is_current(place: &str, wanted: &str) -> Result<(), String> {
    match std::fs::read_to_string(place) {
        Ok(found) if found.replace("\r\n", "\n") == wanted => Ok(()),
        _ => Err(format!("{place} is not what routes and types say. Run `./x types` and commit the result.")),
    }
}

/// A row of the table of routes.
struct Row {
    method: String,
    path: String,
    needs: String,
}

/// The rows, as `routes! { … }` has them.
fn rows(source: &str) -> Vec<Row> {
    let table = source.split("= routes! {").nth(1).and_then(|rest| rest.split("\n};").next()).unwrap_or("");
    let row = |line: &str| {
        let (method, rest) = line.trim().split_once(" \"")?;
        let (path, rest) = rest.split_once("\" ")?;
        let needs = rest.split(' ').next()?;
        let known = ["GET", "POST", "PUT", "DELETE"].contains(&method);
        known.then(|| Row { method: method.to_lowercase(), path: path.to_owned(), needs: needs.to_owned() })
    };
    table.lines().filter_map(row).collect()
}

/// What a call takes and answers.
struct Call {
    summary: &'static str,
    query: Query,
    body: Option<Value>,
    answers: Vec<(&'static str, Option<Value>)>,
}

/// The parameters of a query: name, description, and what the value looks like.
type Query = &'static [(&'static str, &'static str, Kind)];

/// What a value of a parameter looks like.
#[derive(Clone, Copy)]
enum Kind {
    Text,
    Pattern(&'static str),
    OneOf(&'static [&'static str]),
    /// Can be repeated.
    Several(&'static str),
}

impl Kind {
    fn schema(self) -> Value {
        match self {
            Self::Text => json!({ "type": "string", "minLength": 1 }),
            Self::Pattern(pattern) => json!({ "type": "string", "pattern": pattern }),
            Self::OneOf(words) => json!({ "type": "string", "enum": words }),
            Self::Several(pattern) => {
                json!({ "type": "array", "items": { "type": "string", "pattern": pattern } })
            }
        }
    }
}

const DURATION: Kind = Kind::Pattern("^[0-9]{1,6}(s|m|h)?$");
/// What a person can read in a question.
const API: Kind = Kind::Several("^[!-~]+$");

const TOKEN: Query = &[
    ("account", "The account. Needed only if several are signed in.", Kind::Text),
    ("min_validity", "How long the token must still be valid: seconds, or like 60s.", DURATION),
    (
        "activity",
        "request (default) or none: whether this counts as use of the session.",
        Kind::OneOf(&["request", "none"]),
    ),
    ("resource", "A resource that the token is for (RFC 8707). Can be repeated.", API),
    ("audience", "An audience that the token is for. Can be repeated.", API),
    (
        "scope",
        "Scopes, separated by spaces.",
        // RFC 6749, section 3.3.
        Kind::Pattern(r"^[!#-\[\]-~]+( [!#-\[\]-~]+)*$"),
    ),
    ("htm", "The method of the request that a DPoP proof is for (RFC 9449).", Kind::Pattern("^[A-Z]+$")),
    ("htu", "The address of that request.", Kind::Pattern("^https?://[!-~]+$")),
    ("nonce", "The last DPoP-Nonce of its server.", Kind::Text),
    (
        "reason",
        "Why the program needs it, for the question to the user. At most 160 characters are shown.",
        Kind::Text,
    ),
];

/// The parameter without which its call has no meaning.
const NEEDED: &str = "url";

/// The parameters of a request to an MCP server.
const MCP: Query = &[
    (
        "url",
        "The address of the server: https, or http on this computer.",
        Kind::Pattern("^https?://[!-~]+$"),
    ),
    ("account", "The account. Not needed when only one is of the server's provider.", Kind::Text),
    (
        "send",
        "`post` (the default), `get` or `delete`: how the request is sent.",
        Kind::OneOf(&["post", "get", "delete"]),
    ),
    (
        "activity",
        "`request` or `none`: whether this counts as using the session.",
        Kind::OneOf(&["request", "none"]),
    ),
    (
        "sign_in",
        "`true`: open the sign-in in the browser if the user is signed out.",
        Kind::OneOf(&["true", "false"]),
    ),
    (
        "reason",
        "Why the program needs it, for the question to the user. At most 160 characters are shown.",
        Kind::Text,
    ),
];

fn object(properties: Value, required: &[&str]) -> Value {
    json!({ "type": "object", "properties": properties, "required": required })
}

fn nullable(kind: &str) -> Value {
    json!({ "type": [kind, "null"] })
}

/// Everything that a call takes and answers, by method and path.
fn call(schemas: &mut SchemaGenerator, method: &str, path: &str) -> Option<Call> {
    fn of<T: JsonSchema>(schemas: &mut SchemaGenerator) -> Value {
        schemas.subschema_for::<T>().to_value()
    }
    let text = || json!({ "type": "string" });
    let plain = |summary, answers| Call { summary, query: &[], body: None, answers };
    let with = |summary, body, answers| Call { summary, query: &[], body: Some(body), answers };
    Some(match (method, path) {
        ("get", "/v1/token" | "/access_token") => {
            Call { query: TOKEN, ..plain("An access token", vec![("200", Some(of::<TokenAnswer>(schemas)))]) }
        }
        ("post", "/v1/token") => Call {
            query: TOKEN,
            ..with(
                "An access token after a stronger sign-in (RFC 9470)",
                object(
                    json!({ "www_authenticate": { "oneOf": [text(), { "type": "array", "items": text() }] } }),
                    &["www_authenticate"],
                ),
                vec![("200", Some(of::<TokenAnswer>(schemas)))],
            )
        },
        ("post", "/v1/jobs") => Call {
            query: TOKEN,
            ..with(
                "Tokens for a program that is about to start, in the dialects that it speaks",
                of::<JobRequest>(schemas),
                vec![("200", Some(of::<JobAnswer>(schemas)))],
            )
        },
        ("post", "/v1/aws/credentials") => Call {
            query: TOKEN,
            ..with(
                "Credentials of a role at AWS, for an access token",
                of::<AwsRole>(schemas),
                vec![("200", Some(of::<AwsCredentials>(schemas)))],
            )
        },
        ("post", "/v1/mcp") => Call {
            query: MCP,
            ..with(
                "A request to an MCP server, with a token of an account. The answer is the server's, with its status in the header \
                 `mcp-server-status`",
                json!({ "type": "object" }),
                vec![("200", None)],
            )
        },
        ("get", "/health") => plain(
            "That this is Abide",
            vec![(
                "200",
                Some(object(json!({ "status": text(), "version": text() }), &["status", "version"])),
            )],
        ),
        ("get", "/v1/challenge") => plain(
            "A nonce for the next signed request on this connection",
            vec![("200", Some(object(json!({ "nonce": text() }), &["nonce"])))],
        ),
        ("get", "/openapi.json") => {
            plain("This description", vec![("200", Some(json!({ "type": "object" })))])
        }
        ("get", "/v1/sessions") => plain("All sessions", vec![("200", Some(of::<Snapshot>(schemas)))]),
        ("get", "/v1/sessions/{account}") => {
            plain("One session", vec![("200", Some(of::<SessionStatus>(schemas)))])
        }
        ("get", "/v1/sessions/{account}/events") => {
            plain("Changes of a session as server-sent events, the present state first", vec![("200", None)])
        }
        ("post", "/v1/sessions/{account}/login") => with(
            "Starts a sign-in",
            object(json!({ "browser": { "type": "boolean" }, "device": { "type": "boolean" } }), &[]),
            vec![("202", Some(of::<SignInBegun>(schemas)))],
        ),
        ("post", "/v1/sessions/{account}/cancel") => with(
            "Cancels a sign-in",
            object(json!({ "attempt": { "type": ["integer", "null"], "minimum": 0 } }), &[]),
            vec![("202", Some(of::<SessionStatus>(schemas)))],
        ),
        ("post", "/v1/sessions/{account}/keep") => {
            plain("Extends the session", vec![("202", Some(of::<SessionStatus>(schemas)))])
        }
        ("post", "/v1/sessions/{account}/logout") => {
            plain("Signs out", vec![("202", Some(of::<SessionStatus>(schemas)))])
        }
        ("post", "/v1/sessions/{account}/monitor") => plain(
            "Opens the tab that watches the provider's session",
            vec![("202", Some(of::<SessionStatus>(schemas)))],
        ),
        ("get", "/v1/claims/{account}") => {
            plain("What the provider says about the user", vec![("200", Some(of::<ClaimsAnswer>(schemas)))])
        }
        ("get", "/v1/accounts") => {
            let account = object(
                json!({ "name": text(), "label": nullable("string"), "issuer": text(), "client_id": text() }),
                &["name", "label", "issuer", "client_id"],
            );
            let accounts =
                object(json!({ "accounts": { "type": "array", "items": account } }), &["accounts"]);
            plain("The accounts", vec![("200", Some(accounts))])
        }
        ("post", "/v1/accounts") => with(
            "Adds an account",
            of::<AccountRequest>(schemas),
            vec![("201", Some(of::<AccountAdded>(schemas)))],
        ),
        ("delete", "/v1/accounts/{account}") => {
            plain("Removes an account", vec![("200", Some(of::<AccountRemoved>(schemas))), ("204", None)])
        }
        ("get", "/v1/accounts/{account}/session") => {
            plain("The settings of an account", vec![("200", Some(of::<SessionSettings>(schemas)))])
        }
        ("put", "/v1/accounts/{account}/session") => with(
            "Changes them",
            of::<SessionSettings>(schemas),
            vec![("200", Some(of::<SessionSettings>(schemas)))],
        ),
        ("post", "/v1/discover") => with(
            "Looks at a provider before it becomes an account",
            object(json!({ "issuer": text(), "preset": text() }), &["issuer"]),
            vec![("200", Some(of::<DiscoveredProvider>(schemas)))],
        ),
        ("get", "/v1/clients") => {
            let client = object(
                json!({
                    "name": text(),
                    "kind": text(),
                    "program": nullable("string"),
                    "since": { "type": "integer" },
                    "tokens": { "type": "integer" },
                    "last_used": nullable("integer"),
                }),
                &["name", "kind", "program", "since", "tokens", "last_used"],
            );
            let clients = object(json!({ "clients": { "type": "array", "items": client } }), &["clients"]);
            plain("The clients", vec![("200", Some(clients))])
        }
        ("post", "/v1/clients") => with(
            "Allows a client",
            object(
                json!({ "name": text(), "program": nullable("string"), "plain": { "type": "boolean" } }),
                &["name"],
            ),
            vec![(
                "201",
                Some(object(json!({ "name": text(), "key": nullable("string") }), &["name", "key"])),
            )],
        ),
        ("delete", "/v1/clients/{name}") => plain("Revokes a client", vec![("204", None)]),
        ("get", "/v1/consents") => Call {
            query: &[(
                "wait",
                "Answer once there is a question, or after this time: seconds, at most 30.",
                DURATION,
            )],
            ..plain(
                "The programs that wait for the user's answer, and the answers that end by themselves",
                vec![("200", Some(of::<Consents>(schemas)))],
            )
        },
        ("post", "/v1/consents/{id}") => {
            with("Answers a question about a program", of::<ConsentAnswer>(schemas), vec![("204", None)])
        }
        ("delete", "/v1/grants/{id}") => {
            plain("Takes an answer back that would end by itself", vec![("204", None)])
        }
        ("get", "/v1/audit") => {
            plain("Where the record is, and where it ends", vec![("200", Some(of::<AuditStatus>(schemas)))])
        }
        ("get", "/v1/vault") => {
            plain("How sessions are stored", vec![("200", Some(of::<VaultStatus>(schemas)))])
        }
        ("get", "/v1/presence") => plain(
            "How Abide learns of locked screens, sleep and input",
            vec![("200", Some(of::<PresenceStatus>(schemas)))],
        ),
        ("get", "/v1/dialects/{format}/servers") => plain(
            "The servers that tools of a dialect get tokens for: `[[dialects.FORMAT]]` in config.toml",
            vec![("200", Some(of::<DialectServers>(schemas)))],
        ),
        ("get", "/v1/proxies") => plain(
            "The forwarding proxies: `[proxies.NAME]` in config.toml",
            vec![("200", Some(of::<ProxyList>(schemas)))],
        ),
        ("get", "/v1/config/check") => {
            plain("Checks the configuration file", vec![("200", Some(of::<ConfigCheck>(schemas)))])
        }
        ("post", "/v1/config/reload") => {
            plain("Reads the configuration file again", vec![("200", Some(of::<ConfigCheck>(schemas)))])
        }
        ("post", "/v1/show") => plain("Shows the window", vec![("204", None)]),
        ("post", "/v1/link") => with(
            "Shows the account that a link (`abide:add?…`) asks for; nothing is added before the user agrees",
            object(json!({ "link": text() }), &["link"]),
            vec![("204", None)],
        ),
        ("post", "/v1/quit") => plain("Ends Abide", vec![("204", None)]),
        _ => return None,
    })
}

/// What a right means, in a sentence.
fn right(needs: &str) -> &'static str {
    match needs {
        "Nothing" => "For everybody on this computer.",
        "State" => "For every program of this user, and for holders of a client key.",
        "Tokens" => "For programs, holders of a client key and web pages that the user has allowed.",
        "Programs" => "For programs and holders of a client key that the user has allowed.",
        "Keep" => {
            "For the `abide` command; if only keyboard and mouse count as use (`activity = \"input\"`), at a terminal."
        }
        "Grants" => "For the `abide` command at a terminal.",
        _ => "For the `abide` command.",
    }
}

fn content(schema: &Value, example: &Value) -> Value {
    let mut content = json!({ "schema": schema });
    if !example.is_null() {
        content["example"] = example.clone();
    }
    json!({ "application/json": content })
}

fn operation(row: &Row, call: &Call, error: &Value, example: &Value) -> Value {
    let named = row.path.split('{').skip(1).filter_map(|rest| rest.split('}').next());
    let text = json!({ "type": "string" });
    let place = |name: &str| json!({ "name": name, "in": "path", "required": true, "schema": text });
    let query = |(name, about, kind): &(&str, &str, Kind)| {
        let required = *name == NEEDED;
        json!({ "name": name, "in": "query", "required": required, "description": about, "schema": kind.schema() })
    };
    let parameters: Vec<Value> = named.map(place).chain(call.query.iter().map(query)).collect();
    let mut answers = Map::new();
    for (status, schema) in &call.answers {
        let mut answer = json!({ "description": call.summary });
        match schema {
            Some(schema) => {
                let shown =
                    if example["status"].to_string() == *status { &example["answer"] } else { &Value::Null };
                answer["content"] = content(schema, shown);
            }
            None if *status == "200" => answer["content"] = json!({ "text/event-stream": {} }),
            None => {}
        }
        answers.insert((*status).to_owned(), answer);
    }
    answers.insert(
        "default".to_owned(),
        json!({ "description": "A refusal, with a stable code", "content": content(error, &Value::Null) }),
    );
    let mut operation = json!({
        "summary": call.summary,
        "description": right(&row.needs),
        "parameters": parameters,
        "responses": answers,
    });
    if let Some(body) = &call.body {
        operation["requestBody"] = json!({ "required": true, "content": content(body, &example["body"]) });
    }
    if row.needs == "Nothing" {
        operation["security"] = json!([]);
    }
    operation
}

fn document(rows: &[Row], examples: &Map<String, Value>) -> Result<Value, String> {
    let mut schemas = SchemaSettings::draft2020_12()
        .with(|settings| settings.definitions_path = "/components/schemas".into())
        .into_generator();
    let error = schemas.subschema_for::<ErrorAnswer>().to_value();
    let mut paths = Map::new();
    let mut seen = BTreeSet::new();
    for row in rows {
        let call = call(&mut schemas, &row.method, &row.path)
            .ok_or_else(|| format!("xtask/src/openapi.rs does not describe {} {}", row.method, row.path))?;
        if !seen.insert((&row.method, &row.path)) {
            return Err(format!("{} {} is there twice", row.method, row.path));
        }
        let path = paths.entry(row.path.clone()).or_insert_with(|| json!({}));
        let example = examples.get(&format!("{} {}", row.method.to_uppercase(), row.path));
        path[row.method.as_str()] = operation(row, &call, &error, example.unwrap_or(&Value::Null));
    }
    Ok(json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Abide's local endpoint",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Over a socket, where the program is known by its executable, or over HTTP on loopback with a client key. \
                            docs/local-endpoint.md explains it.",
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "servers": [{ "url": "http://127.0.0.1:47600" }],
        // Over the socket no key is needed.
        "security": [{ "client_key": [] }, {}],
        "paths": paths,
        "components": {
            "schemas": schemas.take_definitions(true),
            "securitySchemes": { "client_key": { "type": "http", "scheme": "bearer" } },
        },
    }))
}
