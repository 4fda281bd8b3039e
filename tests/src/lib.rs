//! Abide, end to end. The library is the test bench for the tests in `tests/`. It starts, watches and ends real parts, and
//! asserts nothing about Abide itself:
//!
//! - [`room`]: a user's private environment (folders, D-Bus session, keyring), separate from that of the person who runs the
//!   tests;
//! - [`desktop`]: the same with a display, a window manager, a panel and a notification server;
//! - [`tray`], [`dialog`], [`notices`]: what a person sees there, read over the interfaces of the desktop and of screen
//!   readers;
//! - [`session_control`]: logind and a screensaver, simulated by python-dbusmock;
//! - [`browser`], [`firefox`]: Chromium and Firefox, each controlled through its debugging protocol; [`tab`]: what both can
//!   do;
//! - [`web_driver`]: the page of Abide's window, through WebKitGTK's driver;
//! - [`providers`]: the demo provider, `oidc-provider` from npm, `django-oidc-provider` from PyPI, Keycloak;
//! - [`shelf`]: a server with files for requests with a valid token;
//! - [`tool`]: tools and SDKs of others that get their tokens from Abide;
//! - [`witness`]: a proxy that sees the traffic between Abide and a provider;
//! - [`app`]: Abide's two programs;
//! - [`seen`]: the notes of the tests for the documents.
//!
//! Every wait is for a condition, with a time limit ([`eventually`]), and everything that was started is ended when its
//! owner is dropped.

// Test support: a failed expectation is a failed test, with a message.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[cfg(target_os = "linux")]
pub mod app;
#[cfg(target_os = "linux")]
pub mod browser;
#[cfg(target_os = "linux")]
pub mod desktop;
#[cfg(target_os = "linux")]
pub mod dialog;
#[cfg(target_os = "linux")]
pub mod firefox;
#[cfg(target_os = "linux")]
pub mod form;
#[cfg(target_os = "linux")]
pub mod login;
#[cfg(target_os = "linux")]
pub mod notices;
#[cfg(target_os = "linux")]
pub mod owned;
#[cfg(target_os = "linux")]
pub mod providers;
#[cfg(target_os = "linux")]
pub mod raw_http;
#[cfg(target_os = "linux")]
pub mod room;
#[cfg(target_os = "linux")]
pub mod seen;
#[cfg(target_os = "linux")]
pub mod session_control;
#[cfg(target_os = "linux")]
pub mod shelf;
#[cfg(target_os = "linux")]
pub mod tab;
#[cfg(target_os = "linux")]
pub mod tool;
#[cfg(target_os = "linux")]
pub mod tray;
#[cfg(target_os = "linux")]
pub mod web_driver;
#[cfg(target_os = "linux")]
pub mod witness;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Waits until `probe` finds something, looking again every 50 ms.
///
/// # Panics
///
/// When nothing was found `within` that time; the message says what was waited for.
pub async fn eventually<T, F, Fut>(what: &str, within: Duration, mut probe: F) -> T
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Option<T>>,
{
    let started = Instant::now();
    loop {
        if let Some(found) = probe().await {
            return found;
        }
        assert!(started.elapsed() < within, "waited {} s for {what}", within.as_secs());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Seconds, for deadlines.
#[must_use]
pub const fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Reports that a test cannot run here, in the form that `./x test` counts. Written past the test harness, which would hide
/// the output of a test that passes.
pub fn skipped(name: &str, reason: &str) {
    let _ = writeln!(std::io::stdout().lock(), "skipped: {name}: {reason}");
}

/// The folder `target/acceptance/NAME` for pictures and logs of a test, created.
///
/// # Panics
///
/// When it cannot be created.
#[must_use]
pub fn evidence(name: &str) -> PathBuf {
    let folder = workspace().join("target/acceptance").join(name);
    std::fs::create_dir_all(&folder).expect("create the folder for screenshots");
    folder
}

/// The root of the workspace.
///
/// # Panics
///
/// Never: this package lies in a folder of the workspace.
#[must_use]
pub fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace's root")
}

/// The path of a built program of this workspace: in `ABIDE_TEST_PROGRAMS` if that is set, otherwise beside the running
/// test.
///
/// # Panics
///
/// When it was not built.
#[must_use]
pub fn program(name: &str) -> PathBuf {
    let folder = std::env::var_os("ABIDE_TEST_PROGRAMS").map_or_else(
        || {
            let test = std::env::current_exe().expect("the path of the running test");
            test.ancestors().nth(2).expect("the folder of the built programs").to_path_buf()
        },
        PathBuf::from,
    );
    let path = folder.join(name).with_extension(std::env::consts::EXE_EXTENSION);
    assert!(path.is_file(), "{} is not built; `cargo build --workspace` builds it", path.display());
    path
}

/// Copies a program that the test starts. Not with `std::fs::copy`: what this process has open to write, a child that another thread
/// starts has for a moment, too, and it cannot be run then (ETXTBSY).
///
/// # Panics
///
/// When it could not be copied.
pub fn copy_program(from: impl AsRef<Path>, to: impl AsRef<Path>) {
    let copied = std::process::Command::new("cp").arg(from.as_ref()).arg(to.as_ref()).status();
    assert!(copied.is_ok_and(|done| done.success()), "{} was not copied", from.as_ref().display());
}

/// An HTTP client for the loopback interface: no proxy, no redirects followed, ten seconds at most.
///
/// # Panics
///
/// When the client cannot be made.
#[must_use]
pub fn http() -> reqwest::Client {
    http_builder().build().expect("an HTTP client")
}

fn http_builder() -> reqwest::ClientBuilder {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).timeout(s(10))
}

/// A port on loopback that was free a moment ago.
///
/// # Panics
///
/// When there is none.
#[must_use]
pub fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    listener.local_addr().expect("its number").port()
}
