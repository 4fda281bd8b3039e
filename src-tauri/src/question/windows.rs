//! The question as a task dialog, on a thread of its own.
#![allow(unsafe_code)] // Calls into Win32; each block says why it is sound.

use std::mem;
use std::ptr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Instant;

use abide_wire::Question;
use tauri::AppHandle;
use windows_sys::Win32::Foundation::{HWND, LPARAM, WPARAM};
use windows_sys::Win32::System::LibraryLoader::{GetProcAddress, LoadLibraryW};
use windows_sys::Win32::UI::Controls::{
    TASKDIALOGCONFIG, TDCBF_NO_BUTTON, TDCBF_YES_BUTTON, TDE_CONTENT, TDE_MAIN_INSTRUCTION,
    TDF_ALLOW_DIALOG_CANCELLATION, TDF_CALLBACK_TIMER, TDM_CLICK_BUTTON, TDM_ENABLE_BUTTON,
    TDM_UPDATE_ELEMENT_TEXT, TDN_CREATED, TDN_TIMER,
};
use windows_sys::Win32::UI::WindowsAndMessaging::{
    HWND_TOPMOST, IDCANCEL, IDNO, IDYES, SWP_NOMOVE, SWP_NOSIZE, SendMessageW, SetForegroundWindow,
    SetWindowPos,
};
use windows_sys::core::{BOOL, HRESULT};
use windows_sys::{s, w};

use super::{Answer, QUIET, QuestionDialog, Words};
use crate::platform::{self, wide};

pub(super) struct Dialog {
    up: Mutex<Option<Arc<Shared>>>,
}

/// What the dialog's thread reads on its next tick.
struct Shared {
    question: u64,
    state: Mutex<State>,
}

struct State {
    words: Words,
    /// What the dialog says now.
    said: Words,
    withdrawn: bool,
    since: Instant,
    armed: bool,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn words(question: &Question) -> Words {
    Words::of(question, &platform::clock(question.yes_keeps_until))
}

impl Dialog {
    pub(super) fn new(_: &AppHandle) -> Self {
        Self { up: Mutex::default() }
    }

