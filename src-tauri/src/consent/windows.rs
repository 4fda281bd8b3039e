//! The consent question as a task dialog, on a thread of its own: a choice for how long, and two buttons.
#![allow(unsafe_code)] // Calls into Win32; each block says why it is sound.

use std::cell::Cell;
use std::mem;
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use abide_locale::desktop;
use abide_wire::ConsentAnswer;
use tauri::AppHandle;
use windows_sys::Win32::Foundation::{HWND, LPARAM, S_FALSE, S_OK, WPARAM};
use windows_sys::Win32::UI::Controls::{
    TASKDIALOG_BUTTON, TASKDIALOGCONFIG, TDF_ALLOW_DIALOG_CANCELLATION, TDF_CALLBACK_TIMER, TDM_CLICK_BUTTON,
    TDM_ENABLE_BUTTON, TDN_BUTTON_CLICKED, TDN_CREATED, TDN_RADIO_BUTTON_CLICKED, TDN_TIMER,
};
use windows_sys::Win32::UI::WindowsAndMessaging::{
    HWND_TOPMOST, IDCANCEL, SWP_NOMOVE, SWP_NOSIZE, SendMessageW, SetForegroundWindow, SetWindowPos,
};
use windows_sys::core::HRESULT;

use super::{Answer, ConsentDialog, Words};
use crate::platform::wide;
use crate::question::{KeyHook, QUIET, quiet_since, set_quiet_since, task_dialog};

/// The numbers of the two buttons, and of the first choice.
const ALLOW: i32 = 100;
const DENY: i32 = 101;
const CHOICES: i32 = 200;

pub(super) struct Dialog {
    /// Set once the dialog that is up has become moot.
    up: Mutex<Arc<AtomicBool>>,
}

impl Dialog {
    pub(super) fn new(_: &AppHandle) -> Self {
        Self { up: Mutex::default() }
    }

    fn replace(&self) -> Arc<AtomicBool> {
        let fresh = Arc::new(AtomicBool::new(false));
        let mut up = self.up.lock().unwrap_or_else(PoisonError::into_inner);
        mem::replace(&mut *up, Arc::clone(&fresh)).store(true, Ordering::Release);
        fresh
    }
}

impl ConsentDialog for Dialog {
    fn show(&self, words: Words, answer: Answer) {
        let moot = self.replace();
        let asking = thread::Builder::new().name("consent".to_owned()).spawn(move || {
            let chosen = Cell::new(words.chosen);
            ask(&Up { words, moot, chosen, answer: Cell::new(Some(answer)) });
        });
        if let Err(error) = asking {
            tracing::error!(%error, "the question about a program cannot be shown");
        }
    }

    fn update(&self, _: Words) {
        // How many wait is not shown there once the dialog is up.
    }

    fn withdraw(&self) {
        self.replace();
    }
}

/// A dialog, on its own thread.
struct Up {
    words: Words,
    moot: Arc<AtomicBool>,
    /// The choice.
    chosen: Cell<usize>,
    /// `None` once the user has ended the dialog.
    answer: Cell<Option<Answer>>,
}

