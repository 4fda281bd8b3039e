//! Toasts.
//!
//! Windows shows toasts for programs whose identifier has an entry in the start menu; the installer creates it. A
//! development build uses the identifier of PowerShell instead. Windows reports clicks only while a toast is on the screen.
//! For a toast in the notification centre, it reports them only to programs with a registered COM server, which Abide does
//! not have: users can answer in the dialog, the menu or the window.

use std::collections::HashMap;
use std::path::{MAIN_SEPARATOR, Path};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;

use tauri::AppHandle;
use windows::Data::Xml::Dom::XmlDocument;
use windows::Foundation::TypedEventHandler;
use windows::UI::Notifications::{
    ToastActivatedEventArgs, ToastDismissalReason, ToastNotification, ToastNotificationManager, ToastNotifier,
};
use windows::core::{HSTRING, Interface as _, Result, h};

use super::{Card, Choice, Deed, Place, Shows};

/// The identifier of PowerShell, which every Windows has.
const POWERSHELL: &str = r"{1AC14E77-02E7-4E5D-B744-2EB1AE5198B7}\WindowsPowerShell\v1.0\powershell.exe";

enum Order {
    Show(Place, Card),
    Clear(Place),
    /// The user clicked on the toast with this number; the arguments of the clicked part.
    Activated(u64, String),
    /// The toast with this number has left the screen.
    Dismissed(u64, ToastDismissalReason),
}

/// Toasts, on a separate thread, so that a slow Windows delays nothing else.
pub(crate) struct Board(Sender<Order>);

impl Board {
    /// A new board; `done` receives what the user does.
    pub(crate) fn new(app: &AppHandle, _: &Path, done: impl Fn(Deed) + Send + 'static) -> Self {
        let (orders, waiting) = mpsc::channel();
        let (identifier, told) = (identifier(app), orders.clone());
        let working = thread::Builder::new()
            .name("notifications".to_owned())
            .spawn(move || work(&identifier, &waiting, told, done));
        if let Err(error) = working {
            tracing::warn!(%error, "notifications cannot be shown");
        }
        Self(orders)
    }
}

impl Shows for Board {
    fn show(&self, place: Place, card: Card) {
        let _ = self.0.send(Order::Show(place, card));
    }

    fn clear(&self, place: Place) {
        let _ = self.0.send(Order::Clear(place));
    }
}

/// The identifier for the toasts: Abide's own, or PowerShell's for a development build.
fn identifier(app: &AppHandle) -> String {
    let built_here = std::env::current_exe().is_ok_and(|program| {
        let folder = program.parent().map(|folder| folder.to_string_lossy().into_owned()).unwrap_or_default();
        ["debug", "release"]
            .iter()
            .any(|kind| folder.ends_with(&format!("{MAIN_SEPARATOR}target{MAIN_SEPARATOR}{kind}")))
    });
    if built_here { POWERSHELL.to_owned() } else { app.config().identifier.clone() }
}

/// Carries out orders, one after the other, until the program ends.
fn work(identifier: &str, orders: &Receiver<Order>, told: Sender<Order>, done: impl Fn(Deed)) {
    // Windows is not used before the first notification.
    let Ok(mut order) = orders.recv() else { return };
    let mut toasts = match Toasts::new(identifier, told) {
        Ok(toasts) => toasts,
        Err(error) => {
            tracing::warn!(%error, "notifications cannot be shown");
            return;
        }
    };
    loop {
        let carried_out = match order {
            Order::Show(place, card) => toasts.show(place, card),
            Order::Clear(place) => toasts.clear(place),
            Order::Activated(number, arguments) => {
                if let Some(deed) = toasts.activated(number, &arguments) {
                    done(deed);
                }
                Ok(())
            }
            Order::Dismissed(number, reason) => {
                toasts.dismissed(number, reason);
                Ok(())
            }
        };
        if let Err(error) = carried_out {
            tracing::warn!(%error, "Windows did not do it with a notification");
        }
        match orders.recv() {
            Ok(next) => order = next,
            Err(_) => return,
        }
    }
}

struct Toasts {
    identifier: HSTRING,
    notifier: ToastNotifier,
    told: Sender<Order>,
    /// The number of the last toast.
    last: u64,
    /// The shown toasts, by place.
    shown: HashMap<Place, Shown>,
}

struct Shown {
    number: u64,
    /// Reports events only while it exists.
    toast: ToastNotification,
    /// The questions that a choice answers.
    questions: Vec<u64>,
}

