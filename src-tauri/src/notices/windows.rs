//! Toasts.
//!
//! Windows shows them for programs that have an entry in the start menu under their identifier, which the installer
//! makes; a program that lies where it was built shows them under the name of PowerShell. What the user does is told
//! while a toast is on the screen. Once it has moved into the notification centre, Windows tells it only to programs that
//! have registered a COM server, which Abide has not: then its dialog, its menu and its window remain.

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

const KEEP: &str = "keep";
const SIGN_OUT: &str = "sign-out";
/// The identifier under which PowerShell is known: every Windows has it.
const POWERSHELL: &str = r"{1AC14E77-02E7-4E5D-B744-2EB1AE5198B7}\WindowsPowerShell\v1.0\powershell.exe";

enum Order {
    Show(Place, Card),
    Clear(Place),
    /// The user did something with the toast of this number: these are the arguments of what was clicked.
    Activated(u64, String),
    /// The toast of this number has left the screen.
    Dismissed(u64, ToastDismissalReason),
}

/// Toasts, on a thread of their own: what Windows does with them, or does not, holds nothing up.
pub(crate) struct Board(Sender<Order>);

impl Board {
    /// A board; `done` hears what the user does.
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

/// Who shows the toasts: an installed program under its own identifier.
fn identifier(app: &AppHandle) -> String {
    let built_here = std::env::current_exe().is_ok_and(|program| {
        let folder = program.parent().map(|folder| folder.to_string_lossy().into_owned()).unwrap_or_default();
        ["debug", "release"]
            .iter()
            .any(|kind| folder.ends_with(&format!("{MAIN_SEPARATOR}target{MAIN_SEPARATOR}{kind}")))
    });
    if built_here { POWERSHELL.to_owned() } else { app.config().identifier.clone() }
}

/// Carries orders out, one after the other, until the program ends.
fn work(identifier: &str, orders: &Receiver<Order>, told: Sender<Order>, done: impl Fn(Deed)) {
    // Nothing is asked of Windows before there is something to show.
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
    /// What is shown, by place.
    shown: HashMap<Place, Shown>,
}

struct Shown {
    number: u64,
    /// Tells what happens only as long as it is kept.
    toast: ToastNotification,
    /// The questions that a choice answers.
    questions: Vec<u64>,
}

impl Toasts {
    fn new(identifier: &str, told: Sender<Order>) -> Result<Self> {
        let identifier = HSTRING::from(identifier);
        let notifier = ToastNotificationManager::CreateToastNotifierWithId(&identifier)?;
        // What an earlier run has left in the notification centre can no longer be answered.
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
        // What has the same tag takes the place of what was there.
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

    /// Takes it from the screen and out of the notification centre, wherever it is.
    fn clear(&mut self, place: Place) -> Result<()> {
        if let Some(shown) = self.shown.remove(&place)
            && let Err(error) = self.notifier.Hide(&shown.toast)
        {
            // It was not on the screen any more.
            tracing::debug!(%error, "a notification was not hidden");
        }
        ToastNotificationManager::History()?.RemoveGroupedTagWithId(&tag(place), group(), &self.identifier)
    }

    /// What a click means. Nothing, if another toast has taken the place of this one.
    fn activated(&mut self, number: u64, arguments: &str) -> Option<Deed> {
        let place = *self.shown.iter().find(|(_, shown)| shown.number == number)?.0;
        let questions = self.shown.remove(&place)?.questions;
        match arguments {
            KEEP => Some(Deed::Chosen(Choice::Keep, questions)),
            SIGN_OUT => Some(Deed::Chosen(Choice::SignOut, questions)),
            _ => Some(Deed::Open),
        }
    }

    fn dismissed(&mut self, number: u64, reason: ToastDismissalReason) {
        // What has moved into the notification centre is remembered as long as it is about a question.
        let is_there = reason == ToastDismissalReason::TimedOut;
        self.shown.retain(|_, shown| shown.number != number || is_there && !shown.questions.is_empty());
    }
}

fn tag(place: Place) -> HSTRING {
    HSTRING::from(place.to_string())
}

/// All of ours.
fn group() -> &'static HSTRING {
    h!("abide")
}

/// The toast as a document. Texts are set as texts, so that nothing in them is markup.
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
            action.SetAttribute(h!("content"), &HSTRING::from(*words))?;
            action.SetAttribute(h!("arguments"), &HSTRING::from(name_of(*choice)))?;
            actions.AppendChild(&action)?;
        }
        toast.AppendChild(&actions)?;
    }
    document.AppendChild(&toast)?;
    Ok(document)
}

fn name_of(choice: Choice) -> &'static str {
    match choice {
        Choice::Keep => KEEP,
        Choice::SignOut => SIGN_OUT,
    }
}
