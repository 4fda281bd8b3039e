//! The question as a task dialog, on a thread of its own.
//!
//! A task dialog has its buttons for life: when other ones are needed, another dialog takes its place. Windows decides
//! whether it gets the keyboard; a dialog that does not lies above all other windows all the same.
#![allow(unsafe_code)] // Calls into Win32; each block says why it is sound.

use std::cell::{Cell, RefCell};
use std::mem;
use std::ptr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use abide_wire::Language;
use tauri::AppHandle;
use windows_sys::Win32::Foundation::{HWND, LPARAM, LRESULT, S_FALSE, S_OK, WPARAM};
use windows_sys::Win32::System::LibraryLoader::{GetProcAddress, LoadLibraryW};
use windows_sys::Win32::System::Threading::GetCurrentThreadId;
use windows_sys::Win32::UI::Controls::{
    TASKDIALOG_BUTTON, TASKDIALOGCONFIG, TDE_CONTENT, TDE_MAIN_INSTRUCTION, TDF_ALLOW_DIALOG_CANCELLATION,
    TDF_CALLBACK_TIMER, TDM_CLICK_BUTTON, TDM_ENABLE_BUTTON, TDM_SET_ELEMENT_TEXT, TDM_UPDATE_ELEMENT_TEXT,
    TDN_BUTTON_CLICKED, TDN_CREATED, TDN_TIMER,
};
use windows_sys::Win32::UI::Input::KeyboardAndMouse::SetFocus;
use windows_sys::Win32::UI::WindowsAndMessaging::{
    CallNextHookEx, GetForegroundWindow, HHOOK, HWND_TOPMOST, IDCANCEL, IDNO, IDOK, IDYES, SWP_NOMOVE,
    SWP_NOSIZE, SendMessageW, SetForegroundWindow, SetWindowPos, SetWindowTextW, SetWindowsHookExW,
    UnhookWindowsHookEx, WH_KEYBOARD,
};
use windows_sys::core::{BOOL, HRESULT};
use windows_sys::{s, w};

use super::{Answer, Buttons, FAREWELL, QUIET, QuestionDialog, Row, Words, has_joined, open_questions};
use crate::platform::{self, wide};

/// How long an answered dialog stays, and takes nothing: the second click of a double click is not for what lies beneath.
const AFTER_A_CLICK: Duration = Duration::from_millis(400);

thread_local! {
    /// Of the dialog of this thread: since when no key was pressed, while it takes no answer yet. `None` once it does.
    static QUIET_SINCE: Cell<Option<Instant>> = const { Cell::new(None) };
}

pub(super) struct Dialog {
    up: Mutex<Option<Arc<Shared>>>,
}

/// What the dialog's thread reads on its next tick.
struct Shared(Mutex<State>);

struct State {
    rows: Vec<Row>,
    /// Another dialog is up instead.
    withdrawn: bool,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
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
    fn show(&self, rows: Vec<Row>, language: Language, answer: Answer) {
        let shared = Arc::new(Shared(Mutex::new(State { rows: rows.clone(), withdrawn: false })));
        if let Some(before) = self.up().replace(Arc::clone(&shared)) {
            before.state().withdrawn = true;
        }
        let asking = thread::Builder::new()
            .name("question".to_owned())
            .spawn(move || ask(&Up::new(shared, rows, language, answer)));
        if let Err(error) = asking {
            tracing::error!(%error, "the question cannot be shown");
        }
    }

    fn update(&self, rows: Vec<Row>) {
        if let Some(up) = self.up().as_ref() {
            up.state().rows = rows;
        }
    }
}

pub(crate) type TaskDialogIndirect =
    unsafe extern "system" fn(*const TASKDIALOGCONFIG, *mut i32, *mut i32, *mut BOOL) -> HRESULT;

