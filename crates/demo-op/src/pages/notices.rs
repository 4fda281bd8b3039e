//! Pages with a message only.

use crate::http::{Endpoint, Page};
use crate::pages::layout::{escape, for_developers, message};
use crate::state::provider::Provider;

pub(crate) fn page_is_over(provider: &Provider) -> Page {
    message(
        provider,
        "This page is no longer valid",
        &[
            "The page you came from was already used, is more than 15 minutes old, or was opened in another browser. \
             Nothing was done with what you entered.",
            "Go back to the application and start again from there.",
        ],
    )
}

pub(crate) fn invalid_request(provider: &Provider, why: &str) -> Page {
    let why = for_developers(why);
    message(
        provider,
        "This sign-in cannot start",
        &[
            "An application sent you here with a request that this provider does not accept. You are not signed in to it, \
             and it was told nothing about you.",
            "Close this tab, go back to the application and try again. If it happens again, its settings are wrong.",
            &why,
        ],
    )
}

pub(crate) fn not_found(provider: &Provider) -> Page {
    message(
        provider,
        "There is no such page",
        &["The demo provider has no page at this address. Go back to the application that you came from."],
    )
}

pub(crate) fn welcome(provider: &Provider) -> Page {
    let issuer = format!("Its issuer is <code>{}</code>.", escape(provider.issuer()));
    let sign_out = format!(r#"<a href="{}">Sign out of the demo provider</a>"#, Endpoint::SignOut.path());
    message(
        provider,
        "A provider for trying things out",
        &[
            "This is a demonstration OpenID Provider. Applications send you here to sign in; there is nothing to do on this \
             page.",
            &issuer,
            &sign_out,
        ],
    )
}
