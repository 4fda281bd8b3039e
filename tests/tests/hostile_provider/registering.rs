//! A registration by the library.

use std::time::Duration;

use abide_demo_op::DemoOp;
use abide_oidc::{
    ClientMetadata, Error, Http, HttpOptions, Provider, RegisteredClient, RelyingParty, register,
};
use url::Url;

use super::case::{Account, Case, Expected};

const REDIRECT: &str = "http://127.0.0.1/callback";

/// Runs a case in which a client registers dynamically.
pub(crate) async fn run(provider: &DemoOp, case: &Case) -> Result<(), String> {
    let others = || {
        use abide_demo_op::Endpoint::{Authorization, DeviceAuthorization, PushedAuthorization};
        [Authorization, DeviceAuthorization, PushedAuthorization].map(|at| provider.record().count(at))
    };
    let before = others();
    let outcome = registered(provider, case.account).await;
    ensure!(others() == before, "the provider was asked for more than a registration");
    match (case.expected, outcome) {
        (Expected::NotRegistered(code), Err(error)) => {
            ensure!(error.code() == code, "the code is {}, expected was {code}: {error}", error.code());
            ensure!(error.to_string().ends_with('.'), "no sentence: {error}");
            Ok(())
        }
        (Expected::Registered, Ok(client)) => {
            ensure!(!client.registration.client_id.is_empty(), "it has no name");
            let secret = client.registration.client_secret.is_some();
            ensure!(!secret || case.kind == Some("secret"), "an unrequested secret is kept");
            Ok(())
        }
        (expected, Ok(client)) => Err(format!("{expected:?} was expected, and it is registered: {client:?}")),
        (expected, Err(error)) => Err(format!("{expected:?} was expected: {error} ({})", error.code())),
    }
}

async fn registered(provider: &DemoOp, account: Account) -> Result<RegisteredClient, Error> {
    let seconds = if account == Account::Hasty { 4 } else { 30 };
    let http = Http::new(HttpOptions { timeout: Duration::from_secs(seconds), ..HttpOptions::default() })?;
    let found = Provider::discover(&http, provider.issuer()).await?;
    let redirect = Url::parse(REDIRECT).expect("an address");
    let client = register(&http, &found, &ClientMetadata::native("Abide", vec![redirect])).await?;
    // An unusable one is ignored.
    RelyingParty::new(found, client.registration.clone())?;
    Ok(client)
}
