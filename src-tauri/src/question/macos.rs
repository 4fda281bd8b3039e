//! The question as an NSAlert that is shown like any other panel: it holds up nothing while it waits.
#![allow(unsafe_code)] // A class of our own and its selectors; each block says why it is sound.

use std::cell::{Cell, RefCell};

use abide_wire::Question;
use objc2::rc::Retained;
use objc2::runtime::{AnyObject, Sel};
use objc2::{DefinedClass as _, MainThreadMarker, MainThreadOnly, define_class, msg_send, sel};
use objc2_app_kit::{
    NSAlert, NSAlertStyle, NSApplication, NSButton, NSFloatingWindowLevel, NSWindowCollectionBehavior,
};
use objc2_foundation::{NSObject, NSString};
use tauri::AppHandle;

use super::{Answer, QUIET, QuestionDialog, Words};
use crate::platform;

thread_local! {
    /// The alert that is up. Only the main thread, where AppKit is, has one.
    static UP: RefCell<Option<Up>> = const { RefCell::new(None) };
}

struct Up {
    id: u64,
    alert: Retained<NSAlert>,
    buttons: [Retained<NSButton>; 2],
    /// The buttons do not keep what they call.
    _listener: Retained<Listener>,
}

struct Ivars {
    id: u64,
    answer: Cell<Option<Answer>>,
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
            self.answered(true);
        }

        // SAFETY: as above.
        #[unsafe(method(no:))]
        fn no(&self, _sender: Option<&AnyObject>) {
            self.answered(false);
        }
    }
);

impl Listener {
    fn new(main: MainThreadMarker, id: u64, answer: Answer) -> Retained<Self> {
        let this = Self::alloc(main).set_ivars(Ivars { id, answer: Cell::new(Some(answer)) });
        // SAFETY: NSObject's `init` takes nothing and returns the object.
        unsafe { msg_send![super(this), init] }
    }

    fn answered(&self, keep: bool) {
        let ivars = self.ivars();
        if let Some(answer) = ivars.answer.take() {
            answer(keep);
        }
        take_down(ivars.id);
    }
}

pub(super) struct Dialog {
    app: AppHandle,
}

impl Dialog {
    pub(super) fn new(app: &AppHandle) -> Self {
        Self { app: app.clone() }
    }

    fn on_main_thread(&self, work: impl FnOnce() + Send + 'static) {
        if let Err(error) = self.app.run_on_main_thread(work) {
            tracing::error!(%error, "the question cannot be shown");
        }
    }
}

impl QuestionDialog for Dialog {
    fn show(&self, question: &Question, answer: Answer) {
        let shown = question.clone();
        self.on_main_thread(move || {
            let Some(main) = MainThreadMarker::new() else { return };
            let before = UP.replace(Some(Up::new(main, &shown, answer)));
            if let Some(before) = before {
                before.alert.window().orderOut(None);
            }
        });
        let (app, id) = (self.app.clone(), question.id);
        tauri::async_runtime::spawn(async move {
            tokio::time::sleep(QUIET).await;
            let armed = app.run_on_main_thread(move || {
                UP.with_borrow(|up| {
                    if let Some(up) = up.as_ref().filter(|up| up.id == id) {
                        up.set_enabled(true);
                    }
                });
            });
            if let Err(error) = armed {
                tracing::error!(%error, "the question cannot be answered");
            }
        });
    }

    fn update(&self, question: &Question) {
        let question = question.clone();
        self.on_main_thread(move || {
            UP.with_borrow(|up| {
                if let Some(up) = up.as_ref().filter(|up| up.id == question.id) {
                    up.tell(&question);
                }
            });
        });
    }

    fn close(&self, question: u64) {
        self.on_main_thread(move || take_down(question));
    }
}

fn take_down(question: u64) {
    let up = UP.with_borrow_mut(|up| up.take_if(|up| up.id == question));
    if let Some(up) = up {
        up.alert.window().orderOut(None);
        // A button may be in the middle of its action: what it calls has to outlive the event.
        LAST.set(Some(up));
    }
}

thread_local! {
    /// The alert that was taken down last, kept until the next one.
    static LAST: RefCell<Option<Up>> = const { RefCell::new(None) };
}

impl Up {
    fn new(main: MainThreadMarker, question: &Question, answer: Answer) -> Self {
        let alert = NSAlert::new(main);
        alert.setAlertStyle(NSAlertStyle::Informational);
        alert.setMessageText(&NSString::from_str(Words::TITLE));
        let listener = Listener::new(main, question.id, answer);
        let yes = add_button(&alert, "Yes", sel!(yes:), &listener);
        let no = add_button(&alert, "No", sel!(no:), &listener);
        let up = Self { id: question.id, alert, buttons: [yes, no], _listener: listener };
        up.set_enabled(false);
        up.tell(question);
        up.alert.layout();

        let window = up.alert.window();
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
        up
    }

    fn tell(&self, question: &Question) {
        let words = Words::of(question, &platform::clock(question.yes_keeps_until));
        let text = format!("{} {}\n\n{}", words.sentence(), Words::ASK, words.limit);
        self.alert.setInformativeText(&NSString::from_str(&text));
    }

    fn set_enabled(&self, enabled: bool) {
        for button in &self.buttons {
            button.setEnabled(enabled);
        }
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
