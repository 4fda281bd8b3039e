//! Requests that a client has signed, and the signature of their answers.

use std::time::Duration;

use abide_wire::ErrorAnswer;
use http::{HeaderValue, Request, Response};
use http_body_util::{BodyExt, Either, Full, Limited};
use hyper::body::{Bytes, Incoming};
use secrecy::{ExposeSecret, SecretString};

use super::auth::{Caller, Channel};
use super::body::{BODY, Body, Received, invalid};
use super::signature::{ANSWERED, Exchange, Presented, Proof};
use crate::grants::Clients;

/// How long the body of a request may take.
const ARRIVES: Duration = Duration::from_secs(5);

/// A request whose client names its key, and the signature of its answer.
pub(super) struct Signing {
    exchange: Exchange,
    /// The name of the client.
    client: String,
    secret: SecretString,
    /// The nonce that this request was given. It is good for one request, whatever becomes of it.
    nonce: Option<SecretString>,
    /// Absent in a request that only wants a signed answer: that for a nonce.
    proof: Option<Proof>,
}

impl Signing {
    /// Looks up the key.
    ///
    /// # Errors
    ///
    /// `consent_required` for a key that is not known. That answer cannot be signed.
    pub(super) fn begin(
        request: &Request<Incoming>,
        presented: Presented,
        channel: &Channel,
        clients: &Clients,
    ) -> Result<Self, ErrorAnswer> {
        let Presented { id, cnonce, proof } = presented;
        let nonce = proof.as_ref().and_then(|_| channel.take());
        let signer = clients.signer(&id)?;
        let exchange = Exchange {
            id,
            method: request.method().to_string(),
            target: request.uri().to_string(),
            cnonce,
            connection: channel.name().to_owned(),
        };
        Ok(Self { exchange, client: signer.name, secret: signer.secret, nonce, proof })
    }

    /// The request with its body, once it is known to be what the client has signed, and who asks.
    ///
    /// # Errors
    ///
    /// `invalid_signature`; `invalid_request` for a body that is too long or does not arrive.
    pub(super) async fn receive(
        &mut self,
        request: Request<Incoming>,
    ) -> Result<(Request<Received>, Caller), ErrorAnswer> {
        // Without a proof nothing is served that needs a right.
        let Some(proof) = self.proof.take() else { return Ok((request.map(Either::Left), Caller::Stranger)) };
        let (parts, body) = request.into_parts();
        let reading = Limited::new(body, BODY).collect();
        let Ok(Ok(collected)) = tokio::time::timeout(ARRIVES, reading).await else {
            return Err(invalid(format!("The body is longer than {BODY} bytes, or did not arrive.")));
        };
        let body = collected.to_bytes();
        let nonce = self.nonce.take();
        let nonce = nonce.as_ref().map(ExposeSecret::expose_secret);
        self.exchange.verify(&self.secret, &body, nonce, &proof)?;
        let request = Request::from_parts(parts, Either::Right(Full::new(body)));
        Ok((request, Caller::Client(self.client.clone())))
    }

    /// The answer with its signature.
    pub(super) async fn sign(&self, answer: Response<Body>) -> Response<Body> {
        let (mut parts, body) = answer.into_parts();
        let status = parts.status.as_u16();
        let (mac, body) = match body {
            Either::Left(whole) => {
                let bytes: Bytes = whole.collect().await.map(|all| all.to_bytes()).unwrap_or_default();
                let mac = self.exchange.sign(&self.secret, status, Some(&bytes));
                (mac, Either::Left(Full::new(bytes)))
            }
            stream @ Either::Right(_) => (self.exchange.sign(&self.secret, status, None), stream),
        };
        if let Ok(mac) = HeaderValue::from_str(&mac) {
            parts.headers.insert(ANSWERED, mac);
        }
        Response::from_parts(parts, body)
    }
}
