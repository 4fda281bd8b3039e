//! `abide token` as a whole process.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Instant;

use abide_tests::program;
use abide_tests::providers::Provider;
use abide_tests::room::Room;

use crate::figures::{Good, Table, median, quantile};
use crate::oidc_agent::OidcAgent;

const ROUNDS: usize = 500;
const WARM_UP: usize = 20;

/// A program that is started again and again.
struct Runner {
    command: Command,
    milliseconds: Vec<f64>,
}

impl Runner {
    fn new(program: PathBuf, arguments: &[&str], environment: &[(String, String)]) -> Self {
        let mut command = Command::new(program);
        command
            .args(arguments)
            .env_clear()
            .envs(environment.iter().map(|(key, value)| (key, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        Self { command, milliseconds: Vec::new() }
    }

    fn run(&mut self, counts: bool) {
        let begun = Instant::now();
        let status = self.command.spawn().expect("start a program").wait().expect("its end");
        let took = begun.elapsed();
        assert!(status.success(), "{:?}: {status}", self.command);
        if counts {
            self.milliseconds.push(took.as_secs_f64() * 1e3);
        }
    }

    /// What it prints, to see that it does what it is measured for.
    fn prints(&mut self) -> String {
        let output = self.command.stdout(Stdio::piped()).output().expect("start a program");
        self.command.stdout(Stdio::null());
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }
}

pub(crate) async fn measure(table: &mut Table, room: &Room, provider: &Provider) {
    eprintln!("abide token as a whole process, {ROUNDS} times each");
    let environment = room.environment();
    let oidc_agent = OidcAgent::start(room, provider).await;
    let mut runners = vec![
        Runner::new(program("abide"), &["token"], environment),
        Runner::new(program("bench-nothing"), &[], environment),
        Runner::new("/bin/true".into(), &[], environment),
        Runner::new(program("abide"), &["--version"], environment),
    ];
    if let Ok(agent) = &oidc_agent {
        runners.push(Runner::new("/usr/bin/oidc-token".into(), &[OidcAgent::ACCOUNT], &agent.environment));
    }
    for index in [0].into_iter().chain(oidc_agent.is_ok().then_some(4)) {
        let token = runners[index].prints();
        let (status, _) = provider.userinfo(&token).await;
        assert_eq!(status, 200, "{:?} prints no token", runners[index].command);
    }
    for round in 0..WARM_UP + ROUNDS {
        // The order changes, so that no program is always the first or always follows the same one.
        let count = runners.len();
        for turn in 0..count {
            let turn = if round % 2 == 0 { turn } else { count - 1 - turn };
            runners[(turn + round / 2) % count].run(round >= WARM_UP);
        }
    }
    let of = |index: usize| median(&runners[index].milliseconds);
    let (token, nothing) = (of(0), of(1));
    match &oidc_agent {
        Ok(_) => {
            let beside = ("oidc-token", of(4));
            table.ratio(
                "`abide token`, whole process: median",
                "ms",
                token,
                beside,
                Some((Good::Below, 0.75)),
            );
        }
        Err(reason) => table.missing("`abide token` beside oidc-token", reason),
    }
    let beside = ("a Rust program that does nothing", nothing);
    table.ratio("`abide token`, whole process: median", "ms", token, beside, Some((Good::Below, 1.1)));
    let beside_true = ("/bin/true", of(2));
    table.ratio("`abide token`, whole process: median", "ms", token, beside_true, Some((Good::Below, 1.5)));
    table.ratio("`abide --version` (start and end alone): median", "ms", of(3), beside, None);
    let tenth = |index: usize| quantile(&runners[index].milliseconds, 0.1);
    let mut note = format!(
        "The fastest tenth of the spawns: `abide token` {:.2} ms, a program that does nothing {:.2} ms, /bin/true {:.2} ms",
        tenth(0),
        tenth(1),
        tenth(2)
    );
    if oidc_agent.is_ok() {
        note.push_str(&format!(", oidc-token {:.2} ms", tenth(4)));
    }
    table.note(note + ".");
}
