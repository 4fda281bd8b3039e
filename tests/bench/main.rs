//! Measures what docs/performance.md tells, and prints it: `abide-bench [--dev] [PART...]`. `./x bench` builds everything
//! and starts this.
//!
//! Nothing is measured alone: what Abide does and what it is set beside take turns, so that whatever else the machine
//! does hits both alike, and what counts is the ratio. The programs are those in the folder `ABIDE_TEST_PROGRAMS`.
#![allow(clippy::print_stdout, clippy::print_stderr)] // the table goes to standard output, progress to standard error
#![allow(clippy::unwrap_used, clippy::expect_used)] // what is expected and not there ends the measurement

#[cfg(target_os = "linux")]
mod countdown;
#[cfg(target_os = "linux")]
mod crowd;
#[cfg(target_os = "linux")]
mod endpoint;
#[cfg(target_os = "linux")]
mod figures;
#[cfg(target_os = "linux")]
mod forwarding;
#[cfg(target_os = "linux")]
mod oidc_agent;
#[cfg(target_os = "linux")]
mod processes;
#[cfg(target_os = "linux")]
mod sessions;
#[cfg(target_os = "linux")]
mod spawns;
#[cfg(target_os = "linux")]
mod tray;

#[cfg(not(target_os = "linux"))]
fn main() -> std::process::ExitCode {
    eprintln!("abide-bench reads /proc, so it runs on Linux only.");
    std::process::ExitCode::from(2)
}

#[cfg(target_os = "linux")]
#[tokio::main(flavor = "current_thread")]
async fn main() -> std::process::ExitCode {
    const PARTS: [&str; 7] = ["sessions", "spawn", "endpoint", "proxy", "crowd", "tray", "countdown"];
    let mut parts: Vec<String> = std::env::args().skip(1).collect();
    if let Some(unknown) = parts.iter().find(|part| !PARTS.contains(&part.as_str())) {
        eprintln!("abide-bench: there is no part \"{unknown}\"; the parts are {}", PARTS.join(", "));
        return std::process::ExitCode::from(2);
    }
    if parts.is_empty() {
        parts = PARTS.map(str::to_owned).to_vec();
    }
    let wanted = |part: &str| parts.iter().any(|wanted| wanted == part);
    let mut table = figures::Table::default();
    if wanted("sessions") {
        sessions::measure(&mut table);
    }
    if wanted("spawn") || wanted("endpoint") || wanted("proxy") {
        headless(&mut table, wanted).await;
    }
    if wanted("crowd") {
        crowd::measure(&mut table).await;
    }
    if wanted("tray") {
        tray::measure(&mut table).await;
    }
    if wanted("countdown") {
        countdown::measure(&mut table).await;
    }
    print!("{table}");
    std::process::ExitCode::SUCCESS
}

/// Everything that is asked of the agent without a desktop, and what it has come to weigh in the end.
#[cfg(target_os = "linux")]
async fn headless(table: &mut figures::Table, wanted: impl Fn(&str) -> bool) {
    use abide_tests::app::{App, configure, one_account};
    use abide_tests::{login, room::Room};

    let provider = figures::provider().await;
    let room = Room::with_keyring("bench").await;
    let mut config = one_account(provider.issuer(), None, "");
    let upstream = if wanted("proxy") { Some(forwarding::upstream(&room, &mut config).await) } else { None };
    configure(&room, &config);
    let app = App::headless(&room).await;
    login::sign_in(&room).await;
    if wanted("spawn") {
        spawns::measure(table, &room, &provider).await;
    }
    if wanted("endpoint") {
        endpoint::measure(table, &room, &app).await;
    }
    if let Some((server, port)) = &upstream {
        forwarding::measure(table, &room, &app, (server.id(), *port)).await;
    }
    tokio::time::sleep(abide_tests::s(2)).await;
    let resident = processes::resident(app.process());
    table.at_most("Headless agent, signed in, after all of the above: RSS", "MB", resident, 12.0);
}
