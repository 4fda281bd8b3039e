//! Windows: a thread with a hidden window, which receives session notifications; a callback for sleep.

#![allow(unsafe_code)]

use std::cell::RefCell;
use std::ffi::c_void;
use std::ptr::{null, null_mut};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::oneshot;
use windows_sys::Win32::Foundation::{ERROR_SUCCESS, HWND, LPARAM, LRESULT, WPARAM};
use windows_sys::Win32::System::LibraryLoader::GetModuleHandleW;
use windows_sys::Win32::System::Power::{
    DEVICE_NOTIFY_SUBSCRIBE_PARAMETERS, PowerRegisterSuspendResumeNotification,
    PowerUnregisterSuspendResumeNotification,
};
use windows_sys::Win32::System::RemoteDesktop::{
    NOTIFY_FOR_THIS_SESSION, ProcessIdToSessionId, WTS_CURRENT_SERVER_HANDLE, WTS_CURRENT_SESSION,
    WTS_SESSIONSTATE_LOCK, WTSActive, WTSFreeMemory, WTSINFOEXW, WTSQuerySessionInformationW,
    WTSRegisterSessionNotification, WTSSessionInfoEx, WTSUnRegisterSessionNotification,
};
use windows_sys::Win32::System::SystemInformation::GetTickCount;
use windows_sys::Win32::System::Threading::GetCurrentThreadId;
use windows_sys::Win32::UI::Input::KeyboardAndMouse::{GetLastInputInfo, LASTINPUTINFO};
use windows_sys::Win32::UI::WindowsAndMessaging::{
    CreateWindowExW, DEVICE_NOTIFY_CALLBACK, DefWindowProcW, DestroyWindow, DispatchMessageW, GetMessageW,
    HWND_MESSAGE, MSG, PBT_APMRESUMEAUTOMATIC, PBT_APMSUSPEND, PostThreadMessageW, RegisterClassExW, WM_QUIT,
    WM_WTSSESSION_CHANGE, WNDCLASSEXW, WTS_CONSOLE_CONNECT, WTS_CONSOLE_DISCONNECT, WTS_REMOTE_CONNECT,
    WTS_REMOTE_DISCONNECT, WTS_SESSION_LOCK, WTS_SESSION_UNLOCK,
};
use windows_sys::core::{PCWSTR, w};

use crate::environment::Environment;
use crate::limits::{OPEN_TIMEOUT, SLEEP_DELAY};
use crate::presence_state::PresenceState;
use crate::sleep_delay::SleepDelay;

/// The names of the sources: the functions that document them.
const LOCK: &str = "WTSRegisterSessionNotification";
const SLEEP: &str = "PowerRegisterSuspendResumeNotification";
const INPUT: &str = "GetLastInputInfo";

const CLASS: PCWSTR = w!("AbidePresence");

/// The thread that listens, until it is dropped.
pub(crate) struct Platform {
    delay: Arc<SleepDelay>,
    thread: Option<(u32, JoinHandle<()>)>,
}

impl Platform {
    pub(crate) fn ready_to_sleep(&self) {
        self.delay.release();
    }
}

impl Drop for Platform {
    fn drop(&mut self) {
        self.delay.release();
        if let Some((id, thread)) = self.thread.take() {
            // SAFETY: takes numbers. The thread has a queue, because it sent its number from within its loop.
            unsafe { PostThreadMessageW(id, WM_QUIT, 0, 0) };
            // It has no slow work left.
            let _ = thread.join();
        }
    }
}

/// Keyboard and mouse of this session.
pub(crate) struct InputSource {
    /// Services run in session 0, which has neither.
    interactive: bool,
}

impl InputSource {
    pub(crate) async fn ago(&self) -> Option<Duration> {
        if !self.interactive {
            return None;
        }
        let mut last = LASTINPUTINFO { cbSize: size_of::<LASTINPUTINFO>() as u32, dwTime: 0 };
        // SAFETY: a structure of its own, whose size it names. Both functions only read the system's state.
        let (found, now) = unsafe { (GetLastInputInfo(&raw mut last), GetTickCount()) };
        // Both count milliseconds since the start of the system, sleep included, and begin anew after 49 days.
        (found != 0).then(|| Duration::from_millis(now.wrapping_sub(last.dwTime).into()))
    }

    pub(crate) fn watch(&self) {}
}

/// Starts the thread, and waits until it listens.
pub(crate) async fn open(_: Environment, state: &Arc<PresenceState>) -> (Platform, Arc<InputSource>) {
    let input = InputSource { interactive: session().is_some_and(|session| session != 0) };
    let known = input.ago().await.is_some();
    state.set_input_source(known.then_some(INPUT));
    let delay = Arc::new(SleepDelay::default());
    let (listening, opened) = oneshot::channel();
    let (state, interactive) = (Arc::clone(state), input.interactive);
    let delay_of_thread = Arc::clone(&delay);
    let thread = std::thread::Builder::new()
        .name("presence".to_owned())
        .spawn(move || listen(&state, delay_of_thread, interactive, listening));
    let mut platform = Platform { delay, thread: None };
    if let Ok(thread) = thread
        && let Ok(Ok(id)) = tokio::time::timeout(OPEN_TIMEOUT, opened).await
    {
        platform.thread = Some((id, thread));
    }
    (platform, Arc::new(input))
}

