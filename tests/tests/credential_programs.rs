//! Tools that run Abide for their credential: the real tools, against servers that ask the provider about each token.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[cfg(not(target_os = "linux"))]
#[test]
fn credential_programs() {
    abide_tests::skipped("credential_programs", "the keyring of the tests is a Linux program");
}

#[cfg(target_os = "linux")]
mod credential_programs {
    mod messages;
    mod package_tools;

    use std::os::unix::fs::symlink;
    use std::path::{Path, PathBuf};

    use abide_demo_op::{Config, DemoOp};
    use abide_tests::app::{App, abide, abide_at_terminal, account_with, configure};
    use abide_tests::login::sign_in;
    use abide_tests::room::Room;
    use abide_tests::seen::SIGNED_IN;
    use abide_tests::shelf::{Shelf, Visit};
    use abide_tests::tool::{allow, done, found, installed, links, tool};
    use abide_tests::{program, s, skipped};
    use sha2::{Digest as _, Sha256};

    use package_tools::{Servers, package_tools};

    const SESSION: &str = "end_after = \"15m\"\nwarn_after = \"12m\"";
    const SCOPES: &str = "scopes = [\"openid\", \"profile\", \"email\", \"offline_access\"]\n";

    /// The configuration of one account and these servers.
    fn configured(provider: &DemoOp, servers: &[(&str, String)]) -> String {
        let mut text = account_with(provider.issuer(), SCOPES, SESSION);
        for (format, host) in servers {
            text.push_str(&format!("[[dialects.{format}]]\nhost = \"{host}\"\naccount = \"work\"\n"));
        }
        text
    }

    fn written(path: PathBuf, text: &str) {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// A repository on the shelf.
    async fn repository(room: &Room) {
        let (source, bare) = (room.path("home/source"), room.path("shelf/team/x.git"));
        let (source, bare) = (source.to_str().unwrap(), bare.to_str().unwrap());
        let commit =
            ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "--allow-empty", "-m", "one"];
        for words in [
            &["init", "-q", source][..],
            &[&["-C", source][..], &commit].concat(),
            &["clone", "-q", "--bare", source, bare],
            &["--git-dir", bare, "update-server-info"],
        ] {
            let done = done(tool(room, "git", words)).await;
            assert_eq!(done.code, 0, "{done:?}");
        }
    }

