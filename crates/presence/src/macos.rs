//! macOS: notifications of the login window and of the workspace. They arrive on the main thread of a program with a run
//! loop there: the tray application has one, the agent without a desktop has none and gets no locks and no sleep.

#![allow(unsafe_code)]

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use dispatch2::DispatchQueue;
use objc2::rc::Retained;
use objc2::runtime::{AnyObject, Sel};
use objc2::{AnyThread, DefinedClass as _, define_class, msg_send, sel};
use objc2_app_kit::{
    NSWorkspace, NSWorkspaceDidWakeNotification, NSWorkspaceSessionDidBecomeActiveNotification,
    NSWorkspaceSessionDidResignActiveNotification, NSWorkspaceWillSleepNotification,
};
use objc2_core_foundation::{CFBoolean, CFDictionary, CFNumber, CFRetained, CFString, CFType};
use objc2_core_graphics::{CGEventSource, CGEventSourceStateID, CGEventType, CGSessionCopyCurrentDictionary};
use objc2_foundation::{
    NSDistributedNotificationCenter, NSNotification, NSNotificationSuspensionBehavior, NSObject, NSString,
};
use rustix::time::{ClockId, clock_gettime};
use tokio::sync::oneshot;

use crate::environment::Environment;
use crate::limits::SLEEP_DELAY;
use crate::presence_state::PresenceState;
use crate::sleep_delay::SleepDelay;
use crate::sleep_history::{Clocks, SleepHistory};

/// The name of this source.
const LOGIN_WINDOW: &str = "com.apple.screenIsLocked";
const WORKSPACE: &str = "NSWorkspace";
const INPUT: &str = "CGEventSource";

/// The longest wait for a run loop on the main thread. Without one there is never an answer.
const PATIENCE: Duration = Duration::from_secs(1);

/// The observer, until it is dropped.
pub(crate) struct Platform {
    delay: Arc<SleepDelay>,
    /// The observer on the main thread has a weak reference to it.
    _state: Arc<PresenceState>,
}

impl Platform {
    pub(crate) fn ready_to_sleep(&self) {
        self.delay.release();
    }
}

impl Drop for Platform {
    fn drop(&mut self) {
        self.delay.release();
    }
}

/// Keyboard and mouse of the window server.
pub(crate) struct InputSource {
    sleeps: Arc<Mutex<SleepHistory>>,
    began: Instant,
}

impl InputSource {
    pub(crate) async fn ago(&self) -> Option<Duration> {
        // Without a session on the screen (SSH, a daemon) there is no user to see.
        session()?;
        // `kCGAnyInputEventType`.
        let any = CGEventType(u32::MAX);
        let state = CGEventSourceStateID::HIDSystemState;
        let seconds = CGEventSource::seconds_since_last_event_type(state, any);
        let ago = Duration::try_from_secs_f64(seconds).ok()?;
        let now = clocks(self.began);
        let mut sleeps = self.sleeps.lock().unwrap_or_else(PoisonError::into_inner);
        sleeps.note(now);
        Some(sleeps.since(now, ago))
    }

    pub(crate) fn watch(&self) {}
}

/// Both clocks. `Instant` stops while a Mac sleeps, `CLOCK_MONOTONIC` does not.
fn clocks(began: Instant) -> Clocks {
    let boot = Duration::try_from(clock_gettime(ClockId::Monotonic)).unwrap_or_default();
    Clocks { awake: began.elapsed(), boot }
}

/// Subscribes on the main thread, if it has a run loop.
pub(crate) async fn open(_: Environment, state: &Arc<PresenceState>) -> (Platform, Arc<InputSource>) {
    let began = Instant::now();
    let sleeps = Arc::new(Mutex::new(SleepHistory::new(clocks(began))));
    let input = InputSource { sleeps: Arc::clone(&sleeps), began };
    state.set_input_source(session().map(|_| INPUT));
    let delay = Arc::new(SleepDelay::default());
    let handles = Handles { state: Arc::downgrade(state), delay: Arc::clone(&delay), sleeps, began };
    let (listening, opened) = oneshot::channel();
    DispatchQueue::main().exec_async(move || {
        listen(handles);
        let _ = listening.send(());
    });
    // A run loop that begins later gets all notifications from then on.
    let _ = tokio::time::timeout(PATIENCE, opened).await;
    (Platform { delay, _state: Arc::clone(state) }, Arc::new(input))
}

/// The window server's description of the session of this process.
fn session() -> Option<CFRetained<CFDictionary<CFString, CFType>>> {
    let session = CGSessionCopyCurrentDictionary()?;
    // SAFETY: it is documented to hold strings as keys, and any object is a `CFType`.
    Some(unsafe { CFRetained::cast_unchecked(session) })
}

