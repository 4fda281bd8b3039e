//! The agent is killed repeatedly, wherever a refresh touches the disk or the provider, and still has its session
//! afterwards. `ABIDE_CRASHES` sets how often; `./x crash` does it at least 2,000 times.
#![allow(clippy::unwrap_used, clippy::expect_used)]
#![allow(
    clippy::print_stdout,
    reason = "how often, and with which seed, stands beside the count of the tests"
)]

#[cfg(not(target_os = "linux"))]
#[test]
fn crash_safety() {
    abide_tests::skipped("crash_safety", "the keyring of the tests is a Linux program");
}

#[cfg(target_os = "linux")]
mod crash_safety {
    mod bench;
    mod one_refresh;

    use std::collections::BTreeSet;

    use abide_tests::room::Room;
    use abide_tests::{s, skipped};
    use bench::{Bench, Chance, Fate, crashes, prepared, with_a_passphrase};

    /// The percentage of kills at named places; the others are at random moments.
    const AT_PLACES: usize = 50;

    const RELEASED: &str = "programs that are handed out have no places at which a test could end them";

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn killed_at_every_boundary_of_a_refresh_the_session_is_there() {
        if std::env::var_os("ABIDE_TEST_PROGRAMS").is_some() {
            return skipped("killed_at_every_boundary_of_a_refresh_the_session_is_there", RELEASED);
        }
        let room = prepared(Room::with_keyring("crash-places").await);
        let mut bench = Bench::signed_in(&room, "").await;
        let wanted = crashes() * AT_PLACES / 100;
        // The places that a refresh passes, each as often as it does.
        let route = bench.route().await;
        let passed: BTreeSet<&str> = route.iter().map(|(name, _)| name.as_str()).collect();
        let all: BTreeSet<&str> = abide_failpoint::ALL.iter().copied().collect();
        assert_eq!(passed, all, "a refresh passes every place that has a name");
        let mut died_at = BTreeSet::new();
        for (name, times) in route.iter().cycle() {
            if bench.kills() >= wanted && died_at.len() == all.len() {
                break;
            }
            let fate = bench.refresh_until_killed_at(name, *times).await;
            if fate != Fate::Missed {
                died_at.insert(name.as_str());
            }
            bench.comes_back(fate).await;
        }
        println!("{}", bench.summary());
        assert!(bench.missed() * 20 < bench.kills(), "{}", bench.summary());
        assert!(bench.lost() > 0, "the window was looked through: {}", bench.summary());
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn killed_at_random_moments_the_session_is_there() {
        if std::env::var_os("ABIDE_TEST_PROGRAMS").is_some() {
            return skipped("killed_at_random_moments_the_session_is_there", RELEASED);
        }
        let room = prepared(Room::without_keyring("crash-random").await);
        let mut bench = Bench::signed_in(&room, &with_a_passphrase(&room)).await;
        let wanted = crashes() - crashes() * AT_PLACES / 100;
        let mut chance = Chance::new();
        let refresh = bench.duration_of_a_refresh().await;
        while bench.kills() < wanted {
            let moment = refresh.mul_f64(chance.fraction());
            let fate = bench.refresh_until(moment).await;
            // A start is a good moment too: it reads, and finishes interrupted writes.
            if chance.fraction() < 0.3 {
                bench.start_until(s(1).mul_f64(chance.fraction() * 0.08)).await;
            }
            bench.comes_back(fate).await;
        }
        println!("{}", bench.summary());
    }
}
