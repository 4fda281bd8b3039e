//! Checks on the clients to register.

use url::Url;

use crate::config::client::{Client, is_on_this_computer};
use crate::config::error::StartError;

pub(crate) fn check(clients: &[Client]) -> Result<(), StartError> {
    for client in clients {
        let (back, front) = (&client.backchannel_logout_uri, &client.frontchannel_logout_uri);
        let uris = client.redirect_uris.iter().chain(&client.post_logout_redirect_uris);
        let not_a_uri = uris.chain(back).chain(front).find(|uri| {
            Url::parse(uri).is_err() || !uri.is_ascii() || uri.bytes().any(|byte| byte.is_ascii_control())
        });
        let not_framed = front.iter().find(|uri| !uri.starts_with("http://") && !uri.starts_with("https://"));
        let elsewhere = back.iter().find(|uri| !is_on_this_computer(uri));
        if let Some(uri) = not_a_uri.or(not_framed).or(elsewhere) {
            return Err(StartError::InvalidClient { client: client.id.clone(), uri: uri.clone() });
        }
    }
    Ok(())
}