/// One of its flags, which are booleans or numbers, depending on the version.
fn flag(session: &CFDictionary<CFString, CFType>, name: &str) -> Option<bool> {
    let value = session.get(&CFString::from_str(name))?;
    value
        .downcast_ref::<CFBoolean>()
        .map(CFBoolean::as_bool)
        .or_else(|| value.downcast_ref::<CFNumber>().and_then(CFNumber::as_i64).map(|number| number != 0))
}

/// The receivers of the notifications.
struct Handles {
    state: Weak<PresenceState>,
    delay: Arc<SleepDelay>,
    sleeps: Arc<Mutex<SleepHistory>>,
    began: Instant,
}

impl Handles {
    fn lock(&self, source: &'static str, locked: bool) {
        if let Some(state) = self.state.upgrade() {
            state.set_lock(source, Some(locked));
        }
    }

    fn sleep(&self, suspending: bool) {
        let Some(state) = self.state.upgrade() else { return };
        self.sleeps.lock().unwrap_or_else(PoisonError::into_inner).note(clocks(self.began));
        self.delay.begin();
        if state.set_suspending(suspending) && suspending {
            // The machine sleeps when every observer has returned.
            self.delay.wait(SLEEP_DELAY);
        }
    }
}

define_class!(
    // SAFETY: NSObject has no requirements for its subclasses, and this one has no `Drop`.
    #[unsafe(super(NSObject))]
    #[name = "AbidePresenceObserver"]
    #[ivars = Handles]
    struct Observer;

    impl Observer {
        #[unsafe(method(locked:))]
        fn locked(&self, _: &NSNotification) {
            self.ivars().lock(LOGIN_WINDOW, true);
        }

        #[unsafe(method(unlocked:))]
        fn unlocked(&self, _: &NSNotification) {
            self.ivars().lock(LOGIN_WINDOW, false);
        }

        #[unsafe(method(resigned:))]
        fn resigned(&self, _: &NSNotification) {
            self.ivars().lock(WORKSPACE, true);
        }

        #[unsafe(method(active:))]
        fn active(&self, _: &NSNotification) {
            self.ivars().lock(WORKSPACE, false);
        }

        #[unsafe(method(sleeps:))]
        fn sleeps(&self, _: &NSNotification) {
            self.ivars().sleep(true);
        }

        #[unsafe(method(wakes:))]
        fn wakes(&self, _: &NSNotification) {
            self.ivars().sleep(false);
        }
    }
);

/// Registers with both centres, on the main thread, where they deliver.
fn listen(handles: Handles) {
    let Some(state) = handles.state.upgrade() else { return };
    let this = Observer::alloc().set_ivars(handles);
    // SAFETY: NSObject's `init` takes nothing and returns the object.
    let observer: Retained<Observer> = unsafe { msg_send![super(this), init] };
    let observer: Retained<AnyObject> = Retained::into_super(Retained::into_super(observer));
    let login_window = NSDistributedNotificationCenter::defaultCenter();
    let names: [(&str, Sel); 2] =
        [("com.apple.screenIsLocked", sel!(locked:)), ("com.apple.screenIsUnlocked", sel!(unlocked:))];
    for (name, selector) in names {
        // SAFETY: the observer has a method of this name that takes a notification. `DeliverImmediately`, because a tray
        // application is never the active one, and notifications for the others are put off otherwise.
        unsafe {
            login_window.addObserver_selector_name_object_suspensionBehavior(
                &observer,
                selector,
                Some(&NSString::from_str(name)),
                None,
                NSNotificationSuspensionBehavior::DeliverImmediately,
            );
        }
    }
    // SAFETY: constants of AppKit.
    let names = unsafe {
        [
            (NSWorkspaceSessionDidResignActiveNotification, sel!(resigned:)),
            (NSWorkspaceSessionDidBecomeActiveNotification, sel!(active:)),
            (NSWorkspaceWillSleepNotification, sel!(sleeps:)),
            (NSWorkspaceDidWakeNotification, sel!(wakes:)),
        ]
    };
    let workspace = NSWorkspace::sharedWorkspace().notificationCenter();
    for (name, selector) in names {
        // SAFETY: as above.
        unsafe { workspace.addObserver_selector_name_object(&observer, selector, Some(name), None) };
    }
    // The centres do not keep it alive. It stays as long as the program runs, and does nothing once the state is gone:
    // removing it would have to happen on this thread, which may no longer run a loop by then.
    let _ = Retained::into_raw(observer);
    if let Some(session) = session() {
        state.set_lock(LOGIN_WINDOW, Some(flag(&session, "CGSSessionScreenIsLocked").unwrap_or(false)));
        state.set_lock(WORKSPACE, Some(flag(&session, "kCGSSessionOnConsoleKey") == Some(false)));
    }
    state.set_sleep_source(WORKSPACE, true);
}
