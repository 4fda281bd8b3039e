//! What a program asks for, and what its surroundings call it.

use abide_wire::{Label, LabelKind, Language, Until};

use crate::common;

/// What a scope means; `None` for one that is not known.
#[must_use]
pub fn scope(language: Language, scope: &str) -> Option<String> {
    Some(match scope {
        "openid" => common::scope_openid(language),
        "profile" => common::scope_profile(language),
        "email" => common::scope_email(language),
        "phone" => common::scope_phone(language),
        "address" => common::scope_address(language),
        "offline_access" => common::scope_offline_access(language),
        "groups" | "roles" => common::scope_groups(language),
        _ => return None,
    })
}

/// A label as people read it.
#[must_use]
pub fn label(language: Language, label: &Label) -> String {
    let name = &label.name;
    match label.kind {
        LabelKind::Flatpak => common::label_flatpak(language, name),
        LabelKind::Snap => common::label_snap(language, name),
        LabelKind::DesktopEntry => common::label_desktop_entry(language, name),
        LabelKind::Package => common::label_package(language, name),
        LabelKind::CodingAgent => common::label_coding_agent(language, name),
        LabelKind::Unit => common::label_unit(language, name),
        LabelKind::Cgroup => common::label_cgroup(language, name),
    }
}

/// When an answer ends at the latest.
#[must_use]
pub fn until(language: Language, until: Until) -> String {
    match until {
        Until::Session => common::until_session(language),
        Until::OneHour => common::until_1h(language),
        Until::EightHours => common::until_8h(language),
        Until::ThirtyDays => common::until_30d(language),
        Until::Revoked => common::until_revoked(language),
    }
}

#[cfg(test)]
mod tests {
    use abide_wire::consent::{labels_in_words, scope_in_words};

    use super::*;

    #[test]
    fn english_is_that_of_the_command() {
        let scopes =
            ["openid", "profile", "email", "phone", "address", "offline_access", "groups", "roles", "api"];
        for name in scopes {
            assert_eq!(scope(Language::En, name).as_deref(), scope_in_words(name));
        }
        let kinds = [
            LabelKind::Flatpak,
            LabelKind::Snap,
            LabelKind::DesktopEntry,
            LabelKind::Package,
            LabelKind::CodingAgent,
            LabelKind::Unit,
            LabelKind::Cgroup,
        ];
        for kind in kinds {
            let one = Label { kind, name: "curl".to_owned() };
            assert_eq!(label(Language::En, &one), labels_in_words(&[one]));
        }
    }
}
