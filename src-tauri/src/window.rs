//! The window: created when opened, destroyed when closed, because a hidden one would cost more memory than everything
//! else together. Its commands pass on to the agent.

use std::sync::{Mutex, PoisonError};

use abide_agent::Agent;
use abide_wire::activity::{ActivityDay, ActivityPage, ActivityQuery, RecordExport, RecordReport};
use abide_wire::window::{
    Diagnosis, DiscoveredProvider, KeptGrants, NewAccount, NewAccountAdded, ProviderPreset, WindowError,
};
use abide_wire::{
    AccountLink, ClaimsAnswer, ConsentAnswer, ErrorAnswer, Language, SessionSettings, Snapshot, UpdateMode,
};
use tauri::webview::{NewWindowResponse, PageLoadEvent};
use tauri::{
    AppHandle, Emitter as _, Manager as _, State, Url, WebviewUrl, WebviewWindowBuilder, WindowEvent,
};

/// The label of the only window.
pub(crate) const LABEL: &str = "main";

/// Opens the window, or brings it to the front.
pub(crate) fn open(app: &AppHandle) {
    open_at(app, None);
}

/// The same, at the page of the programs.
pub(crate) fn open_tools(app: &AppHandle) {
    open_at(app, Some("tools"));
}

/// The same, at the settings.
pub(crate) fn open_settings(app: &AppHandle) {
    open_at(app, Some("settings"));
}

/// The link whose account the window shows next.
static LINK: Mutex<Option<AccountLink>> = Mutex::new(None);

/// The same, at the account that a link asks for.
pub(crate) fn open_link(app: &AppHandle, link: AccountLink) {
    *LINK.lock().unwrap_or_else(PoisonError::into_inner) = Some(link);
    open_at(app, Some("link"));
}

fn open_at(app: &AppHandle, place: Option<&'static str>) {
    let app = app.clone();
    // Not in the event that asks for it: on Windows a window that is created there would wait for itself. And not where
    // the agent works, because each of these calls waits for the desktop.
    tauri::async_runtime::spawn_blocking(move || {
        let done = match app.get_webview_window(LABEL) {
            Some(window) => {
                let told = place.map_or(Ok(()), |place| app.emit_to(LABEL, "navigate", place));
                told.and_then(|()| window.unminimize())
                    .and_then(|()| window.show())
                    .and_then(|()| window.set_focus())
            }
            None => create(&app, place),
        };
        if let Err(error) = done {
            tracing::error!(%error, "the window cannot be opened");
        }
    });
}

fn create(app: &AppHandle, place: Option<&str>) -> tauri::Result<()> {
    let page = place.map_or_else(|| "index.html".to_owned(), |place| format!("index.html#{place}"));
    let window = WebviewWindowBuilder::new(app, LABEL, WebviewUrl::App(page.into()))
        .title("Abide")
        .inner_size(420.0, 600.0)
        .min_inner_size(360.0, 480.0)
        .center()
        .visible(false)
        .disable_drag_drop_handler()
        .on_navigation(is_ours)
        .on_new_window(|_, _| NewWindowResponse::Deny)
        .on_download(|_, _| false)
        .on_page_load(|window, load| {
            if load.event() == PageLoadEvent::Finished
                && let Err(error) = window.show().and_then(|()| window.set_focus())
            {
                tracing::error!(%error, "the window cannot be shown");
            }
        })
        .build()?;
    let ending = app.clone();
    window.on_window_event(move |event| {
        if matches!(event, WindowEvent::Destroyed)
            && let Some(agent) = ending.try_state::<Agent>()
        {
            // No user sees *Undo* any more.
            let agent = agent.inner().clone();
            tauri::async_runtime::spawn(async move { agent.finish_removals().await });
        }
    });
    // A page that never finishes loading must not leave the user without a window that can be closed.
    tauri::async_runtime::spawn(async move {
        tokio::time::sleep(std::time::Duration::from_secs(3)).await;
        tauri::async_runtime::spawn_blocking(move || {
            if !window.is_visible().unwrap_or(true) {
                let _ = window.show();
            }
        });
    });
    Ok(())
}

