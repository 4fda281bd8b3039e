//! Real SDKs get their tokens by themselves, in programs that `abide run` starts.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[cfg(not(target_os = "linux"))]
#[test]
fn dialects() {
    abide_tests::skipped("dialects", "the sign-in of the tests is made by Linux programs");
}

#[cfg(target_os = "linux")]
mod dialects {
    use std::path::PathBuf;

    use abide_demo_op::{Config, DemoOp};
    use abide_tests::app::{App, Done, abide, command, configure, one_account};
    use abide_tests::login::{sign_in, signed_in};
    use abide_tests::room::Room;
    use abide_tests::seen::{Client, NOT_ALLOWED, SESSION_ENDED, SIGNED_IN, SIGNED_OUT, dialect};
    use abide_tests::tool::{Service, allow, done, go_sdks, installed, node, sdk, tool};
    use abide_tests::{eventually, program, s, skipped};

    const SESSION: &str = "end_after = \"15m\"\nwarn_after = \"12m\"";
    const ARM: &str = "https://management.azure.com";
    const ROLE: &str = "arn:aws:iam::123456789012:role/dev";
    const ROLE_ARN: (&str, &str) = ("AWS_ROLE_ARN", ROLE);

    /// The Python with the SDKs; `None`, and the test is skipped, where it is not installed.
    fn python(test: &str) -> Option<PathBuf> {
        let python = installed("python");
        if python.is_none() {
            skipped(
                test,
                "the SDKs are not in target/tools; `./x setup` installs them where there is Python",
            );
        }
        python
    }

