//! A test of a new account before it is saved.

use url::Url;

use crate::config::AccountConfig;
use crate::platform::clock;
use crate::sign_in::request::parameters;
use crate::sign_in::scopes::{is_scope_refused, wanted_scopes};
use crate::state::connection::{ConnectError, connect};

/// Stands for the port that a sign-in gets from the system. Providers do not compare it (RFC 8252, section 7.3).
const SOME_PORT: u16 = 49_152;

/// Asks the provider what can be asked without the user: whether it is there, whether the client fits it, and, where
/// requests are pushed (RFC 9126), whether it accepts client identifier and redirect URI.
///
/// # Errors
///
/// What the provider refuses, and why it could not be asked.
pub(super) async fn accepted(config: &AccountConfig) -> Result<(), ConnectError> {
    let connection = connect(config).await?.with_new_key(config.dpop)?;
    let relying_party = &connection.relying_party;
    let Some(redirect_uri) = config.redirect_uris.first().map(with_port) else { return Ok(()) };
    let parameters = parameters(config, wanted_scopes(config, relying_party.provider()));
    let asked = relying_party
        .start_authorization(&connection.http, &redirect_uri, &parameters, clock::system_time())
        .await;
    match asked {
        // A sign-in tries again with fewer scopes.
        Err(error) if !is_scope_refused(&error) => Err(ConnectError::of(error)),
        _ => Ok(()),
    }
}

/// The same for an account that is added also where the provider cannot be reached, or a file is not there yet. Returns what the user
/// has to know then.
///
/// # Errors
///
/// What can never work with this provider.
pub(super) async fn misfit(config: &AccountConfig) -> Result<Option<String>, ConnectError> {
    match accepted(config).await {
        Err(error @ ConnectError::Provider(_)) => Err(error),
        Err(error) => Ok(Some(format!("Not tested: {error}"))),
        Ok(()) => Ok(None),
    }
}

fn with_port(configured: &Url) -> Url {
    let mut uri = configured.clone();
    if uri.port().is_none() {
        // Refused for addresses without a host only, which no account has.
        let _ = uri.set_port(Some(SOME_PORT));
    }
    uri
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[cfg(feature = "demo")]
    #[tokio::test]
    async fn a_client_that_the_provider_refuses_is_found_out() {
        let options = abide_demo_op::Config {
            pushed_authorization: abide_demo_op::PushedAuthorization::Offered,
            ..abide_demo_op::Config::default()
        };
        let provider = abide_demo_op::DemoOp::start(options).await.unwrap();
        let account =
            |client_id: &str| AccountConfig::new(provider.issuer().to_owned(), client_id.to_owned());
        accepted(&account("abide")).await.unwrap();
        let refused = accepted(&account("stranger")).await.unwrap_err();
        assert_eq!(refused.code(), "pushed_request_refused");
    }

    #[cfg(feature = "demo")]
    #[tokio::test]
    async fn an_issuer_that_can_never_work_is_found_out_and_one_that_is_away_is_noted() {
        let provider = abide_demo_op::DemoOp::start(abide_demo_op::Config::default()).await.unwrap();
        let tried = async |issuer: String| misfit(&AccountConfig::new(issuer, "abide".to_owned())).await;
        assert_eq!(tried(provider.issuer().to_owned()).await.unwrap(), None);
        for wrong in ["/", "/elsewhere"] {
            let refused = tried(format!("{}{wrong}", provider.issuer())).await.unwrap_err();
            assert!(matches!(refused, ConnectError::Provider(_)), "{refused}");
        }
        let note = tried("http://127.0.0.1:9".to_owned()).await.unwrap().unwrap();
        assert!(note.starts_with("Not tested: ") && note.contains("127.0.0.1:9"), "{note}");
    }

    #[test]
    fn a_port_of_the_account_stays() {
        let with = |uri: &str| with_port(&uri.parse().unwrap()).to_string();
        assert_eq!(with("http://127.0.0.1:47621/callback"), "http://127.0.0.1:47621/callback");
        assert_eq!(with("http://127.0.0.1/callback"), "http://127.0.0.1:49152/callback");
    }
}
