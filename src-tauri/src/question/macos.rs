//! The question as an NSAlert that is shown like any other panel: it holds up nothing while it waits.
//!
//! An alert has no close button, so it goes with an answer, or when nothing is left to decide. It has its buttons for
//! life: when other ones are needed, another alert takes its place.
#![allow(unsafe_code)] // A class of our own and its selectors; each block says why it is sound.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use abide_wire::Language;
use objc2::rc::Retained;
use objc2::runtime::{AnyObject, Sel};
use objc2::{DefinedClass as _, MainThreadMarker, MainThreadOnly, define_class, msg_send, sel};
use objc2_app_kit::{
    NSAlert, NSAlertStyle, NSApplication, NSButton, NSFloatingWindowLevel, NSWindowCollectionBehavior,
};
use objc2_core_graphics::{CGEventSource, CGEventSourceStateID, CGEventType};
use objc2_foundation::{NSObject, NSString};
use tauri::AppHandle;

use super::words::Line;
use super::{Answer, Buttons, FAREWELL, QUIET, QuestionDialog, Row, Words, has_joined, open_questions};
use crate::platform;

/// How long an answered dialog stays, and takes nothing: the second click of a double click is not for what lies beneath.
const AFTER_A_CLICK: Duration = Duration::from_millis(400);

thread_local! {
    /// The dialog that is up. Only the main thread, where AppKit is, has one.
    static UP: RefCell<Option<Up>> = const { RefCell::new(None) };
    /// The alert that was taken down last: one of its buttons may be in the middle of its action, and what that calls has
    /// to outlive it.
    static LAST: RefCell<Option<Panel>> = const { RefCell::new(None) };
    /// The number of the last dialog.
    static NUMBER: Cell<u64> = const { Cell::new(0) };
}

pub(super) struct Dialog {
    app: AppHandle,
}

impl Dialog {
    pub(super) fn new(app: &AppHandle) -> Self {
        Self { app: app.clone() }
    }
}

impl QuestionDialog for Dialog {
    fn show(&self, rows: Vec<Row>, language: Language, answer: Answer) {
        let app = self.app.clone();
        on_main_thread(&self.app, move || {
            let Some(main) = MainThreadMarker::new() else { return };
            let before = UP.replace(Some(Up::new(main, app, rows, language, answer)));
            if let Some(before) = before {
                before.panel.take_down();
            }
        });
    }

    fn update(&self, rows: Vec<Row>) {
        on_main_thread(&self.app, move || {
            UP.with_borrow_mut(|up| {
                if let Some(up) = up {
                    up.follow(rows);
                }
            });
        });
    }
}

fn on_main_thread(app: &AppHandle, work: impl FnOnce() + Send + 'static) {
    if let Err(error) = app.run_on_main_thread(work) {
        tracing::error!(%error, "the question cannot be shown");
    }
}

/// Does it on the main thread, after a while.
fn later(app: &AppHandle, after: Duration, work: impl FnOnce() + Send + 'static) {
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        tokio::time::sleep(after).await;
        on_main_thread(&app, work);
    });
}

/// Works on the dialog with this number, if it is still up.
fn with(number: u64, work: impl FnOnce(&mut Up)) {
    UP.with_borrow_mut(|up| {
        if let Some(up) = up.as_mut().filter(|up| up.number == number) {
            work(up);
        }
    });
}

fn take_down_after(app: &AppHandle, number: u64, time: Duration) {
    later(app, time, move || {
        if let Some(up) = UP.with_borrow_mut(|up| up.take_if(|up| up.number == number)) {
            up.panel.take_down();
        }
    });
}

struct Up {
    number: u64,
    app: AppHandle,
    main: MainThreadMarker,
    language: Language,
    rows: Vec<Row>,
    panel: Panel,
    /// `None` once the user has answered, or nothing is left to decide.
    answer: Option<Answer>,
    /// Counts the times that it began to wait for silence. Only the last one counts.
    waiting: u64,
}

impl Up {
    fn new(
        main: MainThreadMarker,
        app: AppHandle,
        rows: Vec<Row>,
        language: Language,
        answer: Answer,
    ) -> Self {
        let number = NUMBER.get() + 1;
        NUMBER.set(number);
        let panel = Panel::new(main, number, &Words::of(&rows, language, platform::clock), rows.len());
        let mut up = Self { number, app, main, language, rows, panel, answer: Some(answer), waiting: 0 };
        up.arm_after_quiet();
        up
    }

    /// Shows how things stand now.
    fn follow(&mut self, rows: Vec<Row>) {
        if self.answer.is_none() {
            // Answered, or on its way out.
            return;
        }
        let before = std::mem::replace(&mut self.rows, rows);
        let words = Words::of(&self.rows, self.language, platform::clock);
        if open_questions(&self.rows).is_empty() {
            self.answer = None;
            self.panel.set_enabled(false);
            self.panel.say(&words);
            return take_down_after(&self.app, self.number, FAREWELL);
        }
        let others = self.panel.kind != words.buttons;
        if others {
            let panel = Panel::new(self.main, self.number, &words, self.rows.len());
            std::mem::replace(&mut self.panel, panel).take_down();
        } else {
            self.panel.say(&words);
        }
        if others || has_joined(&before, &self.rows) {
            self.arm_after_quiet();
        }
    }

