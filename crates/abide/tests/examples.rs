//! Runs the examples of the documentation as they are written: their output, and that no other user of the machine can read
//! the token meanwhile. Arguments are in `/proc/PID/cmdline`, which every user can read.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

#[path = "../../cli/tests/harness/agent.rs"]
mod agent;

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use agent::*;

/// A command line in a text for people.
#[derive(Clone, Debug)]
#[allow(dead_code, reason = "the place is shown when a test fails")]
struct Example {
    place: String,
    line: String,
}

fn root() -> PathBuf {
    fs::canonicalize(Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")).unwrap()
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Whether a line asks for a token.
fn uses_a_token(line: &str) -> bool {
    ["token", "header", "curl", "run"].iter().any(|command| line.contains(&format!("abide {command}")))
}

/// Joins continued lines, and removes comments.
fn joined<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut whole = Vec::<String>::new();
    let mut goes_on = false;
    for line in lines {
        let line = line.split(" #").next().unwrap_or_default().trim();
        let text = line.strip_suffix('\\').unwrap_or(line).trim_end();
        match whole.last_mut() {
            Some(last) if goes_on => *last = format!("{last} {text}"),
            _ => whole.push(text.to_owned()),
        }
        goes_on = line.ends_with('|') || line.ends_with('\\');
    }
    whole
}

/// The lines of the code blocks of a page.
fn blocks(page: &str) -> Vec<String> {
    let mut inside = false;
    joined(page.lines().filter(move |line| {
        let fence = line.trim_start().starts_with("```");
        inside ^= fence;
        inside && !fence
    }))
}

/// The indented examples of a help page: command lines that begin with a program.
fn indented(page: &str) -> Vec<String> {
    let lines = joined(page.lines().filter(|line| line.starts_with("  ")));
    let begins = |line: &String| line.starts_with("abide ") || line.starts_with("curl ");
    lines.into_iter().filter(|line| begins(line) && uses_a_token(line)).collect()
}

fn pages(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(pages(&path));
        } else if path.extension().is_some_and(|extension| extension == "md") {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn examples() -> Vec<Example> {
    let root = root();
    let mut found = Vec::new();
    let mut add = |place: &str, lines: Vec<String>, at_least: usize| {
        let lines: Vec<String> = lines.into_iter().filter(|line| uses_a_token(line)).collect();
        assert!(lines.len() >= at_least, "{place}: {lines:?}");
        found.extend(lines.into_iter().map(|line| Example { place: place.to_owned(), line }));
    };
    add("README.md", blocks(&read(&root.join("README.md"))), 2);
    for page in pages(&root.join("docs")) {
        let at_least = usize::from(page.ends_with("local-endpoint.md")) * 3;
        add(&page.strip_prefix(&root).unwrap().to_string_lossy(), blocks(&read(&page)), at_least);
    }
    for command in ["token", "header", "curl", "run"] {
        let output =
            Command::new(env!("CARGO_BIN_EXE_abide")).args(["help", command]).output().unwrap().stdout;
        let at_least = usize::from(command != "token");
        add(&format!("abide help {command}"), indented(&String::from_utf8(output).unwrap()), at_least);
    }
    // The person who pastes the command fills in the address.
    let tray = quoted(&read(&root.join("src-tauri/src/tray/mod.rs")), "COMMAND: &str = \"", "\";");
    add("tray", tray.iter().map(|line| format!("{line} https://api.example.com/")).collect(), 1);
    let card = quoted(&read(&root.join("ui/src/parts/AccountCard.svelte")), "text={`", "`}");
    add(
        "window",
        card.iter().map(|line| line.replace("${name}", "work").replace("CMD", "terraform")).collect(),
        2,
    );
    found
}

fn quoted(text: &str, before: &str, after: &str) -> Vec<String> {
    text.split(before)
        .skip(1)
        .map(|rest| rest.split(after).next().unwrap_or_default().replace("\\\"", "\""))
        .collect()
}

/// An agent that gives the same token to every caller, and prepares every run.
fn serve_tokens(agent: &FakeAgent, token: &str) {
    let listener = UnixListener::bind(agent.socket()).unwrap();
    let token = token.to_owned();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut head = Vec::new();
            let mut piece = [0; 4096];
            while !head.windows(4).any(|end| end == b"\r\n\r\n") {
                match stream.read(&mut piece) {
                    Ok(read) if read > 0 => head.extend_from_slice(&piece[..read]),
                    _ => break,
                }
            }
            let body = if head.starts_with(b"POST /v1/jobs") {
                // The key of a run is as secret as a token.
                format!(
                    r#"{{"id":1,"account":"work","address":"127.0.0.1:4711","key":"{token}","key_file":"/nowhere/key","token_file":"/nowhere/token"}}"#
                )
            } else {
                token_body().replace(TOKEN, &token)
            };
            let _ = stream.write_all(&answer("200 OK", &body));
        }
    });
}

