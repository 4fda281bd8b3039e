//! Who may have a token: the user decides, in a dialog or at a terminal, and one answer covers a run.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[cfg(target_os = "linux")]
#[path = "consent/elsewhere.rs"]
mod elsewhere;

#[cfg(not(target_os = "linux"))]
#[test]
fn consent() {
    abide_tests::skipped("consent", "the desktop of the tests is built from Linux programs");
}

#[cfg(target_os = "linux")]
mod consent {
    mod spans;

    use std::os::unix::fs::PermissionsExt as _;
    use std::path::{Path, PathBuf};

    use abide_demo_op::{Config, DemoOp};
    use abide_tests::app::{App, abide, abide_at_terminal, configure, one_account};
    use abide_tests::desktop::{Desktop, Look};
    use abide_tests::dialog::Accessible;
    use abide_tests::login::{sign_in, signed_in};
    use abide_tests::room::Room;
    use abide_tests::{copy_program, eventually, program, s, skipped};
    use serde_json::Value;
    use tokio::io::AsyncWriteExt as _;
    use tokio::process::Command;
    use tokio::sync::Mutex;

    const SESSION: &str = "end_after = \"15m\"\nwarn_after = \"12m\"";

    /// One desktop after the other: two at once would only slow each other down.
    static TURN: Mutex<()> = Mutex::const_new(());

    /// A command in a room, without a terminal.
    fn command(room: &Room, program: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new("setsid");
        command
            .arg(program)
            .args(arguments)
            .env_clear()
            .envs(room.environment().iter().map(|(key, value)| (key, value)))
            .stdin(std::process::Stdio::null())
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .kill_on_drop(true);
        command
    }

    /// What this program gets from the socket: the status, and the answer.
    async fn fetched(room: &Room, curl: &Path, target: &str) -> (u16, Value) {
        let socket = room.places().socket();
        let url = format!("http://localhost{target}");
        let arguments = ["-sS", "-w", "\n%{http_code}", "--unix-socket", socket.to_str().unwrap(), &url];
        let output = command(room, curl, &arguments).output().await.unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let (body, status) = text.rsplit_once('\n').unwrap_or_default();
        let status = status.parse().unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
        (status, serde_json::from_str(body).unwrap_or_default())
    }

    fn curl() -> PathBuf {
        std::fs::canonicalize("/usr/bin/curl").unwrap()
    }

