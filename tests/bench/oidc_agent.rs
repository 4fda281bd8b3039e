//! `oidc-agent`, signed in to the same provider: what `oidc-token` talks to.
//!
//! `oidc-agent` shows a client secret, an empty one if need be, and the demo provider takes none: its clients are public.
//! So a relay stands between the two, which leaves the header `Authorization` out and names the client in the body
//! instead. The tokens are the provider's. No request passes the relay while something is measured.

use std::collections::HashMap;
use std::time::Duration;

use abide_tests::form::Visitor;
use abide_tests::owned::Owned;
use abide_tests::providers::{PASSWORD, Provider, USER};
use abide_tests::room::Room;
use abide_tests::{eventually, http, s};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

/// PKCE (RFC 7636) for a client that signs in once, on the loopback interface, to a provider of this process.
const VERIFIER: &str = "only-for-this-measurement-only-for-this-measurement";
/// The same, hashed.
const CHALLENGE: &str = "Z5g_OFzZfWau88oRFr5-Wnkc4o_d3k57Tn88Q2Kghx8";

/// A running agent with one account.
pub(crate) struct OidcAgent {
    /// What its command needs.
    pub(crate) environment: Vec<(String, String)>,
    _process: Owned,
    _relay: tokio::task::JoinHandle<()>,
}

impl OidcAgent {
    pub(crate) const ACCOUNT: &str = "bench";

    /// Starts it and signs in. The error says, in a sentence, why that cannot be done here.
    pub(crate) async fn start(room: &Room, provider: &Provider) -> Result<Self, String> {
        if !["oidc-agent", "oidc-gen", "oidc-token"]
            .iter()
            .all(|name| std::path::Path::new("/usr/bin").join(name).is_file())
        {
            return Err("oidc-agent is not installed (Debian: oidc-agent-cli).".to_owned());
        }
        let listener = TcpListener::bind("127.0.0.1:0").await.map_err(|error| error.to_string())?;
        let port = listener.local_addr().map_err(|error| error.to_string())?.port();
        let own = format!("http://127.0.0.1:{port}");
        let relay = tokio::spawn(relay(listener, own.clone(), provider.issuer().to_owned()));
        let refresh_token = refresh_token(provider.issuer(), &own).await?;

        let socket = room.path("run/oidc-agent.sock").display().to_string();
        let process = room.start("/usr/bin/oidc-agent", &["--console", "--socket-path", &socket]);
        let mut environment = room.environment().to_vec();
        environment.push(("OIDC_SOCK".to_owned(), socket.clone()));
        let folder = room.path("oidc-agent");
        std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
        environment.push(("OIDC_CONFIG_DIR".to_owned(), folder.display().to_string()));
        eventually("oidc-agent's socket", s(10), || async {
            tokio::net::UnixStream::connect(&socket).await.ok()
        })
        .await;

        let issuer = format!("--issuer={own}");
        let generated = tokio::process::Command::new("/usr/bin/oidc-gen")
            .args(["--manual", "--client-id=abide", "--client-secret=", &issuer])
            .args([
                "--scope=openid profile offline_access",
                "--rt-env",
                "--redirect-uri=http://localhost:4242",
            ])
            .args(["--pw-env", "--confirm-default", "--prompt=none", Self::ACCOUNT])
            .env_clear()
            .envs(environment.iter().map(|(key, value)| (key, value)))
            .env("OIDC_REFRESH_TOKEN", refresh_token)
            .env("OIDC_ENCRYPTION_PW", "only for this measurement")
            .stdin(std::process::Stdio::null())
            .kill_on_drop(true)
            .output();
        let generated = tokio::time::timeout(Duration::from_secs(20), generated)
            .await
            .map_err(|_| "oidc-gen does not come to an end.".to_owned())?
            .map_err(|error| format!("oidc-gen cannot be run: {error}."))?;
        if !generated.status.success() {
            let said = String::from_utf8_lossy(&generated.stderr).trim().to_owned();
            return Err(format!("oidc-gen ended with {}: {said}", generated.status));
        }
        Ok(Self { environment, _process: process, _relay: relay })
    }
}

/// Signs in apart from Abide, with the relay as the place to return to, and returns the refresh token.
async fn refresh_token(issuer: &str, relay: &str) -> Result<String, String> {
    let callback = format!("{relay}/callback");
    let url = Url::parse_with_params(
        &format!("{issuer}/authorize"),
        [
            ("response_type", "code"),
            ("client_id", "abide"),
            ("redirect_uri", &callback),
            ("scope", "openid profile offline_access"),
            ("prompt", "consent"),
            ("state", "a-state-for-this-measurement-only"),
            ("nonce", "a-nonce-for-this-measurement-only"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ],
    )
    .map_err(|error| error.to_string())?;
    let landed = Visitor::default().sign_in(url.as_str(), USER, PASSWORD).await;
    let query: HashMap<_, _> = landed.url.query_pairs().into_owned().collect();
    let code = query.get("code").ok_or_else(|| format!("The sign-in ended at {}.", landed.url))?;
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", &callback),
        ("client_id", "abide"),
        ("code_verifier", VERIFIER),
    ];
    let answer = http().post(format!("{issuer}/token")).form(&form).send().await;
    let answer: serde_json::Value =
        answer.map_err(|error| error.to_string())?.json().await.map_err(|error| error.to_string())?;
    answer["refresh_token"].as_str().map(str::to_owned).ok_or_else(|| format!("No refresh token: {answer}"))
}

/// Passes requests on to the provider, and its answers back, with its own address in place of the provider's.
async fn relay(listener: TcpListener, own: String, provider: String) {
    while let Ok((stream, _)) = listener.accept().await {
        let (own, provider) = (own.clone(), provider.clone());
        tokio::spawn(async move {
            // A client that closes the connection early gets no answer.
            let _ = pass_on(stream, &own, &provider).await;
        });
    }
}

async fn pass_on(stream: TcpStream, own: &str, provider: &str) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    stream.read_line(&mut line).await?;
    let mut words = line.split_whitespace().map(str::to_owned);
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let mut length = 0;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 || line.trim().is_empty() {
            break;
        }
        match line.split_once(':') {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.trim().parse().unwrap_or(0);
            }
            _ => {}
        }
    }
    let mut form = vec![0; length];
    stream.read_exact(&mut form).await?;
    let (status, body) = if target.starts_with("/callback") {
        ("200 OK".to_owned(), String::new())
    } else {
        let url = format!("{provider}{target}");
        let request = if method == "POST" {
            let form = format!("{}&client_id=abide", String::from_utf8_lossy(&form));
            http().post(url).header("Content-Type", "application/x-www-form-urlencoded").body(form)
        } else {
            http().get(url)
        };
        let answer = request.send().await.map_err(std::io::Error::other)?;
        let status = answer.status().to_string();
        (status, answer.text().await.map_err(std::io::Error::other)?.replace(provider, own))
    };
    let answer = format!(
        "HTTP/1.1 {status}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(answer.as_bytes()).await
}
