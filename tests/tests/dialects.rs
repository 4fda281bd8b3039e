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
    use abide_tests::login::sign_in;
    use abide_tests::room::Room;
    use abide_tests::{eventually, s, skipped, workspace};

    const SESSION: &str = "end_after = \"15m\"\nwarn_after = \"12m\"";
    const ARM: &str = "https://management.azure.com";

    /// Prints the token, and whether it is valid for more than 30 seconds.
    const AZURE: &str = "
import time
from azure.identity import DefaultAzureCredential
token = DefaultAzureCredential().get_token('https://management.azure.com/.default')
print('TOKEN', token.token)
print('VALID', int(token.expires_on - time.time()) > 30)
";
    const GOOGLE: &str = "
import google.auth, google.auth.transport.requests
credentials, project = google.auth.default(scopes=['https://www.googleapis.com/auth/cloud-platform'])
credentials.refresh(google.auth.transport.requests.Request())
print('TOKEN', credentials.token)
print('VALID', credentials.valid)
";

    /// A stand-in for AWS's Security Token Service, and what boto3 gets from it.
    const AWS: &str = r#"
import boto3, http.server, os, threading, urllib.parse
ANSWER = """<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
<AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>ASIAOFTHEROLE0000000</AccessKeyId><SecretAccessKey>s</SecretAccessKey>
<SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>
</AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>""".encode()
class Sts(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers['Content-Length'])).decode()
        sent = {name: values[0] for name, values in urllib.parse.parse_qs(body, strict_parsing=True).items()}
        assert sent['Action'] == 'AssumeRoleWithWebIdentity' and sent['RoleArn'] == os.environ['AWS_ROLE_ARN'], sent
        assert 'Authorization' not in self.headers
        print('TOKEN', sent['WebIdentityToken'])
        self.send_response(200)
        self.send_header('Content-Type', 'text/xml')
        self.send_header('Content-Length', str(len(ANSWER)))
        self.end_headers()
        self.wfile.write(ANSWER)
    def log_message(self, *ignored):
        pass
