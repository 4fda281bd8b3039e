//! The tray application: tray, question, notifications and window around the agent.
//!
//! It decides nothing. Everything it shows comes from the agent's newest [`abide_wire::Snapshot`], everything the user
//! chooses goes to the agent, and nothing here keeps a clock of its own. No type of Tauri leaves this package.

mod consent;
mod desktop;
mod face;
mod notices;
mod platform;
mod question;
mod tray;
mod window;

use std::ffi::OsString;
use std::process::ExitCode;

use abide_agent::{Agent, Options};
use abide_locale::desktop as texts;
use abide_wire::{AccountLink, LinkError};
use tauri::RunEvent;

/// Runs the tray application until the user quits it.
///
/// Exit codes: 0 when the user has quit, or when another Abide already runs and was asked to show its window; 1 when it
/// could not start, which a dialog has then explained. If another version was installed meanwhile, it takes the place of this program.
pub fn run() -> ExitCode {
    abide_agent::close_to_others();
    abide_agent::take_environment();
    let arguments = || std::env::args_os().skip(1);
    let words = arguments().map(|word| word.to_string_lossy().into_owned());
    if let Some(answer) = abide_agent::asked_to_take_over(words, true) {
        return if platform::answer(&answer.text) { ExitCode::from(answer.code) } else { ExitCode::FAILURE };
    }
    abide_agent::start_log();
    if let Err(reason) = platform::begin() {
        platform::say(&reason);
        return ExitCode::FAILURE;
    }
    // The configuration, which may name another language, is read later.
    let language = abide_locale::of_system();
    let link = match asked_by_link(arguments()) {
        Ok(link) => link,
        Err(refused) => {
            platform::say(&refused.to_string());
            platform::alarm(&texts::link_refused(language), &texts::link_refused_body(language));
            return ExitCode::FAILURE;
        }
    };
    let Some(options) = Options::of_this_user(true) else {
        platform::alarm(&texts::start_failed(language), &texts::start_no_home(language));
        return ExitCode::FAILURE;
    };
    let options = Options { link: link.clone(), ..options };
    let runtime_folder = options.places.runtime.clone();
    // One worker is plenty for what a person's tools ask for, as long as nothing on it waits for the desktop: what does
    // (`window::open`) has a thread of its own. A second worker costs memory, and is woken for nothing.
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("abide")
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            let reason = texts::start_no_threads(language, error.to_string());
            platform::alarm(&texts::start_failed(language), &reason);
            return ExitCode::FAILURE;
        }
    };
    tauri::async_runtime::set(runtime.handle().clone());
    // The agent starts while the desktop libraries do.
    let starting = runtime.spawn(Agent::start(options));

    let builder = tauri::Builder::default();
    // For a program outside a bundle; everywhere else the desktop's own service is spoken to.
    #[cfg(target_os = "macos")]
    let builder = builder.plugin(tauri_plugin_notification::init());
    #[cfg(not(target_os = "linux"))]
    let builder = builder
        .on_menu_event(|app, event| desktop::chosen(app, event.id().as_ref()))
        .on_tray_icon_event(|app, event| tray::touched(app, &event));
    let built = builder
        .invoke_handler(tauri::generate_handler![
            window::snapshot,
            window::sign_in,
            window::cancel_sign_in,
            window::sign_out,
            window::keep,
            window::remind_later,
            window::open_monitor,
            window::answer,
            window::claims,
            window::settings,
            window::change_settings,
            window::change_language,
            window::change_updates,
            window::presets,
            window::account_link,
            window::discover,
            window::add_account,
            window::remove_account,
            window::undo_removal,
            window::rename_account,
            window::order_accounts,
            window::diagnosis,
            window::kept_grants,
            window::answer_consent,
            window::stop_grant,
            window::revoke_grant,
            window::restore_grant,
            window::activity,
            window::activity_day,
            window::verify_record,
            window::export_record,
        ])
        .setup(move |app| {
            #[cfg(target_os = "macos")]
            app.set_activation_policy(tauri::ActivationPolicy::Accessory);
            let begun = desktop::begin(app.handle().clone(), starting, runtime_folder, link);
            tauri::async_runtime::spawn(begun);
            Ok(())
        })
        .build(tauri::generate_context!());
    let app = match built {
        Ok(app) => app,
        Err(error) => {
            let reason = texts::start_no_desktop(language, error.to_string());
            platform::alarm(&texts::start_failed(language), &reason);
            return ExitCode::FAILURE;
        }
    };
    let code = app.run_return(|_app, event| {
        // macOS hands links to the program that runs, not to a new one.
        #[cfg(target_os = "macos")]
        if let RunEvent::Opened { urls } = &event {
            urls.iter().for_each(|url| desktop::follow_link(_app, url.as_str()));
        }
        // Closing the last window does not quit the program: the tray stays.
        if let RunEvent::ExitRequested { code: None, api, .. } = event {
            api.prevent_exit();
        }
    });
    // What the agent still does in the background has been waited for in `desktop::quit`, within bounds.
    runtime.shutdown_background();
    if let Some(successor) = desktop::successor() {
        let error = successor.start();
        platform::say(&format!("The new program cannot be started: {error}."));
        return ExitCode::FAILURE;
    }
    u8::try_from(code).map_or(ExitCode::FAILURE, ExitCode::from)
}

/// The link that the program was started with, if it was: the first argument (`%u` of a desktop entry).
fn asked_by_link(mut arguments: impl Iterator<Item = OsString>) -> Result<Option<AccountLink>, LinkError> {
    let Some(first) = arguments.next().map(|first| first.to_string_lossy().into_owned()) else {
        return Ok(None);
    };
    if AccountLink::is_link(&first) { AccountLink::parse(&first).map(Some) } else { Ok(None) }
}
