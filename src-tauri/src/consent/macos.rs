//! The consent question as an NSAlert that is shown like any other panel: it holds up nothing while it waits.
//!
//! An alert offers buttons alone: deny, allow once, and allow for as long as the run of the program lasts.
#![allow(unsafe_code)] // A class of our own and its selectors; each block says why it is sound.

use std::cell::{Cell, RefCell};

use abide_locale::{common, desktop};
use abide_wire::{ConsentAnswer, Span};
use objc2::rc::Retained;
use objc2::runtime::{AnyObject, Sel};
use objc2::{DefinedClass as _, MainThreadMarker, MainThreadOnly, define_class, msg_send, sel};
use objc2_app_kit::{NSAlert, NSAlertStyle, NSApplication, NSButton, NSFloatingWindowLevel};
use objc2_foundation::{NSObject, NSString};
use tauri::AppHandle;

use super::{Answer, ConsentDialog, Words};
use crate::question::QUIET;

thread_local! {
    /// The dialog that is up. Only the main thread, where AppKit is, has one.
    static UP: RefCell<Option<Up>> = const { RefCell::new(None) };
    /// The one that was taken down last: one of its buttons may be in the middle of its action.
    static LAST: RefCell<Option<Up>> = const { RefCell::new(None) };
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

    fn on_main_thread(&self, work: impl FnOnce() + Send + 'static) {
        if let Err(error) = self.app.run_on_main_thread(work) {
            tracing::error!(%error, "the question about a program cannot be shown");
        }
    }
}

impl ConsentDialog for Dialog {
    fn show(&self, words: Words, answer: Answer) {
        let app = self.app.clone();
        self.on_main_thread(move || {
            let Some(main) = MainThreadMarker::new() else { return };
            let up = Up::new(main, &words, answer);
            let number = up.number;
            if let Some(before) = UP.replace(Some(up)) {
                before.take_down();
            }
            tauri::async_runtime::spawn(async move {
                tokio::time::sleep(QUIET).await;
                let armed = app.run_on_main_thread(move || {
                    UP.with_borrow(|up| {
                        if let Some(up) = up.as_ref().filter(|up| up.number == number) {
                            up.set_enabled(true);
                        }
                    });
                });
                if let Err(error) = armed {
                    tracing::error!(%error, "the question about a program takes no answer");
                }
            });
        });
    }

    fn update(&self, words: Words) {
        self.on_main_thread(move || {
            UP.with_borrow(|up| {
                if let Some(up) = up {
                    // What is listed stays as it was when the dialog came up: an answer is for no more than that.
                    up.say(&Words { also: up.also.clone(), ..words });
                }
            });
        });
    }

    fn withdraw(&self) {
        self.on_main_thread(|| {
            if let Some(up) = UP.take() {
                up.take_down();
            }
        });
    }
}

/// How long a button allows: the widest answer that ends by itself.
fn longer(words: &Words) -> Option<(Span, String)> {
    let ends = |span: &Span| matches!(span, Span::Run | Span::Terminal | Span::Agent | Span::Session);
    words.choices.iter().rev().find(|(span, _)| ends(span)).cloned()
}

struct Up {
    number: u64,
    alert: Retained<NSAlert>,
    buttons: Vec<Retained<NSButton>>,
    longer: Option<Span>,
    also: Vec<(u64, String)>,
    answer: Option<Answer>,
    /// The buttons do not keep what they call.
    _listener: Retained<Listener>,
}

impl Up {
    fn new(main: MainThreadMarker, words: &Words, answer: Answer) -> Self {
        let number = NUMBER.get() + 1;
        NUMBER.set(number);
        let alert = NSAlert::new(main);
        alert.setAlertStyle(NSAlertStyle::Informational);
        let listener = Listener::new(main, number);
        let (longer, language) = (longer(words), words.language);
        let mut buttons = vec![add_button(&alert, &common::action_deny(language), sel!(deny:), &listener)];
        if words.choices.iter().any(|(span, _)| *span == Span::Once) {
            buttons.push(add_button(&alert, &desktop::consent_allow_once(language), sel!(once:), &listener));
        }
        if let Some((_, meaning)) = &longer {
            let label = desktop::consent_allow_longer(language, meaning);
            buttons.push(add_button(&alert, &label, sel!(longer:), &listener));
        }
        let longer = longer.map(|(span, _)| span);
        let also = words.also.clone();
        let up = Self { number, alert, buttons, longer, also, answer: Some(answer), _listener: listener };
        up.set_enabled(false);
        up.say(words);
        let window = up.alert.window();
        window.setLevel(NSFloatingWindowLevel);
        window.setHidesOnDeactivate(false);
        window.center();
        window.orderFrontRegardless();
        if NSApplication::sharedApplication(main).isActive() {
            window.makeKeyAndOrderFront(None);
        }
        up
    }

    fn say(&self, words: &Words) {
        let text = format!("{}\n\n{}", words.sentence, words.details());
        self.alert.setMessageText(&NSString::from_str(&words.title));
        self.alert.setInformativeText(&NSString::from_str(&text));
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

/// The user has answered this dialog.
fn answered(number: u64, chosen: impl FnOnce(&Up) -> ConsentAnswer) {
    let taken = UP.with_borrow_mut(|up| up.take_if(|up| up.number == number));
    let Some(mut up) = taken else { return };
    // What is listed is answered with it.
    let others = up.also.iter().map(|(id, _)| *id).collect();
    let chosen = ConsentAnswer { others, ..chosen(&up) };
    if let Some(answer) = up.answer.take() {
        answer(chosen);
    }
    up.take_down();
}

struct Ivars {
    /// The number of the dialog.
    number: u64,
}

define_class!(
    // SAFETY: NSObject asks nothing of its subclasses, and there is no `Drop`.
    #[unsafe(super(NSObject))]
    #[thread_kind = MainThreadOnly]
    #[name = "AbideConsentListener"]
    #[ivars = Ivars]
    struct Listener;

    impl Listener {
        // SAFETY: the signature of an action: one argument, the sender, no result.
        #[unsafe(method(deny:))]
        fn deny(&self, _sender: Option<&AnyObject>) {
            answered(self.ivars().number, |_| ConsentAnswer::new(false, Span::Once));
        }

        // SAFETY: as above.
        #[unsafe(method(once:))]
        fn once(&self, _sender: Option<&AnyObject>) {
            answered(self.ivars().number, |_| ConsentAnswer::new(true, Span::Once));
        }

        // SAFETY: as above.
        #[unsafe(method(longer:))]
        fn longer(&self, _sender: Option<&AnyObject>) {
            answered(self.ivars().number, |up| ConsentAnswer::new(true, up.longer.unwrap_or(Span::Once)));
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
    // SAFETY: the listener has methods for the three actions, each with the one argument that a control passes, and lives
    // longer than the button is shown.
    unsafe {
        button.setTarget(Some(listener));
        button.setAction(Some(action));
    }
    button
}
