//! What happens once and concerns the desktop: a wish to see the window, a link, the end.

use std::sync::atomic::Ordering;

use abide_wire::{ErrorAnswer, ErrorCode};

use super::Agent;
use crate::state::event::Event;

impl Agent {
    /// Whether links (`abide:add?…`) can ask to add an account.
    #[must_use]
    pub fn takes_links(&self) -> bool {
        self.0.links.load(Ordering::Relaxed)
    }

    /// Passes on what was asked for.
    ///
    /// # Errors
    ///
    /// Where there is no window, and where links are switched off.
    pub(crate) fn announce(&self, event: Event) -> Result<(), ErrorAnswer> {
        if matches!(event, Event::ShowWindow | Event::Link(_)) && !self.0.store.options.desktop {
            let text = "This agent runs without a desktop, so it has no window.";
            return Err(ErrorAnswer::new(ErrorCode::InvalidRequest, text));
        }
        if matches!(event, Event::Link(_)) && !self.takes_links() {
            let text =
                "Links are switched off: `links` in the configuration or in your administrator's policy.";
            return Err(ErrorAnswer::new(ErrorCode::AccessDenied, text));
        }
        let _ = self.0.store.events.send(event);
        Ok(())
    }
}