/// Shows the dialog; returns once it is gone.
fn ask(up: &Up) {
    let Some(task_dialog) = task_dialog() else {
        tracing::error!("this system has no task dialogs; `abide approve` remains");
        return;
    };
    let _keys = KeyHook::new();
    let words = &up.words;
    // There an ampersand stands before the letter that presses a button.
    let [allow, deny] = [desktop::consent_allow(words.language), desktop::consent_deny(words.language)]
        .map(|label| wide(&label.replace('_', "&")));
    let [title, sentence, details, why] =
        [&words.title, &words.sentence, &words.details(), &words.why].map(|text| wide(text));
    let choices: Vec<Vec<u16>> = words.choices.iter().map(|(_, meaning)| wide(meaning)).collect();
    let radio: Vec<TASKDIALOG_BUTTON> = (CHOICES..)
        .zip(&choices)
        .map(|(number, text)| TASKDIALOG_BUTTON { nButtonID: number, pszButtonText: text.as_ptr() })
        .collect();
    let buttons = [
        TASKDIALOG_BUTTON { nButtonID: ALLOW, pszButtonText: allow.as_ptr() },
        TASKDIALOG_BUTTON { nButtonID: DENY, pszButtonText: deny.as_ptr() },
    ];
    let config = TASKDIALOGCONFIG {
        cbSize: mem::size_of::<TASKDIALOGCONFIG>() as u32,
        dwFlags: TDF_ALLOW_DIALOG_CANCELLATION | TDF_CALLBACK_TIMER,
        pszWindowTitle: title.as_ptr(),
        pszMainInstruction: sentence.as_ptr(),
        pszContent: details.as_ptr(),
        pszExpandedInformation: why.as_ptr(),
        cButtons: buttons.len() as u32,
        pButtons: buttons.as_ptr(),
        nDefaultButton: DENY,
        cRadioButtons: radio.len() as u32,
        pRadioButtons: radio.as_ptr(),
        nDefaultRadioButton: CHOICES + words.chosen as i32,
        pfCallback: Some(on_notification),
        lpCallbackData: ptr::from_ref(up) as isize,
        ..TASKDIALOGCONFIG::default()
    };
    // SAFETY: the strings end with a zero; they, the buttons, `config` and `up` outlive the call, which returns only when
    // the dialog is gone and calls back on this thread only. The three results may be null.
    let result = unsafe { task_dialog(&raw const config, ptr::null_mut(), ptr::null_mut(), ptr::null_mut()) };
    if result < 0 {
        tracing::error!(result, "the question about a program cannot be shown");
    }
}

impl Up {
    fn appear(&self, window: HWND) {
        set_quiet_since(Some(Instant::now()));
        self.enable(window, false);
        // SAFETY: `window` is the dialog of this thread, which is inside its callback.
        unsafe {
            SetWindowPos(window, HWND_TOPMOST, 0, 0, 0, 0, SWP_NOMOVE | SWP_NOSIZE);
            SetForegroundWindow(window);
        }
    }

    fn tick(&self, window: HWND) {
        if self.moot.load(Ordering::Acquire) {
            self.answer.set(None);
            return send(window, TDM_CLICK_BUTTON, IDCANCEL as usize, 0);
        }
        if quiet_since().is_some_and(|since| since.elapsed() >= QUIET) {
            set_quiet_since(None);
            self.enable(window, true);
        }
    }

    fn clicked(&self, button: i32) -> HRESULT {
        let allow = match button {
            ALLOW => Some(true),
            DENY => Some(false),
            _ => None,
        };
        if allow.is_some() && quiet_since().is_some() {
            return S_FALSE;
        }
        let span = self.words.choices.get(self.chosen.get()).map(|(span, _)| *span);
        let closed = self.words.closed();
        // What is listed is answered with it.
        let answered = |(allow, span)| ConsentAnswer {
            others: closed.others.clone(),
            ..ConsentAnswer::new(allow, span)
        };
        let chosen = allow.zip(span).map_or_else(|| closed.clone(), answered);
        if let Some(answer) = self.answer.take() {
            answer(chosen);
        }
        S_OK
    }

    fn enable(&self, window: HWND, enabled: bool) {
        for button in [ALLOW, DENY] {
            send(window, TDM_ENABLE_BUTTON, button as usize, isize::from(enabled));
        }
    }
}

/// Called by the dialog: when it is there, when something is clicked, and five times a second.
unsafe extern "system" fn on_notification(
    window: HWND,
    notification: u32,
    detail: WPARAM,
    _: LPARAM,
    data: isize,
) -> HRESULT {
    // SAFETY: `data` is the `Up` that `ask` passed in and that outlives the dialog.
    let up = unsafe { &*(data as *const Up) };
    match notification as i32 {
        TDN_CREATED => up.appear(window),
        TDN_TIMER => up.tick(window),
        TDN_BUTTON_CLICKED => return up.clicked(detail as i32),
        TDN_RADIO_BUTTON_CLICKED => {
            up.chosen.set(usize::try_from(detail as i32 - CHOICES).unwrap_or(0));
        }
        _ => {}
    }
    S_OK
}

fn send(window: HWND, message: i32, first: WPARAM, second: LPARAM) {
    // SAFETY: `window` is the dialog of this thread, which is inside its callback.
    unsafe { SendMessageW(window, message as u32, first, second) };
}