/// A server that passes on each request and waits before it answers, so that there is time to look.
fn serve_requests(requests: mpsc::Sender<String>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            answer_after_pause(stream.unwrap(), &requests);
        }
    });
    port
}

/// Hands the request over before the answer, so that it is there when the client ends.
fn answer_after_pause(mut stream: TcpStream, requests: &mpsc::Sender<String>) {
    let mut head = Vec::new();
    let mut piece = [0; 4096];
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read(&mut piece) {
            Ok(read) if read > 0 => head.extend_from_slice(&piece[..read]),
            _ => break,
        }
    }
    let _ = requests.send(String::from_utf8(head).unwrap());
    thread::sleep(PAUSE);
    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
}

/// The shortest run time of a program that has the token.
const PAUSE: Duration = Duration::from_millis(150);

/// Looks for the token while the child runs: in its arguments and in its environment, from `/proc`.
fn watch(child: &mut Child, token: &str) -> (bool, bool) {
    let until = Instant::now() + Duration::from_secs(30);
    let (mut in_arguments, mut in_environment) = (false, false);
    while child.try_wait().unwrap().is_none() {
        assert!(Instant::now() < until, "it does not end");
        for entry in fs::read_dir("/proc").unwrap().flatten() {
            let there = |file: &str| {
                fs::read(entry.path().join(file))
                    .is_ok_and(|bytes| bytes.windows(token.len()).any(|window| window == token.as_bytes()))
            };
            if entry.file_name().to_string_lossy().bytes().all(|byte| byte.is_ascii_digit()) {
                in_arguments |= there("cmdline");
                in_environment |= there("environ");
            }
        }
    }
    (in_arguments, in_environment)
}

/// Runs a line as a person who copied it, and returns where the token was visible and what the server received.
fn run(
    example: &Example,
    requests: &Receiver<String>,
    port: u16,
    token: &str,
) -> (bool, bool, Option<String>) {
    let agent = FakeAgent::absent();
    serve_tokens(&agent, token);
    let home = agent.home();
    // curl itself, but connected with a server of the test; TLS would hide the requests.
    fs::write(home.join(".curlrc"), format!("connect-to = \"::127.0.0.1:{port}\"\nsilent\n")).unwrap();
    let programs = home.join("bin");
    fs::create_dir(&programs).unwrap();
    for name in ["terraform", "deploy.sh", "python", "node"] {
        let program = programs.join(name);
        fs::write(&program, format!("#!/bin/sh\nsleep {}\n", PAUSE.as_secs_f32())).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let abide = Path::new(env!("CARGO_BIN_EXE_abide")).parent().unwrap();
    let path = [abide, &programs, Path::new("/usr/bin"), Path::new("/bin")];
    // `abide curl` uses http for this computer only.
    let host =
        if example.line.contains("abide curl") { "http://localhost" } else { "http://api.example.com" };
    let line = example.line.replace("https://api.example.com", host).replace("https://api.", "http://api.");
    let line = line.replace("./deploy.sh", "deploy.sh");
    let mut child = Command::new("sh")
        .args(["-c", &line])
        .env_clear()
        .env("PATH", std::env::join_paths(path).unwrap())
        .envs(agent.environment())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (in_arguments, in_environment) = watch(&mut child, token);
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{example:?}: {said}");
    (in_arguments, in_environment, requests.try_recv().ok())
}

#[test]
fn no_example_shows_the_token_to_other_users() {
    // Unique, because other tests run meanwhile.
    let token = format!("example-token-{}-{:p}", std::process::id(), &PAUSE);
    let (sender, requests) = mpsc::channel();
    let port = serve_requests(sender);
    for example in examples() {
        let (in_arguments, in_environment, request) = run(&example, &requests, port, &token);
        assert!(!in_arguments, "{example:?} shows the token to every user of the machine");
        // `abide run` puts it into the environment on purpose, which other users cannot read. Of the dialects only Azure App Service
        // has a key there.
        let line = &example.line;
        let expected =
            line.contains("abide run") && (!line.contains("--dialect") || line.contains("--dialect azure "));
        assert_eq!(in_environment, expected, "{example:?}");
        if example.line.contains("curl") {
            let request = request.unwrap_or_else(|| panic!("{example:?} sent nothing"));
            assert!(
                request.contains(&format!("\r\nAuthorization: Bearer {token}\r\n")),
                "{example:?}: {request}"
            );
        }
    }
}

/// curl's exit code depends on the server, and is kept. Without a token curl is not started.
#[test]
fn curl_ends_with_its_own_code_and_is_not_started_without_a_token() {
    let run = |agent: &FakeAgent, words: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_abide"))
            .arg("curl")
            .args(words)
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .envs(agent.environment())
            .output()
            .unwrap()
    };
    let agent = FakeAgent::absent();
    serve_tokens(&agent, "x");
    // There is no listener (CURLE_COULDNT_CONNECT).
    assert_eq!(run(&agent, &["-sS", "http://127.0.0.1:1/"]).status.code(), Some(7));
    // An address without a scheme is taken for https, which this server does not speak (CURLE_SSL_CONNECT_ERROR).
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let server =
        thread::spawn(move || listener.accept().map(|(mut stream, _)| stream.write_all(b"no TLS\r\n")));
    assert_eq!(run(&agent, &["-s", &address]).status.code(), Some(35));
    server.join().unwrap().unwrap().unwrap();

    let agent = FakeAgent::new(vec![Step::Answer(
        get("/v1/token?account=work"),
        error("401 Unauthorized", "login_required", "Sign in first."),
    )]);
    let output = run(&agent, &["-a", "work", "http://127.0.0.1:1/"]);
    agent.finish();
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(3), &b"abide: Sign in first.\n"[..]));
}