    /// A SDK in a program that `abide run` starts.
    struct Sdk<'a> {
        client: Client,
        dialect: &'static str,
        /// What `abide run` gets beside the dialect.
        options: &'a [&'a str],
        /// The program.
        words: Vec<String>,
        /// The environment of `abide run`.
        set: Vec<(&'a str, String)>,
        /// What its message is if it shows none of Abide's.
        own_message: Option<&'static str>,
    }

    impl<'a> Sdk<'a> {
        fn new(client: Client, dialect: &'static str, program: &std::path::Path, words: &[&str]) -> Self {
            let words = words.iter().map(|word| (*word).to_owned());
            let words = std::iter::once(program.display().to_string()).chain(words).collect();
            Self { client, dialect, options: &[], words, set: Vec::new(), own_message: None }
        }

        fn with(self, options: &'a [&'a str]) -> Self {
            Self { options, ..self }
        }

        fn set(mut self, name: &'a str, value: impl Into<String>) -> Self {
            self.set.push((name, value.into()));
            self
        }

        /// Runs it, after this command in the same run.
        async fn run(&self, room: &Room, first: &str) -> Done {
            let abide = program("abide");
            let script = format!("{first}\nexec \"$@\"");
            let setting = format!("ABIDE={}", abide.display());
            let mut words = vec!["run", "--dialect", self.dialect];
            words.extend(self.options);
            words.extend(["--", "env", &setting, "sh", "-c", &script, "sh"]);
            words.extend(self.words.iter().map(String::as_str));
            let mut command = tool(room, &abide, &words);
            command.envs(self.set.iter().map(|(name, value)| (name, value)));
            done(command).await
        }

        /// The message of the SDK when the answer is taken back, and when the session has ended, during the run. Then, that nothing
        /// starts.
        async fn is_refused(&self, room: &Room) {
            let stop = "for id in $($ABIDE approve --json | grep -o '\"id\":[0-9]*' | cut -d: -f2); \
                        do $ABIDE approve --stop $id >/dev/null; done";
            let done = self.run(room, stop).await;
            self.says(NOT_ALLOWED, "abide approve", &done);
            let done = self.run(room, "$ABIDE logout --no-wait >/dev/null").await;
            self.says(SESSION_ENDED, "abide login", &done);
            self.does_not_start(room).await;
            sign_in(room).await;
        }

        /// The user is signed out: nothing starts, and `abide run` says what to do.
        async fn does_not_start(&self, room: &Room) {
            let done = self.run(room, "").await;
            assert_eq!((done.code, done.stdout.as_str()), (3, ""), "{}: {done:?}", self.client.name);
            assert!(done.stderr.contains("abide login"), "{}: {done:?}", self.client.name);
            dialect(self.dialect, &self.client, SIGNED_OUT, "does not start; `abide login`");
        }

        fn says(&self, when: &str, what: &str, done: &Done) {
            let shown = format!("{}{}", done.stdout, done.stderr);
            let what = self.own_message.unwrap_or(what);
            assert!(done.code != 0 && shown.contains(what), "{} {when}: {done:?}", self.client.name);
            let saw = match self.own_message {
                Some(own) => format!("“{own}”"),
                None => format!("says `{what}`"),
            };
            dialect(self.dialect, &self.client, when, &saw);
        }

        fn gets(&self, what: &str) {
            dialect(self.dialect, &self.client, SIGNED_IN, what);
        }
    }

    /// A line of the output that begins with this word.
    fn line<'a>(done: &'a Done, word: &str) -> &'a str {
        let found = done.stdout.lines().find_map(|line| line.strip_prefix(word));
        found.unwrap_or_else(|| panic!("{done:?}")).trim()
    }

    /// Before the program asks for a token itself, its answer had the name of what started `abide run`.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_run_has_the_name_of_its_program() {
        let room = Room::with_keyring("dialects-name").await;
        let (_provider, _app) = signed_in(&room).await;
        let mut job = command(&room, &["run", "--token-file", "--", "sleep", "60"]).spawn().unwrap();
        eventually("the name of the program", s(5), || async {
            let listed = abide(&room, &["approve", "--json"]).await;
            let listed: serde_json::Value = serde_json::from_str(&listed.stdout).unwrap();
            (listed["grants"][0]["program"] == "sleep").then_some(())
        })
        .await;
        job.kill().await.unwrap();
    }

    /// Every SDK for Azure gets the token of the resource.
    async fn azure(
        room: &Room,
        client: fn() -> Client,
        dialects: &[&'static str],
        program: &std::path::Path,
        words: &[&str],
    ) {
        for dialect in dialects {
            let own = abide(room, &["token", "--resource", ARM]).await;
            let sdk = Sdk::new(client(), dialect, program, words).with(&["--resource", ARM]);
            let done = sdk.run(room, "").await;
            assert_eq!((done.code, line(&done, "TOKEN")), (0, own.stdout.as_str()), "{dialect}: {done:?}");
            sdk.gets("the token for the resource");
            sdk.is_refused(room).await;
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn azure_identity_finds_its_token() {
        let Some(python) = python("azure_identity_finds_its_token") else { return };
        let room = Room::with_keyring("dialects-azure").await;
        let (_provider, _app) = signed_in(&room).await;
        let program = sdk("ask_azure.py");
        let program = program.to_str().unwrap();
        azure(&room, || Client::python("azure-identity"), &["azure", "azure-imds"], &python, &[program, ARM])
            .await;

        // A resource that the user has not named is another question.
        let words = [program, "https://storage.azure.com"];
        let other = Sdk::new(Client::python("azure-identity"), "azure", &python, &words);
        let done = other.with(&["--resource", ARM]).run(&room, "").await;
        assert!(
            done.code != 0 && done.stderr.contains("abide approve"),
            "the SDK shows what to do: {done:?}"
        );
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn sdks_for_javascript_find_their_token() {
        let Some(node) = node() else {
            return skipped("sdks_for_javascript_find_their_token", "there is no Node.js with the SDKs here");
        };
        let room = Room::with_keyring("dialects-node").await;
        let (_provider, _app) = signed_in(&room).await;
        let program = sdk("ask_azure.mjs");
        azure(
            &room,
            || Client::npm("@azure/identity"),
            &["azure", "azure-imds"],
            &node,
            &[program.to_str().unwrap(), ARM],
        )
        .await;
        google(&room, Client::npm("google-auth-library"), &node, "ask_google.mjs").await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn azidentity_finds_its_token() {
        let Some(sdks) = go_sdks() else {
            return skipped(
                "azidentity_finds_its_token",
                "the SDKs for Go are not built; `./x setup` needs Go",
            );
        };
        let room = Room::with_keyring("dialects-go").await;
        let (_provider, _app) = signed_in(&room).await;
        let scope = format!("{ARM}/.default");
        let client = || Client::go("github.com/Azure/azure-sdk-for-go/sdk/azidentity");
        // It always asks the address of a real virtual machine for `azure-imds`.
        azure(&room, client, &["azure"], &sdks, &["azure", &scope]).await;
    }

    async fn google(room: &Room, client: Client, program: &std::path::Path, file: &str) {
        let file = sdk(file);
        let sdk = Sdk::new(client, "google", program, &[file.to_str().unwrap()]);
        let done = sdk.run(room, "").await;
        let own = abide(room, &["token"]).await;
        assert_eq!((done.code, line(&done, "TOKEN")), (0, own.stdout.as_str()), "{done:?}");
        sdk.gets("the token of the account");
        sdk.is_refused(room).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn google_auth_finds_its_token() {
        let Some(python) = python("google_auth_finds_its_token") else { return };
        let room = Room::with_keyring("dialects-google").await;
        let (_provider, _app) = signed_in(&room).await;
        google(&room, Client::python("google-auth"), &python, "ask_google.py").await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn boto3_exchanges_the_token_in_the_file() {
        let Some(python) = python("boto3_exchanges_the_token_in_the_file") else { return };
        let room = Room::with_keyring("dialects-aws").await;
        let (_provider, _app) = signed_in(&room).await;
        let program = sdk("ask_aws.py");
        let sdk = || Sdk::new(Client::python("boto3"), "aws", &python, &[program.to_str().unwrap()]);
        let done = sdk().run(&room, "").await;
        assert_eq!(done.code, 2, "there is no role: {done:?}");
        assert!(done.stderr.contains("AWS_ROLE_ARN"), "{done:?}");

        let folder = room.path("home/.aws");
        std::fs::create_dir_all(&folder).unwrap();
        let keys = "[default]\naws_access_key_id = AKIAOFTHEFILE\naws_secret_access_key = s\n";
        std::fs::write(folder.join("credentials"), keys).unwrap();
        std::fs::write(folder.join("config"), "[default]\ncredential_process = false\n").unwrap();
        let sts = Service::start(&room, &python, "sts.py", &[]).await;
        let sdk = sdk()
            .set(ROLE_ARN.0, ROLE_ARN.1)
            .set("AWS_ENDPOINT_URL_STS", format!("http://127.0.0.1:{}", sts.port()))
            .set("AWS_ACCESS_KEY_ID", "AKIAOFTHEENVIRONMENT")
            .set("AWS_PROFILE", "default");
        let done = sdk.run(&room, "").await;
        assert_eq!((done.code, line(&done, "FROM")), (0, "assume-role-with-web-identity"), "{done:?}");
        assert!(line(&done, "KEY").starts_with("ASIA"), "{done:?}");
        let own = abide(&room, &["token"]).await;
        assert_eq!(sts.tokens(), [own.stdout]);
        for set_aside in ["AWS_ACCESS_KEY_ID", "AWS_PROFILE", ".aws/credentials", ".aws/config"] {
            assert!(done.stderr.contains(set_aside), "{set_aside} is named: {done:?}");
        }
        sdk.gets("credentials of the role, for the token in the file");

        // The file ends with the session.
        let gone = "$ABIDE logout --no-wait >/dev/null; while test -e $AWS_WEB_IDENTITY_TOKEN_FILE; do sleep 0.1; done";
        let done = sdk.run(&room, gone).await;
        assert!(done.code != 0 && done.stderr.contains("/token"), "{done:?}");
        dialect("aws", &sdk.client, SESSION_ENDED, "says that the file is gone");
        sdk.does_not_start(&room).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn boto3_gets_credentials_of_a_role() {
        let Some(python) = python("boto3_gets_credentials_of_a_role") else { return };
        let client = Client::python("boto3");
        role("dialects-role", client, &python, "ask_aws.py", "FROM container-role", None).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn aws_sdk_for_javascript_gets_credentials_of_a_role() {
        let Some(node) = node() else {
            return skipped(
                "aws_sdk_for_javascript_gets_credentials_of_a_role",
                "there is no Node.js with the SDKs here",
            );
        };
        let client = Client::npm("@aws-sdk/credential-providers");
        // Its chain of providers keeps the reasons to itself.
        let own_message = Some("Could not load credentials from any providers");
        role("dialects-role-node", client, &node, "ask_aws.mjs", "KEY ASIA", own_message).await;
    }

    /// A container's credentials, and those of a program, both from the Security Token Service.
    async fn role(
        name: &str,
        client: Client,
        program: &std::path::Path,
        file: &str,
        expected: &str,
        own_message: Option<&'static str>,
    ) {
        let Some(python) = python(name) else { return };
        let room = Room::with_keyring(name).await;
        let (_provider, _app) = signed_in(&room).await;
        let sts = Service::start(&room, &python, "sts.py", &[]).await;
        let endpoint = format!("http://127.0.0.1:{}", sts.port());
        let file = sdk(file);
        let sdk = Sdk::new(client, "aws-container", program, &[file.to_str().unwrap()])
            .set(ROLE_ARN.0, ROLE_ARN.1)
            .set("AWS_ENDPOINT_URL_STS", &endpoint)
            .set("AWS_WEB_IDENTITY_TOKEN_FILE", "/nonexistent");
        let sdk = Sdk { own_message, ..sdk };
        let done = sdk.run(&room, "").await;
        assert!(done.code == 0 && line(&done, "KEY").starts_with("ASIA"), "{done:?}");
        assert!(done.stdout.contains(expected), "{done:?}");
        let own = abide(&room, &["token"]).await;
        assert_eq!(sts.tokens().pop(), Some(own.stdout));
        sdk.gets("credentials of the role");
        sdk.is_refused(&room).await;
        // AWS refuses: said before the program starts.
        let mut other = Sdk::new(sdk.client.clone(), "aws-container", program, &["--version"]);
        other = other.set(ROLE_ARN.0, "arn:aws:iam::123456789012:role/other");
        let done = other.set("AWS_ENDPOINT_URL_STS", &endpoint).run(&room, "").await;
        assert_eq!((done.code, done.stdout.as_str()), (2, ""), "{done:?}");
        assert!(done.stderr.contains("AccessDenied: Not authorized"), "{done:?}");
        process(&room, &Sdk { dialect: "aws-process", ..sdk }, &endpoint).await;
    }

    /// `credential_process` in a profile.
    async fn process(room: &Room, sdk: &Sdk<'_>, endpoint: &str) {
        let config = room.path("home/.aws/config");
        std::fs::create_dir_all(config.parent().unwrap()).unwrap();
        let profile = format!(
            "[default]\nregion = eu-west-1\ncredential_process = {} credential --format aws-process --account work --role {ROLE}\n",
            program("abide").display()
        );
        std::fs::write(&config, profile).unwrap();
        let ask = || {
            let words: Vec<&str> = sdk.words[1..].iter().map(String::as_str).collect();
            let mut command = tool(room, &sdk.words[0], &words);
            command.env("AWS_ENDPOINT_URL_STS", endpoint);
            done(command)
        };
        // The user has not allowed the program of the SDK yet.
        sdk.says(NOT_ALLOWED, "abide approve", &ask().await);
        allow(room).await;
        let given = ask().await;
        assert!(given.code == 0 && line(&given, "KEY").starts_with("ASIA"), "{given:?}");
        sdk.gets("credentials of the role");
        assert_eq!(abide(room, &["logout", "--no-wait"]).await.code, 0);
        let ended = ask().await;
        sdk.says(SESSION_ENDED, "abide login", &ended);
        sdk.says(SIGNED_OUT, "abide login", &ended);
        std::fs::remove_file(&config).unwrap();
        sign_in(room).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn azure_identity_exchanges_the_token_in_the_file() {
        const CLIENT: &str = "11111111-1111-1111-1111-111111111111";
        const TENANT: &str = "22222222-2222-2222-2222-222222222222";
        let Some(python) = python("azure_identity_exchanges_the_token_in_the_file") else { return };
        let room = Room::with_keyring("dialects-workload").await;
        let (_provider, _app) = signed_in(&room).await;
        let certificate = room.path("home/entra.pem").display().to_string();
        let entra = Service::start(&room, &python, "entra.py", &[&certificate, CLIENT, TENANT]).await;
        let program = sdk("ask_azure.py");
        let sdk = Sdk::new(
            Client::python("azure-identity"),
            "azure-workload",
            &python,
            &[program.to_str().unwrap(), ARM],
        )
        .set("AZURE_CLIENT_ID", CLIENT)
        .set("AZURE_TENANT_ID", TENANT)
        .set("AZURE_CLIENT_SECRET", "would come first")
        .set("AZURE_AUTHORITY_HOST", format!("https://127.0.0.1:{}", entra.port()))
        .set("REQUESTS_CA_BUNDLE", certificate);
        let done = sdk.run(&room, "").await;
        assert_eq!((done.code, line(&done, "TOKEN")), (0, "token-of-the-application"), "{done:?}");
        assert!(done.stderr.contains("AZURE_CLIENT_SECRET"), "{done:?}");
        let own = abide(&room, &["token"]).await;
        assert_eq!(entra.tokens(), [own.stdout]);
        sdk.gets("a token of the application, for the token in the file");
        let gone = "$ABIDE logout --no-wait >/dev/null; while test -e $AZURE_FEDERATED_TOKEN_FILE; do sleep 0.1; done";
        let done = sdk.run(&room, gone).await;
        assert!(done.code != 0 && done.stderr.contains("/token"), "{done:?}");
        dialect("azure-workload", &sdk.client, SESSION_ENDED, "says that the file is gone");
        sdk.does_not_start(&room).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn the_file_with_the_token_is_renewed_and_private() {
        let room = Room::with_keyring("dialects-file").await;
        let access_token_lifetime = std::time::Duration::from_secs(8);
        let provider = DemoOp::start(Config { access_token_lifetime, ..Config::default() }).await.unwrap();
        configure(&room, &one_account(provider.issuer(), None, SESSION));
        let _app = App::headless(&room).await;
        sign_in(&room).await;
        let script = "file=$ABIDE_TOKEN_FILE; stat -c %a $file; echo $file; first=$(cat $file); \
            for i in $(seq 100); do sleep 0.2; now=$(cat $file) || exit 3; test -n \"$now\" || exit 4; \
            test \"$now\" = \"$first\" || exit 0; done; exit 5";
        let done = abide(&room, &["run", "--token-file", "--", "bash", "-c", script]).await;
        assert_eq!(done.code, 0, "{done:?}");
        let (mode, path) = done.stdout.split_once('\n').unwrap();
        assert_eq!(mode, "600");
        let path = std::path::Path::new(path);
        eventually("the file to go", s(10), || async { (!path.exists()).then_some(()) }).await;
    }

    /// The dialect has no secret: another process of the same user gets nothing, and the port ends with the program.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn the_port_of_a_job_is_for_the_job_alone() {
        let room = Room::with_keyring("dialects-job").await;
        let (_provider, _app) = signed_in(&room).await;
        let script = "echo $GCE_METADATA_HOST >address; echo $PPID $$ >processes; \
            curl -sS -H 'Metadata-Flavor: Google' \
            http://$GCE_METADATA_HOST/computeMetadata/v1/instance/service-accounts/default/token >own; \
            touch ready; read -r line; exit 7";
        let mut job =
            command(&room, &["run", "--dialect", "google", "--dialect", "azure", "--", "bash", "-c", script])
                .current_dir(room.path("home"))
                .stdin(std::process::Stdio::piped())
                .spawn()
                .unwrap();
        let home = room.path("home");
        let pid = job.id().unwrap();
        eventually("the program to be ready", s(20), || async { home.join("ready").exists().then_some(()) })
            .await;
        let read = |name: &str| std::fs::read_to_string(home.join(name)).unwrap();
        let processes = read("processes");
        let (_, own) = processes.trim().split_once(' ').unwrap();
        assert_eq!(own, pid.to_string(), "the program has replaced the command");
        let own: serde_json::Value = serde_json::from_str(&read("own")).unwrap();
        assert_eq!(own["token_type"], "Bearer", "{own}");
        let url = format!(
            "http://{}/computeMetadata/v1/instance/service-accounts/default/token",
            read("address").trim()
        );
        let ask = || abide_tests::http().get(&url).header("metadata-flavor", "Google").send();
        let foreign = ask().await.unwrap();
        assert_eq!(foreign.status(), 403, "this test is not part of the job");
        let page = abide_tests::http().get(&url).header("host", "evil.example").send().await.unwrap();
        assert_eq!(page.status(), 403);
        let folder = room.places().runtime.join("jobs");
        let folders = || std::fs::read_dir(&folder).into_iter().flatten().count();
        assert_eq!(folders(), 1);
        // Its end is that of the port, of the key and of the grant.
        drop(job.stdin.take());
        assert_eq!(job.wait().await.unwrap().code(), Some(7));
        eventually("the port to close", s(10), || async { ask().await.is_err().then_some(()) }).await;
        eventually("the folder to go", s(10), || async { (folders() == 0).then_some(()) }).await;
        let listed = abide(&room, &["approve", "--json"]).await;
        let listed: serde_json::Value = serde_json::from_str(&listed.stdout).unwrap();
        assert_eq!(listed["grants"].as_array().map(Vec::len), Some(0), "{listed}");
        // Everything recorded so far is written before this answers.
        assert_eq!(abide(&room, &["audit", "verify"]).await.code, 0);
        let record = abide(&room, &["audit", "show", "--last", "1000", "--json"]).await.stdout;
        let given = record
            .lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
            .find(|line| line["event"] == "grant.given")
            .expect("the grant of the job is recorded");
        assert_eq!((&given["account"], &given["caller"]["kind"]), (&"work".into(), &"program".into()));
    }
}
