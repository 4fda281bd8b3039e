//! A provider that makes every mistake, one at a time, and the programs that sign in there: the agent, the command, and a
//! browser that is a plain HTTP client.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[cfg(not(target_os = "linux"))]
#[test]
fn hostile_provider() {
    abide_tests::skipped("hostile_provider", "the keyring of the tests is a Linux program");
}

#[cfg(target_os = "linux")]
mod hostile_provider {
    macro_rules! ensure {
        ($holds:expr, $($words:tt)+) => {
            if !$holds {
                return Err(format!($($words)+));
            }
        };
    }

    mod case;
    mod cases;
    mod device;
    mod lane;
    mod raw;
    mod registering;
    mod stand_in;
    mod table;

    use std::collections::BTreeSet;
    use std::io::Write as _;
    use std::time::Instant;

    use abide_tests::app::{App, abide_at_terminal, configure};
    use abide_tests::room::Room;
    use futures_util::future::join_all;

    use self::case::{Account, Case};
    use self::lane::Lane;
    use self::stand_in::StandIn;

    /// The number of providers and sign-ins at once.
    const LANES: usize = 8;

    /// The cases to run. Parts of their names in the environment, separated by commas, select some.
    fn chosen() -> (Vec<Case>, bool) {
        let all = cases::all();
        let Ok(part) = std::env::var("ABIDE_TEST_HOSTILE") else { return (all, true) };
        let wanted = |case: &Case| part.split(',').any(|part| case.name.contains(part));
        (all.into_iter().filter(wanted).collect(), false)
    }

    /// A name of the Foundation's is one that its suite has.
    fn named_as_the_suite_names_them(cases: &[Case]) {
        let named = cases.iter().filter_map(|case| case.name.strip_prefix("oidcc-client-test-"));
        assert_eq!(named.collect::<BTreeSet<_>>(), cases::SUITE.into_iter().collect());
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn whatever_the_provider_gets_wrong_is_refused_with_its_own_code() {
        let began = Instant::now();
        raw::start().await;
        let (cases, whole) = chosen();
        named_as_the_suite_names_them(&cases::all());
        let mut names = BTreeSet::new();
        let twice: Vec<&String> =
            cases.iter().map(|case| &case.name).filter(|name| !names.insert(*name)).collect();
        assert!(twice.is_empty(), "no two cases have one name: {twice:?}");
        let room = Room::with_keyring("hostile-provider").await;
        let stand_in = StandIn::new(&room);
        let rsa = cases.iter().any(|case| case.account == Account::Rsa);
        let lanes = join_all((0..LANES).map(|number| Lane::start(number, rsa))).await;
        let accounts: String = lanes.iter().map(Lane::accounts).collect();
        configure(&room, &format!("{}[endpoint]\nport = 0\n\n{accounts}", stand_in.setting()));
        std::fs::write(lane::secret_file(), lane::SECRET).expect("write the client secret");
        let app = App::headless(&room).await;
        let key = abide_at_terminal(&room, &["clients", "allow", "test", "--plain"]).await.stdout;
        let key =
            key.lines().find_map(|line| line.split_whitespace().find(|word| word.starts_with("abide_")));
        let key = key.expect("a key").to_owned();

        let runs = lanes.iter().map(|lane| {
            let mine: Vec<&Case> = cases
                .iter()
                .enumerate()
                .filter(|(at, case)| lane.takes(*at, case))
                .map(|(_, case)| case)
                .collect();
            lane.run_all(&room, &app, &stand_in, &key, mine)
        });
        let results: Vec<_> = join_all(runs).await.into_iter().flatten().collect();
        assert_eq!(results.len(), cases.len(), "every case was run once");
        let failures: Vec<String> = results.iter().filter_map(|(_, outcome)| outcome.clone().err()).collect();
        let took = began.elapsed().as_secs_f32();
        let _ = writeln!(std::io::stderr(), "{} cases in {took:.1} s", cases.len());
        assert!(failures.is_empty(), "{} cases failed:\n{}", failures.len(), failures.join("\n"));
        assert_eq!(stand_in.left(), Vec::<String>::new(), "the browser was not opened once more");
        if whole {
            assert!(cases.len() >= 300, "{} cases", cases.len());
            table::compare(&cases);
        }
    }
}
