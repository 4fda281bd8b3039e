//! The tray application beside a tray that does nothing else: how long until it is there, and what it weighs.

use std::time::{Duration, Instant};

use abide_tests::app::{App, configure, one_account};
use abide_tests::desktop::{Desktop, Look};
use abide_tests::owned::Owned;
use abide_tests::room::Room;
use abide_tests::{eventually, login, program, s};
use futures_util::StreamExt as _;

use crate::figures::{Good, Table, median, provider};
use crate::processes;

/// Turns that the two take.
const ROUNDS: usize = 9;
/// After this time a program that has started has come to rest.
const REST: Duration = Duration::from_secs(4);

/// One of the two, and what was seen of it.
struct Trayed {
    program: std::path::PathBuf,
    milliseconds: Vec<f64>,
    proportional: Vec<f64>,
    written: Vec<f64>,
}

impl Trayed {
    fn new(name: &str) -> Self {
        let (milliseconds, proportional, written) = Default::default();
        Self { program: program(name), milliseconds, proportional, written }
    }

    async fn turn(&mut self, room: &Room) {
        let (took, program) = until_registered(room, &self.program).await;
        self.milliseconds.push(took.as_secs_f64() * 1e3);
        tokio::time::sleep(REST).await;
        self.proportional.push(processes::proportional(program.id()));
        self.written.push(processes::written(program.id()));
        end(program).await;
    }
}

/// Starts the program and waits until the panel's watcher announces its icon.
async fn until_registered(room: &Room, path: &std::path::Path) -> (Duration, Owned) {
    let watcher = zbus::Proxy::new(
        room.bus(),
        "org.kde.StatusNotifierWatcher",
        "/StatusNotifierWatcher",
        "org.kde.StatusNotifierWatcher",
    )
    .await
    .expect("the watcher of tray icons");
    let mut registered = watcher.receive_signal("StatusNotifierItemRegistered").await.expect("its signals");
    let begun = Instant::now();
    let program = room.start::<&str>(path, &[]);
    let signal = tokio::time::timeout(s(30), registered.next()).await;
    let took = begun.elapsed();
    assert!(matches!(signal, Ok(Some(_))), "no tray icon within 30 s:\n{}", program.output());
    (took, program)
}

/// Asks the program to end and waits until it has.
async fn end(mut program: Owned) {
    program.terminate();
    let program = std::cell::RefCell::new(&mut program);
    eventually("the program to end", s(10), || async { program.borrow_mut().ended() }).await;
}

pub(crate) async fn measure(table: &mut Table) {
    eprintln!("start to tray, and memory, {ROUNDS} turns each");
    let provider = provider().await;
    let desktop = Desktop::start("bench-tray", Look::Light).await;
    let room = desktop.room();
    configure(room, &one_account(provider.issuer(), None, ""));
    {
        let app = App::desktop(room).await;
        login::sign_in(room).await;
        app.quit().await;
    }
    let mut abide = Trayed::new("abide-desktop");
    let mut bare = Trayed::new("examples/bare-tray");
    // The first turns read the programs and their libraries from the disk.
    for trayed in [&mut abide, &mut bare] {
        end(until_registered(room, &trayed.program).await.1).await;
    }
    for round in 0..ROUNDS {
        let (first, second) = if round % 2 == 0 { (&mut abide, &mut bare) } else { (&mut bare, &mut abide) };
        first.turn(room).await;
        second.turn(room).await;
    }
    let beside = |value| ("a Tauri tray that does nothing else", value);
    table.ratio(
        "Start to tray, a session in the vault: median",
        "ms",
        median(&abide.milliseconds),
        beside(median(&bare.milliseconds)),
        Some((Good::Below, 1.5)),
    );
    table.ratio(
        "Memory without a window: PSS",
        "MB",
        median(&abide.proportional),
        beside(median(&bare.proportional)),
        Some((Good::Below, 1.2)),
    );
    table.ratio(
        "of it written to and its own",
        "MB",
        median(&abide.written),
        beside(median(&bare.written)),
        None,
    );
}