    /// A configuration of Google's SDKs that runs Abide.
    fn external_account(room: &Room, file: &str, account: &str) {
        let command = format!("abide credential --format executable --account {account}");
        let source = serde_json::json!({
            "type": "external_account",
            "audience": "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/a/providers/b",
            "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
            "token_url": "https://sts.googleapis.com/v1/token",
            "credential_source": { "executable": { "command": command } },
        });
        written(room.path("home").join(file), &source.to_string());
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn git_clones_with_a_token_and_gets_another_when_it_is_refused() {
        let provider =
            DemoOp::start(Config { access_token_lifetime: s(20), ..Config::default() }).await.unwrap();
        let mut room = Room::with_keyring("programs-git").await;
        links(&mut room, &["abide", "git-credential-abide"]);
        for (name, value) in [("GIT_TERMINAL_PROMPT", "0"), ("GIT_CONFIG_NOSYSTEM", "1"), ("GIT_ASKPASS", "")]
        {
            room.set(name, value);
        }
        let git = |arguments: &[&str]| done(tool(&room, "git", arguments));
        let shelf = room.path("shelf");
        repository(&room).await;
        let server = Shelf::http(provider.issuer(), &shelf);
        let other = Shelf::http(provider.issuer(), &shelf);
        configure(&room, &configured(&provider, &[("git", format!("{}/", server.address()))]));
        let app = App::headless(&room).await;
        sign_in(&room).await;
        let helper = "!abide credential --format git --min-validity 5s";
        assert_eq!(git(&["config", "--global", "credential.helper", helper]).await.code, 0);

        // The program of git that speaks http starts a command; git itself starts a program `git-credential-…`.
        // Its folder has a copy of git of its own.
        let folder = git(&["--exec-path"]).await.stdout;
        for name in ["git-remote-http", "git"] {
            let path = Path::new(folder.trim()).join(name);
            let words = ["clients", "allow", name, "--program", path.to_str().unwrap()];
            assert_eq!(abide_at_terminal(&room, &words).await.code, 0);
        }

        let url = format!("{}/team/x.git", server.address());
        let cloned = git(&["clone", "-q", &url, "clone"]).await;
        assert_eq!(cloned.code, 0, "{cloned:?}");
        assert!(room.path("home/clone/.git/HEAD").is_file());
        let visits = server.visits();
        assert_eq!((visits[0].by.as_str(), visits[0].status), ("", 401), "{visits:?}");
        assert!(visits[1..].iter().all(|visit| visit.by == "Basic oauth2"), "{visits:?}");

        // The server refuses the token: git tells Abide, and the next call has another one. The session continues.
        let first = abide(&room, &["token"]).await.stdout;
        server.refuse(&first);
        tokio::time::sleep(s(2)).await;
        let refused = git(&["ls-remote", &url]).await;
        assert!(refused.code != 0 && refused.stderr.contains("Authentication failed"), "{refused:?}");
        let listed = git(&["ls-remote", &url]).await;
        assert_eq!((listed.code, listed.stdout.contains("HEAD")), (0, true), "{listed:?}");
        assert_ne!(abide(&room, &["token", "--min-validity", "0"]).await.stdout, first);
        assert_eq!(app.session("work").await["state"], "active");

        // A server that is not named, and a link instead of a command.
        let helper = "abide";
        assert_eq!(git(&["config", "--global", "credential.helper", helper]).await.code, 0);
        assert_eq!(git(&["ls-remote", &url]).await.code, 0);
        let elsewhere = git(&["ls-remote", &format!("{}/team/x.git", other.address())]).await;
        assert!(elsewhere.code != 0 && elsewhere.stderr.contains("could not read Username"), "{elsewhere:?}");
        assert!(other.visits().iter().all(|visit| visit.by.is_empty()), "no token for it");

        assert_eq!(abide(&room, &["logout"]).await.code, 0);
        let ended = git(&["ls-remote", &url]).await;
        assert!(ended.code != 0 && ended.stderr.contains("abide login"), "{ended:?}");
        assert!(!ended.stderr.contains("could not read Username"), "git asks for no password: {ended:?}");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn package_tools_read_a_private_index() {
        let provider = DemoOp::start(Config::default()).await.unwrap();
        let mut room = Room::with_keyring("programs-packages").await;
        links(&mut room, &["abide", "keyring"]);
        let shelf = room.path("shelf");
        let authority = room.path("authority.pem");
        let plain = Shelf::http(provider.issuer(), &shelf);
        let secure = Shelf::https(provider.issuer(), &shelf, &authority);
        let servers = Servers { plain: &plain, secure: &secure, authority: &authority };
        configure(&room, &configured(&provider, &servers.hosts()));
        let _app = App::headless(&room).await;
        sign_in(&room).await;
        allow(&room).await;
        let test = "package_tools_read_a_private_index";
        for tool in package_tools(&room, &servers, test).await {
            let done = tool.run(&room).await;
            tool.saw(SIGNED_IN, &done);
            let (plain, secure) = (plain.visits(), secure.visits());
            let by = |by: &str, end: &str| {
                let mut visits = plain.iter().chain(&secure);
                visits.any(|visit| visit.by == by && visit.status == 200 && visit.path.ends_with(end))
            };
            match tool.format {
                "cargo" => assert!(by("Bearer", "he/ll/hello"), "{plain:?}"),
                "goauth" => {
                    assert!(by("Bearer", "/list"), "{secure:?}");
                    assert!(secure.iter().all(|visit| visit.by == "Bearer"), "the first has it: {secure:?}");
                }
                // It only shows the token.
                _ if tool.client.name == "keyring" => {
                    let token = abide(&room, &["token"]).await.stdout;
                    assert!(done.stdout.trim_end().ends_with(&token), "{done:?}");
                }
                _ => assert!(by("Basic oauth2", "/"), "{}: {plain:?}", tool.client.name),
            }
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn registries_and_clusters_accept_the_token() {
        let provider = DemoOp::start(Config::default()).await.unwrap();
        let mut room = Room::with_keyring("programs-clusters").await;
        links(&mut room, &["abide", "docker-credential-abide"]);
        let shelf = room.path("shelf");
        let authority = room.path("authority.pem");
        let server = Shelf::https(provider.issuer(), &shelf, &authority);
        configure(
            &room,
            &configured(&provider, &[("docker", server.host()), ("terraform", "app.test".to_owned())]),
        );
        let _app = App::headless(&room).await;
        sign_in(&room).await;
        allow(&room).await;
        docker(&room, &server).await;
        google(&room).await;
        terraform(&room, &server, &authority).await;
        kubectl(&room, &server, &authority).await;
    }

    /// An image in the registry, and the configuration of the tools that read it.
    fn image(room: &Room, shelf: &Shelf) {
        let configuration =
            "{\"architecture\":\"amd64\",\"os\":\"linux\",\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[]}}";
        let digest: String = Sha256::digest(configuration).iter().map(|byte| format!("{byte:02x}")).collect();
        let manifest = format!(
            "{{\"schemaVersion\":2,\"mediaType\":\"application/vnd.docker.distribution.manifest.v2+json\",\"config\":{{\
             \"mediaType\":\"application/vnd.docker.container.image.v1+json\",\"size\":{},\"digest\":\"sha256:{digest}\"}},\
             \"layers\":[]}}",
            configuration.len()
        );
        written(room.path("shelf/v2/team/app/manifests/1"), &manifest);
        written(room.path("shelf/v2/index.html"), "");
        written(room.path(&format!("shelf/v2/team/app/blobs/sha256:{digest}")), configuration);
        let config = format!("{{\"credHelpers\":{{\"{}\":\"abide\"}}}}", shelf.host());
        written(room.path("home/.docker/config.json"), &config);
    }

    async fn docker(room: &Room, shelf: &Shelf) {
        let Some(docker) = found("docker") else {
            return skipped("registries_and_clusters_accept_the_token: docker", "there is no docker here");
        };
        image(room, shelf);
        let image = format!("{}/team/app:1", shelf.host());
        let inspected = done(tool(room, docker, &["manifest", "inspect", "--insecure", &image])).await;
        let visits = shelf.visits();
        assert_eq!(inspected.code, 0, "{inspected:?} {visits:?}");
        assert!(
            visits.iter().any(|visit| visit.by == "Basic oauth2" && visit.path.ends_with("/manifests/1")),
            "{visits:?}"
        );
    }

    async fn google(room: &Room) {
        let Some(python) = installed("python") else {
            return skipped("registries_and_clusters_accept_the_token: google-auth", "it is not installed");
        };
        external_account(room, "google.json", "work");
        let code = "import google.auth\nsource, _ = google.auth.load_credentials_from_file('google.json')\n\
                    try: print(source.retrieve_subject_token(None))\nexcept Exception as error: print(error)\n";
        let ask = |account: &str| {
            let code = code.replace("'google.json'", &format!("'{account}'"));
            let mut command = tool(room, &python, &["-W", "ignore", "-c", &code]);
            command.env("GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES", "1");
            done(command)
        };
        let token = abide(room, &["token"]).await.stdout;
        let given = ask("google.json").await;
        assert_eq!((given.code, given.stdout.trim()), (0, token.as_str()), "{given:?}");
        external_account(room, "other.json", "other");
        let refused = ask("other.json").await;
        assert!(refused.stdout.contains("unknown_account"), "{refused:?}");
    }

    async fn terraform(room: &Room, shelf: &Shelf, authority: &Path) {
        let Some(terraform) = found("terraform") else {
            return skipped(
                "registries_and_clusters_accept_the_token: terraform",
                "there is no terraform here",
            );
        };
        let plugins = room.path("home/.terraform.d/plugins");
        std::fs::create_dir_all(&plugins).unwrap();
        symlink(program("abide"), plugins.join("terraform-credentials-abide")).unwrap();
        let services = format!("services = {{ \"modules.v1\" = \"{}/modules/\" }}", shelf.address());
        let settings = format!("credentials_helper \"abide\" {{}}\nhost \"app.test\" {{\n{services}\n}}\n");
        written(room.path("home/.terraformrc"), &settings);
        let module = "module \"x\" {\nsource = \"app.test/team/x/local\"\nversion = \"1.0.0\"\n}\n";
        written(room.path("home/plan/main.tf"), module);
        let versions = "{\"modules\":[{\"versions\":[{\"version\":\"1.0.0\"}]}]}";
        written(room.path("shelf/modules/team/x/local/versions"), versions);
        let mut command = tool(room, terraform, &["init", "-no-color"]);
        command
            .current_dir(room.path("home/plan"))
            .env("SSL_CERT_FILE", authority)
            .env("CHECKPOINT_DISABLE", "1");
        let initialized = done(command).await;
        // The shelf has the list of versions only: the module itself is not there.
        let visits = shelf.visits();
        let listed = |visit: &Visit| visit.path.ends_with("/versions") && visit.status == 200;
        assert!(visits.iter().any(listed), "{visits:?} {initialized:?}");
        assert!(visits.iter().all(|visit| visit.by == "Bearer"), "{visits:?}");
    }

    async fn kubectl(room: &Room, shelf: &Shelf, authority: &Path) {
        let Some(kubectl) = found("kubectl") else {
            return skipped("registries_and_clusters_accept_the_token: kubectl", "there is no kubectl here");
        };
        written(room.path("shelf/version"), "{\"major\":\"1\",\"minor\":\"32\"}");
        let config = room.path("home/kubeconfig");
        let config = config.to_str().unwrap();
        let set = |words: &[&str]| {
            let words = [&["--kubeconfig", config, "config"][..], words].concat();
            done(tool(room, &kubectl, &words))
        };
        let (server, authority) = (shelf.address(), authority.to_str().unwrap());
        for words in [
            &["set-cluster", "test", "--server", &server, "--certificate-authority", authority][..],
            &[
                "set-credentials",
                "abide",
                "--exec-api-version=client.authentication.k8s.io/v1",
                "--exec-command=abide",
                "--exec-arg=credential",
                "--exec-arg=--format=exec",
                "--exec-arg=--account=work",
                "--exec-interactive-mode=Never",
            ],
            &["set-context", "test", "--cluster=test", "--user=abide"],
            &["use-context", "test"],
        ] {
            let done = set(words).await;
            assert_eq!(done.code, 0, "{done:?}");
        }
        let shown = done(tool(room, &kubectl, &["--kubeconfig", config, "get", "--raw", "/version"])).await;
        assert_eq!((shown.code, shown.stdout.contains("32")), (0, true), "{shown:?} {:?}", shelf.visits());
        assert!(shelf.visits().iter().all(|visit| visit.by == "Bearer"));
        assert_eq!(abide(room, &["logout"]).await.code, 0);
        let ended = done(tool(room, &kubectl, &["--kubeconfig", config, "get", "--raw", "/version"])).await;
        assert!(ended.code != 0 && ended.stderr.contains("abide login"), "{ended:?}");
    }
}