impl Toasts {
    fn new(identifier: &str, told: Sender<Order>) -> Result<Self> {
        let identifier = HSTRING::from(identifier);
        let notifier = ToastNotificationManager::CreateToastNotifierWithId(&identifier)?;
        // Toasts of an earlier run can no longer be answered.
        let history = ToastNotificationManager::History();
        if let Err(error) = history.and_then(|history| history.RemoveGroupWithId(group(), &identifier)) {
            tracing::debug!(%error, "old notifications could not be taken away");
        }
        Ok(Self { identifier, notifier, told, last: 0, shown: HashMap::new() })
    }

    fn show(&mut self, place: Place, card: Card) -> Result<()> {
        self.last += 1;
        let number = self.last;
        let toast = ToastNotification::CreateToastNotification(&document(&card)?)?;
        // A toast with the same tag replaces the old one.
        toast.SetTag(&tag(place))?;
        toast.SetGroup(group())?;
        let told = self.told.clone();
        toast.Activated(&TypedEventHandler::new(
            move |_, event: windows::core::Ref<'_, windows::core::IInspectable>| {
                let arguments =
                    event.ok().and_then(|event| event.cast::<ToastActivatedEventArgs>()?.Arguments());
                let _ = told.send(Order::Activated(number, arguments.unwrap_or_default().to_string_lossy()));
                Ok(())
            },
        ))?;
        let told = self.told.clone();
        toast.Dismissed(&TypedEventHandler::new(
            move |_, event: windows::core::Ref<'_, windows::UI::Notifications::ToastDismissedEventArgs>| {
                let _ = told.send(Order::Dismissed(number, event.ok()?.Reason()?));
                Ok(())
            },
        ))?;
        self.notifier.Show(&toast)?;
        self.shown.insert(place, Shown { number, toast, questions: card.questions });
        Ok(())
    }

    /// Removes it from the screen and from the notification centre.
    fn clear(&mut self, place: Place) -> Result<()> {
        if let Some(shown) = self.shown.remove(&place)
            && let Err(error) = self.notifier.Hide(&shown.toast)
        {
            // It was no longer on the screen.
            tracing::debug!(%error, "a notification was not hidden");
        }
        ToastNotificationManager::History()?.RemoveGroupedTagWithId(&tag(place), group(), &self.identifier)
    }

    /// The meaning of a click. `None` if another toast has replaced this one.
    fn activated(&mut self, number: u64, arguments: &str) -> Option<Deed> {
        let place = *self.shown.iter().find(|(_, shown)| shown.number == number)?.0;
        let questions = self.shown.remove(&place)?.questions;
        Some(Choice::named(arguments).map_or(Deed::Open, |choice| Deed::Chosen(choice, questions)))
    }

    fn dismissed(&mut self, number: u64, reason: ToastDismissalReason) {
        // A toast that moved into the notification centre is kept in the list if it is about a question.
        let is_there = reason == ToastDismissalReason::TimedOut;
        self.shown.retain(|_, shown| shown.number != number || is_there && !shown.questions.is_empty());
    }
}

fn tag(place: Place) -> HSTRING {
    HSTRING::from(place.to_string())
}

/// The group of all of Abide's toasts.
fn group() -> &'static HSTRING {
    h!("abide")
}

/// The toast as a document. Texts are set as text nodes, so that nothing in them is markup.
fn document(card: &Card) -> Result<XmlDocument> {
    let document = XmlDocument::new()?;
    let toast = document.CreateElement(h!("toast"))?;
    let visual = document.CreateElement(h!("visual"))?;
    let binding = document.CreateElement(h!("binding"))?;
    binding.SetAttribute(h!("template"), h!("ToastGeneric"))?;
    for text in [&card.title, &card.body] {
        let line = document.CreateElement(h!("text"))?;
        line.SetInnerText(&HSTRING::from(text))?;
        binding.AppendChild(&line)?;
    }
    visual.AppendChild(&binding)?;
    toast.AppendChild(&visual)?;
    if !card.choices.is_empty() {
        // 25 seconds instead of 7: it takes a moment to choose.
        toast.SetAttribute(h!("duration"), h!("long"))?;
        let actions = document.CreateElement(h!("actions"))?;
        for (choice, words) in &card.choices {
            let action = document.CreateElement(h!("action"))?;
            action.SetAttribute(h!("content"), &HSTRING::from(words))?;
            action.SetAttribute(h!("arguments"), &HSTRING::from(choice.name()))?;
            actions.AppendChild(&action)?;
        }
        toast.AppendChild(&actions)?;
    }
    document.AppendChild(&toast)?;
    Ok(document)
}
