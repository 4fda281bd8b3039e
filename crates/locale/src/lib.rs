//! The texts for people in each language (Project Fluent), and the language that the system asks for.
//!
//! The catalogues are in `locales/`. The build makes a function for each message of the English ones: `common::action_sign_in(language)`
//! is the message `action-sign-in` of `common.ftl`. A message that another language lacks is shown in English.
//!
//! Not for the command `abide`, which starts in a few milliseconds and speaks English.

mod catalogue;
pub mod consent;
pub mod session;
mod system;
pub mod time;

pub use abide_wire::Language;

pub use crate::catalogue::{Part, parts};
pub use crate::system::{of_system, of_tag};

/// Texts that several views show.
pub mod common {
    use abide_wire::Language;
    use fluent_bundle::FluentValue;

    use crate::catalogue;

    include!(concat!(env!("OUT_DIR"), "/common.rs"));
}

/// Texts of tray, dialogs and notifications.
pub mod desktop {
    use abide_wire::Language;
    use fluent_bundle::FluentValue;

    use crate::catalogue;

    include!(concat!(env!("OUT_DIR"), "/desktop.rs"));
}

/// Texts of the pages in the browser.
pub mod pages {
    use abide_wire::Language;
    use fluent_bundle::FluentValue;

    use crate::catalogue;

    include!(concat!(env!("OUT_DIR"), "/pages.rs"));
}
