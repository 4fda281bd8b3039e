//! The notification centre.
//!
//! It works only for a program in a bundle. Outside a bundle, Abide shows notifications like Tauri's plugin: without
//! choices, without clicks, and it cannot remove them. In a bundle, the user decides whether notifications are shown; macOS
//! asks at the first one.
#![allow(unsafe_code)] // A class of our own, and an extern static; each says why it is sound.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::Path;
use std::process;
use std::ptr::NonNull;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use block2::{DynBlock, RcBlock};
use objc2::rc::Retained;
use objc2::runtime::{Bool, ProtocolObject};
use objc2::{AnyThread, DefinedClass as _, define_class, msg_send};
use objc2_foundation::{NSArray, NSBundle, NSError, NSObject, NSObjectProtocol, NSSet, NSString};
use objc2_user_notifications::{
    UNAuthorizationOptions, UNMutableNotificationContent, UNNotification, UNNotificationAction,
    UNNotificationActionOptions, UNNotificationCategory, UNNotificationCategoryOptions,
    UNNotificationDefaultActionIdentifier, UNNotificationPresentationOptions, UNNotificationRequest,
    UNNotificationResponse, UNUserNotificationCenter, UNUserNotificationCenterDelegate,
};
use tauri::AppHandle;
use tauri_plugin_notification::NotificationExt as _;

use super::{Card, Choice, Deed, Place, Shows};

thread_local! {
    /// The centre keeps no strong reference to its delegate, so this one does. Only the main thread has it.
    static LISTENER: RefCell<Option<Retained<Listener>>> = const { RefCell::new(None) };
}

/// Notifications. The notification centre works on its own threads.
pub(crate) struct Board {
    app: AppHandle,
    /// `None` outside a bundle.
    centre: Option<Arc<Centre>>,
}

impl Board {
    /// A new board; `done` receives what the user does.
    pub(crate) fn new(app: &AppHandle, _: &Path, done: impl Fn(Deed) + Send + 'static) -> Self {
        let centre = is_bundle()
            .then(|| Arc::new(Centre { state: Mutex::default(), done: Mutex::new(Box::new(done)) }));
        let board = Self { app: app.clone(), centre };
        if let Some(centre) = board.centre.clone() {
            board.on_main_thread(move || listen(centre));
        }
        board
    }

    fn on_main_thread(&self, work: impl FnOnce() + Send + 'static) {
        if let Err(error) = self.app.run_on_main_thread(work) {
            tracing::warn!(%error, "notifications cannot be shown");
        }
    }
}

impl Shows for Board {
    fn show(&self, place: Place, card: Card) {
        let Some(centre) = self.centre.clone() else {
            let shown = self.app.notification().builder().title(card.title).body(card.body).show();
            if let Err(error) = shown {
                tracing::warn!(%error, "the notification was not shown");
            }
            return;
        };
        let number = centre.put(place, card);
        self.on_main_thread(move || show_if_allowed(centre, place, number));
    }

    fn clear(&self, place: Place) {
        let Some(centre) = self.centre.clone() else { return };
        self.on_main_thread(move || centre.clear(place));
    }
}

/// Whether the program was started from its bundle. An identifier alone does not show that: development builds have one as
/// well, and the notification centre ends such a program.
fn is_bundle() -> bool {
    let bundle = NSBundle::mainBundle();
    bundle.bundleIdentifier().is_some() && bundle.bundlePath().to_string().ends_with(".app")
}

/// The shown notifications, and the receiver of what the user does.
struct Centre {
    state: Mutex<State>,
    done: Mutex<Box<dyn Fn(Deed) + Send>>,
}

#[derive(Default)]
struct State {
    /// The number of the last card.
    last: u64,
    shown: HashMap<Place, (u64, Card)>,
    /// The sets of choices that the notification centre knows, with their labels.
    choices: Vec<Vec<(Choice, String)>>,
}