    fn up(&self) -> MutexGuard<'_, Option<Arc<Shared>>> {
        self.up.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl QuestionDialog for Dialog {
    fn show(&self, question: &Question, answer: Answer) {
        let words = words(question);
        let state =
            State { said: words.clone(), words, withdrawn: false, since: Instant::now(), armed: false };
        let shared = Arc::new(Shared { question: question.id, state: Mutex::new(state) });
        if let Some(before) = self.up().replace(Arc::clone(&shared)) {
            before.state().withdrawn = true;
        }
        let asking = thread::Builder::new().name("question".to_owned()).spawn(move || {
            if let Some(keep) = ask(&shared) {
                answer(keep);
            }
        });
        if let Err(error) = asking {
            tracing::error!(%error, "the question cannot be shown");
        }
    }

    fn update(&self, question: &Question) {
        if let Some(up) = self.up().as_ref().filter(|up| up.question == question.id) {
            up.state().words = words(question);
        }
    }

    fn close(&self, question: u64) {
        if let Some(up) = self.up().take_if(|up| up.question == question) {
            up.state().withdrawn = true;
        }
    }
}

type TaskDialogIndirect =
    unsafe extern "system" fn(*const TASKDIALOGCONFIG, *mut i32, *mut i32, *mut BOOL) -> HRESULT;

/// Looked up when it is needed, because only a program whose manifest asks for version 6 of the common controls has it:
/// a test program, which has no manifest, could not even start otherwise.
fn task_dialog() -> Option<TaskDialogIndirect> {
    // SAFETY: both names are constants that end with a zero. The library is part of the system and stays loaded. The
    // function has the signature that its documentation gives it, which is that of the type.
    unsafe {
        let library = LoadLibraryW(w!("comctl32.dll"));
        if library.is_null() {
            return None;
        }
        let found = GetProcAddress(library, s!("TaskDialogIndirect"))?;
        Some(mem::transmute::<unsafe extern "system" fn() -> isize, TaskDialogIndirect>(found))
    }
}

/// Shows the dialog and returns once it is gone: with the answer, if there was one.
fn ask(shared: &Shared) -> Option<bool> {
    let Some(task_dialog) = task_dialog() else {
        tracing::error!("this system has no task dialogs; the notification and the menu remain");
        return None;
    };
    let words = shared.state().words.clone();
    let title = wide(Words::TITLE);
    let instruction = wide(&words.sentence());
    let content = wide(&content(&words));
    let config = TASKDIALOGCONFIG {
        cbSize: mem::size_of::<TASKDIALOGCONFIG>() as u32,
        dwFlags: TDF_ALLOW_DIALOG_CANCELLATION | TDF_CALLBACK_TIMER,
        dwCommonButtons: TDCBF_YES_BUTTON | TDCBF_NO_BUTTON,
        pszWindowTitle: title.as_ptr(),
        pszMainInstruction: instruction.as_ptr(),
        pszContent: content.as_ptr(),
        nDefaultButton: IDYES,
        pfCallback: Some(on_notification),
        lpCallbackData: ptr::from_ref(shared) as isize,
        ..TASKDIALOGCONFIG::default()
    };
    let mut button = 0;
    // SAFETY: the strings end with a zero; they, `shared` and `button` outlive the call, which returns only when the
    // dialog is gone and calls back on this thread only. The two other results may be null.
    let result = unsafe { task_dialog(&raw const config, &raw mut button, ptr::null_mut(), ptr::null_mut()) };
    if result < 0 {
        tracing::error!(result, "the question cannot be shown");
        return None;
    }
    match button {
        // A click by the program itself is `IDCANCEL`, and so is closing without an answer.
        IDYES => Some(true),
        IDNO => Some(false),
        _ => None,
    }
}

fn content(words: &Words) -> String {
    format!("{}\n\n{}", Words::ASK, words.limit)
}

/// Called by the dialog: when it is there, and five times a second while it is.
unsafe extern "system" fn on_notification(
    window: HWND,
    notification: u32,
    _: WPARAM,
    _: LPARAM,
    data: isize,
) -> HRESULT {
    // SAFETY: `data` is the `Shared` that `ask` passed in and that outlives the dialog.
    let shared = unsafe { &*(data as *const Shared) };
    match notification as i32 {
        TDN_CREATED => {
            enable(window, false);
            // SAFETY: `window` is the dialog that calls.
            unsafe {
                SetWindowPos(window, HWND_TOPMOST, 0, 0, 0, 0, SWP_NOMOVE | SWP_NOSIZE);
                SetForegroundWindow(window);
            }
        }
        TDN_TIMER => tick(window, shared),
        _ => {}
    }
    0
}

fn tick(window: HWND, shared: &Shared) {
    let (withdrawn, news, arm) = {
        let mut state = shared.state();
        let news = (state.said != state.words).then(|| state.words.clone());
        state.said = state.words.clone();
        let arm = !state.armed && state.since.elapsed() >= QUIET;
        state.armed |= arm;
        (state.withdrawn, news, arm)
    };
    // The lock is free again: what follows calls back into the dialog.
    if withdrawn {
        send(window, TDM_CLICK_BUTTON, IDCANCEL as usize, 0);
        return;
    }
    if let Some(words) = news {
        set_text(window, TDE_MAIN_INSTRUCTION, &words.sentence());
        set_text(window, TDE_CONTENT, &content(&words));
    }
    if arm {
        enable(window, true);
    }
}

fn enable(window: HWND, enabled: bool) {
    for button in [IDYES, IDNO] {
        send(window, TDM_ENABLE_BUTTON, button as usize, isize::from(enabled));
    }
}

fn set_text(window: HWND, element: i32, text: &str) {
    let text = wide(text);
    send(window, TDM_UPDATE_ELEMENT_TEXT, element as usize, text.as_ptr() as isize);
}

fn send(window: HWND, message: i32, first: WPARAM, second: LPARAM) {
    // SAFETY: `window` is the dialog of this thread, which is inside its callback. A text that `second` points to ends
    // with a zero and outlives the call, which returns when the message has been handled.
    unsafe { SendMessageW(window, message as u32, first, second) };
}
