//! Newer versions that are announced and signed.

use std::collections::HashMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::{Arc, Mutex};

use abide_demo_op::Config;
use abide_tests::app::App;
use abide_tests::room::Room;
use abide_tests::{eventually, s};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use blake2::{Blake2b512, Digest as _};
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::Installed;

/// A server for newer versions, and the key of a build for it.
struct Releases {
    files: Arc<Mutex<HashMap<String, Vec<u8>>>>,
    url: String,
    key: Ed25519KeyPair,
}

impl Releases {
    async fn start() -> Self {
        let files: Arc<Mutex<HashMap<String, Vec<u8>>>> = Arc::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/newest.json", listener.local_addr().unwrap());
        let served = Arc::clone(&files);
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut head = [0; 4096];
                let length = stream.read(&mut head).await.unwrap_or(0);
                let head = String::from_utf8_lossy(&head[..length]).into_owned();
                let path = head.split(' ').nth(1).unwrap_or_default().trim_start_matches('/');
                let file = served.lock().unwrap().get(path).cloned();
                let status = if file.is_some() { "200 OK" } else { "404 Not Found" };
                let body = file.unwrap_or_default();
                let head = format!(
                    "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                    body.len()
                );
                let _ = stream.write_all(head.as_bytes()).await;
                let _ = stream.write_all(&body).await;
            }
        });
        Self { files, url, key: Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap() }
    }

    fn put(&self, name: &str, content: impl Into<Vec<u8>>) {
        self.files.lock().unwrap().insert(name.to_owned(), content.into());
    }

    fn announce(&self, version: &str, image: &str) {
        let target = format!("linux-{}-appimage", std::env::consts::ARCH);
        let sum: String = Sha256::digest(image).iter().map(|byte| format!("{byte:02x}")).collect();
        let file = serde_json::json!({ "url": "Abide.AppImage", "size": image.len(), "sha256": sum });
        let announced =
            serde_json::json!({ "product": "abide", "version": version, "files": { target: file } });
        let announced = announced.to_string();
        self.put("Abide.AppImage", image);
        self.put("newest.json.minisig", self.sign(announced.as_bytes()));
        self.put("newest.json", announced);
    }

    /// As minisign does.
    fn sign(&self, content: &[u8]) -> String {
        let signature = self.key.sign(&Blake2b512::digest(content));
        let (id, comment) = (b"ED01234567", "timestamp:1");
        let whole = self.key.sign(&[signature.as_ref(), comment.as_bytes()].concat());
        format!(
            "untrusted comment: x\n{}\ntrusted comment: {comment}\n{}\n",
            STANDARD.encode([id, signature.as_ref()].concat()),
            STANDARD.encode(whole.as_ref())
        )
    }

    fn key(&self) -> String {
        STANDARD.encode([b"Ed01234567", self.key.public_key().as_ref()].concat())
    }
}

/// In place of an AppImage: it starts the agent of this build as a version.
fn image(path: &Path, version: &str, line: &str) -> String {
    format!(
        "#!/bin/sh\n{line}\nexport ABIDE_TEST_VERSION={version} ABIDE_APPIMAGE='{}'\n\
         [ \"$1\" != agent ] || shift\nexec '{}' \"$@\"\n",
        path.display(),
        path.with_file_name("abide-agent").display()
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signed_newer_version_is_installed_and_nothing_else_is() {
    let room = Room::without_keyring("updates").await;
    let installed = Installed::new(&room, "updates = \"install\"", Config::default()).await;
    let releases = Releases::start().await;
    let path = installed.path("Abide.AppImage");
    let old = image(&path, "1.0.0", "");
    std::fs::write(&path, &old).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    let started = room.start_with(&path, &["agent"], |command| {
        command.env("ABIDE_TEST_UPDATE_URL", &releases.url).env("ABIDE_TEST_UPDATE_KEY", releases.key());
    });
    let app = App::answering(&room, started).await;
    installed.sign_in().await;
    let before = installed.endpoint();
    let problem = async |expected: &str| {
        eventually(expected, s(15), || async {
            (app.snapshot().await["updates"]["problem"] == *expected).then_some(())
        })
        .await;
        assert_eq!(std::fs::read_to_string(&path).unwrap(), old, "{expected}");
        assert_eq!(installed.endpoint()["started"], before["started"]);
    };
    problem("unreachable").await;
    let new = image(&path, "2.0.0", "");
    releases.announce("2.0.0", &new);
    releases.put("Abide.AppImage", &new[..new.len() - 1]);
    problem("damaged").await;
    releases.announce("2.0.0", &new);
    releases.put("newest.json.minisig", releases.sign(b"another announcement"));
    problem("not_signed").await;
    releases
        .announce("2.0.0", &image(&path, "2.0.0", "[ \"$1\" != --can-take-over ] || { echo no; exit 4; }"));
    problem("would_not_start").await;
    // The file says that it is another version than the one announced.
    releases.announce("3.0.0", &new);
    problem("damaged").await;
    releases.announce("0.9.0", &image(&path, "0.9.0", ""));
    eventually("an older version is not a problem", s(15), || async {
        let updates = app.snapshot().await["updates"].clone();
        (updates["problem"].is_null() && updates["newer"].is_null()).then_some(())
    })
    .await;
    assert_eq!(std::fs::read_to_string(&path).unwrap(), old);

    releases.announce("2.0.0", &new);
    let now = installed.taken_over(&before).await;
    assert_eq!(now["pid"], before["pid"]);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), new);
    assert_eq!(app.state("work", "active", s(5)).await["state"], "active");
    assert_eq!(installed.abide(&["token"]).await.code, 0);
    assert!(app.snapshot().await["updates"]["newer"].is_null());
    let left: Vec<_> =
        std::fs::read_dir(&installed.folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().starts_with('.')), "{left:?}");
}
