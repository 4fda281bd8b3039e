//! The joint between the agent and what the user sees: snapshots in one direction, choices in the other.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use abide_agent::{Agent, Event, StartError, Successor};
use abide_locale::desktop as texts;
use abide_wire::{AccountLink, ErrorAnswer, Language, Notice, NoticeKind, SessionStatus, Snapshot};
use tauri::{AppHandle, Emitter as _, Manager as _};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::notices::{Board, Choice, Deed, Notices};
use crate::question::{self, Asker};
use crate::tray::{self, Action, Handlers, Tray, View};
use crate::{consent, platform, window};

/// How long quitting waits for the agent to write down what it has to. A provider may still have to answer, which takes up to ten
/// seconds of it.
const LONGEST_GOODBYE: Duration = Duration::from_secs(16);

/// Waits for the agent and then follows it until the program ends.
///
/// `runtime` is the agent's folder for what is there only while it runs.
pub(crate) async fn begin(
    app: AppHandle,
    starting: JoinHandle<Result<Agent, StartError>>,
    runtime: PathBuf,
    link: Option<AccountLink>,
) {
    let reason = match starting.await {
        Ok(Ok(agent)) => {
            return follow(app, agent, &runtime, link).await;
        }
        Ok(Err(StartError::AlreadyRunning(owner))) => {
            platform::say(&format!("Abide is already running{owner}. Its window has been asked to open."));
            return app.exit(0);
        }
        Ok(Err(error)) => error.to_string(),
        Err(error) => format!("It stopped while it started: {error}."),
    };
    tracing::error!(%reason, "the agent did not start");
    platform::say(&reason);
    let ending = app.clone();
    let shown = app.run_on_main_thread(move || {
        platform::alarm(&texts::start_failed(abide_locale::of_system()), &reason);
        ending.exit(1);
    });
    if shown.is_err() {
        app.exit(1);
    }
}

/// The notifications on the screen.
struct Told(Mutex<Notices<Board>>);

async fn follow(app: AppHandle, agent: Agent, runtime: &Path, link: Option<AccountLink>) {
    let mut snapshots = agent.watch();
    let mut events = agent.events();
    let (answer, mut answers) = mpsc::unbounded_channel();
    let mut asker = Asker::new(question::dialog(&app), {
        let answer = answer.clone();
        move |questions, keep| {
            let _ = answer.send((questions, keep));
        }
    });
    let mut consents = consent::Asker::new(consent::dialog(&app), {
        let agent = agent.clone();
        move |question, answer| {
            if let Err(refused) = agent.answer_consent(question, answer) {
                tracing::info!(code = refused.error.as_str(), "an answer about a program came too late");
            }
        }
    });
    let board = Board::new(&app, runtime, {
        let app = app.clone();
        move |deed| match deed {
            // Where the user is waited for.
            Deed::Open => match app.try_state::<Agent>() {
                Some(agent) if !agent.snapshot().consents.is_empty() => window::open_tools(&app),
                _ => window::open(&app),
            },
            Deed::Chosen(choice @ (Choice::SignIn | Choice::Later | Choice::LaterAt(_)), reminders) => {
                let app = app.clone();
                // A sign-in begins inside the runtime; some desktops call from outside.
                tauri::async_runtime::spawn(async move {
                    if let Some(agent) = app.try_state::<Agent>() {
                        answer_reminders(&agent, choice, &reminders);
                    }
                });
            }
            Deed::Chosen(choice, questions) => {
                let _ = answer.send((questions, choice == Choice::Keep));
            }
        }
    });
    app.manage(Told(Mutex::new(Notices::new(board, platform::clock))));
    app.manage(agent.clone());
    app.manage(Tray::new(&app, Handlers { chosen, unavailable: no_tray }));
    #[cfg(target_os = "linux")]
    tauri::async_runtime::spawn(platform::appearance::follow(app.clone()));
    let mut told = tokio::spawn(told_to_stop());
    #[cfg(target_os = "macos")]
    let link = EARLY.lock().unwrap_or_else(PoisonError::into_inner).take().or(link);
    // An icon in the panel is easy to miss.
    match link {
        Some(link) if agent.takes_links() => window::open_link(&app, link),
        Some(_) => window::open(&app),
        None if agent.is_first_start() => window::open(&app),
        None => {}
    }

    snapshots.mark_changed();
    loop {
        tokio::select! {
            // In this order: an event is sent before the snapshot in which it shows. So what happened to a question takes
            // the place of its notification, before that is taken away.
            biased;
            event = events.recv() => match event {
                Ok(Event::Notice(notice)) => notify(&app, &notice),
                Ok(Event::ShowWindow) => window::open(&app),
                Ok(Event::Link(link)) => window::open_link(&app, link),
                Ok(Event::Quit) => quit(&app),
                Ok(Event::Replaced) => make_way(&app),
                // Notices that came faster than they could be shown are in the past now.
                Err(RecvError::Lagged(missed)) => tracing::debug!(missed, "notices were missed"),
                Err(RecvError::Closed) => return,
            },
            Some((questions, keep)) = answers.recv() => {
                for question in questions {
                    agent.answer(question, keep);
                }
            }
            changed = snapshots.changed() => {
                if changed.is_err() {
                    return;
                }
                let snapshot = snapshots.borrow_and_update().clone();
                asker.follow(&snapshot);
                consents.follow(&snapshot);
                notices(&app, |notices| {
                    notices.follow(&snapshot.questions, snapshot.language.used);
                    notices.follow_reminders(&snapshot.accounts, snapshot.language.used);
                });
                show(&app, &snapshot);
            }
            _ = &mut told, if !ending().will_quit() => quit(&app),
        }
    }
}

