//! The tray in each language; the texts are in `snapshots`.

use abide_wire::{
    EndReason, Language, LanguageSetting, Limit, LimitSource, LiveGrant, SessionState, Snapshot, Span,
};

use super::View;
use super::view::AccountView;
use super::view::tests::status;

fn snapshot(language: Language) -> Snapshot {
    let active = status("work", SessionState::Active);
    let mut near = status("home", SessionState::Expiring);
    (near.expires_in, near.last_error) = (Some(100), Some("An error in English.".to_owned()));
    let mut frozen = status("lab", SessionState::Active);
    frozen.frozen = true;
    let mut limited = status("club", SessionState::Active);
    (limited.limit, limited.provider_limit) = (Some(Limit::Provider), Some(LimitSource::SessionExpiry));
    let mut ended = status("old", SessionState::Ended);
    ended.ended = Some(EndReason::IdleTimeout);
    let accounts = vec![
        active,
        near,
        frozen,
        limited,
        ended,
        status("next", SessionState::Authorizing),
        status("new", SessionState::SignedOut),
    ];
    let live = LiveGrant {
        id: 1,
        program: "curl".to_owned(),
        account: "work".to_owned(),
        targets: Vec::new(),
        scopes: Vec::new(),
        span: Span::Session,
        until: None,
        labels: Vec::new(),
        allows: true,
        tokens: 0,
        since: 0,
        last_used: None,
    };
    let language = LanguageSetting { used: language, configured: None, locked: false };
    Snapshot { accounts, grants: vec![live], language, ..Snapshot::default() }
}

fn account(account: &AccountView) -> String {
    let [sign_in, keep, sign_out] =
        [&account.sign_in, &account.keep, &account.sign_out].map(|item| &item.label);
    format!("{}\n    {sign_in} | {keep} | {sign_out}\n", account.status)
}

fn page(snapshot: &Snapshot) -> String {
    let view = View::of(snapshot);
    let accounts: String = view.accounts.iter().map(account).collect();
    let stops: Vec<&str> = view.stops.iter().map(|stop| stop.label.as_str()).collect();
    let common = view.common_items().map(|(_, text)| text);
    format!(
        "{}\n\n{accounts}{}\n{}\n{}\n{}\n",
        view.tooltip.join("\n"),
        view.watch_again(),
        stops.join("\n"),
        common.join("\n"),
        view.quit(),
    )
}

#[test]
fn the_tray_in_each_language() {
    for language in Language::ALL {
        let mut alone = snapshot(language);
        alone.accounts.truncate(1);
        alone.grants.clear();
        let empty = Snapshot { language: alone.language, ..Snapshot::default() };
        let pages = [snapshot(language), alone, empty].map(|snapshot| page(&snapshot));
        let mut settings = insta::Settings::clone_current();
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!(format!("tray_{}", language.tag()), pages.join("----\n")));
    }
}
