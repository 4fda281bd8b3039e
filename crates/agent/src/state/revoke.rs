//! Revoking tokens that are no longer used (RFC 7009).

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use abide_oidc::TokenKind;
use secrecy::SecretString;

use crate::state::connection::Connection;
use crate::state::store::Store;
use crate::state::tokens::Held;

/// Pauses between attempts to revoke a token at a provider that does not answer.
const REVOCATION_PAUSES: [Duration; 3] =
    [Duration::from_secs(2), Duration::from_secs(15), Duration::from_secs(120)];

/// Revokes a refresh token that nobody uses any more.
pub(crate) async fn give_back(connection: Connection, token: SecretString) {
    let Connection { http, relying_party, .. } = connection;
    if !relying_party.provider().has_revocation() {
        tracing::info!("the provider does not offer revocation");
        return;
    }
    for pause in REVOCATION_PAUSES.into_iter().map(Some).chain([None]) {
        match relying_party.revoke(&http, &token, TokenKind::RefreshToken, SystemTime::now()).await {
            Ok(()) => return,
            Err(error) if error.is_transient() => {
                tracing::warn!(code = error.code(), "the refresh token is not revoked yet");
            }
            Err(error) => {
                tracing::warn!(code = error.code(), "the refresh token could not be revoked");
                return;
            }
        }
        match pause {
            Some(pause) => tokio::time::sleep(pause).await,
            None => return,
        }
    }
}

/// Revokes the refresh token of tokens that nothing waits for any more.
pub(crate) fn revoke_unused(store: &Arc<Store>, connection: &Connection, unused: Held) {
    revoke_token(store, connection, unused.refresh_token);
}

/// Revokes a refresh token, if there is one. The end of the program waits for it, within reason.
pub(crate) fn revoke_token(store: &Arc<Store>, connection: &Connection, token: Option<SecretString>) {
    if let Some(token) = token {
        store.before_the_end(give_back(connection.clone(), token));
    }
}