fn show(app: &AppHandle, snapshot: &Snapshot) {
    tray::show(app, View::of(snapshot));
    if app.get_webview_window(window::LABEL).is_some()
        && let Err(error) = app.emit_to(window::LABEL, "snapshot", snapshot)
    {
        tracing::warn!(%error, "the window did not take the snapshot");
    }
}

/// Shows a notification. On a desktop without notifications, it does nothing.
fn notify(app: &AppHandle, notice: &Notice) {
    let snapshot = app.try_state::<Agent>().map(|agent| agent.snapshot()).unwrap_or_default();
    let language = snapshot.language.used;
    notices(app, |notices| match notice.kind {
        NoticeKind::Reminder => notices.remind(notice, &snapshot.accounts, language),
        _ => notices.tell(notice, &snapshot.questions, language),
    });
}

/// Does what the user has chosen on a reminder, for the accounts that it was about.
fn answer_reminders(agent: &Agent, choice: Choice, reminders: &[u64]) {
    let is_meant = |status: &&SessionStatus| {
        status.reminder.as_ref().is_some_and(|reminder| reminders.contains(&reminder.id))
    };
    for status in agent.snapshot().accounts.iter().filter(is_meant) {
        let done = match choice {
            Choice::SignIn => agent.sign_in(&status.account),
            Choice::LaterAt(time) => agent.remind_later(&status.account, Some(time)),
            _ => agent.remind_later(&status.account, None),
        };
        if let Err(refused) = done {
            tracing::info!(code = refused.error.as_str(), "an answer to a reminder came too late");
        }
    }
}

/// The language of what is shown.
fn language(app: &AppHandle) -> Language {
    app.try_state::<Agent>().map(|agent| agent.snapshot().language.used).unwrap_or_default()
}

/// Tells the user once that the desktop shows no tray icon, and opens the window.
fn no_tray(app: &AppHandle) {
    let language = language(app);
    let (title, body) = (texts::notice_no_tray(language), texts::notice_no_tray_body(language));
    notify(app, &Notice { kind: NoticeKind::Problem, account: None, question: None, title, body });
    window::open(app);
}

fn notices(app: &AppHandle, work: impl FnOnce(&mut Notices<Board>)) {
    if let Some(told) = app.try_state::<Told>() {
        work(&mut told.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// A link that macOS has opened before the agent was there, for [`follow`].
#[cfg(target_os = "macos")]
static EARLY: Mutex<Option<AccountLink>> = Mutex::new(None);

/// A link that macOS has opened.
#[cfg(target_os = "macos")]
pub(crate) fn follow_link(app: &AppHandle, link: &str) {
    match AccountLink::parse(link) {
        Ok(link) => {
            // Held while the agent is looked for, so that `follow` finds the link afterwards.
            let mut early = EARLY.lock().unwrap_or_else(PoisonError::into_inner);
            match app.try_state::<Agent>() {
                None => *early = Some(link),
                Some(agent) if agent.takes_links() => window::open_link(app, link),
                Some(_) => window::open(app),
            }
        }
        Err(refused) => {
            tracing::info!(code = refused.code(), "a link was refused");
            let language = language(app);
            let (title, body) = (texts::link_refused(language), texts::link_refused_body(language));
            notify(app, &Notice { kind: NoticeKind::Problem, account: None, question: None, title, body });
        }
    }
}

/// The user chose this item of the tray's menu.
pub(crate) fn chosen(app: &AppHandle, item: &str) {
    let Some(agent) = app.try_state::<Agent>() else { return };
    let agent = agent.inner().clone();
    let Some(action) = Action::of(item, &agent.snapshot()) else { return };
    let app = app.clone();
    // The agent works inside the runtime; menu events come from outside.
    tauri::async_runtime::spawn(async move {
        let done = match action {
            Action::SignIn(account) => agent.sign_in(&account),
            Action::CancelSignIn(account) => agent.cancel_sign_in(&account),
            Action::Keep(account) => agent.keep(&account),
            Action::Watch(account) => agent.open_monitor(&account).await,
            Action::SignOut(account) => agent.sign_out(&account),
            Action::Stop(grant) => agent.stop_grant(grant),
            Action::CopyCommand => {
                let copied = app.run_on_main_thread(|| platform::copy(tray::COMMAND));
                if let Err(error) = copied {
                    tracing::warn!(%error, "the command was not copied");
                }
                Ok(())
            }
            Action::Open => {
                window::open(&app);
                Ok(())
            }
            Action::Settings => {
                window::open_settings(&app);
                Ok(())
            }
            Action::Quit => {
                quit(&app);
                Ok(())
            }
        };
        if let Err(ErrorAnswer { error, error_description, .. }) = done {
            tracing::info!(code = error.as_str(), "the agent refused what the menu asked for");
            let title = texts::notice_refused(language(&app));
            notify(
                &app,
                &Notice {
                    kind: NoticeKind::Problem,
                    account: None,
                    question: None,
                    title,
                    body: error_description,
                },
            );
        }
    });
}

/// The program that was installed in the place of this one, when this one has ended its work.
static SUCCESSOR: Mutex<Option<Successor>> = Mutex::new(None);

/// What to become after the end.
pub(crate) fn successor() -> Option<Successor> {
    SUCCESSOR.lock().unwrap_or_else(PoisonError::into_inner).take()
}

/// Ends for the program that was installed in the place of this one, unless the user has the window open: something may be half
/// typed there.
fn make_way(app: &AppHandle) {
    if app.get_webview_window(window::LABEL).is_some() || !ending().begins_to_make_way() {
        return;
    }
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        let agent = app.try_state::<Agent>().map(|agent| agent.inner().clone());
        let successor = match agent {
            Some(agent) => agent.hand_over().await,
            None => None,
        };
        let after = ending().after_making_way(successor.is_some());
        match (after, successor) {
            (After::Quits, _) => stop(&app).await,
            (After::MakesWay, Some(successor)) => {
                *SUCCESSOR.lock().unwrap_or_else(PoisonError::into_inner) = Some(successor);
                app.exit(0);
            }
            _ => {}
        }
    });
}

/// Whether the program ends, and what for. A wish to quit is never lost, and comes before another version.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Ending {
    #[default]
    Not,
    MakingWay,
    /// The user has chosen to quit while the program makes way.
    QuitsAfterwards,
    Quitting,
}