/// Whether the page belongs to the program: the window shows nothing else.
fn is_ours(url: &Url) -> bool {
    match url.scheme() {
        "tauri" => url.host_str() == Some("localhost"),
        // Windows has no schemes of an application's own; Tauri uses this host instead.
        "http" | "https" => {
            cfg!(windows) && url.host_str() == Some("tauri.localhost") && url.port().is_none()
        }
        _ => false,
    }
}

fn error_for_window(answer: ErrorAnswer) -> WindowError {
    WindowError::new(answer.error.as_str(), answer.error_description)
}

#[tauri::command(async)]
pub(crate) fn snapshot(agent: State<'_, Agent>) -> Snapshot {
    agent.snapshot()
}

#[tauri::command(async)]
pub(crate) fn sign_in(agent: State<'_, Agent>, account: String) -> Result<(), WindowError> {
    agent.sign_in(&account).map_err(error_for_window)
}

#[tauri::command(async)]
pub(crate) fn cancel_sign_in(agent: State<'_, Agent>, account: String) -> Result<(), WindowError> {
    agent.cancel_sign_in(&account).map_err(error_for_window)
}

#[tauri::command(async)]
pub(crate) fn sign_out(agent: State<'_, Agent>, account: String) -> Result<(), WindowError> {
    agent.sign_out(&account).map_err(error_for_window)
}

#[tauri::command(async)]
pub(crate) fn keep(agent: State<'_, Agent>, account: String) -> Result<(), WindowError> {
    agent.keep(&account).map_err(error_for_window)
}

#[tauri::command(async)]
pub(crate) fn remind_later(
    agent: State<'_, Agent>,
    account: String,
    at: Option<u64>,
) -> Result<(), WindowError> {
    agent.remind_later(&account, at).map_err(error_for_window)
}

#[tauri::command]
pub(crate) async fn open_monitor(agent: State<'_, Agent>, account: String) -> Result<(), WindowError> {
    agent.open_monitor(&account).await.map_err(error_for_window)
}

#[tauri::command(async)]
pub(crate) fn answer(agent: State<'_, Agent>, question: u64, keep: bool) {
    agent.answer(question, keep);
}

#[tauri::command(async)]
pub(crate) fn claims(agent: State<'_, Agent>, account: String) -> Result<ClaimsAnswer, WindowError> {
    agent.claims(&account).map_err(error_for_window)
}

#[tauri::command(async)]
pub(crate) fn settings(agent: State<'_, Agent>, account: String) -> Result<SessionSettings, WindowError> {
    agent.settings(&account)
}

#[tauri::command]
pub(crate) async fn change_settings(
    agent: State<'_, Agent>,
    account: String,
    settings: SessionSettings,
) -> Result<(), WindowError> {
    agent.change_settings(&account, settings).await
}

#[tauri::command]
pub(crate) async fn change_language(
    agent: State<'_, Agent>,
    language: Option<Language>,
) -> Result<(), WindowError> {
    agent.change_language(language).await
}

#[tauri::command]
pub(crate) async fn change_updates(agent: State<'_, Agent>, mode: UpdateMode) -> Result<(), WindowError> {
    agent.change_updates(mode).await
}

#[tauri::command(async)]
pub(crate) fn presets(agent: State<'_, Agent>) -> Vec<ProviderPreset> {
    agent.presets()
}

/// What a link asks for, once.
#[tauri::command(async)]
pub(crate) fn account_link() -> Option<AccountLink> {
    LINK.lock().unwrap_or_else(PoisonError::into_inner).take()
}

#[tauri::command]
pub(crate) async fn discover(
    agent: State<'_, Agent>,
    issuer: String,
    preset: Option<String>,
) -> Result<DiscoveredProvider, WindowError> {
    agent.discover(&issuer, preset.as_deref()).await
}

