//! The three sessions of a sign-in, one inside the other, with the evidence for each. Pure.

use std::time::Duration;

use abide_oidc::Identity;
use abide_session::{Now, State, View};
use abide_wire::{Evidence, Layer, LayerState, LayerStatus};
use serde::{Deserialize, Serialize};

use crate::view::convert::{ended_by, evidence};

/// The last report about the provider's session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Heard {
    /// Wall time.
    pub(crate) at: Duration,
    pub(crate) by: Evidence,
}

/// The input of the layers.
pub(crate) struct Known<'a> {
    pub(crate) account: &'a str,
    pub(crate) provider: &'a str,
    pub(crate) identity: Option<&'a Identity>,
    pub(crate) heard: Option<Heard>,
    /// The identity provider behind the session that has ended, if it was named.
    pub(crate) last_idp: Option<&'a str>,
}

/// The layers of a session, from the user outwards; empty before a sign-in.
pub(crate) fn layers(known: &Known<'_>, view: &View, now: Now) -> Vec<LayerStatus> {
    let seconds = |time: Duration| time.as_secs().saturating_add(u64::from(time.subsec_nanos() > 0));
    let at = |left: Duration| seconds(now.wall.saturating_add(left));
    let application = |state, since: Option<Duration>, ends_at| LayerStatus {
        layer: Layer::Application,
        name: known.account.to_owned(),
        state,
        since: since.map(|since| since.as_secs()),
        ends_at,
        evidence: Evidence::OwnLimits,
        checked_at: None,
        methods: Vec::new(),
    };
    match (view.state, known.identity) {
        (State::Active | State::Expiring, Some(identity)) => vec![
            application(LayerState::Active, view.began, view.left.map(at)),
            provider(known, LayerState::Active, identity.auth_time, view.provider_left.map(at)),
            identity_provider(known.provider, identity),
        ],
        (State::Ended(reason), _) => {
            let ended = view.ended.map(|at| at.as_secs());
            // The end of our session says nothing about the provider's, unless the provider reported it.
            let there = match ended_by(reason) {
                Some(signal) => LayerStatus {
                    evidence: evidence(signal),
                    checked_at: ended,
                    ..provider(known, LayerState::Ended, None, ended)
                },
                None => LayerStatus {
                    evidence: Evidence::Nothing,
                    ..provider(known, LayerState::Unknown, None, None)
                },
            };
            let behind = LayerStatus {
                layer: Layer::IdentityProvider,
                name: known.last_idp.unwrap_or(known.provider).to_owned(),
                evidence: Evidence::Nothing,
                ..provider(known, LayerState::Unknown, None, None)
            };
            vec![application(LayerState::Ended, None, ended), there, behind]
        }
        _ => Vec::new(),
    }
}

fn provider(known: &Known<'_>, state: LayerState, since: Option<u64>, ends_at: Option<u64>) -> LayerStatus {
    LayerStatus {
        layer: Layer::Provider,
        name: known.provider.to_owned(),
        state,
        since,
        ends_at,
        evidence: known.heard.map_or(Evidence::Refresh, |heard| heard.by),
        checked_at: known.heard.map(|heard| heard.at.as_secs()),
        methods: Vec::new(),
    }
}