impl Centre {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records what to show in this place, and gives it a number.
    fn put(&self, place: Place, card: Card) -> u64 {
        let mut state = self.state();
        state.last += 1;
        let number = state.last;
        state.shown.insert(place, (number, card));
        number
    }

    fn clear(&self, place: Place) {
        let mut state = self.state();
        state.shown.remove(&place);
        let names = NSArray::from_retained_slice(&[name_of_place(place)]);
        let centre = UNUserNotificationCenter::currentNotificationCenter();
        centre.removePendingNotificationRequestsWithIdentifiers(&names);
        centre.removeDeliveredNotificationsWithIdentifiers(&names);
    }

    /// Registers the choices of this card. The centre only accepts all sets together.
    fn make_known(&self, number: u64, place: Place) {
        let mut state = self.state();
        let Some((_, card)) = state.shown.get(&place).filter(|(shown, _)| *shown == number) else { return };
        let choices = card.choices.clone();
        if choices.is_empty() || state.choices.contains(&choices) {
            return;
        }
        state.choices.push(choices);
        let categories: Vec<_> = state.choices.iter().map(|choices| category(choices)).collect();
        UNUserNotificationCenter::currentNotificationCenter()
            .setNotificationCategories(&NSSet::from_retained_slice(&categories));
    }

    /// Shows the card with this number, unless it has been replaced or removed meanwhile.
    fn deliver(&self, place: Place, number: u64) {
        let state = self.state();
        let Some((_, card)) = state.shown.get(&place).filter(|(shown, _)| *shown == number) else { return };
        let content = UNMutableNotificationContent::new();
        content.setTitle(&NSString::from_str(&card.title));
        content.setBody(&NSString::from_str(&card.body));
        if !card.choices.is_empty() {
            content.setCategoryIdentifier(&name_of_category(&card.choices));
        }
        // A notification with the same name replaces the old one.
        let request = UNNotificationRequest::requestWithIdentifier_content_trigger(
            &name_of_place(place),
            &content,
            None,
        );
        let added = RcBlock::new(|error: *mut NSError| warn(error));
        UNUserNotificationCenter::currentNotificationCenter()
            .addNotificationRequest_withCompletionHandler(&request, Some(&added));
    }

    /// What the user did with the notification of this name.
    fn heard(&self, name: &str, action: &str) {
        let deed = match Choice::named(action) {
            Some(choice) => self.chosen(name, choice),
            None => is_default(action).then_some(Deed::Open),
        };
        if let Some(deed) = deed {
            (self.done.lock().unwrap_or_else(PoisonError::into_inner))(deed);
        }
    }

    fn chosen(&self, name: &str, choice: Choice) -> Option<Deed> {
        let state = self.state();
        let found = state.shown.iter().find(|(place, _)| name_of_place(**place).to_string() == name)?;
        let (_, (_, card)) = found;
        Some(Deed::Chosen(choice, card.questions.clone()))
    }
}

/// Asks whether notifications may be shown, registers the choices, and shows the card: each step when the previous one is
/// done.
fn show_if_allowed(centre: Arc<Centre>, place: Place, number: u64) {
    let allowed = RcBlock::new(move |allowed: Bool, error: *mut NSError| {
        warn(error);
        if !allowed.as_bool() {
            return;
        }
        centre.make_known(number, place);
        // The answer means that the centre has registered the choices. Without them, buttons would be missing.
        let centre = Arc::clone(&centre);
        let known =
            RcBlock::new(move |_: NonNull<NSSet<UNNotificationCategory>>| centre.deliver(place, number));
        UNUserNotificationCenter::currentNotificationCenter()
            .getNotificationCategoriesWithCompletionHandler(&known);
    });
    UNUserNotificationCenter::currentNotificationCenter()
        .requestAuthorizationWithOptions_completionHandler(UNAuthorizationOptions::Alert, &allowed);
}

