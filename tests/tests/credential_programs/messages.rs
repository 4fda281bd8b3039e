//! What each tool shows without a token: its own message leads to the next step.

use std::path::Path;

use abide_demo_op::{Config, DemoOp};
use abide_tests::app::{App, Done, abide, configure};
use abide_tests::login::sign_in;
use abide_tests::room::Room;
use abide_tests::seen::{Client, NOT_ALLOWED, SESSION_ENDED, SIGNED_IN, SIGNED_OUT, dialect};
use abide_tests::shelf::Shelf;
use abide_tests::skipped;
use abide_tests::tool::{allow, done, found, go_sdks, installed, links, node, sdk, tool};

use super::package_tools::{Servers, package_tools};
use super::{configured, external_account, image, repository, written};

/// A tool, and what it does with the server's files.
pub(super) struct Tool {
    pub(super) format: &'static str,
    pub(super) client: Client,
    words: Vec<String>,
    variables: Vec<(&'static str, String)>,
    /// What is on standard output if it has a token.
    expected: &'static str,
    /// What it says instead of Abide's own message.
    own_message: Option<&'static str>,
}

impl Tool {
    pub(super) fn new(format: &'static str, client: Client, words: &[&str], expected: &'static str) -> Self {
        let words = words.iter().map(|word| (*word).to_owned()).collect();
        Self { format, client, words, variables: Vec::new(), expected, own_message: None }
    }

    pub(super) fn says_instead(mut self, own: &'static str) -> Self {
        self.own_message = Some(own);
        self
    }

    pub(super) fn set(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.variables.push((name, value.into()));
        self
    }

    pub(super) fn run(&self, room: &Room) -> impl Future<Output = Done> + Send + use<> {
        let words: Vec<&str> = self.words[1..].iter().map(String::as_str).collect();
        let mut command = tool(room, &self.words[0], &words);
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        done(command)
    }

    /// Checks the result, and notes it for docs/dialects.md.
    pub(super) fn saw(&self, when: &str, done: &Done) {
        let name = &self.client.name;
        let shown = format!("{}{}", done.stdout, done.stderr);
        let saw = match (when, self.own_message) {
            (SIGNED_IN, _) => {
                assert!(done.code == 0 && shown.contains(self.expected), "{name}: {done:?}");
                "a token".to_owned()
            }
            (_, Some(own)) => {
                assert!(done.code != 0 && shown.contains(own), "{name} {when}: {done:?}");
                format!("\u{201c}{own}\u{201d}")
            }
            (_, None) => {
                let what = if when == NOT_ALLOWED { "abide approve" } else { "abide login" };
                assert!(shown.contains(what) && !shown.contains(self.expected), "{name} {when}: {done:?}");
                format!("says `{what}`")
            }
        };
        dialect(self.format, &self.client, when, &saw);
    }
}

async fn all(room: &Room, tools: &[Tool], when: &str) {
    let mut running = tokio::task::JoinSet::new();
    for (index, tool) in tools.iter().enumerate() {
        let run = tool.run(room);
        running.spawn(async move { (index, run.await) });
    }
    while let Some(ended) = running.join_next().await {
        let (index, done) = ended.unwrap();
        tools[index].saw(when, &done);
    }
}

/// The same tools before the sign-in, before the user has allowed them, with a token, and after the session.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tools_show_what_to_do() {
    let provider = DemoOp::start(Config::default()).await.unwrap();
    let mut room = Room::with_keyring("programs-say").await;
    links(&mut room, &["abide", "docker-credential-abide", "keyring"]);
    let shelf = room.path("shelf");
    let authority = room.path("authority.pem");
    let plain = Shelf::http(provider.issuer(), &shelf);
    let secure = Shelf::https(provider.issuer(), &shelf, &authority);
    let servers = Servers { plain: &plain, secure: &secure, authority: &authority };
    let mut hosts = servers.hosts().to_vec();
    hosts.extend([("git", plain.address()), ("docker", secure.host())]);
    configure(&room, &configured(&provider, &hosts));
    let mut tools = tools(&room, &plain, &secure, &authority).await;
    tools.extend(package_tools(&room, &servers, "tools_show_what_to_do").await);
    let _app = App::headless(&room).await;
    all(&room, &tools, SIGNED_OUT).await;
    sign_in(&room).await;
    all(&room, &tools, NOT_ALLOWED).await;
    allow(&room).await;
    all(&room, &tools, SIGNED_IN).await;
    assert_eq!(abide(&room, &["logout", "--no-wait"]).await.code, 0);
    all(&room, &tools, SESSION_ENDED).await;
}