/// What follows the attempt to make way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum After {
    Continues,
    MakesWay,
    Quits,
}

impl Ending {
    /// Whether this is the time to make way.
    fn begins_to_make_way(&mut self) -> bool {
        let begins = *self == Self::Not;
        if begins {
            *self = Self::MakingWay;
        }
        begins
    }

    /// The attempt to make way is over.
    fn after_making_way(&mut self, there_is_a_successor: bool) -> After {
        match (*self, there_is_a_successor) {
            (Self::QuitsAfterwards, _) => {
                *self = Self::Quitting;
                After::Quits
            }
            (Self::MakingWay, false) => {
                *self = Self::Not;
                After::Continues
            }
            _ => After::MakesWay,
        }
    }

    /// The user wants to quit. Whether the end begins now.
    fn quits(&mut self) -> bool {
        let begins = *self == Self::Not;
        *self = match self {
            Self::Not | Self::Quitting => Self::Quitting,
            Self::MakingWay | Self::QuitsAfterwards => Self::QuitsAfterwards,
        };
        begins
    }

    /// Whether the wish to quit is known.
    fn will_quit(self) -> bool {
        matches!(self, Self::QuitsAfterwards | Self::Quitting)
    }
}

static ENDING: Mutex<Ending> = Mutex::new(Ending::Not);

fn ending() -> MutexGuard<'static, Ending> {
    ENDING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Ends the agent, then the program, once.
fn quit(app: &AppHandle) {
    if ending().quits() {
        let app = app.clone();
        tauri::async_runtime::spawn(async move { stop(&app).await });
    }
}

async fn stop(app: &AppHandle) {
    if let Some(agent) = app.try_state::<Agent>() {
        let agent = agent.inner().clone();
        if tokio::time::timeout(LONGEST_GOODBYE, agent.stop()).await.is_err() {
            tracing::error!("the agent did not end in time");
        }
    }
    app.exit(0);
}

/// Returns when the system tells the program to stop; never where it has no such way.
async fn told_to_stop() {
    #[cfg(unix)]
    if abide_agent::told_to_stop().await.is_ok() {
        return;
    }
    std::future::pending().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quitting_while_the_program_makes_way_is_not_lost() {
        for successor in [false, true] {
            let mut ending = Ending::default();
            assert!(ending.begins_to_make_way());
            assert!(!ending.begins_to_make_way(), "once");
            assert!(!ending.quits(), "the agent ends its work first");
            assert!(ending.will_quit() && !ending.quits());
            assert_eq!(ending.after_making_way(successor), After::Quits, "{successor}");
            assert!(!ending.begins_to_make_way() && !ending.quits());
        }
    }

    #[test]
    fn an_attempt_to_make_way_that_fails_changes_nothing() {
        let mut ending = Ending::default();
        assert!(ending.begins_to_make_way());
        assert_eq!(ending.after_making_way(false), After::Continues);
        assert_eq!(ending, Ending::Not);
        assert!(ending.begins_to_make_way());
        assert_eq!(ending.after_making_way(true), After::MakesWay);
        assert!(!ending.begins_to_make_way());
        let mut ending = Ending::default();
        assert!(ending.quits() && ending.will_quit());
        assert!(!ending.quits(), "once");
    }
}