fn warn(error: *mut NSError) {
    // SAFETY: null, or an error that lives at least as long as the call that it is an argument of.
    if let Some(error) = unsafe { error.as_ref() } {
        tracing::warn!(error = %error.localizedDescription(), "the notification centre did not do it");
    }
}

/// The name of the notification in this place. Places are numbered anew in each run, so the name contains the run.
fn name_of_place(place: Place) -> Retained<NSString> {
    NSString::from_str(&format!("{}-{place}", process::id()))
}

fn name_of_category(choices: &[(Choice, String)]) -> Retained<NSString> {
    let words: Vec<&str> = choices.iter().map(|(_, words)| words.as_str()).collect();
    NSString::from_str(&words.join(", "))
}

fn category(choices: &[(Choice, String)]) -> Retained<UNNotificationCategory> {
    let actions: Vec<_> = choices
        .iter()
        .map(|(choice, words)| {
            UNNotificationAction::actionWithIdentifier_title_options(
                &NSString::from_str(&choice.name()),
                &NSString::from_str(words),
                UNNotificationActionOptions::empty(),
            )
        })
        .collect();
    UNNotificationCategory::categoryWithIdentifier_actions_intentIdentifiers_options(
        &name_of_category(choices),
        &NSArray::from_retained_slice(&actions),
        &NSArray::new(),
        UNNotificationCategoryOptions::empty(),
    )
}

/// Whether this is the name of a click on the notification itself.
fn is_default(action: &str) -> bool {
    // SAFETY: a constant of the framework, which the program is linked with; it is set before `main` and never changes.
    let default = unsafe { UNNotificationDefaultActionIdentifier };
    default.to_string() == action
}

/// Makes this object receive, on the main thread, what the user does.
fn listen(centre: Arc<Centre>) {
    let listener = Listener::new(centre);
    let centre = UNUserNotificationCenter::currentNotificationCenter();
    // Notifications of an earlier run can no longer be answered.
    centre.removeAllDeliveredNotifications();
    centre.setDelegate(Some(ProtocolObject::from_ref(&*listener)));
    LISTENER.set(Some(listener));
}

define_class!(
    // SAFETY: NSObject asks nothing of its subclasses, and there is no `Drop`.
    #[unsafe(super(NSObject))]
    #[name = "AbideNotificationListener"]
    #[ivars = Arc<Centre>]
    struct Listener;

    // SAFETY: NSObject does what this protocol asks for.
    unsafe impl NSObjectProtocol for Listener {}

    // SAFETY: the methods have the signatures of the protocol. They may be called on any thread: what they use is shared
    // between threads.
    unsafe impl UNUserNotificationCenterDelegate for Listener {
        // SAFETY: as above.
        #[unsafe(method(userNotificationCenter:willPresentNotification:withCompletionHandler:))]
        fn will_present(
            &self,
            _centre: &UNUserNotificationCenter,
            _notification: &UNNotification,
            present: &DynBlock<dyn Fn(UNNotificationPresentationOptions)>,
        ) {
            // Also shown while the program's window is in front.
            present.call((UNNotificationPresentationOptions::Banner | UNNotificationPresentationOptions::List,));
        }

        // SAFETY: as above.
        #[unsafe(method(userNotificationCenter:didReceiveNotificationResponse:withCompletionHandler:))]
        fn did_receive(
            &self,
            _centre: &UNUserNotificationCenter,
            response: &UNNotificationResponse,
            done: &DynBlock<dyn Fn()>,
        ) {
            let name = response.notification().request().identifier().to_string();
            self.ivars().heard(&name, &response.actionIdentifier().to_string());
            done.call(());
        }
    }
);

impl Listener {
    fn new(centre: Arc<Centre>) -> Retained<Self> {
        let this = Self::alloc().set_ivars(centre);
        // SAFETY: NSObject's `init` takes nothing and returns the object.
        unsafe { msg_send![super(this), init] }
    }
}
