//! Signing in on another device, for a machine without a browser (RFC 8628).

use std::sync::Arc;
use std::time::Duration;

use abide_oidc::{
    DeviceAuthorization, DeviceParameters, DevicePoll, DevicePolling, DeviceStep, Error, OAuthError, Tokens,
};
use abide_wire::{DeviceCode, SignInBegun};
use tokio::sync::{mpsc, watch};

use crate::config::AccountConfig;
use crate::platform::clock;
use crate::sign_in::SignInError;
use crate::sign_in::scopes::{Dropped, fewer_scopes, is_scope_refused, say_dropped, scopes};
use crate::state::account::host_of;
use crate::state::connection::Connection;
use crate::state::exchanges::Exchange;
use crate::state::revoke::{give_back, revoke_refused};
use crate::state::store::Store;

/// A sign-in is cancelled after this time, even if the code is valid longer: users are shown the shorter of the two.
const LONGEST: Duration = Duration::from_secs(590);
/// The longest wait for the answer to an earlier poll once the code is used up.
const LATE: Duration = Duration::from_secs(60);

/// Asks for a code, has it shown, and waits for what the person does with it. The exchange is to be kept until the tokens are stored.
pub(crate) async fn authorize(
    store: &Arc<Store>,
    name: &str,
    config: &AccountConfig,
    connection: &Connection,
    announce: &watch::Sender<Option<SignInBegun>>,
) -> Result<(Tokens, Option<Exchange>), SignInError> {
    if config.max_age.is_some() || config.request_claims.is_some() {
        return Err(SignInError::NotHeldThere);
    }
    let Connection { http, relying_party, .. } = connection;
    let scopes = scopes(store, name, config, relying_party.provider());
    let fewer = fewer_scopes(config, &scopes, relying_party.provider());
    let ask = async |scopes| {
        let parameters = parameters(config, scopes);
        relying_party.device_authorization(http, &parameters, clock::system_time()).await
    };
    let authorization = match (ask(scopes.clone()).await, fewer) {
        (Err(error), Some(fewer)) if is_scope_refused(&error) => {
            say_dropped(store, name, relying_party.provider(), (&scopes, &fewer), Dropped::Refused);
            ask(fewer).await
        }
        (asked, _) => asked,
    };
    let authorization = authorization.map_err(SignInError::of)?;
    let began = clock::now().boot;
    announce.send_replace(Some(SignInBegun {
        account: name.to_owned(),
        device: Some(DeviceCode {
            verification_uri: authorization.verification_uri.to_string(),
            verification_uri_complete: authorization
                .verification_uri_complete
                .as_ref()
                .map(ToString::to_string),
            user_code: authorization.user_code.clone(),
            expires_in: authorization.expires_in.min(LONGEST).as_secs(),
        }),
        ..SignInBegun::default()
    }));
    let passed = || clock::now().boot.saturating_sub(began);
    let mut polling = DevicePolling::new(&authorization);
    let mut polls = Polls::new(store, connection, authorization);
    let mut step = polling.first();
    // Why the person's answer may not have been heard.
    let mut last_error = None;
    loop {
        match (step, last_error.take()) {
            (DeviceStep::PollAt(at), _) => {
                if let Some(tokens) = polls.late(at.saturating_sub(passed())).await {
                    return Ok((tokens, polls.exchange.take()));
                }
            }
            (DeviceStep::Expired | DeviceStep::Finished, Some(last_error)) => {
                return Err(SignInError::of(last_error));
            }
            (DeviceStep::Expired | DeviceStep::Finished, None) => return Err(SignInError::CodeExpired),
        }
        polls.send()?;
        let answer = polls.answer(config).await;
        step = polling.answered(passed(), &answer);
        match answer {
            Ok(DevicePoll::Done(tokens)) => return Ok((*tokens, polls.exchange.take())),
            Err(error) if step == DeviceStep::Finished => {
                // The code is used up: the answer to an earlier poll may still come.
                let late = if polls.under_way > 0 { polls.late(LATE).await } else { None };
                let exchange = polls.exchange.take();
                return late.map(|tokens| (tokens, exchange)).ok_or_else(|| refused(error, config));
            }
            Err(error) => last_error = Some(error),
            Ok(DevicePoll::Pending | DevicePoll::SlowDown) => {}
        }
    }
}

type Answer = Result<DevicePoll, Error>;