async fn tools(room: &Room, plain: &Shelf, secure: &Shelf, authority: &Path) -> Vec<Tool> {
    let name = "tools_show_what_to_do";
    let mut tools = Vec::new();
    written(room.path("shelf/version"), "{\"major\":\"1\",\"minor\":\"32\"}");
    let kubeconfig = kubeconfig(room, secure, authority);
    match found("kubectl") {
        Some(kubectl) => {
            let client = Client::system(&kubectl, &["version", "--client"]);
            let words = [kubectl.to_str().unwrap(), "--kubeconfig", &kubeconfig, "get", "--raw", "/version"];
            tools.push(Tool::new("exec", client, &words, "32"));
        }
        None => skipped(&format!("{name}: kubectl"), "there is no kubectl here"),
    }
    image(room, secure);
    let image = format!("{}/team/app:1", secure.host());
    match go_sdks() {
        Some(sdks) => {
            let sdks = sdks.to_str().unwrap();
            let client = Client::go("k8s.io/client-go");
            tools.push(Tool::new("exec", client, &[sdks, "kubernetes", &kubeconfig, "/version"], "200 OK"));
            let client = Client::go("github.com/google/go-containerregistry");
            tools.push(Tool::new("docker", client, &[sdks, "registry", &image], "schemaVersion"));
            let client = Client::go("oras.land/oras-go/v2");
            let oras = Tool::new("docker", client, &[sdks, "oras", &image], "DIGEST sha256:");
            tools.push(oras.set("SSL_CERT_FILE", authority.display().to_string()));
        }
        None => skipped(&format!("{name}: client-go, crane"), "the SDKs for Go are not built"),
    }
    match found("docker") {
        Some(docker) => {
            let client = Client::system(&docker, &["--version"]);
            let words = [docker.to_str().unwrap(), "manifest", "inspect", "--insecure", &image];
            // It does not show what its helpers say.
            let own_message = Some("no basic auth credentials");
            tools.push(Tool { own_message, ..Tool::new("docker", client, &words, "schemaVersion") });
        }
        None => skipped(&format!("{name}: docker"), "there is no docker here"),
    }
    match found("git") {
        Some(git) => {
            repository(room).await;
            let client = Client::system(&git, &["--version"]);
            let url = format!("{}/team/x.git", plain.address());
            let helper = "credential.helper=!abide credential --format git";
            let words = [git.to_str().unwrap(), "-c", helper, "ls-remote", &url];
            tools.push(Tool::new("git", client, &words, "HEAD").set("GIT_TERMINAL_PROMPT", "0"));
        }
        None => skipped(&format!("{name}: git"), "there is no git here"),
    }
    match node() {
        Some(node) => tools.push(pnpm(room, &node, plain)),
        None => skipped(&format!("{name}: pnpm"), "there is no Node.js with the SDKs here"),
    }
    match installed("python") {
        Some(python) => tools.push(google_auth(room, &python)),
        None => skipped(&format!("{name}: google-auth"), "it is not installed"),
    }
    tools
}

/// A configuration of kubectl that runs Abide.
fn kubeconfig(room: &Room, shelf: &Shelf, authority: &Path) -> String {
    let arguments = ["credential", "--format=exec", "--account=work"];
    let exec = serde_json::json!({
        "apiVersion": "client.authentication.k8s.io/v1", "command": "abide", "args": arguments, "interactiveMode": "Never",
    });
    let config = serde_json::json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "test",
        "clusters": [{ "name": "test", "cluster": { "server": shelf.address(), "certificate-authority": authority } }],
        "users": [{ "name": "abide", "user": { "exec": exec } }],
        "contexts": [{ "name": "test", "context": { "cluster": "test", "user": "abide" } }],
    });
    let path = room.path("home/kubeconfig.json");
    written(path.clone(), &config.to_string());
    path.display().to_string()
}

fn pnpm(room: &Room, node: &Path, shelf: &Shelf) -> Tool {
    use std::os::unix::fs::PermissionsExt as _;
    let helper = room.path("home/bin/abide-pnpm");
    let script =
        "#!/bin/sh\ntoken=$(abide credential --format bearer --account work) && echo \"Bearer $token\"\n";
    written(helper.clone(), script);
    std::fs::set_permissions(&helper, std::fs::Permissions::from_mode(0o700)).unwrap();
    let registry = format!("{}/npm/", shelf.address());
    let place = registry.trim_start_matches("http:");
    let settings = format!("registry={registry}\n{place}:tokenHelper={}\n", helper.display());
    written(room.path("home/.npmrc"), &settings);
    let dist = serde_json::json!({ "tarball": format!("{registry}hello.tgz"), "shasum": "0".repeat(40) });
    let version = serde_json::json!({ "name": "hello", "version": "1.2.3", "dist": dist });
    let page = serde_json::json!({
        "name": "hello", "dist-tags": { "latest": "1.2.3" }, "versions": { "1.2.3": version },
    });
    written(room.path("shelf/npm/hello"), &page.to_string());
    written(room.path("home/web/package.json"), "{\"name\":\"web\",\"dependencies\":{\"hello\":\"1\"}}");
    let program = sdk("node_modules/pnpm/bin/pnpm.cjs");
    let folder = room.path("home/web").display().to_string();
    let words = [
        node.to_str().unwrap(),
        program.to_str().unwrap(),
        "--dir",
        &folder,
        "--config.cache-dir=pnpm-cache",
        "install",
        "--lockfile-only",
        "--fetch-retries=0",
    ];
    let own_message = Some("as a token helper");
    Tool { own_message, ..Tool::new("bearer", Client::npm("pnpm"), &words, "Done in") }
}

fn google_auth(room: &Room, python: &Path) -> Tool {
    external_account(room, "external.json", "work");
    let code = "import google.auth\nsource, _ = google.auth.load_credentials_from_file('external.json')\n\
                print('TOKEN', source.retrieve_subject_token(None))\n";
    let words = [python.to_str().unwrap(), "-W", "ignore", "-c", code];
    Tool::new("executable", Client::python("google-auth"), &words, "TOKEN ")
        .set("GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES", "1")
}