#[tauri::command]
pub(crate) async fn add_account(
    agent: State<'_, Agent>,
    account: NewAccount,
) -> Result<NewAccountAdded, WindowError> {
    agent.add_account(account).await
}

#[tauri::command]
pub(crate) async fn diagnosis(agent: State<'_, Agent>) -> Result<Diagnosis, WindowError> {
    Ok(agent.diagnosis().await)
}

/// Removes an account in some seconds.
#[tauri::command]
pub(crate) async fn remove_account(agent: State<'_, Agent>, account: String) -> Result<(), WindowError> {
    agent.remove_account_later(&account).await
}

#[tauri::command(async)]
pub(crate) fn undo_removal(agent: State<'_, Agent>, account: String) -> Result<(), WindowError> {
    agent.undo_removal(&account)
}

#[tauri::command]
pub(crate) async fn rename_account(
    agent: State<'_, Agent>,
    account: String,
    label: Option<String>,
) -> Result<(), WindowError> {
    agent.rename_account(&account, label.as_deref()).await
}

#[tauri::command]
pub(crate) async fn order_accounts(agent: State<'_, Agent>, names: Vec<String>) -> Result<(), WindowError> {
    agent.order_accounts(&names).await
}

#[tauri::command(async)]
pub(crate) fn kept_grants(agent: State<'_, Agent>) -> KeptGrants {
    agent.kept_grants()
}

#[tauri::command(async)]
pub(crate) fn answer_consent(
    agent: State<'_, Agent>,
    question: u64,
    answer: ConsentAnswer,
) -> Result<(), WindowError> {
    agent.answer_consent(question, answer).map_err(error_for_window)
}

#[tauri::command(async)]
pub(crate) fn stop_grant(agent: State<'_, Agent>, grant: u64) -> Result<(), WindowError> {
    agent.stop_grant(grant).map_err(error_for_window)
}

#[tauri::command(async)]
pub(crate) fn revoke_grant(agent: State<'_, Agent>, name: String) -> Result<(), WindowError> {
    agent.revoke_grant(&name).map_err(error_for_window)
}

#[tauri::command(async)]
pub(crate) fn restore_grant(agent: State<'_, Agent>, name: String) -> Result<(), WindowError> {
    agent.restore_grant(&name).map_err(error_for_window)
}

#[tauri::command]
pub(crate) async fn activity(
    agent: State<'_, Agent>,
    query: ActivityQuery,
) -> Result<ActivityPage, WindowError> {
    agent.activity(query).await
}

#[tauri::command]
pub(crate) async fn activity_day(
    agent: State<'_, Agent>,
    from: u64,
    to: u64,
) -> Result<ActivityDay, WindowError> {
    agent.activity_day(from, to).await
}

#[tauri::command]
pub(crate) async fn verify_record(agent: State<'_, Agent>) -> Result<RecordReport, WindowError> {
    agent.verify_record().await
}

/// Copies the record into the folder for downloads; the page chooses no place.
#[tauri::command]
pub(crate) async fn export_record(
    app: AppHandle,
    agent: State<'_, Agent>,
) -> Result<RecordExport, WindowError> {
    let folder = app.path().download_dir().ok().filter(|folder| folder.is_dir());
    let folder = folder.map_or_else(|| app.path().home_dir(), Ok);
    let folder = folder.map_err(|error| WindowError::new("record_unreadable", error.to_string()))?;
    agent.export_record(folder).await
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn only_the_programs_own_pages_are_shown() {
        let ours = |url: &str| is_ours(&url.parse().unwrap());
        assert!(ours("tauri://localhost/index.html"));
        for foreign in [
            "https://example.com/",
            "http://localhost/",
            "http://127.0.0.1:47600/v1/token",
            "file:///etc/passwd",
            "data:text/html,hello",
            "about:blank",
            "javascript:alert(1)",
            "tauri://example.com/",
        ] {
            assert!(!ours(foreign), "{foreign}");
        }
    }
}
