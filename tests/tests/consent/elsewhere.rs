//! The recipes of docs/elsewhere.md: what comes over `ssh`, out of a sandbox and out of a namespace is a client of its own, never the
//! owner of the session.

use std::path::Path;

use abide_tests::app::{App, abide, abide_at_terminal};
use abide_tests::login::signed_in;
use abide_tests::raw_http::{Answer, Way};
use abide_tests::room::Room;
use abide_tests::tool::{done, found, tool};
use abide_tests::{eventually, free_port, program, s, skipped};
use serde_json::Value;

const SSHD: &str = "/usr/sbin/sshd";

/// A client key in plain form, as a person makes one for another place.
async fn key(room: &Room, name: &str) -> String {
    let made = abide_at_terminal(room, &["clients", "allow", name, "--plain"]).await;
    let line = made.stdout.lines().find(|line| line.starts_with("abide_"));
    line.unwrap_or_else(|| panic!("{made:?}")).trim().to_owned()
}

async fn over(socket: &Way, method: &str, target: &str, more: &[&str]) -> Answer {
    let headers = [&["Host: localhost"], more].concat();
    socket.request(method, target, &headers, "").await.expect("an answer")
}

async fn still_signed_in(app: &App<'_>) {
    assert_eq!(app.session("work").await["state"], "active");
}