/// The polls of one sign-in. The code can be used once, so an answer counts that comes after the time limit, when other polls
/// have been sent. Tokens that come after the end of the sign-in are revoked.
struct Polls {
    store: Arc<Store>,
    connection: Connection,
    authorization: Arc<DeviceAuthorization>,
    sender: mpsc::UnboundedSender<Answer>,
    answers: mpsc::UnboundedReceiver<Answer>,
    under_way: usize,
    /// While an answer is awaited.
    exchange: Option<Exchange>,
}

impl Polls {
    fn new(store: &Arc<Store>, connection: &Connection, authorization: DeviceAuthorization) -> Self {
        let (sender, answers) = mpsc::unbounded_channel();
        Self {
            store: store.clone(),
            connection: connection.patient(),
            authorization: Arc::new(authorization),
            sender,
            answers,
            under_way: 0,
            exchange: None,
        }
    }

    /// Asks whether the user is done. From then on the provider may have issued tokens.
    fn send(&mut self) -> Result<(), SignInError> {
        if self.exchange.is_none() {
            self.exchange = Some(self.store.exchanges.begin().ok_or(SignInError::GivenUp)?);
        }
        let (connection, authorization) = (self.connection.clone(), self.authorization.clone());
        let (sender, store) = (self.sender.clone(), self.store.clone());
        self.under_way += 1;
        self.store.before_the_end(async move {
            let Connection { http, relying_party, .. } = &connection;
            let answer = relying_party.device_token(http, &authorization, clock::system_time()).await;
            let answer = answer.map_err(|refused| revoke_refused(&store, &connection, refused));
            if let Err(mpsc::error::SendError(answer)) = sender.send(answer) {
                give_up(connection, answer).await;
            }
        });
        Ok(())
    }

    async fn next(&mut self) -> Option<Answer> {
        let answer = self.answers.recv().await;
        self.under_way = self.under_way.saturating_sub(1);
        if self.under_way == 0 && !matches!(answer, Some(Ok(DevicePoll::Done(_)))) {
            self.exchange = None;
        }
        answer
    }

    /// The answer to a poll, or that there is none within the time limit of the account.
    async fn answer(&mut self, config: &AccountConfig) -> Answer {
        let answer = clock::timeout(config.timeout, self.next()).await.ok().flatten();
        answer.unwrap_or_else(|| Err(Error::Timeout { host: host_of(&config.issuer) }))
    }

    /// The tokens of a poll that is answered late, within this time.
    async fn late(&mut self, within: Duration) -> Option<Tokens> {
        let tokens = async {
            while let Some(answer) = self.next().await {
                if let Ok(DevicePoll::Done(tokens)) = answer {
                    return Some(*tokens);
                }
            }
            None
        };
        clock::timeout(within, tokens).await.ok().flatten()
    }
}

impl Drop for Polls {
    fn drop(&mut self) {
        self.answers.close();
        while let Ok(answer) = self.answers.try_recv() {
            self.store.before_the_end(give_up(self.connection.clone(), answer));
        }
    }
}

async fn give_up(connection: Connection, answer: Answer) {
    if let Ok(DevicePoll::Done(tokens)) = answer
        && let Some(token) = tokens.refresh_token
    {
        let _ = give_back(connection, token).await;
    }
}

fn refused(error: Error, config: &AccountConfig) -> SignInError {
    match error {
        Error::Refused { error: OAuthError::AccessDenied, description: None, .. } => {
            SignInError::Cancelled(host_of(&config.issuer))
        }
        Error::Refused { error: OAuthError::ExpiredToken, .. } => SignInError::CodeExpired,
        error => SignInError::of(error),
    }
}

/// What the request for a code can carry of an account's wishes.
fn parameters(config: &AccountConfig, scopes: Vec<String>) -> DeviceParameters {
    let resources = config.resources.iter().map(|resource| ("resource".to_owned(), resource.clone()));
    let audience = config.audience.iter().map(|audience| ("audience".to_owned(), audience.clone()));
    let acr = (!config.acr_values.is_empty()).then(|| ("acr_values".to_owned(), config.acr_values.join(" ")));
    let extra = config.extra.iter().map(|(name, value)| (name.clone(), value.clone()));
    let extra = resources.chain(audience).chain(acr).chain(extra).collect();
    DeviceParameters { scopes, extra, pkce: config.device_pkce }
}