server = http.server.HTTPServer(('127.0.0.1', 0), Sts)
threading.Thread(target=server.serve_forever, daemon=True).start()
os.environ['AWS_ENDPOINT_URL_STS'] = f'http://127.0.0.1:{server.server_port}'
print('KEY', boto3.Session(region_name='eu-west-1').get_credentials().access_key)
"#;

    /// The Python with the SDKs; `None`, and the test is skipped, where it is not installed.
    fn python(test: &str) -> Option<PathBuf> {
        let environment = workspace().join("target/tools/sdks");
        if environment.join("abide-requirements").is_file() {
            return Some(environment.join("bin/python"));
        }
        skipped(test, "the SDKs are not in target/tools; `./x setup` installs them where there is Python");
        None
    }

    async fn signed_in(room: &Room) -> (DemoOp, App<'_>) {
        let provider = DemoOp::start(Config::default()).await.unwrap();
        configure(room, &one_account(provider.issuer(), None, SESSION));
        let app = App::headless(room).await;
        sign_in(room).await;
        (provider, app)
    }

    /// A command with variables before it, in a room.
    async fn run_by_env(room: &Room, words: &[&str]) -> Done {
        let mut command = tokio::process::Command::new("env");
        command.args(words).env_clear().envs(room.environment().iter().map(|(key, value)| (key, value)));
        let output = command.stdin(std::process::Stdio::null()).kill_on_drop(true).output().await.unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Done {
            code: output.status.code().unwrap_or(-1),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
        }
    }

    /// A line of the output that begins with this word.
    fn line<'a>(done: &'a Done, word: &str) -> &'a str {
        let found = done.stdout.lines().find_map(|line| line.strip_prefix(word));
        found.unwrap_or_else(|| panic!("{done:?}")).trim()
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn azure_identity_finds_its_token() {
        let Some(python) = python("azure_identity_finds_its_token") else { return };
        let python = python.to_str().unwrap();
        let room = Room::with_keyring("dialects-azure").await;
        let (_provider, _app) = signed_in(&room).await;
        let run = ["run", "--dialect", "azure", "--resource", ARM, "--", python, "-c", AZURE];
        let done = abide(&room, &run).await;
        assert_eq!(done.code, 0, "{done:?}");
        assert_eq!(line(&done, "VALID"), "True", "{done:?}");
        let own = abide(&room, &["token", "--resource", ARM]).await;
        assert_eq!(line(&done, "TOKEN"), own.stdout, "the token for this resource");

        // A resource that the user has not named is another question.
        let other = AZURE.replace("management.azure.com", "storage.azure.com");
        let run = ["run", "--dialect", "azure", "--resource", ARM, "--", python, "-c", &other];
        let done = abide(&room, &run).await;
        assert_ne!(done.code, 0, "{done:?}");
        assert!(done.stderr.contains("abide approve"), "the SDK shows what to do: {done:?}");

        // Signed out, nothing starts; a session that ends during the run is said by the SDK.
        let ends = format!(
            "import os, subprocess\nsubprocess.run([os.environ['ABIDE'], 'logout', '--no-wait'], check=True)\n{AZURE}"
        );
        let abide_program = abide_tests::program("abide");
        let setting = format!("ABIDE={}", abide_program.display());
        let run =
            ["run", "--dialect", "azure", "--resource", ARM, "--", "env", &setting, python, "-c", &ends];
        let done = abide(&room, &run).await;
        assert_ne!(done.code, 0, "{done:?}");
        assert!(done.stderr.contains("abide login"), "the SDK shows what to do: {done:?}");
        let run = ["run", "--dialect", "azure", "--", python, "-c", AZURE];
        let done = abide(&room, &run).await;
        assert_eq!((done.code, done.stdout.as_str()), (3, ""), "{done:?}");
        assert!(done.stderr.contains("abide login"), "{done:?}");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn azure_identity_finds_the_metadata_of_a_virtual_machine() {
        let Some(python) = python("azure_identity_finds_the_metadata_of_a_virtual_machine") else { return };
        let python = python.to_str().unwrap();
        let room = Room::with_keyring("dialects-imds").await;
        let (_provider, _app) = signed_in(&room).await;
        let run = ["run", "--dialect", "azure-imds", "--resource", ARM, "--", python, "-c", AZURE];
        let done = abide(&room, &run).await;
        assert_eq!((done.code, line(&done, "VALID")), (0, "True"), "{done:?}");
        let own = abide(&room, &["token", "--resource", ARM]).await;
        assert_eq!(line(&done, "TOKEN"), own.stdout, "the token for this resource");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn boto3_exchanges_the_token_in_the_file() {
        let Some(python) = python("boto3_exchanges_the_token_in_the_file") else { return };
        let python = python.to_str().unwrap();
        let room = Room::with_keyring("dialects-aws").await;
        let (_provider, _app) = signed_in(&room).await;
        let run = ["run", "--dialect", "aws", "--", python, "-c", AWS];
        let done = abide(&room, &run).await;
        assert_eq!(done.code, 2, "there is no role: {done:?}");
        assert!(done.stderr.contains("AWS_ROLE_ARN"), "{done:?}");

        let folder = room.path("home/.aws");
        std::fs::create_dir_all(&folder).unwrap();
        let keys = "[default]\naws_access_key_id = AKIAOFTHEFILE\naws_secret_access_key = s\n";
        std::fs::write(folder.join("credentials"), keys).unwrap();
        let program = abide_tests::program("abide");
        let mut run =
            vec!["AWS_ROLE_ARN=arn:aws:iam::123456789012:role/dev", "AWS_ACCESS_KEY_ID=AKIAOFTHEENVIRONMENT"];
        run.extend(["AWS_PROFILE=default", program.to_str().unwrap()]);
        run.extend(["run", "--dialect", "aws", "--", python, "-c", AWS]);
        let done = run_by_env(&room, &run).await;
        assert_eq!((done.code, line(&done, "KEY")), (0, "ASIAOFTHEROLE0000000"), "{done:?}");
        let own = abide(&room, &["token"]).await;
        assert_eq!(line(&done, "TOKEN"), own.stdout);
        for set_aside in ["AWS_ACCESS_KEY_ID", "AWS_PROFILE", ".aws/credentials"] {
            assert!(done.stderr.contains(set_aside), "{set_aside} is named: {done:?}");
        }
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

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn google_auth_finds_its_token() {
        let Some(python) = python("google_auth_finds_its_token") else { return };
        let python = python.to_str().unwrap();
        let room = Room::with_keyring("dialects-google").await;
        let (_provider, _app) = signed_in(&room).await;
        let done = abide(&room, &["run", "--dialect", "google", "--", python, "-c", GOOGLE]).await;
        assert_eq!(done.code, 0, "{done:?}");
        assert_eq!(line(&done, "VALID"), "True", "{done:?}");
        let own = abide(&room, &["token"]).await;
        assert_eq!(line(&done, "TOKEN"), own.stdout, "the session's own token");
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
