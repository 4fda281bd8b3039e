//! The agent without a desktop.

use std::time::Duration;

use tokio::sync::broadcast;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};

use crate::agent::Agent;
use crate::options::Options;
#[cfg(unix)]
use crate::platform::hangup;
use crate::platform::log;
use crate::runtime::start::StartError;
use crate::state::event::Event;

/// Why the headless agent did not run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HeadlessError {
    /// Not even a home directory is known.
    #[error("Abide does not know where your home directory is. Set HOME and try again.")]
    NoHome,
    /// The runtime could not be started.
    #[error("Abide cannot start: {0}")]
    Runtime(#[from] std::io::Error),
    /// The agent could not be started.
    #[error(transparent)]
    Start(#[from] StartError),
}

/// How long the end waits for what runs beside the event loop. Everything that lasts is written before.
const LONGEST_END: Duration = Duration::from_secs(2);

/// Writes the log to standard error, as `ABIDE_LOG` says; warnings without it. A second call does nothing.
pub fn start_log() {
    log::start();
}

/// Runs until it is told to stop: by a signal, or by `abide`. `started` is told the port on 127.0.0.1. `passphrase_fd` is the
/// file descriptor that the passphrase of the vault is read from, if it is one.
///
/// # Errors
///
/// When the agent cannot start.
pub fn run_headless(passphrase_fd: Option<u32>, started: impl FnOnce(u16)) -> Result<(), HeadlessError> {
    start_log();
    let options = Options { passphrase_fd, ..Options::of_this_user(false).ok_or(HeadlessError::NoHome)? };
    // One thread: an agent waits nearly all the time, and a second one costs memory.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let successor = runtime.block_on(async {
        let agent = Agent::start(options).await?;
        let mut events = agent.events();
        started(agent.port());
        let successor = tokio::select! {
            result = told_to_stop() => result.map(|()| None)?,
            successor = async {
                loop {
                    match events.recv().await {
                        Ok(Event::Quit) | Err(RecvError::Closed) => return None,
                        Ok(Event::Replaced) => {
                            let successor = agent.hand_over().await;
                            if quits(&mut events) {
                                return None;
                            }
                            if successor.is_some() {
                                return successor;
                            }
                        }
                        _ => {}
                    }
                }
            } => successor,
        };
        if successor.is_none() {
            agent.stop().await;
        }
        Ok::<_, HeadlessError>(successor)
    });
    // A look at a program or a disk may hang forever.
    runtime.shutdown_timeout(LONGEST_END);
    match successor? {
        Some(successor) => Err(successor.start().into()),
        None => Ok(()),
    }
}

/// Whether the wish to quit is among the events that came while this program made way.
fn quits(events: &mut broadcast::Receiver<Event>) -> bool {
    loop {
        match events.try_recv() {
            Ok(Event::Quit) | Err(TryRecvError::Closed) => return true,
            Ok(_) | Err(TryRecvError::Lagged(_)) => {}
            Err(TryRecvError::Empty) => return false,
        }
    }
}

/// Returns when the system or the terminal tells this program to stop. A SIGHUP that was ignored at the start (nohup) stays ignored.
///
/// # Errors
///
/// When signals cannot be received.
#[cfg(unix)]
pub async fn told_to_stop() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let mut quit = signal(SignalKind::quit())?;
    // The terminal was closed, or the connection to it was lost. Asked first: to listen for it is to ignore it no more.
    let mut hangup = (!hangup::is_ignored()).then(|| signal(SignalKind::hangup())).transpose()?;
    let hung_up = async {
        match &mut hangup {
            Some(hangup) => drop(hangup.recv().await),
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
        _ = quit.recv() => {}
        () = hung_up => {}
    }
    Ok(())
}

#[cfg(windows)]
pub(crate) async fn told_to_stop() -> std::io::Result<()> {
    tokio::signal::ctrl_c().await
}

#[cfg(test)]
mod tests {
    #![allow(clippy::expect_used)]
    use super::*;

    /// A terminal that is closed ends the agent as `abide` does: with its files removed and its sessions written down.
    #[cfg(unix)]
    #[tokio::test]
    async fn a_closed_terminal_is_an_order_to_stop() {
        use rustix::process::{Signal, getpid, kill_process};
        for signal in [Signal::HUP, Signal::QUIT, Signal::TERM] {
            if signal == Signal::HUP && hangup::is_ignored() {
                continue;
            }
            let told = tokio::spawn(told_to_stop());
            // It listens from its first step on.
            tokio::task::yield_now().await;
            kill_process(getpid(), signal).expect("a signal to oneself");
            let told = tokio::time::timeout(Duration::from_secs(10), told).await;
            assert!(matches!(told, Ok(Ok(Ok(())))), "{signal:?}: {told:?}");
        }
    }

    #[test]
    fn quitting_while_the_program_makes_way_is_not_lost() {
        let (events, mut received) = broadcast::channel(8);
        assert!(!quits(&mut received));
        let _ = events.send(Event::Replaced);
        assert!(!quits(&mut received));
        let _ = (events.send(Event::Quit), events.send(Event::Replaced));
        assert!(quits(&mut received));
    }
}
