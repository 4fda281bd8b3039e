//! The user's presence, passed on to every session. What follows from it is the sessions' decision.

use std::sync::Arc;
use std::time::Duration;

use abide_presence::{Event, Presence};
use abide_session::{Activity, Input};
use abide_wire::PresenceStatus;
use tokio::sync::{mpsc, oneshot};

use crate::state::store::Store;

/// A question for the sources of presence.
pub(crate) type PresenceQuery = oneshot::Sender<PresenceStatus>;

/// Takes over the present state before a token can be asked for: nothing is served behind a locked screen, not even in the
/// first moment.
pub(crate) async fn begin(store: &Arc<Store>, presence: &mut Presence) {
    let _ = store.input.set(presence.input());
    watch_input(store);
    if presence.sources().input.is_none() {
        warn_no_idle_source(store);
    }
    while let Ok(event) = tokio::time::timeout(Duration::ZERO, presence.event()).await {
        take(store, presence, event).await;
    }
}

/// Follows the desktop until it is aborted.
pub(crate) async fn follow(
    store: Arc<Store>,
    mut presence: Presence,
    mut queries: mpsc::Receiver<PresenceQuery>,
) {
    loop {
        tokio::select! {
            event = presence.event() => take(&store, &presence, event).await,
            Some(query) = queries.recv() => {
                let sources = presence.sources();
                let names = |names: Vec<&str>| names.into_iter().map(str::to_owned).collect();
                // The receiver may be gone.
                let _ = query.send(PresenceStatus {
                    lock: names(sources.lock),
                    sleep: names(sources.sleep),
                    input: sources.input.map(str::to_owned),
                    locked: store.core().locked,
                });
            }
        }
    }
}

async fn take(store: &Arc<Store>, presence: &Presence, event: Event) {
    tracing::debug!(?event, "the desktop");
    match event {
        Event::Locked => store.lock_screen(true),
        Event::Unlocked => store.lock_screen(false),
        Event::Suspending => {
            store.everybody(Input::Suspending);
            store.vault.settle().await;
            presence.ready_to_sleep();
        }
        Event::Resumed => store.everybody(Input::Resumed),
    }
}

/// Starts the watch over input, which some desktops need, if an account counts input as activity.
pub(crate) fn watch_input(store: &Store) {
    if let Some(input) = store.input.get()
        && !counting_input(store).is_empty()
    {
        input.watch();
    }
}

/// The accounts for which keyboard and mouse count.
fn counting_input(store: &Store) -> Vec<String> {
    let core = store.core();
    let counts = |activity| matches!(activity, Activity::Input | Activity::Both);
    let counting = core.accounts.iter().filter(|account| counts(account.config.rules().activity));
    counting.map(|account| format!("\u{201c}{}\u{201d}", account.name)).collect()
}

/// Warns where accounts count input that the desktop does not report.
fn warn_no_idle_source(store: &Store) {
    let names = counting_input(store);
    if !names.is_empty() {
        store.warning(format!(
            "Keyboard and mouse count as use of {}, but this desktop does not say when you use them. You are asked instead.",
            names.join(" and ")
        ));
    }
}

/// Asks for the time of the last input, for a session.
pub(crate) fn look(store: &Arc<Store>, account: &str) {
    let (store, name) = (store.clone(), account.to_owned());
    tokio::spawn(async move {
        let ago = match store.input.get() {
            Some(input) => input.ago().await,
            None => None,
        };
        let input = ago.map_or(Input::UserInputUnknown, |ago| Input::UserInput { ago });
        // The account may have been removed meanwhile.
        let _ = store.act(&name, |account, now| account.session.handle(now, input));
    });
}
