//! What is secret is nowhere but where it is used: every secret that passes between Abide and a provider is looked for in
//! the log, the files, the arguments and the environment of every program, and, once somebody has signed out, in memory.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[cfg(not(target_os = "linux"))]
#[test]
fn the_secrets() {
    abide_tests::skipped("secrets", "what is looked through is in /proc");
}

#[cfg(target_os = "linux")]
mod secrets {
    use std::collections::{BTreeMap, BTreeSet};
    use std::os::unix::ffi::OsStrExt as _;
    use std::os::unix::fs::FileExt as _;
    use std::path::PathBuf;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::{Arc, Mutex};
    use std::time::{Duration, Instant};

    use abide_demo_op::{Config, DemoOp, PushedAuthorization};
    use abide_tests::app::{App, abide, configure};
    use abide_tests::form::Visitor;
    use abide_tests::login::{Login, sign_in_to};
    use abide_tests::providers::{PASSWORD, USER};
    use abide_tests::room::Room;
    use abide_tests::witness::Witness;
    use abide_tests::{eventually, s};
    use base64::Engine as _;
    use base64::prelude::{BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD};

    const CLIENT_SECRET: &str = "canary-client-secret-5b1f0c7e93";
    /// How often the running programs are looked at.
    const SAMPLING: Duration = Duration::from_millis(1);
    /// For so long after it was first seen a process is looked at again: it may not yet be the program that it becomes.
    const YOUNG: Duration = Duration::from_secs(1);

    /// A secret in every form that a program might write it in. Of base64 the part that does not depend on what stands
    /// before and after it.
    fn forms(secret: &str) -> BTreeSet<Vec<u8>> {
        let bytes = secret.as_bytes();
        let percent: String = url::form_urlencoded::byte_serialize(bytes).collect();
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let mut forms = BTreeSet::from([
            bytes.to_vec(),
            percent.into_bytes(),
            hex.to_uppercase().into_bytes(),
            hex.into_bytes(),
        ]);
        for shift in 0..3 {
            let shifted = [&[b'x'; 2][..shift], bytes].concat();
            let whole = shifted.len() / 3 * 3;
            for engine in [BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD] {
                let text = engine.encode(&shifted[..whole]);
                forms.insert(text.as_bytes()[if shift == 0 { 0 } else { 4 }..].to_vec());
            }
        }
        forms
    }

    /// Many secrets, looked for at once.
    struct Needles(BTreeMap<[u8; 8], Vec<(String, Vec<u8>)>>);

    impl Needles {
        fn new<'a>(secrets: impl IntoIterator<Item = &'a String>) -> Self {
            let mut needles: BTreeMap<[u8; 8], Vec<_>> = BTreeMap::new();
            for secret in secrets {
                assert!(secret.len() >= 16, "too short to be told from chance: {secret}");
                for form in forms(secret) {
                    needles.entry(form[..8].try_into().unwrap()).or_default().push((secret.clone(), form));
                }
            }
            Self(needles)
        }