/// A client does not learn whether the user is still signed in there. Only the beginning is known.
fn identity_provider(provider: &str, identity: &Identity) -> LayerStatus {
    let methods: Vec<String> = identity.amr.iter().chain(&identity.acr).cloned().collect();
    let nothing = methods.is_empty() && identity.auth_time.is_none() && identity.idp.is_none();
    LayerStatus {
        layer: Layer::IdentityProvider,
        name: identity.idp.clone().unwrap_or_else(|| provider.to_owned()),
        state: LayerState::Unknown,
        since: identity.auth_time,
        ends_at: None,
        evidence: if nothing { Evidence::Nothing } else { Evidence::IdToken },
        checked_at: None,
        methods,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use abide_session::{EndReason, Input, Limits, Output, ProviderLimits, Session, Signal, Tokens};

    const NOW: Now = Now { wall: Duration::from_secs(1_800_000_000), boot: Duration::from_secs(500) };

    fn signed_in() -> Session {
        let mut session = Session::new(Limits::default());
        session.handle(NOW, Input::Login);
        let Some(Output::Authorize { attempt }) = session.poll() else { panic!("no authorization") };
        let tokens = Tokens {
            access_expires_in: Some(Duration::from_secs(300)),
            renewable: true,
            provider: ProviderLimits {
                refresh_expires_in: Some(Duration::from_secs(1800)),
                ..ProviderLimits::default()
            },
        };
        session.handle(NOW, Input::Authorized { attempt, tokens });
        session
    }

    fn identity() -> Identity {
        serde_json::from_value(serde_json::json!({
            "issuer": "https://id.example.com", "subject": "1", "auth_time": 1_799_999_000_u64,
            "amr": ["pwd", "otp"], "acr": "2", "idp": "Example Bank",
        }))
        .unwrap()
    }

    fn known<'a>(identity: Option<&'a Identity>, heard: Option<Heard>) -> Known<'a> {
        Known { account: "work", provider: "id.example.com", identity, heard, last_idp: Some("Example Bank") }
    }

    #[test]
    fn each_layer_has_its_own_end_and_says_how_it_is_known() {
        let identity = identity();
        let heard = Heard { at: NOW.wall, by: Evidence::IdToken };
        let found = layers(&known(Some(&identity), Some(heard)), &signed_in().view(NOW), NOW);
        let [application, provider, idp] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!((application.state, application.ends_at), (LayerState::Active, Some(1_800_000_900)));
        assert_eq!((application.evidence, application.since), (Evidence::OwnLimits, Some(1_800_000_000)));
        assert_eq!((provider.state, provider.ends_at), (LayerState::Active, Some(1_800_001_800)));
        assert_eq!((provider.evidence, provider.checked_at), (Evidence::IdToken, Some(1_800_000_000)));
        assert_eq!(provider.since, Some(1_799_999_000));
        assert_eq!((idp.name.as_str(), idp.state, idp.ends_at), ("Example Bank", LayerState::Unknown, None));
        assert_eq!((idp.evidence, idp.methods.join(" ")), (Evidence::IdToken, "pwd otp 2".to_owned()));
    }

    #[test]
    fn a_provider_that_tells_nothing_is_not_made_up() {
        let identity: Identity =
            serde_json::from_value(serde_json::json!({"issuer": "https://id.example.com", "subject": "1"}))
                .unwrap();
        let found = layers(&known(Some(&identity), None), &signed_in().view(NOW), NOW);
        assert_eq!((found[2].name.as_str(), found[2].evidence), ("id.example.com", Evidence::Nothing));
        assert_eq!(found[2].since, None);
    }

    #[test]
    fn the_end_here_says_nothing_about_the_provider_unless_the_provider_said_it() {
        for (input, reason, there) in [
            (Input::Logout, EndReason::UserLogout, LayerState::Unknown),
            (
                Input::ProviderEnded { signal: Signal::BackChannel },
                EndReason::ProviderLogout(Signal::BackChannel),
                LayerState::Ended,
            ),
        ] {
            let mut session = signed_in();
            session.handle(NOW, input);
            assert_eq!(session.state(), State::Ended(reason));
            let found = layers(&known(None, None), &session.view(NOW), NOW);
            assert_eq!(found[0].state, LayerState::Ended);
            assert_eq!(found[0].ends_at, Some(1_800_000_000));
            assert_eq!(found[1].state, there);
            let known = if there == LayerState::Ended { Evidence::Told } else { Evidence::Nothing };
            assert_eq!(found[1].evidence, known);
            let behind = (found[2].layer, found[2].name.as_str(), found[2].state, found[2].evidence);
            let unknown = (Layer::IdentityProvider, "Example Bank", LayerState::Unknown, Evidence::Nothing);
            assert_eq!(behind, unknown, "that session does not end with ours");
        }
        assert_eq!(layers(&known(None, None), &Session::new(Limits::default()).view(NOW), NOW), []);
    }
}
