//! The end of a session: its tokens end, and its clients are notified.

use std::sync::Arc;

use url::Url;

use crate::pages::Frame;
use crate::record::{Channel, Delivery, Notice};
use crate::session::back_channel;
use crate::state::provider::Provider;
use crate::state::store::Ended;

/// Ends the session of a browser and those with this `sid`, and notifies the clients over the back channel.
pub(crate) async fn of_browser(
    provider: &Arc<Provider>,
    cookie: Option<&str>,
    sid: Option<&str>,
) -> Vec<Ended> {
    let ended = provider.store().sign_out(cookie, sid, provider.offline());
    provider.persist().await;
    back_channel::tell(provider, &ended);
    ended
}

/// Ends the session with this `sid` if this is its only client. Notifies no one.
pub(crate) fn by_revocation(provider: &Provider, sid: &str, client_id: &str) {
    let mut store = provider.store();
    if store.is_only_client(sid, client_id) {
        store.sign_out(None, Some(sid), provider.offline());
    }
}

/// Ends the sessions of one person, or all, as an administrator would, and notifies the clients over the back channel.
/// Returns the number of sessions.
pub(crate) fn by_administrator(provider: &Arc<Provider>, subject: Option<&str>) -> usize {
    let ended = provider.store().end_sessions(subject, provider.offline());
    provider.save_or_warn();
    back_channel::tell(provider, &ended);
    ended.len()
}

/// The iframes of OpenID Connect Front-Channel Logout 1.0: each loads a client's own page in this browser.
pub(crate) fn frames(provider: &Provider, ended: &[Ended]) -> Vec<Frame> {
    let mut frames = Vec::new();
    for session in ended {
        for client in session.clients.iter().filter_map(|id| provider.client(id)) {
            let Some(uri) = client.frontchannel_logout_uri.as_deref().and_then(|uri| Url::parse(uri).ok())
            else {
                continue;
            };
            let mut uri = uri;
            uri.query_pairs_mut().append_pair("iss", provider.issuer()).append_pair("sid", &session.sid);
            provider.record().add_notice(Notice {
                client_id: client.id.clone(),
                channel: Channel::Front,
                subject: session.subject.clone(),
                sid: session.sid.clone(),
                uri: uri.to_string(),
                jti: None,
                delivery: Delivery::Framed,
                at: provider.clock_time(),
            });
            frames.push(Frame { client: client.display_name(), uri: uri.to_string() });
        }
    }
    frames
}
