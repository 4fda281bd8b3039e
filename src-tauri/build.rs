//! Prepares the window's pages, its permissions and the resources of the program.

use std::path::Path;
use std::{env, fs, io, process};

/// What the window may ask for: each becomes a permission that `capabilities/main.json` names.
const COMMANDS: &[&str] = &[
    "snapshot",
    "sign_in",
    "cancel_sign_in",
    "sign_out",
    "keep",
    "remind_later",
    "open_monitor",
    "answer",
    "claims",
    "settings",
    "change_settings",
    "change_language",
    "change_updates",
    "presets",
    "account_link",
    "discover",
    "add_account",
    "remove_account",
    "undo_removal",
    "rename_account",
    "order_accounts",
    "diagnosis",
    "kept_grants",
    "answer_consent",
    "stop_grant",
    "revoke_grant",
    "restore_grant",
    "activity",
    "activity_day",
    "verify_record",
    "export_record",
];

/// A replacement for the window in a debug build, so that the rest can be checked and run without Node.
const UNBUILT: &str = "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>Abide</title>\n\
                       <p>The window has not been built. Run <code>./x ui</code>.</p>\n</html>\n";

#[allow(clippy::print_stdout)] // Build scripts speak to cargo on standard output.
fn main() {
    let page = Path::new("ui/dist/index.html");
    println!("cargo:rerun-if-changed=ui/dist");
    if !page.exists() {
        if env::var("PROFILE").is_ok_and(|profile| profile == "release") {
            fail("the window has not been built: run ./x ui first, then this again.");
        }
        if let Err(error) = write_unbuilt(page) {
            fail(&format!("ui/dist/index.html cannot be written: {error}"));
        }
        println!(
            "cargo:warning=The window has not been built; a page that explains this replaces it. Run ./x ui."
        );
    }
    let attributes = tauri_build::Attributes::new()
        .capabilities_path_pattern("./src-tauri/capabilities/**/*")
        .app_manifest(tauri_build::AppManifest::new().commands(COMMANDS));
    if let Err(error) = tauri_build::try_build(attributes) {
        fail(&format!("{error:#}"));
    }
}

fn write_unbuilt(page: &Path) -> io::Result<()> {
    if let Some(folder) = page.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(page, UNBUILT)
}

#[allow(clippy::print_stderr)]
fn fail(message: &str) -> ! {
    eprintln!("{message}");
    process::exit(1);
}