/// The session of this process (as Remote Desktop Services counts them).
fn session() -> Option<u32> {
    let mut session = 0;
    // SAFETY: writes one number to where it is told.
    let found = unsafe { ProcessIdToSessionId(std::process::id(), &raw mut session) };
    (found != 0).then_some(session)
}

/// The state from the window's messages. It lives on its thread.
struct SessionState {
    state: Arc<PresenceState>,
    locked: bool,
    /// Another user is at the screen, or the session is disconnected.
    away: bool,
}

thread_local! {
    static SESSION: RefCell<Option<SessionState>> = const { RefCell::new(None) };
}

impl SessionState {
    fn tell(&self) {
        self.state.set_lock(LOCK, Some(self.locked || self.away));
    }
}

/// The thread: handles messages until it is told to quit. Sends its number to `listening` when it receives everything.
fn listen(
    state: &Arc<PresenceState>,
    delay: Arc<SleepDelay>,
    interactive: bool,
    listening: oneshot::Sender<u32>,
) {
    let power = Power::register(Arc::clone(state), delay);
    state.set_sleep_source(SLEEP, power.is_some());
    let window = if interactive { window() } else { null_mut() };
    // SAFETY: a window of this thread, or none, for which the call fails.
    let registered = unsafe { WTSRegisterSessionNotification(window, NOTIFY_FOR_THIS_SESSION) } != 0;
    if registered {
        // After registering, so that no change in between is missed.
        let (locked, away) = present_state();
        let state = SessionState { state: Arc::clone(state), locked, away };
        state.tell();
        SESSION.set(Some(state));
    }
    let mut message = MSG::default();
    // SAFETY: takes nothing.
    let _ = listening.send(unsafe { GetCurrentThreadId() });
    // SAFETY: the structure is ours; -1 and 0 (an error, WM_QUIT) end the loop.
    while unsafe { GetMessageW(&raw mut message, null_mut(), 0, 0) } > 0 {
        // SAFETY: the message that has just been received.
        unsafe { DispatchMessageW(&raw const message) };
    }
    drop(power);
    if !window.is_null() {
        // SAFETY: the window is this thread's, and is used for the last time.
        unsafe {
            WTSUnRegisterSessionNotification(window);
            DestroyWindow(window);
        }
    }
    SESSION.set(None);
    state.set_lock(LOCK, None);
}

/// A hidden window that receives only messages sent to it by name.
fn window() -> HWND {
    // SAFETY: the class names a function with the signature that it has to have, and strings that live as long as the
    // program. Registering it a second time fails, and the first registration holds.
    unsafe {
        let module = GetModuleHandleW(null());
        let class = WNDCLASSEXW {
            cbSize: size_of::<WNDCLASSEXW>() as u32,
            lpfnWndProc: Some(on_message),
            hInstance: module,
            lpszClassName: CLASS,
            ..WNDCLASSEXW::default()
        };
        RegisterClassExW(&raw const class);
        CreateWindowExW(0, CLASS, CLASS, 0, 0, 0, 0, 0, HWND_MESSAGE, null_mut(), module, null())
    }
}

/// The system's messages to the window.
unsafe extern "system" fn on_message(window: HWND, message: u32, what: WPARAM, more: LPARAM) -> LRESULT {
    if message != WM_WTSSESSION_CHANGE {
        // SAFETY: hands on what it was called with.
        return unsafe { DefWindowProcW(window, message, what, more) };
    }
    SESSION.with_borrow_mut(|state| {
        let Some(state) = state else { return };
        match u32::try_from(what) {
            Ok(WTS_SESSION_LOCK) => state.locked = true,
            Ok(WTS_SESSION_UNLOCK) => state.locked = false,
            Ok(WTS_CONSOLE_DISCONNECT | WTS_REMOTE_DISCONNECT) => state.away = true,
            Ok(WTS_CONSOLE_CONNECT | WTS_REMOTE_CONNECT) => state.away = false,
            _ => return,
        }
        state.tell();
    });
    0
}

/// Whether the session is locked, and whether it is in the background. An unknown value counts as the usual one.
fn present_state() -> (bool, bool) {
    let (mut information, mut length) = (null_mut(), 0);
    // SAFETY: writes a pointer and a length to where it is told.
    let found = unsafe {
        WTSQuerySessionInformationW(
            WTS_CURRENT_SERVER_HANDLE,
            WTS_CURRENT_SESSION,
            WTSSessionInfoEx,
            &raw mut information,
            &raw mut length,
        )
    };
    if found == 0 || information.is_null() {
        return (false, false);
    }
    let mut state = (false, false);
    if length as usize >= size_of::<WTSINFOEXW>() {
        // SAFETY: for this class the system returns this structure; it is long enough, and copied from wherever it is.
        // Level 1 is the only one that there is.
        let level1 = unsafe {
            let information: WTSINFOEXW = information.cast::<WTSINFOEXW>().read_unaligned();
            if information.Level == 1 { Some(information.Data.WTSInfoExLevel1) } else { None }
        };
        if let Some(session) = level1 {
            let locked = u32::try_from(session.SessionFlags) == Ok(WTS_SESSIONSTATE_LOCK);
            state = (locked, session.SessionState != WTSActive);
        }
    }
    // SAFETY: allocated by the call above, and freed once.
    unsafe { WTSFreeMemory(information.cast()) };
    state
}

