//! `./x pictures`: the pictures of the user guide, made in Chromium from the demonstration of the window (`ui/src/demo`).

use std::path::Path;
use std::process::{Command, ExitCode};

use crate::steps::{Log, Steps};
use crate::{Result, cargo, ui};

/// The width of the window in pixels.
const WIDTH: u32 = 440;

/// A picture in `docs/pictures`.
struct Picture {
    name: &'static str,
    /// The query of the demonstration page.
    scene: &'static str,
    /// In pixels.
    height: u32,
}

const PICTURES: [Picture; 14] = [
    Picture { name: "first-start", scene: "demo=demo", height: 610 },
    Picture { name: "add-account", scene: "demo=add", height: 530 },
    Picture { name: "provider-found", scene: "demo=found", height: 1000 },
    Picture { name: "signed-in", scene: "demo=closed&open", height: 1450 },
    Picture { name: "question", scene: "demo=expiring", height: 730 },
    Picture { name: "last-minutes", scene: "demo=last", height: 610 },
    Picture { name: "locked", scene: "demo=frozen", height: 370 },
    Picture { name: "several", scene: "demo=several", height: 820 },
    Picture { name: "signed-out", scene: "demo=there", height: 940 },
    Picture { name: "settings", scene: "demo=settings", height: 1320 },
    Picture { name: "asked", scene: "demo=asked", height: 690 },
    Picture { name: "tools", scene: "demo=tools", height: 1080 },
    Picture { name: "activity", scene: "demo=activity", height: 900 },
    Picture { name: "help", scene: "demo=help", height: 910 },
];

pub(crate) fn pictures() -> Result<ExitCode> {
    let mut steps = Steps::new()?;
    let pages = cargo::root().join("target/pictures");
    let built = steps.step("ui: npm packages", |log| ui::npm_install("ui", log))
        && steps.step("ui: demonstration", |log| build(&pages, log));
    if built {
        steps.step("pictures", |log| PICTURES.iter().try_for_each(|picture| take(picture, &pages, log)));
    }
    Ok(steps.code())
}

/// `./x look`: takes over the pictures of each page that the last `./x test` made, which later tests compare.
pub(crate) fn look() -> Result<ExitCode> {
    let (made, kept) = (cargo::root().join("target/acceptance/ui/reduced"), cargo::root().join("tests/look"));
    let entries = std::fs::read_dir(&made)
        .map_err(|error| format!("{}: {error}. Run ./x test look first", made.display()))?;
    let _ = std::fs::remove_dir_all(&kept);
    std::fs::create_dir_all(&kept)?;
    for entry in entries {
        let entry = entry?;
        std::fs::copy(entry.path(), kept.join(entry.file_name()))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Builds the demonstration with relative addresses, so that it can be opened from the disk.
fn build(pages: &Path, log: &mut Log) -> Result {
    let pages = pages.to_string_lossy();
    let options =
        ["exec", "--", "vite", "build", "--mode", "demo", "--base", "./", "--emptyOutDir", "--outDir"];
    let mut command = ui::npm("ui", &options);
    command.arg(&*pages);
    log.command(command)
}

fn take(picture: &Picture, pages: &Path, log: &mut Log) -> Result {
    let file = cargo::root().join("docs/pictures").join(format!("{}.png", picture.name));
    let mut command = Command::new("chromium");
    command
        // Its sandbox does not work as root. The page is our own, from the disk.
        .args(["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"])
        .args(["--allow-file-access-from-files", "--virtual-time-budget=3000"])
        .arg(format!("--window-size={WIDTH},{}", picture.height))
        .arg(format!("--screenshot={}", file.display()))
        .arg(format!("file://{}/demo.html?{}", pages.display(), picture.scene));
    log.command(command)
}