        /// Which secrets are in there, and how each of them stands there.
        fn within(&self, hay: &[u8]) -> Vec<String> {
            // Most bytes begin nothing: the first is looked up before the rest is compared.
            let mut begins = [false; 256];
            self.0.keys().for_each(|start| begins[usize::from(start[0])] = true);
            let mut found = Vec::new();
            for (at, start) in hay.windows(8).enumerate().filter(|(_, start)| begins[usize::from(start[0])]) {
                let candidates = self.0.get(start).into_iter().flatten();
                for (secret, _) in candidates.filter(|(_, form)| hay[at..].starts_with(form)) {
                    let context = &hay[at.saturating_sub(48)..(at + 16).min(hay.len())];
                    found.push(format!("{secret}: …{}…", context.escape_ascii()));
                }
            }
            found
        }
    }

    /// What every program that runs in the room was started with, looked at all the time.
    struct Processes {
        seen: Arc<Mutex<BTreeMap<Vec<u8>, Vec<u8>>>>,
        stop: Arc<AtomicBool>,
        thread: Option<std::thread::JoinHandle<()>>,
    }

    impl Processes {
        fn watch(room: &Room) -> Self {
            let home = format!("HOME={}", room.path("home").display()).into_bytes();
            let (seen, stop) = (Arc::default(), Arc::new(AtomicBool::new(false)));
            let (kept, stopped): (Arc<Mutex<BTreeMap<_, _>>>, _) = (Arc::clone(&seen), stop.clone());
            let mut first_seen = BTreeMap::new();
            let mut look = move || {
                for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
                    let name = entry.file_name();
                    let is_process = name.as_bytes().iter().all(u8::is_ascii_digit);
                    if !is_process || first_seen.entry(name).or_insert_with(Instant::now).elapsed() > YOUNG {
                        continue;
                    }
                    let environ = std::fs::read(entry.path().join("environ")).unwrap_or_default();
                    if environ.windows(home.len()).any(|part| part == home) {
                        let cmdline = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
                        kept.lock().unwrap().insert(cmdline, environ);
                    }
                }
            };
            let thread = std::thread::spawn(move || {
                while !stopped.load(Ordering::Relaxed) {
                    look();
                    std::thread::sleep(SAMPLING);
                }
            });
            Self { seen, stop, thread: Some(thread) }
        }

        /// Arguments and environment of each.
        fn all(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
            self.seen.lock().unwrap().clone().into_iter().collect()
        }
    }

    impl Drop for Processes {
        fn drop(&mut self) {
            self.stop.store(true, Ordering::Relaxed);
            if let Some(thread) = self.thread.take() {
                let _ = thread.join();
            }
        }
    }

    fn files(room: &Room) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let folders = ["state", "config", "run", "cache", "data", "home", "logs", "tmp"];
        let mut open: Vec<PathBuf> = folders.map(|name| room.path(name)).to_vec();
        while let Some(folder) = open.pop() {
            for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
                match entry.file_type() {
                    Ok(kind) if kind.is_dir() => open.push(entry.path()),
                    Ok(kind) if kind.is_file() => found.push(entry.path()),
                    _ => {}
                }
            }
        }
        found
    }

    /// What is in a process's memory that it can write to. Secrets are made while it runs.
    fn memory(process: u32, needles: &Needles) -> Vec<String> {
        let maps = std::fs::read_to_string(format!("/proc/{process}/maps")).unwrap();
        let memory = std::fs::File::open(format!("/proc/{process}/mem")).unwrap();
        let mut found = Vec::new();
        for line in
            maps.lines().filter(|line| line.split(' ').nth(1).is_some_and(|access| access.starts_with("rw")))
        {
            let (start, end) = line.split(' ').next().unwrap().split_once('-').unwrap();
            let [start, end] = [start, end].map(|text| u64::from_str_radix(text, 16).unwrap());
            let mut bytes = vec![0; usize::try_from(end - start).unwrap()];
            // What was mapped a moment ago may be gone.
            if memory.read_exact_at(&mut bytes, start).is_ok() {
                found.extend(needles.within(&bytes).into_iter().map(|hit| format!("{hit} in {line}")));
            }
        }
        found
    }

    fn nothing_outside(room: &Room, processes: &Processes, secrets: &BTreeSet<String>, except: &[PathBuf]) {
        let needles = Needles::new(secrets);
        let files: Vec<_> = files(room).into_iter().filter(|file| !except.contains(file)).collect();
        assert!(files.len() > 5, "there is something to look through: {files:?}");
        for file in files {
            let hits = needles.within(&std::fs::read(&file).unwrap_or_default());
            assert!(hits.is_empty(), "{}: {hits:#?}", file.display());
        }
        for (arguments, environment) in processes.all() {
            let hits = [needles.within(&arguments), needles.within(&environment)].concat();
            assert!(hits.is_empty(), "{}: {hits:#?}", arguments.escape_ascii());
        }
    }

    /// Accounts behind the witness, one of them with bound tokens, and one whose secret the provider does not take.
    fn configuration(provider: &DemoOp, witness: &Witness, opener: &str, secret_file: &str) -> String {
        let account = |name: &str, more: &str| {
            format!(
                "[accounts.{name}]\nissuer = \"{}\"\nclient_id = \"abide\"\n{more}\
                 scopes = [\"openid\", \"profile\", \"email\", \"offline_access\"]\n",
                provider.issuer()
            )
        };
        format!(
            "browser = [\"/bin/sh\", \"-c\", \"{opener}\"]\n{}[endpoint]\nport = 0\n{}{}{}{}{}",
            witness.setting(),
            account("work", ""),
            account("other", ""),
            account("device", ""),
            account("bound", "dpop = \"required\"\n"),
            account("confidential", &format!("client_secret_file = \"{secret_file}\"\n")),
        )
    }

    /// Opens the browser, which writes down where it was sent and stays for a moment, and signs in there.
    async fn sign_in_with_the_browser(room: &Room, command: &[&str]) {
        let address = room.path("opened");
        let _ = std::fs::remove_file(&address);
        let done = async {
            let url = eventually("the browser to be opened", s(20), || async {
                std::fs::read_to_string(&address).ok().filter(|url| url.ends_with('\n'))
            })
            .await;
            Visitor::default().sign_in(url.trim(), USER, PASSWORD).await
        };
        let (done, page) = tokio::join!(abide(room, command), done);
        assert_eq!(done.code, 0, "{done:?}, {}", page.body);
    }

    fn contains(hay: &[u8], wanted: &[u8]) -> bool {
        hay.windows(wanted.len()).any(|part| part == wanted)
    }

    /// Runs a command that is over in a few milliseconds, and has it wait until it was seen.
    async fn run_in_sight(room: &Room, app: &App<'_>, processes: &Processes, arguments: &[&str]) {
        let signal = |name: &str| {
            let process = app.process().to_string();
            assert!(std::process::Command::new("kill").args([name, &process]).status().unwrap().success());
        };
        signal("-STOP");
        let wanted = arguments.join("\0").into_bytes();
        let seen = async {
            eventually("the command to be seen", s(20), || async {
                processes.all().iter().any(|(started, _)| contains(started, &wanted)).then_some(())
            })
            .await;
            signal("-CONT");
        };
        let (done, ()) = tokio::join!(abide(room, arguments), seen);
        assert_eq!(done.code, 0, "{arguments:?}: {done:?}");
    }

    /// With a code on another device, with bound tokens, for one purpose, and once more in a stronger way.
    async fn the_other_ways(room: &Room, provider: &DemoOp) {
        let login = Login::on_another_device_for(room, "device").await;
        let mut person = Visitor::default();
        let form = person.open(&login.url).await;
        person.submit(&form, &[("username", USER), ("password", PASSWORD)], Some("sign-in")).await;
        let done = login.end().await;
        assert_eq!(done.code, 0, "{done:?}");
        sign_in_to(room, "bound").await;
        let url = format!("{}/userinfo", provider.issuer());
        for words in [
            &["header", "--account", "bound", "--url", &url][..],
            &["token", "--account", "work", "--scope", "openid"],
        ] {
            let done = abide(room, words).await;
            assert_eq!(done.code, 0, "{done:?}");
        }
        let challenge =
            "Bearer error=\"insufficient_user_authentication\", acr_values=\"urn:abide:demo:recent\"";
        sign_in_with_the_browser(room, &["token", "--account", "work", "--challenge", challenge]).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn no_secret_is_anywhere_but_where_it_is_used() {
        let mut room = Room::with_keyring("secrets").await;
        room.set("ABIDE_LOG", "trace");
        let config = Config {
            pushed_authorization: PushedAuthorization::Offered,
            device_poll_interval: s(1),
            ..Config::default()
        };
        let provider = DemoOp::start(config).await.unwrap();
        let witness = Witness::start().await;
        let secret_file = room.path("home").join("client-secret");
        std::fs::write(&secret_file, CLIENT_SECRET).unwrap();
        let opener = format!("printf '%s\\\\n' $0 > {}; sleep 0.2", room.path("opened").display());
        configure(&room, &configuration(&provider, &witness, &opener, secret_file.to_str().unwrap()));
        let processes = Processes::watch(&room);
        let app = App::headless(&room).await;

        // In, out of the memory, round the refresh.
        sign_in_with_the_browser(&room, &["login", "--account", "work"]).await;
        for command in ["token", "header", "claims"] {
            run_in_sight(&room, &app, &processes, &[command, "--account", "work"]).await;
        }
        let before = provider.record().refreshes();
        assert_eq!(abide(&room, &["keep", "--account", "work"]).await.code, 0);
        eventually("a refresh", s(10), || async { (provider.record().refreshes() > before).then_some(()) })
            .await;
        sign_in_to(&room, "other").await;
        the_other_ways(&room, &provider).await;

        // What goes wrong: a provider that repeats what it was asked with, and one that takes no secret.
        witness.refuse_next(
            "400 Bad Request\ncontent-type: application/json\n\n{\"error\":\"invalid_request\",\"error_description\":\"not this one: {}\"}",
        );
        assert_eq!(abide(&room, &["keep", "--account", "other"]).await.code, 0);
        eventually("the refusal", s(10), || async {
            app.session("other").await["trouble"].is_string().then_some(())
        })
        .await;
        let trouble = app.session("other").await["trouble"].to_string();
        assert!(trouble.contains("not this one"), "{trouble}");
        let done = abide(&room, &["login", "--no-browser", "--account", "confidential"]).await;
        assert_eq!(done.code, 1, "{done:?}");

        let secrets: BTreeSet<String> = witness.secrets();
        assert!(secrets.contains(CLIENT_SECRET), "the secret was used: {secrets:?}");
        assert!(witness.passed("/par") >= 2 && witness.passed("/token") >= 8 && secrets.len() >= 24);
        assert!(
            !Needles::new(&secrets).within(format!("x{}x", witness.access_token()).as_bytes()).is_empty()
        );
        nothing_outside(&room, &processes, &secrets, std::slice::from_ref(&secret_file));
        let started: Vec<_> = processes.all().into_iter().map(|(arguments, _)| arguments).collect();
        assert!(started.iter().any(|arguments| contains(arguments, b"printf")), "the browser was seen");

        // No core is written, and nobody but root looks into the process.
        let limits = std::fs::read_to_string(format!("/proc/{}/limits", app.process())).unwrap();
        let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
        assert!(core.split_whitespace().skip(4).take(2).all(|limit| limit == "0"), "{core}");

        let held = Needles::new(&BTreeSet::from([witness.access_token()]));
        if std::fs::File::open(format!("/proc/{}/mem", app.process())).is_err() {
            abide_tests::skipped("secrets in memory", "only root may look into a process");
            return;
        }
        assert!(!memory(app.process(), &held).is_empty(), "what is held is found");

        for account in ["work", "other", "device", "bound"] {
            assert_eq!(abide(&room, &["logout", "--account", account]).await.code, 0);
        }
        let secrets = witness.secrets();
        let needles = Needles::new(&secrets);
        let mut left = Vec::new();
        // The farewells are said, and the page in the browser is served for a minute.
        for _ in 0..90 {
            left = memory(app.process(), &needles);
            if left.is_empty() {
                break;
            }
            tokio::time::sleep(s(1)).await;
        }
        assert!(left.is_empty(), "{} in memory after the sign-out: {left:#?}", left.len());
        nothing_outside(&room, &processes, &witness.secrets(), &[secret_file]);
    }
}
