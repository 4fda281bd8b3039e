#![allow(clippy::unwrap_used)]

use std::collections::HashMap;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use abide_oidc::Proxy;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use blake2::{Blake2b512, Digest as _};
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use semver::Version;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::*;

const TARGET: &str = "linux-x86_64-appimage";
const FILE: &[u8] = b"\x7fELF the next version";

/// Signs as minisign does.
struct Signer(Ed25519KeyPair);

impl Signer {
    fn new(seed: u8) -> Self {
        Self(Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap())
    }

    fn key(&self) -> String {
        STANDARD.encode([b"Ed01234567", self.0.public_key().as_ref()].concat())
    }

    fn sign(&self, content: &[u8]) -> String {
        let signature = self.0.sign(&Blake2b512::digest(content));
        let comment = "timestamp:1";
        let whole = self.0.sign(&[signature.as_ref(), comment.as_bytes()].concat());
        format!(
            "untrusted comment: x\n{}\ntrusted comment: {comment}\n{}\n",
            STANDARD.encode([b"ED01234567", signature.as_ref()].concat()),
            STANDARD.encode(whole.as_ref())
        )
    }
}

fn source(url: &str) -> Source {
    Source::new(url, &Signer::new(1).key()).unwrap()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn announcement(version: &str) -> Value {
    let file = json!({ "url": "Abide.AppImage", "size": FILE.len(), "sha256": hex(&Sha256::digest(FILE)) });
    json!({ "product": "abide", "version": version, "files": { TARGET: file } })
}

fn read(content: &Value) -> Result<Option<Announced>, Failure> {
    let content = content.to_string();
    let signature = Signer::new(1).sign(content.as_bytes());
    let running = Version::new(1, 2, 3);
    Announced::read(&source("https://example.com/new.json"), content.as_bytes(), &signature, &running, TARGET)
}

#[test]
fn only_a_newer_version_counts() {
    for (version, is_newer) in [
        ("1.2.4", true),
        ("1.10.0", true),
        ("2.0.0", true),
        ("1.2.3", false),
        ("1.2.3+build", false),
        ("1.2.2", false),
        ("0.9.9", false),
        ("1.3.0-beta.1", false),
    ] {
        let found = read(&announcement(version));
        assert_eq!(found.unwrap().is_some(), is_newer, "{version}");
    }
    let found = read(&announcement("1.2.4")).unwrap().unwrap();
    assert_eq!(found.file.unwrap().url.as_str(), "https://example.com/Abide.AppImage");
}

#[test]
fn what_is_not_signed_by_the_key_of_this_build_is_not_read() {
    let source = source("https://example.com/new.json");
    let content = announcement("9.0.0").to_string();
    let running = Version::new(1, 2, 3);
    let read =
        |content: &[u8], signature: &str| Announced::read(&source, content, signature, &running, TARGET);
    let good = Signer::new(1).sign(content.as_bytes());
    assert!(read(content.as_bytes(), &good).unwrap().is_some());
    let other_key = Signer::new(2).sign(content.as_bytes());
    let other_comment = good.replace("timestamp:1", "timestamp:2");
    let shorter = good.lines().take(2).collect::<Vec<_>>().join("\n");
    for signature in [other_key.as_str(), &other_comment, &shorter, "", "nonsense"] {
        assert!(matches!(read(content.as_bytes(), signature), Err(Failure::NotSigned)), "{signature}");
    }
    let later = content.replace("9.0.0", "9.0.1");
    assert!(matches!(read(later.as_bytes(), &good), Err(Failure::NotSigned)));
}

#[test]
fn what_is_signed_and_cannot_be_used_is_refused() {
    let changed = |key: &str, value: Value| {
        let mut content = announcement("1.3.0");
        content["files"][TARGET][key] = value;
        content
    };
    let mut another = announcement("1.3.0");
    another["product"] = json!("other");
    for content in [
        another,
        json!({ "product": "abide" }),
        announcement("1"),
        announcement("latest"),
        changed("url", json!("http://example.com/x")),
        changed("url", json!("file:///etc/passwd")),
        changed("size", json!(0)),
        changed("size", json!(1_u64 << 40)),
        changed("sha256", json!("00")),
        changed("sha256", json!("zz".repeat(32))),
        changed("sha256", json!("é".repeat(32))),
    ] {
        assert!(matches!(read(&content), Err(Failure::Damaged(_))), "{content}");
    }
    let mut elsewhere = announcement("1.3.0");
    elsewhere["files"] = json!({ "windows-x86_64-msi": elsewhere["files"][TARGET] });
    assert_eq!(read(&elsewhere).unwrap().unwrap().file, None);
}

#[test]
fn a_build_without_a_safe_address_and_a_key_knows_no_server() {
    let key = Signer::new(1).key();
    assert!(Source::new("https://example.com/new.json", &key).is_some());
    assert!(Source::new("http://127.0.0.1:1/new.json", &key).is_some());
    for url in ["http://example.com/new.json", "file:///new.json", "", "new.json"] {
        assert!(Source::new(url, &key).is_none(), "{url}");
    }
    assert!(Source::new("https://example.com/new.json", "nonsense").is_none());
}

/// The head lines and the body for each path.
type Answers = HashMap<&'static str, (String, Vec<u8>)>;

/// A server on this computer.
#[derive(Clone, Default)]
struct Server(Arc<Mutex<Answers>>);

impl Server {
    fn start(&self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let paths = Arc::clone(&self.0);
        std::thread::spawn(move || {
            for connection in listener.incoming() {
                let mut connection = connection.unwrap();
                let mut request = [0; 4096];
                let length = connection.read(&mut request).unwrap_or(0);
                let request = String::from_utf8_lossy(&request[..length]).into_owned();
                let path = request.split(' ').nth(1).unwrap_or_default();
                let (head, body) = paths
                    .lock()
                    .unwrap()
                    .get(path)
                    .cloned()
                    .unwrap_or(("404 Not Found".to_owned(), Vec::new()));
                let head = if head.contains("\r\n") {
                    head
                } else {
                    format!("{head}\r\nContent-Length: {}", body.len())
                };
                let _ =
                    connection.write_all(format!("HTTP/1.1 {head}\r\nConnection: close\r\n\r\n").as_bytes());
                let _ = connection.write_all(&body);
            }
        });
        format!("http://{address}/new.json")
    }

    fn put(&self, path: &'static str, head: &str, body: &[u8]) {
        self.0.lock().unwrap().insert(path, (head.to_owned(), body.to_vec()));
    }

    fn announce(&self, version: &str) {
        let content = announcement(version).to_string();
        self.put("/new.json", "200 OK", content.as_bytes());
        self.put("/new.json.minisig", "200 OK", Signer::new(1).sign(content.as_bytes()).as_bytes());
        self.put("/Abide.AppImage", "200 OK", FILE);
    }
}

#[tokio::test]
async fn a_newer_version_is_fetched_and_what_differs_is_not_kept() {
    let server = Server::default();
    server.announce("1.3.0");
    let source = source(&server.start());
    let client = Client::new(&source, Proxy::Direct);
    let look = async || client.look(&Version::new(1, 2, 3), TARGET).await;
    let folder = tempfile::tempdir().unwrap();
    let to = candidate(&folder.path().join("Abide.AppImage"));
    let found = look().await.unwrap().unwrap();
    let file = found.file.unwrap();
    std::fs::write(&to, "left behind").unwrap();
    client.fetch(&file, &to).await.unwrap();
    assert_eq!(std::fs::read(&to).unwrap(), FILE);

    let whole = FILE.len();
    for (head, body) in [
        ("200 OK", &FILE[..whole - 1]),
        ("200 OK", &[FILE, b"!"].concat()[..]),
        ("200 OK", b"\x7fELF the evil version"),
        (&format!("200 OK\r\nContent-Length: {whole}"), &FILE[..whole - 1]),
        ("200 OK\r\nTransfer-Encoding: chunked", b"3\r\n\x7fEL\r\n"),
        ("200 OK", b""),
    ] {
        server.put("/Abide.AppImage", head, body);
        assert!(matches!(client.fetch(&file, &to).await, Err(Failure::Damaged(_))), "{head}");
        assert!(!to.exists(), "{head}");
    }
    let elsewhere = |place: &str| format!("302 Found\r\nLocation: {place}\r\nContent-Length: 0");
    server.put("/Abide.AppImage", &elsewhere("/elsewhere"), b"");
    server.put("/elsewhere", "200 OK", FILE);
    client.fetch(&file, &to).await.unwrap();
    let (circle, unsafe_place) = (elsewhere("/Abide.AppImage"), elsewhere("http://example.com/"));
    for head in ["404 Not Found", "500 No", "302 Found", &circle, &unsafe_place] {
        server.put("/Abide.AppImage", head, b"");
        assert!(matches!(client.fetch(&file, &to).await, Err(Failure::Unreachable(_))), "{head}");
    }
    let nowhere = folder.path().join("nowhere/x");
    server.announce("1.3.0");
    assert!(matches!(client.fetch(&file, &nowhere).await, Err(Failure::NotWritten(_))));

    server.put("/new.json.minisig", "200 OK", b"untrusted comment: x\n");
    assert!(matches!(look().await, Err(Failure::NotSigned)));
    server.put("/new.json", "200 OK", &vec![b' '; 70_000]);
    assert!(matches!(look().await, Err(Failure::Damaged(_))));
    server.put("/new.json", "503 Away", b"");
    assert!(matches!(look().await, Err(Failure::Unreachable(_))));
    server.announce("1.2.2");
    assert_eq!(look().await.unwrap(), None);
}

#[tokio::test]
async fn a_server_that_is_away_is_a_problem_of_its_own() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let source = source(&format!("http://{free}/new.json"));
    let failed = Client::new(&source, Proxy::Direct).look(&Version::new(1, 0, 0), TARGET).await.unwrap_err();
    assert_eq!(failed.problem(), UpdateProblem::Unreachable);
}