    async fn open(room: &Room) -> Value {
        let listed = abide(room, &["approve", "--json"]).await;
        serde_json::from_str(&listed.stdout).unwrap_or_else(|_| panic!("{listed:?}"))
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_new_program_waits_for_an_answer_at_a_terminal() {
        let room = Room::with_keyring("consent-terminal").await;
        let (_provider, _app) = signed_in(&room).await;
        let copy = room.path("home/curl");
        copy_program(curl(), &copy);

        let (status, refused) = fetched(&room, &copy, "/v1/token?reason=to%20test").await;
        assert_eq!((status, refused["error"].as_str()), (401, Some("consent_required")), "{refused}");
        assert_eq!(refused["case"], "no_display", "{refused}");
        let asked = open(&room).await;
        let question = &asked["questions"][0];
        assert_eq!(
            (question["program"].as_str(), question["kind"].as_str()),
            (Some("curl"), Some("program"))
        );
        assert_eq!(
            (question["path"].as_str(), question["reason"].as_str()),
            (copy.to_str(), Some("to test"))
        );
        assert_eq!(question["sha256"].as_str().map(str::len), Some(64));
        let id = question["id"].to_string();

        // No program answers for itself or for another one.
        let away = abide(&room, &["approve", &id, "--allow", "always"]).await;
        assert_eq!(away.code, 4, "not at a terminal: {away:?}");
        assert_eq!(
            abide(&room, &["clients", "allow", "x", "--program", copy.to_str().unwrap()]).await.code,
            4
        );
        assert_eq!(fetched(&room, &copy, "/v1/token").await.0, 401);

        let given = abide_at_terminal(&room, &["approve", &id, "--allow", "always"]).await;
        assert_eq!(given.code, 0, "{given:?}");
        let (status, token) = fetched(&room, &copy, "/v1/token").await;
        assert_eq!(status, 200, "{token}");
        assert_eq!(
            fetched(&room, &copy, "/v1/token?scope=openid").await.0,
            401,
            "no more than what was shown"
        );

        // Another file under the same name is another program.
        let mut content = std::fs::read(&copy).unwrap();
        content.push(0);
        std::fs::remove_file(&copy).unwrap();
        std::fs::write(&copy, content).unwrap();
        std::fs::set_permissions(&copy, std::fs::Permissions::from_mode(0o755)).unwrap();
        let (status, refused) = fetched(&room, &copy, "/v1/token").await;
        assert_eq!(status, 401, "{refused}");
        let asked = open(&room).await;
        let questions = asked["questions"].as_array().unwrap();
        let changed = questions.iter().find(|question| question["because"] == "changed").expect("a question");

        let id = changed["id"].to_string();
        assert_eq!(abide_at_terminal(&room, &["approve", &id, "--deny", "once"]).await.code, 0);
        // Everything recorded so far is written before this answers.
        assert_eq!(abide(&room, &["audit", "verify"]).await.code, 0);
        let record = abide(&room, &["audit", "show", "--last", "1000", "--json"]).await.stdout;
        let answers: Vec<Value> = record
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .filter(|line: &Value| line["event"] == "consent.decided")
            .collect();
        let of =
            |line: &Value| (line["reason"].clone(), line["name"].clone(), line["caller"]["sha256"].clone());
        assert_eq!(of(&answers[0]), ("allowed".into(), "always".into(), question["sha256"].clone()));
        assert_eq!(of(&answers[1]), ("denied".into(), "once".into(), changed["sha256"].clone()));
        assert_eq!((answers.len(), &answers[0]["caller"]["program"]), (2, &copy.to_str().unwrap().into()));
        let (status, refused) = fetched(&room, &copy, "/v1/token").await;
        assert_eq!((status, refused["case"].as_str()), (401, Some("asked_before")), "{refused}");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_program_does_not_take_its_own_denial_back() {
        for span in ["session", "always"] {
            let room = Room::with_keyring(&format!("consent-denial-{span}")).await;
            let (_provider, _app) = signed_in(&room).await;
            let copy = room.path("home/curl");
            copy_program(curl(), &copy);
            assert_eq!(fetched(&room, &copy, "/v1/token").await.0, 401);
            let id = open(&room).await["questions"][0]["id"].to_string();
            let denied = abide_at_terminal(&room, &["approve", &id, "--deny", span]).await;
            assert_eq!(denied.code, 0, "{denied:?}");
            let grant = open(&room).await["grants"][0]["id"].to_string();
            let back = match span {
                "session" => ["approve", "--stop", &grant],
                _ => ["clients", "revoke", "curl"],
            };
            let away = abide(&room, &back).await;
            assert!(away.code == 4 && away.stderr.contains("a denial"), "not at a terminal: {away:?}");
            let (_, refused) = fetched(&room, &copy, "/v1/token").await;
            assert_eq!(refused["error"], "access_denied", "{span}: {refused}");
            let person = abide_at_terminal(&room, &back).await;
            assert_eq!(person.code, 0, "{person:?}");
        }
    }

    /// A prompt is `bash`, and so is the shell that a script is piped into: the same file with the same words.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_script_that_is_piped_into_a_shell_is_not_the_person_at_the_prompt() {
        let room = Room::with_keyring("consent-piped").await;
        let (_provider, _app) = signed_in(&room).await;
        let mut terminal = Command::new("script");
        terminal
            .args(["--quiet", "--flush", "--command", "exec bash"])
            .arg(room.path("tmp/terminal"))
            .env_clear()
            .envs(room.environment().iter().map(|(key, value)| (key, value)))
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::null())
            .kill_on_drop(true);
        let mut terminal = terminal.spawn().unwrap();
        let mut keyboard = terminal.stdin.take().unwrap();
        let token = format!("{} token", program("abide").display());
        for (line, kinds) in [
            (format!("echo '{token}; true' | bash"), vec!["interpreter"]),
            // A part of what was typed, which only forks.
            (format!("echo | while read -r line; do {token}; done"), vec!["interpreter", "terminal"]),
        ] {
            keyboard.write_all(format!("{line}\n").as_bytes()).await.unwrap();
            let asked = eventually("the question", s(10), || async {
                let questions = open(&room).await["questions"].as_array().unwrap().clone();
                (questions.len() == kinds.len()).then_some(questions)
            })
            .await;
            let shown: Vec<_> = asked.iter().map(|question| question["kind"].as_str().unwrap()).collect();
            assert_eq!(shown, kinds, "{line}: {asked:?}");
            let spans = asked[0]["spans"].to_string();
            assert!(!spans.contains("terminal"), "not for the terminal: {spans}");
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_forbidden_program_is_not_hidden_by_the_rights_of_its_file() {
        let mut room = Room::with_keyring("consent-forbidden").await;
        let policy = room.path("policy.toml");
        room.set("ABIDE_TEST_POLICY", policy.to_str().unwrap());
        std::fs::write(&policy, "").unwrap();
        let (_provider, _app) = signed_in(&room).await;
        // A name of a program that starts others for the system.
        let copy = room.path("home/systemd");
        let mut content = std::fs::read(curl()).unwrap();
        content.push(0);
        std::fs::write(&copy, content).unwrap();
        std::fs::set_permissions(&copy, std::fs::Permissions::from_mode(0o755)).unwrap();
        assert_eq!(fetched(&room, &copy, "/v1/token").await.0, 401);
        let question = open(&room).await["questions"][0].clone();
        assert_eq!(
            (question["kind"].as_str(), question["path"].as_str()),
            (Some("interpreter"), copy.to_str())
        );
        std::fs::write(&policy, format!("[[forbid]]\nsha256 = {}\n", question["sha256"])).unwrap();
        eventually("the policy", s(4), || async {
            let (_, refused) = fetched(&room, &copy, "/v1/token").await;
            (refused["case"] == "policy").then_some(())
        })
        .await;
        // The system hides what a process runs that its user cannot read.
        std::fs::set_permissions(&copy, std::fs::Permissions::from_mode(0o111)).unwrap();
        let (status, refused) = fetched(&room, &copy, "/v1/token").await;
        assert_eq!((status, refused["case"].as_str()), (401, Some("policy")), "{refused}");
        let (_, other) = fetched(&room, &curl(), "/v1/token").await;
        assert_ne!(other["case"], "policy", "its content is another one: {other}");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_narrower_answer_gives_its_part_and_has_an_end() {
        let room = Room::with_keyring("consent-narrower").await;
        let (_provider, _app) = signed_in(&room).await;
        let copy = room.path("home/curl");
        copy_program(curl(), &copy);
        let asked = "/v1/token?scope=openid%20email";
        assert_eq!(fetched(&room, &copy, asked).await.0, 401);
        let open_now = open(&room).await;
        let question = &open_now["questions"][0];
        assert_eq!(question["ends"]["always"], serde_json::json!(["revoked", "30d", "8h", "1h"]));
        let id = question["id"].to_string();
        let wider = ["approve", &id, "--allow", "always", "--only-scope", "openid profile"];
        let wider = abide_at_terminal(&room, &wider).await;
        assert_eq!(wider.code, 2, "more than what was asked for: {wider:?}");
        let words = ["approve", &id, "--allow", "always", "--until", "8h", "--only-scope", "openid"];
        let given = abide_at_terminal(&room, &words).await;
        assert_eq!(given.code, 0, "{given:?}");
        for _ in 0..2 {
            let (status, token) = fetched(&room, &copy, asked).await;
            assert_eq!((status, token["scope"].as_str()), (200, Some("openid")), "{token}");
        }
        assert_eq!(fetched(&room, &copy, "/v1/token?scope=email").await.0, 401, "that was left out");
        let listed: Value =
            serde_json::from_str(&abide(&room, &["clients", "list", "--json"]).await.stdout).unwrap();
        let limits = &listed["clients"][0]["limits"];
        assert_eq!(limits["scopes"], serde_json::json!(["openid"]), "{listed}");
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
        let left = limits["until"].as_u64().unwrap().saturating_sub(now);
        assert!((7 * 3600..=8 * 3600).contains(&left), "{limits}");
        // The record has what was allowed, not what was asked for.
        assert_eq!(abide(&room, &["audit", "verify"]).await.code, 0);
        let record = abide(&room, &["audit", "show", "--last", "1000", "--json"]).await.stdout;
        let lines: Vec<Value> = record.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let decided = lines.iter().find(|line| line["event"] == "consent.decided").unwrap();
        assert_eq!(decided["scope"], "openid", "{decided}");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn what_a_coding_agent_marks_is_a_label_and_no_proof() {
        let room = Room::with_keyring("consent-labels").await;
        let (_provider, _app) = signed_in(&room).await;
        let path = curl();
        let socket = room.places().socket();
        let arguments = ["-sS", "--unix-socket", socket.to_str().unwrap(), "http://localhost/v1/token"];
        let marked = |value: &str| {
            let mut command = command(&room, &path, &arguments);
            command.env("CLAUDECODE", value);
            command
        };
        marked("a-secret").output().await.unwrap();
        let open_now = open(&room).await;
        let question = &open_now["questions"][0];
        let label = serde_json::json!({"kind": "coding_agent", "name": "Claude Code"});
        assert!(question["labels"].as_array().unwrap().contains(&label), "{question}");
        assert!(!open_now.to_string().contains("a-secret"));
        let id = question["id"].to_string();
        let shown = abide(&room, &["approve", "--list"]).await;
        assert!(
            shown.stdout.contains("Says it is: ") && shown.stdout.contains("started by Claude Code"),
            "{shown:?}"
        );
        assert_eq!(abide_at_terminal(&room, &["approve", &id, "--allow", "always"]).await.code, 0);
        let listed = abide(&room, &["clients", "list"]).await;
        assert!(listed.stdout.contains("started by Claude Code"), "{listed:?}");
        // The grant is for the program, marked or not.
        assert_eq!(fetched(&room, &path, "/v1/token").await.0, 200);
        // It is written in groups; this waits for the last one.
        assert_eq!(abide(&room, &["audit", "verify"]).await.code, 0);
        let record = abide(&room, &["audit", "show", "--last", "1000", "--json"]).await.stdout;
        assert!(record.contains("coding_agent:Claude Code"), "{record}");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn one_answer_covers_forty_commands_without_a_terminal() {
        const COMMANDS: usize = 40;
        let room = Room::with_keyring("consent-forty").await;
        let (_provider, _app) = signed_in(&room).await;
        let script = room.path("home/agent.sh");
        let lines = "for n in $(seq 1 40); do \"$ABIDE\" token >\"$OUT/$n\" 2>&1 & all=\"$all $!\"; done\n\
                     failed=0; for one in $all; do wait \"$one\" || failed=$((failed + 1)); done\n\
                     \"$ABIDE\" token >\"$OUT/later\" || failed=$((failed + 1)); echo \"$failed\"";
        std::fs::write(&script, lines).unwrap();
        let answers = abide_at_terminal(&room, &["approve", "--wait", "--allow", "run"]);
        let run = async {
            // The user looks before the agent begins.
            tokio::time::sleep(s(1)).await;
            let mut agent = command(&room, Path::new("/bin/sh"), &[script.to_str().unwrap()]);
            agent.env("ABIDE", program("abide")).env("OUT", room.path("tmp"));
            agent.output().await.unwrap()
        };
        let (answered, run) = tokio::join!(answers, run);
        assert_eq!(answered.code, 0, "{answered:?}");
        assert!(answered.stdout.contains("Allowed"), "{answered:?}");
        let read = |name: String| std::fs::read_to_string(room.path("tmp").join(name)).unwrap();
        let failed = String::from_utf8_lossy(&run.stdout).trim().to_owned();
        assert_eq!(failed, "0", "{}: {}", read("1".to_owned()), String::from_utf8_lossy(&run.stderr));
        let tokens: Vec<String> = (1..=COMMANDS).map(|number| read(number.to_string())).collect();
        assert!(tokens.iter().all(|token| *token == tokens[0] && token.len() > 20), "all have the same");
        assert_eq!(read("later".to_owned()), tokens[0]);
        // What was answered has ended with the run.
        let after = open(&room).await;
        assert_eq!(
            (&after["questions"], &after["grants"]),
            (&Value::from([] as [u8; 0]), &Value::from([] as [u8; 0]))
        );
        // No `abide approve --wait` runs any more.
        tokio::time::sleep(s(4)).await;
        let again = command(&room, Path::new("/bin/sh"), &[script.to_str().unwrap()])
            .env("ABIDE", program("abide"))
            .env("OUT", room.path("tmp"))
            .output()
            .await
            .unwrap();
        assert_eq!(String::from_utf8_lossy(&again.stdout).trim(), "41", "another run asks again");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn what_runs_in_a_container_is_no_program_of_this_machine() {
        let room = Room::with_keyring("consent-container").await;
        let (_provider, _app) = signed_in(&room).await;
        let path = curl();
        let curl = path.to_str().unwrap();
        assert_eq!(abide_at_terminal(&room, &["clients", "allow", "curl", "--program", curl]).await.code, 0);
        assert_eq!(fetched(&room, &path, "/v1/token").await.0, 200, "outside");
        let socket = room.places().socket();
        let url = "http://localhost/v1/token";
        let unshare = Path::new("/usr/bin/unshare");
        if !command(&room, unshare, &["-Ur", "true"]).output().await.unwrap().status.success() {
            return skipped(
                "what_runs_in_a_container_is_no_program_of_this_machine",
                "no user namespaces here",
            );
        }
        let inside = ["-Ur", curl, "-sS", "--unix-socket", socket.to_str().unwrap(), url];
        let output = command(&room, unshare, &inside).output().await.unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let refused: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(refused["case"], "sandbox", "{refused}");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn what_runs_as_a_flatpak_is_named_and_is_no_program_of_this_machine() {
        let name = "what_runs_as_a_flatpak_is_named_and_is_no_program_of_this_machine";
        let room = Room::with_keyring("consent-flatpak").await;
        let (_provider, _app) = signed_in(&room).await;
        let (path, socket) = (curl(), room.places().socket());
        let info = room.path("tmp/flatpak-info");
        std::fs::write(&info, "[Application]\nname=org.example.Weather\n").unwrap();
        let folder = socket.parent().unwrap().to_str().unwrap();
        let mut inside = vec!["--ro-bind", "/usr", "/usr", "--ro-bind", "/etc", "/etc", "--proc", "/proc"];
        for (to, link) in [("usr/bin", "bin"), ("usr/lib", "lib"), ("usr/lib64", "lib64")] {
            inside.extend(["--symlink", to, link]);
        }
        let info = info.to_str().unwrap();
        inside.extend(["--bind", folder, folder, "--ro-bind", info, "/.flatpak-info"]);
        let bwrap = Path::new("/usr/bin/bwrap");
        let tried = command(&room, bwrap, &[&inside[..], &["true"]].concat()).output().await.unwrap();
        if !tried.status.success() {
            let error = String::from_utf8_lossy(&tried.stderr).into_owned();
            return skipped(name, error.lines().next().unwrap_or("bubblewrap failed"));
        }
        let url = "http://localhost/v1/token";
        inside.extend([path.to_str().unwrap(), "-sS", "--unix-socket", socket.to_str().unwrap(), url]);
        let output = command(&room, bwrap, &inside).output().await.unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let refused: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(refused["case"], "sandbox", "{refused}");
        let said = refused["error_description"].as_str().unwrap();
        assert!(said.contains("Flatpak org.example.Weather"), "{said}");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_script_and_an_interpreter_are_not_allowed_for_good() {
        let room = Room::with_keyring("consent-scripts").await;
        configure(&room, &one_account("http://127.0.0.1:1", None, SESSION));
        let _app = App::headless(&room).await;
        let script = room.path("home/deploy");
        std::fs::write(&script, "#!/usr/bin/env python3\n").unwrap();
        for program in [script.to_str().unwrap(), "/bin/sh"] {
            let done = abide_at_terminal(&room, &["clients", "allow", "tool", "--program", program]).await;
            assert_eq!(done.code, 2, "{program}: {done:?}");
            assert!(done.stdout.contains("script"), "{done:?}");
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn the_dialog_asks_in_light_colours() {
        asks_on_the_desktop("consent-light", Look::Light).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn the_dialog_asks_in_dark_colours() {
        asks_on_the_desktop("consent-dark", Look::Dark).await;
    }

    async fn asks_on_the_desktop(name: &str, look: Look) {
        let _turn = TURN.lock().await;
        let desktop = Desktop::start(name, look).await;
        let room = desktop.room();
        let provider = DemoOp::start(Config::default()).await.unwrap();
        configure(room, &one_account(provider.issuer(), None, SESSION));
        let app = App::desktop(room).await;
        sign_in(room).await;
        let accessible = Accessible::of(app.process(), room).await;

        let path = curl();
        let asked = "/v1/token?reason=nightly%20report&scope=openid%20email";
        let asks = fetched(room, &path, asked);
        let answers = async {
            let title = "curl asks for access";
            let window = desktop.window(title, s(10)).await;
            assert_eq!(accessible.items(title).await[0].role, "alert", "a screen reader hears it");
            let said = accessible.description(title).await.unwrap_or_default();
            assert!(said.starts_with("curl"), "who asks comes first: {said}");
            desktop.activate(&window).await;
            // Keys are dead at first.
            desktop.key("Return").await;
            eventually("the dialog to take an answer", s(10), || async {
                let items = accessible.items(title).await;
                items.iter().any(|item| item.name == "Allow" && item.sensitive).then_some(())
            })
            .await;
            let spans = open(room).await["questions"][0]["spans"].clone();
            let session = spans.as_array().unwrap().iter().position(|span| span == "session").unwrap();
            // From Deny back over "Why am I asked?" to the choice.
            for key in ["shift+Tab", "shift+Tab"] {
                desktop.key(key).await;
            }
            for _ in 0..session {
                desktop.key("Down").await;
            }
            let text = accessible.text(title).await;
            for part in ["work", "nightly report", path.to_str().unwrap()] {
                assert!(text.contains(part), "“{part}” in the dialog: {text}");
            }
            // What can be left out, and when the answer ends.
            let items = accessible.items(title).await;
            for name in ["see your email address", "know who you are", "Ends at the latest"] {
                assert!(items.iter().any(|item| item.name == name), "{name}: {items:?}");
            }
            desktop.closeup_of(&window, "dialog").await;
            assert!(accessible.press(title, "see your email address").await);
            assert!(accessible.press(title, "Allow").await);
            desktop.no_window(title, s(5)).await;
        };
        let ((status, token), ()) = tokio::join!(asks, answers);
        assert_eq!(status, 200, "{token}");
        let grants = open(room).await["grants"].clone();
        assert_eq!(
            (grants[0]["program"].as_str(), grants[0]["span"].as_str()),
            (Some("curl"), Some("session")),
            "{grants}"
        );
        assert_eq!(
            (&grants[0]["scopes"], &token["scope"]),
            (&serde_json::json!(["openid"]), &"openid".into())
        );
        let (status, again) = fetched(room, &path, asked).await;
        assert_eq!(
            (status, &again["access_token"]),
            (200, &token["access_token"]),
            "it is not asked about again"
        );

        // A script is denied.
        let script = room.path("home/report.sh");
        std::fs::write(&script, "\"$ABIDE\" token; echo \"exit $?\"\n").unwrap();
        let mut report = command(room, Path::new("/bin/sh"), &[script.to_str().unwrap()]);
        report.env("ABIDE", program("abide"));
        let answers = async {
            let title = "report.sh asks for access";
            let window = desktop.window(title, s(10)).await;
            eventually("the dialog to take an answer", s(10), || async {
                let items = accessible.items(title).await;
                items.iter().any(|item| item.name == "Deny" && item.sensitive && item.focused).then_some(())
            })
            .await;
            desktop.closeup_of(&window, "script").await;
            desktop.activate(&window).await;
            desktop.key("Escape").await;
            desktop.no_window(title, s(5)).await;
        };
        let (output, ()) = tokio::join!(report.output(), answers);
        let output = output.unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "exit 4", "{output:?}");
        drop(app);
    }

    const LIST: &str = r#"
import http.client, os, socket, sys, threading

def ask(api):
    connection = http.client.HTTPConnection("localhost")
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.connect(sys.argv[1])
    connection.request("GET", "/v1/token?resource=https://%s.example.com/" % api)
    answers[api] = connection.getresponse().status

answers = {}
threads = [threading.Thread(target=ask, args=(api,)) for api in ("one", "two", "three")]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(*(answers[api] for api in ("one", "two", "three")))
"#;

    /// A program that wants several things gets one dialog with a list, and each can be left out.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn what_a_program_asks_for_at_once_is_one_list() {
        let _turn = TURN.lock().await;
        let desktop = Desktop::start("consent-list", Look::Light).await;
        let room = desktop.room();
        let provider = DemoOp::start(Config::default()).await.unwrap();
        configure(room, &one_account(provider.issuer(), None, SESSION));
        let app = App::desktop(room).await;
        sign_in(room).await;
        let accessible = Accessible::of(app.process(), room).await;
        let (script, title) = (room.path("home/deploy.py"), "deploy.py asks for access");
        std::fs::write(&script, LIST).unwrap();
        let socket = room.places().socket();
        let arguments = [script.to_str().unwrap(), socket.to_str().unwrap()];
        let mut deploy = command(room, Path::new("/usr/bin/python3"), &arguments);
        let answers = async {
            let window = desktop.window(title, s(10)).await;
            let listed = async || {
                let items = accessible.items(title).await;
                let boxes: Vec<_> = items.into_iter().filter(|item| item.role == "check box").collect();
                (boxes.len() == 2 && boxes.iter().all(|item| item.sensitive)).then_some(boxes)
            };
            let boxes = eventually("the list", s(10), listed).await;
            desktop.closeup_of(&window, "list").await;
            // One of the three is asked about on its own.
            assert!(accessible.press(title, &boxes[0].name).await);
            assert!(accessible.press(title, "Allow").await);
            let left = eventually("the one that was left out", s(10), || async {
                let open = open(room).await;
                let questions = open["questions"].as_array()?.clone();
                (questions.len() == 1).then(|| questions[0]["targets"][0].as_str().unwrap().to_owned())
            })
            .await;
            assert!(boxes[0].name.starts_with(&left), "{left}: {boxes:?}");
            eventually("its dialog", s(10), || async {
                let items = accessible.items(title).await;
                items.iter().any(|item| item.name == "Deny" && item.sensitive).then_some(())
            })
            .await;
            assert!(accessible.press(title, "Deny").await);
            left
        };
        let (output, left) = tokio::join!(deploy.output(), answers);
        let printed = String::from_utf8(output.unwrap().stdout).unwrap();
        let order = ["one", "two", "three"].map(|api| format!("https://{api}.example.com/"));
        let expected = order.map(|api| if api == left { "403" } else { "200" }).join(" ");
        assert_eq!(printed.trim(), expected);
        drop(app);
    }
}