/// An sshd of the test's own user, and a client that forwards the socket back to `remote`. Both end with the room.
async fn forwarded(room: &mut Room, remote: &Path) {
    let folder = room.path("ssh");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::create_dir_all(remote.parent().unwrap()).unwrap();
    let at = |name: &str| folder.join(name).display().to_string();
    for name in ["host", "user"] {
        let made = done(tool(room, "ssh-keygen", &["-q", "-t", "ed25519", "-N", "", "-f", &at(name)])).await;
        assert_eq!(made.code, 0, "{made:?}");
    }
    let port = free_port();
    let settings = format!(
        "Port {port}\nListenAddress 127.0.0.1\nHostKey {}\nAuthorizedKeysFile {}\nPidFile none\nStrictModes no\nUsePAM no\n\
         PasswordAuthentication no\nKbdInteractiveAuthentication no\n",
        at("host"),
        at("user.pub")
    );
    std::fs::write(folder.join("sshd_config"), settings).unwrap();
    let sshd = room.start(SSHD, &["-D", "-e", "-f", &at("sshd_config")]);
    room.keep(sshd);
    eventually("sshd", s(10), || async {
        tokio::net::TcpStream::connect(("127.0.0.1", port)).await.ok().map(drop)
    })
    .await;
    let user = done(tool(room, "id", &["-un"])).await.stdout.trim().to_owned();
    let socket = format!("{}:{}", remote.display(), room.places().socket().display());
    let words = [
        "-N",
        "-F",
        "none",
        "-i",
        &at("user"),
        "-p",
        &port.to_string(),
        "-o",
        "IdentitiesOnly=yes",
        "-o",
        "StrictHostKeyChecking=no",
        "-o",
        "UserKnownHostsFile=/dev/null",
        "-o",
        "ExitOnForwardFailure=yes",
        "-R",
        &socket,
        &format!("{user}@127.0.0.1"),
    ];
    let ssh = room.start("ssh", &words);
    room.keep(ssh);
    eventually("the forwarded socket", s(10), || async { remote.exists().then_some(()) }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_comes_over_ssh_is_a_client_behind_a_forwarder() {
    let test = "what_comes_over_ssh_is_a_client_behind_a_forwarder";
    if !Path::new(SSHD).is_file() || found("ssh-keygen").is_none() {
        return skipped(test, "there is no OpenSSH server here");
    }
    let mut room = Room::with_keyring("elsewhere-ssh").await;
    // The other computer's folder for sockets.
    let place = room.path("far");
    let remote = place.join("abide/abide.sock");
    // The client connects to the agent's socket for each connection, so the agent can start later.
    forwarded(&mut room, &remote).await;
    let room = &room;
    let (_provider, app) = signed_in(room).await;
    let way = Way::Socket(remote);

    let asked = over(&way, "GET", "/v1/token", &[]).await;
    assert_eq!((asked.status, asked.error().as_str()), (401, "consent_required"), "{asked:?}");
    let open = abide(room, &["approve", "--json"]).await;
    let open: Value = serde_json::from_str(&open.stdout).unwrap();
    let question = &open["questions"][0];
    assert_eq!((&question["program"], &question["kind"]), (&"ssh".into(), &"forwarder".into()), "{question}");
    assert_eq!(
        question["spans"],
        serde_json::json!(["once", "run"]),
        "never always: others come the same way"
    );

    // The command over there is not the command here.
    for words in [&["logout"][..], &["clients", "allow", "far", "--plain"], &["approve", "--list"]] {
        let mut command = tool(room, program("abide"), words);
        command.env("XDG_RUNTIME_DIR", &place);
        let done = done(command).await;
        assert_ne!(done.code, 0, "{words:?}: {done:?}");
        assert!(!done.stdout.contains("abide_"), "{done:?}");
    }
    still_signed_in(&app).await;

    // With a key of its own it has tokens and no more.
    let header = format!("X-Abide-Key: {}", key(room, "far").await);
    let served = over(&way, "GET", "/v1/token", &[&header]).await;
    assert_eq!(served.status, 200, "{served:?}");
    let refused = over(&way, "POST", "/v1/sessions/work/logout", &[&header]).await;
    assert_eq!(refused.status, 403, "{refused:?}");
    still_signed_in(&app).await;
    assert_eq!(abide(room, &["clients", "revoke", "far"]).await.code, 0);
    assert_eq!(over(&way, "GET", "/v1/token", &[&header]).await.status, 401);
}

/// The sandbox of docs/elsewhere.md, with the socket alone in it.
fn sandbox(socket: &str) -> Vec<String> {
    let mut words: Vec<String> =
        ["--unshare-all", "--die-with-parent", "--ro-bind", "/usr", "/usr", "--proc", "/proc"]
            .map(str::to_owned)
            .to_vec();
    for (to, link) in [("usr/bin", "/bin"), ("usr/lib", "/lib"), ("usr/lib64", "/lib64")] {
        words.extend(["--symlink", to, link].map(str::to_owned));
    }
    words.extend(["--bind", socket, "/run/abide.sock"].map(str::to_owned));
    words
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_runs_in_a_sandbox_or_a_namespace_gets_a_token_with_its_key_only() {
    let test = "what_runs_in_a_sandbox_or_a_namespace_gets_a_token_with_its_key_only";
    let room = Room::with_keyring("elsewhere-sandbox").await;
    let (_provider, app) = signed_in(&room).await;
    let socket = room.places().socket().display().to_string();
    let header = format!("X-Abide-Key: {}", key(&room, "sandbox").await);
    let sandbox = sandbox(&socket);
    let sandbox: Vec<&str> = sandbox.iter().map(String::as_str).collect();
    for (outer, words, inner) in
        [("bwrap", &sandbox[..], "/run/abide.sock"), ("unshare", &["--user", "--map-root-user"], &socket)]
    {
        let tried = done(tool(&room, outer, &[words, &["true"]].concat()));
        if found(outer).is_none() || tried.await.code != 0 {
            skipped(&format!("{test}: {outer}"), "this user cannot make namespaces here");
            continue;
        }
        let curl = async |more: &[&str]| {
            let curl = ["curl", "-sS", "--unix-socket", inner];
            done(tool(&room, outer, &[words, &curl, more].concat())).await
        };
        let refused = curl(&["http://localhost/v1/token"]).await;
        assert!(refused.stdout.contains("\"sandbox\""), "{outer}: {refused:?}");
        let served = curl(&["-H", &header, "http://localhost/v1/token"]).await;
        assert!(served.stdout.contains("access_token"), "{outer}: {served:?}");
        let ends = ["-H", header.as_str(), "-X", "POST", "http://localhost/v1/sessions/work/logout"];
        let refused = curl(&ends).await;
        assert!(refused.stdout.contains("access_denied"), "{outer}: {refused:?}");
        still_signed_in(&app).await;
    }
}
