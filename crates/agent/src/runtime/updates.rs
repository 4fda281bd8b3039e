//! Looks for newer versions of Abide, if the user or an administrator has switched that on, and installs them where Abide can: in place
//! of the AppImage that it is in. The new file then takes over as any that is installed (`upgrade.rs`), so a session survives, and a
//! question or a sign-in is waited for.

use std::time::Duration;

use abide_oidc::Proxy;
use abide_wire::UpdateMode;

use crate::agent::Agent;
use crate::config::edit::ConfigFile;
use crate::platform::installed::{Installed, Unfit};
use crate::state::event::Event;
use crate::state::under_way::UnderWay;
use crate::updates::{Announced, Client, Failure, File, Source, candidate, running_version};
use crate::view::notices;

/// When it is looked for newer versions.
struct Pace {
    /// After a start, and after it was switched on. The start of a working day is not the same moment for all.
    first: Duration,
    every: Duration,
    /// The random part of both.
    spread: Duration,
    /// How often it is seen whether what is under way has ended.
    pause: Duration,
}

const DAILY: Pace = Pace {
    first: Duration::from_secs(60),
    every: Duration::from_secs(24 * 60 * 60),
    spread: Duration::from_secs(15 * 60),
    pause: Duration::from_secs(60),
};

/// For a test.
#[cfg(debug_assertions)]
const QUICK: Pace = Pace {
    first: Duration::from_millis(100),
    every: Duration::from_millis(300),
    spread: Duration::from_millis(1),
    pause: Duration::from_millis(300),
};

fn pace() -> Pace {
    #[cfg(debug_assertions)]
    if std::env::var_os("ABIDE_TEST_UPDATE_URL").is_some() {
        return QUICK;
    }
    DAILY
}

/// Looks for newer versions until it is aborted.
pub(crate) async fn follow(agent: Agent) {
    let source = Source::of_this_build();
    let updates = &agent.0.store.updates;
    let image = agent.0.installed.as_ref().filter(|installed| installed.image().is_some());
    updates.can(source.as_ref().map(Source::host), image.is_some());
    agent.0.store.show();
    if let Some(program) = image.and_then(Installed::image) {
        // This program may have ended while it fetched one.
        let _ = std::fs::remove_file(candidate(program));
    }
    let Some(source) = source else { return };
    let (mut mode, pace) = (updates.mode(), pace());
    let mut wait = pace.first;
    loop {
        let wanted = *mode.borrow_and_update();
        if wanted == UpdateMode::Off {
            if mode.changed().await.is_err() {
                return;
            }
            wait = pace.first;
            continue;
        }
        tokio::select! {
            () = tokio::time::sleep(wait + random(pace.spread)) => {}
            changed = mode.changed() => {
                if changed.is_err() {
                    return;
                }
                wait = pace.first;
                continue;
            }
        }
        look(&agent, &source, wanted, image, &pace).await;
        agent.0.store.show();
        wait = pace.every;
    }
}

async fn look(agent: &Agent, source: &Source, mode: UpdateMode, image: Option<&Installed>, pace: &Pace) {
    // A newer file is there already, and waits until it can take over.
    if image.is_some_and(|image| image.replaced().is_some()) {
        return;
    }
    let store = &agent.0.store;
    let client = Client::new(source, proxy(agent).await);
    let found = client.look(&running_version(), &target(image.is_some())).await;
    if let Err(error) = &found {
        tracing::warn!(%error, "newer versions of Abide were not found");
    }
    let version = found.as_ref().map(|found| found.as_ref().map(|found| found.version.clone()));
    let is_news = store.updates.found(version.map_err(Failure::problem));
    let Ok(Some(found)) = found else { return };
    if let (UpdateMode::Install, Some(image), Announced { version, file: Some(file) }) = (mode, image, &found)
    {
        let installed = install(agent, &client, image, version, file, pace).await;
        match &installed {
            Ok(()) => tracing::info!(version, "a newer version is installed"),
            Err(error) => tracing::warn!(version, %error, "a newer version was not installed"),
        }
        store.updates.installed(installed.map_err(|error| error.problem()));
    } else if is_news {
        tracing::info!(version = found.version, "there is a newer version");
        let notice = notices::newer_version(store.spoken.language(), &found.version);
        let _ = store.events.send(Event::Notice(notice));
    }
}

/// Puts the file of a newer version in place of this one, if it starts here.
async fn install(
    agent: &Agent,
    client: &Client<'_>,
    image: &Installed,
    version: &str,
    file: &File,
    pace: &Pace,
) -> Result<(), Failure> {
    let Some(program) = image.image() else { return Ok(()) };
    if image.is_exposed() {
        return Err(Failure::NotWritten(std::io::ErrorKind::PermissionDenied.into()));
    }
    let new = candidate(program);
    client.fetch(file, &new).await?;
    let installed = async {
        match image.ask_another(&new, abide_vault::FORMAT).await {
            Ok(answer) if answer == version => {}
            Ok(answer) => return Err(Failure::Damaged(format!("the file is version {answer}"))),
            Err(Unfit::WouldNotStart(why)) => return Err(Failure::WouldNotStart(why)),
            Err(why) => return Err(Failure::WouldNotStart(why.to_string())),
        }
        // The user may be in the middle of something, and a program that is started now should be the one that runs.
        while agent.under_way().await.is_some_and(UnderWay::concerns_the_user) {
            tokio::time::sleep(pace.pause).await;
        }
        // It may have been switched off meanwhile.
        if *agent.0.store.updates.mode().borrow() != UpdateMode::Install {
            let _ = std::fs::remove_file(&new);
            return Ok(());
        }
        image.put(&new).map_err(Failure::NotWritten)
    }
    .await;
    if installed.is_err() {
        let _ = std::fs::remove_file(&new);
    }
    installed
}

/// The name of the file for this system.
fn target(is_image: bool) -> String {
    let package = if is_image { "appimage" } else { "package" };
    format!("{}-{}-{package}", std::env::consts::OS, std::env::consts::ARCH)
}

/// Through whom providers are reached.
async fn proxy(agent: &Agent) -> Proxy {
    let file = ConfigFile::read_aside(&agent.0.store.options).await;
    file.ok().and_then(|file| file.config.proxy).unwrap_or_default()
}

fn random(most: Duration) -> Duration {
    let part = getrandom::u32().map_or(0.5, |number| f64::from(number) / f64::from(u32::MAX));
    most.mul_f64(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pauses_are_not_the_same_for_all() {
        let all: Vec<Duration> = (0..20).map(|_| random(DAILY.spread)).collect();
        assert!(all.iter().all(|one| *one <= DAILY.spread));
        assert!(all.iter().any(|one| *one != all[0]));
    }
}