/// The callback for sleep, until it is dropped.
struct Power {
    registration: *mut c_void,
    /// The system holds pointers to these.
    _parameters: Box<DEVICE_NOTIFY_SUBSCRIBE_PARAMETERS>,
    _context: Box<Context>,
}

struct Context {
    state: Arc<PresenceState>,
    delay: Arc<SleepDelay>,
}

impl Power {
    fn register(state: Arc<PresenceState>, delay: Arc<SleepDelay>) -> Option<Self> {
        let context = Box::new(Context { state, delay });
        let parameters = Box::new(DEVICE_NOTIFY_SUBSCRIBE_PARAMETERS {
            Callback: Some(on_power),
            Context: (&raw const *context).cast_mut().cast(),
        });
        let mut registration = null_mut();
        // SAFETY: with this flag the handle is a pointer to the parameters. They and the context that they point to stay
        // where they are until the registration has ended.
        let result = unsafe {
            PowerRegisterSuspendResumeNotification(
                DEVICE_NOTIFY_CALLBACK,
                (&raw const *parameters).cast_mut().cast(),
                &raw mut registration,
            )
        };
        (result == ERROR_SUCCESS).then_some(Self { registration, _parameters: parameters, _context: context })
    }
}

impl Drop for Power {
    fn drop(&mut self) {
        // SAFETY: registered once, ended once. The call returns after the last callback has.
        unsafe { PowerUnregisterSuspendResumeNotification(self.registration as isize) };
    }
}

/// The system's reports of sleep, on their own thread. The machine sleeps when this returns, or after two seconds.
unsafe extern "system" fn on_power(context: *const c_void, what: u32, _: *const c_void) -> u32 {
    // SAFETY: the context that was registered, which outlives the registration.
    let context = unsafe { &*context.cast::<Context>() };
    match what {
        PBT_APMSUSPEND => {
            context.delay.begin();
            if context.state.set_suspending(true) {
                context.delay.wait(SLEEP_DELAY);
            }
        }
        PBT_APMRESUMEAUTOMATIC => {
            context.state.set_suspending(false);
        }
        _ => {}
    }
    ERROR_SUCCESS
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use windows_sys::Win32::UI::WindowsAndMessaging::{FindWindowExW, SendMessageW};

    use super::*;
    use crate::event::Event;

    #[tokio::test]
    async fn the_window_hears_of_the_session() {
        let (state, mut events) = PresenceState::new();
        let state = Arc::new(state);
        let _platform = open(Environment::default(), &state).await;
        assert_eq!(state.sources().lock, [LOCK]);
        // SAFETY: looks a window up, and sends it numbers, as the system does.
        let tell = |what: u32| unsafe {
            let window = FindWindowExW(HWND_MESSAGE, null_mut(), CLASS, null());
            assert!(!window.is_null());
            SendMessageW(window, WM_WTSSESSION_CHANGE, what as WPARAM, 0);
        };
        tell(WTS_SESSION_LOCK);
        assert_eq!(events.recv().await, Some(Event::Locked));
        // Another user signs in and out meanwhile; the screen is unlocked last.
        tell(WTS_CONSOLE_DISCONNECT);
        tell(WTS_CONSOLE_CONNECT);
        tell(WTS_SESSION_UNLOCK);
        assert_eq!(events.recv().await, Some(Event::Unlocked));
        tell(WTS_REMOTE_DISCONNECT);
        assert_eq!(events.recv().await, Some(Event::Locked));
        tell(WTS_REMOTE_CONNECT);
        assert_eq!(events.recv().await, Some(Event::Unlocked));
    }

    #[test]
    fn the_machine_waits_for_us_before_it_sleeps() {
        let (state, mut events) = PresenceState::new();
        let context = Context { state: Arc::new(state), delay: Arc::default() };
        let delay = Arc::clone(&context.delay);
        let began = Instant::now();
        let caller = std::thread::spawn(move || {
            assert_eq!(events.blocking_recv(), Some(Event::Suspending));
            delay.release();
            assert_eq!(events.blocking_recv(), Some(Event::Resumed));
        });
        // SAFETY: a context that lives until the calls have returned.
        unsafe {
            on_power((&raw const context).cast(), PBT_APMSUSPEND, null());
            on_power((&raw const context).cast(), PBT_APMRESUMEAUTOMATIC, null());
        }
        assert!(caller.join().is_ok());
        assert!(began.elapsed() < SLEEP_DELAY, "{:?}", began.elapsed());
    }
}