/// A proxy would get the token unencrypted from an address with http, and so would another computer.
#[test]
fn curl_sends_the_token_over_http_to_this_computer_only() {
    let listen = || {
        let (sender, requests) = mpsc::channel();
        (serve_requests(sender), requests)
    };
    let ((here, arrived), (proxy, caught)) = (listen(), listen());
    let agent = FakeAgent::absent();
    serve_tokens(&agent, "x");
    let run = |words: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_abide"));
        command.arg("curl").args(words).env_clear().env("PATH", "/usr/bin:/bin").envs(agent.environment());
        for name in ["http_proxy", "ALL_PROXY"] {
            command.env(name, format!("http://127.0.0.1:{proxy}"));
        }
        command.output().unwrap()
    };
    let url = format!("http://127.0.0.1:{here}/x");
    for words in [&["-s", &url][..], &["--url", &url, "-s"]] {
        assert_eq!(run(words).status.code(), Some(0), "{words:?}");
        let request = arrived.recv_timeout(Duration::from_secs(10)).unwrap();
        assert!(request.contains("\r\nAuthorization: Bearer x\r\n"), "{request}");
    }
    let elsewhere = "http://api.example.com/y";
    for words in [&[&url, elsewhere][..], &["-e", &url, elsewhere], &["-d", &url, elsewhere], &[elsewhere]] {
        // CURLE_UNSUPPORTED_PROTOCOL.
        assert_eq!(run(words).status.code(), Some(1), "{words:?}");
    }
    assert!(caught.try_recv().is_err() && arrived.try_recv().is_err());
}

/// A bound token is sent with the proof for the one request that is named (RFC 9449).
#[test]
fn curl_sends_a_bound_token_with_its_proof_or_says_what_is_missing() {
    let (sender, requests) = mpsc::channel();
    let port = serve_requests(sender);
    let url = format!("http://127.0.0.1:{port}/x");
    let encoded = url.replace(':', "%3A").replace('/', "%2F");
    let bound = token_body().replace("\"Bearer\"", "\"DPoP\"");
    let proved = bound.replace('}', ",\"dpop\":\"aa.bb.cc\"}");
    let agent = FakeAgent::new(vec![
        Step::Answer(get(&format!("/v1/token?htu={encoded}&htm=PUT")), answer("200 OK", &proved)),
        Step::Answer(get("/v1/token"), answer("200 OK", &bound)),
    ]);
    let run = |words: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_abide"));
        command.arg("curl").args(words).env_clear().env("PATH", "/usr/bin:/bin").envs(agent.environment());
        command.output().unwrap()
    };
    let output = run(&["--url", &url, "--method", "PUT", "-s", "-d", "y"]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let request = requests.recv_timeout(Duration::from_secs(10)).unwrap();
    assert!(request.starts_with("PUT /x HTTP/1.1\r\n"), "{request}");
    assert!(request.contains(&format!("\r\nAuthorization: DPoP {TOKEN}\r\nDPoP: aa.bb.cc\r\n")), "{request}");
    let output = run(&[&url]);
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("--url"), "{said}");
    agent.finish();
}
