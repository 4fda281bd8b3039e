//! A request to a resource server, whose answer is read as it arrives.

use http::{HeaderMap, HeaderValue, Method, header};
use reqwest::Response;
use std::time::Duration;
use url::Url;
use zeroize::Zeroizing;

use crate::error::{Error, Unreachable};
use crate::http::Http;
use crate::http::aside::{To, aside};
use crate::text::urls;
use crate::text::urls::UrlProblem;

/// A stream of events may stay open for as long. Its reader opens another one then.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// A request to a resource server.
pub struct StreamRequest<'a> {
    /// `GET`, `POST` or `DELETE`.
    pub method: Method,
    /// Its address: https, or http on this computer.
    pub url: &'a Url,
    /// The headers, without `Authorization`.
    pub headers: HeaderMap,
    /// The access token, sent as `Bearer` (RFC 6750, section 2.1).
    pub token: Option<&'a str>,
    /// The body.
    pub body: Vec<u8>,
}

/// The answer of a resource server.
pub struct StreamAnswer {
    response: Response,
    host: String,
}

impl std::fmt::Debug for StreamAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StreamAnswer").field("status", &self.status()).finish_non_exhaustive()
    }
}

impl Http {
    /// Sends a request to a resource server. Every status but a redirect is an answer: a redirect could lead the token
    /// elsewhere.
    ///
    /// # Errors
    ///
    /// As for a provider that cannot be reached; [`Error::Redirected`].
    pub async fn stream(&self, request: StreamRequest<'_>) -> Result<StreamAnswer, Error> {
        let StreamRequest { method, url, headers, token, body } = request;
        let (loopback, host) = (urls::is_loopback(url), urls::host(url));
        if url.scheme() != "https" && !loopback {
            return Err(Error::IssuerInvalid { issuer: host, problem: UrlProblem::Insecure });
        }
        if url.scheme() == "http" && url.port_or_known_default().is_some_and(|port| !(self.admits_port)(port))
        {
            return Err(Error::PortOfAnotherUser { host });
        }
        let client = if loopback { &self.loopback } else { &self.remote };
        let mut sent = client.request(method, url.clone()).headers(headers).timeout(LONGEST);
        if let Some(token) = token {
            let header = Zeroizing::new(format!("Bearer {token}"));
            let mut value = HeaderValue::from_str(&header).map_err(|_| Error::TokenMalformed)?;
            value.set_sensitive(true);
            sent = sent.header(header::AUTHORIZATION, value);
        }
        if !body.is_empty() {
            sent = sent.body(body);
        }
        let response = match aside(To::Server, async move { sent.send().await }).await {
            Some(answered) => answered.map_err(|error| self.unreachable(&host, loopback, &error))?,
            None => return Err(Error::Unreachable { host, reason: Unreachable::Interrupted }),
        };
        if response.status().is_redirection() {
            return Err(Error::Redirected { host });
        }
        Ok(StreamAnswer { response, host })
    }
}

impl StreamAnswer {
    /// The status.
    pub fn status(&self) -> u16 {
        self.response.status().as_u16()
    }

    /// A header, if it is there and is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.response.headers().get(name)?.to_str().ok()
    }

    /// All `WWW-Authenticate` headers that are text.
    pub fn challenges(&self) -> impl Iterator<Item = &str> {
        self.response
            .headers()
            .get_all(header::WWW_AUTHENTICATE)
            .iter()
            .filter_map(|value| value.to_str().ok())
    }

    /// The next part of the body; `None` at its end.
    ///
    /// # Errors
    ///
    /// As for a provider that cannot be reached.
    pub async fn chunk(&mut self) -> Result<Option<Vec<u8>>, Error> {
        let chunk = self.response.chunk().await.map_err(|error| super::unreachable(&self.host, &error))?;
        Ok(chunk.map(|chunk| chunk.to_vec()))
    }
}