    /// Makes the buttons work once no key was pressed for a while.
    fn arm_after_quiet(&mut self) {
        self.panel.set_enabled(false);
        self.waiting += 1;
        self.arm_after(QUIET);
    }

    fn arm_after(&self, time: Duration) {
        let (number, waiting) = (self.number, self.waiting);
        later(&self.app, time, move || {
            with(number, |up| {
                if up.waiting != waiting || up.answer.is_none() {
                    return;
                }
                match QUIET.checked_sub(since_last_key()).filter(|rest| !rest.is_zero()) {
                    Some(rest) => up.arm_after(rest),
                    None => up.panel.set_enabled(true),
                }
            });
        });
    }
}

/// The user has answered this dialog.
fn answered(number: u64, keep: bool) {
    let mut ended = None;
    with(number, |up| {
        ended = up.answer.take().map(|answer| (answer, open_questions(&up.rows), up.app.clone()));
        up.panel.set_enabled(false);
    });
    if let Some((answer, questions, app)) = ended {
        answer(questions, Some(keep));
        take_down_after(&app, number, AFTER_A_CLICK);
    }
}

/// The time since a key was pressed anywhere. macOS says when, and only with permission which one.
fn since_last_key() -> Duration {
    let state = CGEventSourceStateID::CombinedSessionState;
    let seconds = CGEventSource::seconds_since_last_event_type(state, CGEventType::KeyDown);
    Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
}

/// The alert.
struct Panel {
    alert: Retained<NSAlert>,
    kind: Buttons,
    buttons: Vec<Retained<NSButton>>,
    /// The buttons do not keep what they call.
    _listener: Retained<Listener>,
}

impl Panel {
    fn new(main: MainThreadMarker, number: u64, words: &Words, sessions: usize) -> Self {
        let alert = NSAlert::new(main);
        alert.setAlertStyle(NSAlertStyle::Informational);
        let listener = Listener::new(main, number);
        let actions: &[Sel] = match words.buttons {
            Buttons::YesNo => &[sel!(no:), sel!(yes:)],
            Buttons::Ok => &[sel!(yes:)],
        };
        // The first button is the one at the right, which Return presses. Letters press no buttons here.
        let texts = words.button_texts(sessions);
        let wanted = texts.iter().zip(actions).rev();
        let buttons = wanted
            .map(|((title, _), action)| add_button(&alert, &title.replace('_', ""), *action, &listener))
            .collect();
        let panel = Self { alert, kind: words.buttons, buttons, _listener: listener };
        panel.set_enabled(false);
        panel.say(words);

        let window = panel.alert.window();
        window.setLevel(NSFloatingWindowLevel);
        window.setHidesOnDeactivate(false);
        window.setCollectionBehavior(
            NSWindowCollectionBehavior::CanJoinAllSpaces | NSWindowCollectionBehavior::FullScreenAuxiliary,
        );
        window.center();
        // Shown above the others without taking the keyboard from the program that the user works in.
        window.orderFrontRegardless();
        if NSApplication::sharedApplication(main).isActive() {
            window.makeKeyAndOrderFront(None);
        }
        panel
    }

    fn say(&self, words: &Words) {
        let list: Vec<String> = words.lines.iter().map(Line::text).collect();
        let parts = [words.sentence.to_string(), list.join("\n"), words.note.clone()];
        let text = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n\n");
        self.alert.setMessageText(&NSString::from_str(&words.title));
        self.alert.setInformativeText(&NSString::from_str(&text));
        // As large as this takes.
        self.alert.layout();
    }

    fn set_enabled(&self, enabled: bool) {
        for button in &self.buttons {
            button.setEnabled(enabled);
        }
    }

    fn take_down(self) {
        self.alert.window().orderOut(None);
        // The one before is let go after the cell is free again.
        drop(LAST.replace(Some(self)));
    }
}

struct Ivars {
    /// The number of the dialog.
    number: u64,
}

define_class!(
    // SAFETY: NSObject asks nothing of its subclasses, and there is no `Drop`.
    #[unsafe(super(NSObject))]
    #[thread_kind = MainThreadOnly]
    #[name = "AbideQuestionListener"]
    #[ivars = Ivars]
    struct Listener;

    impl Listener {
        // SAFETY: the signature of an action: one argument, the sender, no result.
        #[unsafe(method(yes:))]
        fn yes(&self, _sender: Option<&AnyObject>) {
            answered(self.ivars().number, true);
        }

        // SAFETY: as above.
        #[unsafe(method(no:))]
        fn no(&self, _sender: Option<&AnyObject>) {
            answered(self.ivars().number, false);
        }
    }
);

impl Listener {
    fn new(main: MainThreadMarker, number: u64) -> Retained<Self> {
        let this = Self::alloc(main).set_ivars(Ivars { number });
        // SAFETY: NSObject's `init` takes nothing and returns the object.
        unsafe { msg_send![super(this), init] }
    }
}

fn add_button(alert: &NSAlert, title: &str, action: Sel, listener: &Listener) -> Retained<NSButton> {
    let button = alert.addButtonWithTitle(&NSString::from_str(title));
    // SAFETY: the listener has methods for both actions, each with the one argument that a control passes, and lives
    // longer than the button is shown.
    unsafe {
        button.setTarget(Some(listener));
        button.setAction(Some(action));
    }
    button
}