/// Looked up when it is needed, because only a program whose manifest asks for version 6 of the common controls has it:
/// a test program, which has no manifest, could not even start otherwise.
pub(crate) fn task_dialog() -> Option<TaskDialogIndirect> {
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

/// Shows the dialog, and again as long as other buttons are needed; returns once it is gone.
fn ask(up: &Up) {
    let Some(task_dialog) = task_dialog() else {
        tracing::error!("this system has no task dialogs; the notification and the menu remain");
        return;
    };
    let _keys = KeyHook::new();
    loop {
        up.again.set(false);
        let (title, instruction, content, texts) = {
            let shown = up.shown.borrow();
            let [title, instruction, content] =
                [&shown.words.title, &shown.instruction(), &shown.content()].map(|text| wide(text));
            (title, instruction, content, shown.words.button_texts(shown.rows.len()))
        };
        // Not the system's own buttons: their language is that of Windows.
        let ids: &[i32] = if texts.len() == 1 { &[IDOK] } else { &[IDNO, IDYES] };
        let labels: Vec<(i32, Vec<u16>)> = (ids.iter().copied().zip(&texts))
            .map(|(id, (label, _))| (id, wide(&label.replace('_', "&"))))
            .rev()
            .collect();
        let buttons: Vec<TASKDIALOG_BUTTON> = labels
            .iter()
            .map(|(id, label)| TASKDIALOG_BUTTON { nButtonID: *id, pszButtonText: label.as_ptr() })
            .collect();
        let default = if texts.len() == 1 { IDOK } else { IDYES };
        let config = TASKDIALOGCONFIG {
            cbSize: mem::size_of::<TASKDIALOGCONFIG>() as u32,
            dwFlags: TDF_ALLOW_DIALOG_CANCELLATION | TDF_CALLBACK_TIMER,
            pszWindowTitle: title.as_ptr(),
            pszMainInstruction: instruction.as_ptr(),
            pszContent: content.as_ptr(),
            cButtons: buttons.len() as u32,
            pButtons: buttons.as_ptr(),
            nDefaultButton: default,
            pfCallback: Some(on_notification),
            lpCallbackData: ptr::from_ref(up) as isize,
            ..TASKDIALOGCONFIG::default()
        };
        // SAFETY: the strings end with a zero; they, the buttons, `config` and `up` outlive the call, which returns only when the
        // dialog is gone and calls back on this thread only. The three results may be null; what was clicked is told by
        // the callback.
        let result =
            unsafe { task_dialog(&raw const config, ptr::null_mut(), ptr::null_mut(), ptr::null_mut()) };
        if result < 0 {
            tracing::error!(result, "the question cannot be shown");
            return;
        }
        if !up.again.get() {
            return;
        }
    }
}

/// A dialog, on its own thread. No borrow of a cell is held while a message is sent, because messages call back.
struct Up {
    shared: Arc<Shared>,
    shown: RefCell<Shown>,
    /// `None` once the user has ended the dialog, or nothing is left to decide.
    answer: Cell<Option<Answer>>,
    /// The buttons that the dialog has.
    buttons: Cell<Buttons>,
    /// When the dialog goes by itself.
    goes_at: Cell<Option<Instant>>,
    /// Whether another dialog, with other buttons, takes the place of this one.
    again: Cell<bool>,
}

/// What the dialog says.
struct Shown {
    rows: Vec<Row>,
    words: Words,
    /// Instruction and content for which the dialog's size was made.
    made_for: [String; 2],
}

impl Shown {
    fn new(rows: Vec<Row>, language: Language) -> Self {
        let words = Words::of(&rows, language, platform::clock);
        let mut shown = Self { rows, words, made_for: [const { String::new() }; 2] };
        shown.made_for = [shown.instruction(), shown.content()];
        shown
    }

    fn instruction(&self) -> String {
        self.words.sentence.to_string()
    }

    fn content(&self) -> String {
        let Words { lines, note, .. } = &self.words;
        let list: Vec<String> = lines.iter().map(super::words::Line::text).collect();
        let parts = [list.join("\n"), note.clone()];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n\n")
    }
}

/// Whether a text surely takes no more room than another one: no more lines, and none that is longer.
fn fits(text: &str, room: &str) -> bool {
    text.lines().count() <= room.lines().count()
        && text.lines().zip(room.lines()).all(|(line, room)| line.chars().count() <= room.chars().count())
}

impl Up {
    fn new(shared: Arc<Shared>, rows: Vec<Row>, language: Language, answer: Answer) -> Self {
        let shown = Shown::new(rows, language);
        Self {
            shared,
            buttons: Cell::new(shown.words.buttons),
            shown: RefCell::new(shown),
            answer: Cell::new(Some(answer)),
            goes_at: Cell::new(None),
            again: Cell::new(false),
        }
    }

    fn appear(&self, window: HWND) {
        self.buttons.set(self.shown.borrow().words.buttons);
        self.disarm(window);
        // SAFETY: `window` is the dialog of this thread, which is inside its callback.
        unsafe {
            SetWindowPos(window, HWND_TOPMOST, 0, 0, 0, 0, SWP_NOMOVE | SWP_NOSIZE);
            SetForegroundWindow(window);
        }
    }

    fn tick(&self, window: HWND) {
        let (rows, withdrawn) = {
            let state = self.shared.state();
            (state.rows.clone(), state.withdrawn)
        };
        if withdrawn || self.goes_at.get().is_some_and(|at| Instant::now() >= at) {
            self.answer.set(None);
            return leave(window);
        }
        if !self.is_asking() {
            return;
        }
        if self.shown.borrow().rows != rows {
            self.follow(window, rows);
        }
        if self.is_asking() && QUIET_SINCE.get().is_some_and(|since| since.elapsed() >= QUIET) {
            self.arm(window);
        }
    }

    /// Whether an answer is still awaited.
    fn is_asking(&self) -> bool {
        let answer = self.answer.take();
        let asking = answer.is_some();
        self.answer.set(answer);
        asking
    }

    /// Says how things stand now.
    fn follow(&self, window: HWND, rows: Vec<Row>) {
        let over = open_questions(&rows).is_empty();
        let language = self.shown.borrow().words.language;
        let now = Shown::new(rows, language);
        let joined = has_joined(&self.shown.borrow().rows, &now.rows);
        let before = self.shown.replace(now);
        if !over && self.shown.borrow().words.buttons != self.buttons.get() {
            self.again.set(true);
            return leave(window);
        }
        self.say(window, before);
        if over {
            self.answer.set(None);
            self.disarm(window);
            self.goes_at.set(Some(Instant::now() + FAREWELL));
        } else if joined {
            self.disarm(window);
        }
    }

    /// Says what is to be shown, instead of what was shown before.
    fn say(&self, window: HWND, before: Shown) {
        let (title, texts) = {
            let shown = self.shown.borrow();
            (shown.words.title.clone(), [shown.instruction(), shown.content()])
        };
        if title != before.words.title {
            let title = wide(&title);
            // SAFETY: `window` is the dialog of this thread; the text ends with a zero and outlives the call.
            unsafe { SetWindowTextW(window, title.as_ptr()) };
        }
        let mut made_for = before.made_for;
        for ((element, text), room) in
            [TDE_MAIN_INSTRUCTION, TDE_CONTENT].into_iter().zip(texts).zip(&mut made_for)
        {
            if fits(&text, room) {
                set_text(window, TDM_UPDATE_ELEMENT_TEXT, element, &text);
            } else {
                // The dialog makes itself as large as this takes.
                set_text(window, TDM_SET_ELEMENT_TEXT, element, &text);
                *room = text;
            }
        }
        self.shown.borrow_mut().made_for = made_for;
    }

    /// A button was clicked, or the dialog closed. Returns whether the dialog may go.
    fn clicked(&self, window: HWND, button: i32) -> HRESULT {
        let keep = match button {
            IDYES | IDOK => Some(true),
            IDNO => Some(false),
            // Closed, by the user or by the program itself. By the user without an answer: the session's own deadline
            // decides.
            _ => {
                if !self.again.get() {
                    self.answered(None);
                }
                return S_OK;
            }
        };
        if QUIET_SINCE.get().is_some() {
            return S_FALSE;
        }
        self.answered(keep);
        self.disarm(window);
        self.goes_at.set(Some(Instant::now() + AFTER_A_CLICK));
        S_FALSE
    }

    fn answered(&self, keep: Option<bool>) {
        if let Some(answer) = self.answer.take() {
            let questions = open_questions(&self.shown.borrow().rows);
            answer(questions, keep);
        }
    }

    fn arm(&self, window: HWND) {
        QUIET_SINCE.set(None);
        self.enable(window, true);
        // A button that had the keyboard when it was disabled has it no longer. The dialog gives it to the default one,
        // if the dialog itself has it.
        // SAFETY: `window` is the dialog of this thread, which is inside its callback.
        unsafe {
            if GetForegroundWindow() == window {
                SetFocus(window);
            }
        }
    }

    fn disarm(&self, window: HWND) {
        QUIET_SINCE.set(Some(Instant::now()));
        self.enable(window, false);
    }

    fn enable(&self, window: HWND, enabled: bool) {
        let buttons: &[i32] = match self.buttons.get() {
            Buttons::YesNo => &[IDYES, IDNO],
            Buttons::Ok => &[IDOK],
        };
        for button in buttons {
            send(window, TDM_ENABLE_BUTTON, *button as usize, isize::from(enabled));
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
        TDN_BUTTON_CLICKED => return up.clicked(window, detail as i32),
        _ => {}
    }
    S_OK
}

/// Makes the dialog go: what closes it is a click on *Cancel*, which a dialog that can be closed always has.
fn leave(window: HWND) {
    send(window, TDM_CLICK_BUTTON, IDCANCEL as usize, 0);
}

fn set_text(window: HWND, message: i32, element: i32, text: &str) {
    let text = wide(text);
    send(window, message, element as usize, text.as_ptr() as isize);
}

fn send(window: HWND, message: i32, first: WPARAM, second: LPARAM) {
    // SAFETY: `window` is the dialog of this thread, which is inside its callback. A text that `second` points to ends
    // with a zero and outlives the call, which returns when the message has been handled.
    unsafe { SendMessageW(window, message as u32, first, second) };
}

/// Hears the keys that this thread's dialog gets, and no others, as long as it lives.
pub(crate) struct KeyHook(HHOOK);

impl KeyHook {
    pub(crate) fn new() -> Self {
        // SAFETY: the hook is for this thread alone, so its procedure needs no library of its own; the procedure is a
        // function and lives as long as the program.
        Self(unsafe { SetWindowsHookExW(WH_KEYBOARD, Some(on_key), ptr::null_mut(), GetCurrentThreadId()) })
    }
}

impl Drop for KeyHook {
    fn drop(&mut self) {
        if !self.0.is_null() {
            // SAFETY: the hook was set by this thread and is taken away once.
            unsafe { UnhookWindowsHookEx(self.0) };
        }
    }
}

/// Since when no key was pressed, while the dialog of this thread takes no answer yet.
pub(crate) fn quiet_since() -> Option<Instant> {
    QUIET_SINCE.get()
}

/// Takes answers (`None`), or waits for silence from this moment on.
pub(crate) fn set_quiet_since(since: Option<Instant>) {
    QUIET_SINCE.set(since);
}

/// Called before a key reaches the dialog. One that comes too early goes nowhere, and the dialog waits again.
unsafe extern "system" fn on_key(code: i32, key: WPARAM, detail: LPARAM) -> LRESULT {
    if code >= 0 && QUIET_SINCE.get().is_some() {
        QUIET_SINCE.set(Some(Instant::now()));
        return 1;
    }
    // SAFETY: passes on what the system passed in; the first argument is not used any more.
    unsafe { CallNextHookEx(ptr::null_mut(), code, key, detail) }
}
