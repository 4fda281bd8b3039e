//! Revoking tokens that are no longer used (RFC 7009).

use std::sync::Arc;
use std::time::Duration;

use abide_oidc::{Error, GrantError, TokenKind};
use secrecy::SecretString;

use crate::platform::clock;
use crate::state::connection::Connection;
use crate::state::store::Store;
use crate::state::tokens::Held;

/// Pauses between attempts to revoke a token at a provider that does not answer.
const REVOCATION_PAUSES: [Duration; 3] =
    [Duration::from_secs(2), Duration::from_secs(15), Duration::from_secs(120)];

/// What an answer that does not revoke a token means for the next attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outlook {
    /// It has not come from the endpoint, or the provider cannot answer now.
    Passing,
    /// It is not as an endpoint answers, and will hardly change. It may come from something in front of the provider, or from one that is
    /// being updated.
    Odd,
    /// The provider has refused.
    Final,
}

impl Outlook {
    pub(crate) fn of(error: &Error) -> Self {
        match error {
            // A page with a good status: a network that asks for its own sign-in.
            Error::UnexpectedStatus { status: 200..=299, .. } => Self::Passing,
            Error::UnexpectedStatus { .. }
            | Error::Document { .. }
            | Error::Redirected { .. }
            // Not implemented.
            | Error::Unavailable { status: 501, .. } => Self::Odd,
            error if error.is_transient() => Self::Passing,
            _ => Self::Final,
        }
    }
}

/// The result of the revocation of an unused token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GivenBack {
    /// The provider has revoked it.
    Revoked,
    /// The provider does not offer it, has refused, or cannot be reached.
    NotRevoked,
}

/// Revokes an unused refresh token.
pub(crate) async fn give_back(connection: Connection, token: SecretString) -> GivenBack {
    give_back_as(connection, token, TokenKind::RefreshToken).await
}

async fn give_back_as(connection: Connection, token: SecretString, kind: TokenKind) -> GivenBack {
    let Connection { http, relying_party, .. } = connection;
    if !relying_party.provider().has_revocation() {
        tracing::info!("the provider does not offer revocation");
        return GivenBack::NotRevoked;
    }
    for pause in REVOCATION_PAUSES.into_iter().map(Some).chain([None]) {
        match relying_party.revoke(&http, &token, kind, clock::system_time()).await {
            Ok(()) => return GivenBack::Revoked,
            Err(error) if Outlook::of(&error) == Outlook::Passing => {
                tracing::warn!(code = error.code(), ?kind, "a token is not revoked yet");
            }
            Err(error) => {
                tracing::warn!(code = error.code(), ?kind, "a token could not be revoked");
                return GivenBack::NotRevoked;
            }
        }
        match pause {
            Some(pause) => clock::sleep(pause).await,
            None => break,
        }
    }
    GivenBack::NotRevoked
}

/// Revokes an access token that nothing waits for any more.
pub(crate) fn revoke_access(store: &Arc<Store>, connection: Connection, token: SecretString) {
    store.before_the_end(async move {
        let _ = give_back_as(connection, token, TokenKind::AccessToken).await;
    });
}

/// Revokes the refresh token of tokens that nothing waits for any more.
pub(crate) fn revoke_unused(store: &Arc<Store>, connection: &Connection, unused: Held) {
    revoke_token(store, connection, unused.refresh_token);
}

/// Revokes what the provider has issued in an answer that was refused. Returns the error.
pub(crate) fn revoke_refused(store: &Arc<Store>, connection: &Connection, refused: GrantError) -> Error {
    let GrantError { error, unused } = refused;
    if let Some((token, kind)) = unused {
        let connection = connection.clone();
        store.before_the_end(async move {
            let _ = give_back_as(connection, token, kind).await;
        });
    }
    error
}

/// Revokes a refresh token, if there is one. The end of the program waits for it, within reason.
pub(crate) fn revoke_token(store: &Arc<Store>, connection: &Connection, token: Option<SecretString>) {
    if let Some(token) = token {
        let connection = connection.clone();
        store.before_the_end(async move {
            let _ = give_back(connection, token).await;
        });
    }
}
