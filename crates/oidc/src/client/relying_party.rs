//! This client, as it is registered at one provider.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::HeaderValue;
use openidconnect::core::CoreJsonWebKeySet;
use secrecy::{ExposeSecret, SecretString};
use url::{Url, form_urlencoded};
use zeroize::Zeroizing;

use crate::client::assertion::{ASSERTION_TYPE, ClientKey};
use crate::client::dpop::Dpop;
use crate::error::Error;
use crate::error::registration::RegistrationProblem;
use crate::http::{Body, Call, Http, sensitive};
use crate::jose::algorithm::SigningAlgorithm;
use crate::jose::jwt::Refusal;
use crate::provider::discovery::Provider;
use crate::provider::keys::Occasion;

/// How the client authenticates at the back-channel endpoints (OpenID Connect Core 1.0, section 9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClientAuthentication {
    /// `none`: a public client, which sends its id only.
    None,
    /// `client_secret_basic`.
    ClientSecretBasic,
    /// `client_secret_post`.
    ClientSecretPost,
    /// `private_key_jwt`.
    PrivateKeyJwt,
}

impl ClientAuthentication {
    /// As in `token_endpoint_auth_method`.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::ClientSecretBasic => "client_secret_basic",
            Self::ClientSecretPost => "client_secret_post",
            Self::PrivateKeyJwt => "private_key_jwt",
        }
    }

    /// From `token_endpoint_auth_method`.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::None, Self::ClientSecretBasic, Self::ClientSecretPost, Self::PrivateKeyJwt]
            .into_iter()
            .find(|method| method.name() == name)
    }
}

/// `aud` of the statement that a client authenticates with (`private_key_jwt`; RFC 7523, section 3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AssertionAudience {
    /// The issuer, byte for byte as configured: it always belongs to the receiver of the assertion (RFC 9126, section 2).
    #[default]
    Issuer,
    /// The URL of the token endpoint, from the provider's metadata: for a provider that accepts nothing else (Core, section
    /// 9).
    TokenEndpoint,
}

/// Whether authorization requests are pushed (RFC 9126).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PushedRequests {
    /// Where the provider's metadata offers that.
    #[default]
    Auto,
    /// Never: for a provider that offers it but refuses this client there.
    Off,
    /// Always: a provider that does not offer it is refused.
    Required,
}

/// What the provider knows about this client.
#[derive(Clone)]
pub struct Registration {
    /// `client_id`.
    pub client_id: String,
    /// Only if the provider insists: a desktop application cannot hide one from its user.
    pub client_secret: Option<SecretString>,
    /// For `private_key_jwt`.
    pub client_key: Option<Arc<ClientKey>>,
    /// `None`: chosen from the key or secret, and from what the provider offers.
    pub auth_method: Option<ClientAuthentication>,
    /// `id_token_signed_response_alg`. `None`: any asymmetric one that the provider lists.
    pub id_token_alg: Option<SigningAlgorithm>,
    /// `userinfo_signed_response_alg`: UserInfo must be signed with it. `None`: UserInfo is plain JSON; a signed one is
    /// accepted too and checked like an ID token.
    pub userinfo_alg: Option<SigningAlgorithm>,
    /// `token_endpoint_auth_signing_alg`: what the client signs with. `None`: the best that the key supports and the
    /// provider lists.
    pub assertion_alg: Option<SigningAlgorithm>,
    /// `aud` of the client's own assertion.
    pub assertion_audience: AssertionAudience,
    /// Whether authorization requests are pushed.
    pub pushed_requests: PushedRequests,
    /// Other clients that an ID token may also be issued for (Core, section 3.1.3.7, rule 3).
    pub trusted_audiences: Vec<String>,
}

impl Registration {
    /// A public client.
    pub fn public(client_id: impl Into<String>) -> Self {
        Self {
            client_id: client_id.into(),
            client_secret: None,
            client_key: None,
            auth_method: None,
            id_token_alg: None,
            userinfo_alg: None,
            assertion_alg: None,
            assertion_audience: AssertionAudience::default(),
            pushed_requests: PushedRequests::default(),
            trusted_audiences: Vec::new(),
        }
    }

    fn authentication(
        &self,
        offered: Option<&[String]>,
    ) -> Result<ClientAuthentication, RegistrationProblem> {
        use ClientAuthentication::{ClientSecretBasic, ClientSecretPost, None as Public, PrivateKeyJwt};
        let has_secret = self.client_secret.is_some();
        match self.auth_method {
            Some(PrivateKeyJwt) if self.client_key.is_none() => {
                return Err(RegistrationProblem::ClientKeyMissing);
            }
            Some(ClientSecretBasic | ClientSecretPost) if !has_secret => {
                return Err(RegistrationProblem::SecretMissing);
            }
            Some(method) => return Ok(method),
            None => {}
        }
        if self.client_key.is_some() {
            let listed = |offered: &[String]| offered.iter().any(|name| name == PrivateKeyJwt.name());
            match (offered.is_none_or(listed), has_secret) {
                (true, _) => return Ok(PrivateKeyJwt),
                (false, false) => return Err(RegistrationProblem::AuthenticationUnsupported),
                (false, true) => {}
            }
        }
        if self.client_secret.is_none() {
            // For a provider that forgets to list `none` but has public clients.
            return Ok(Public);
        }
        // Discovery, section 3: without a list it is client_secret_basic.
        let Some(offered) = offered else { return Ok(ClientSecretBasic) };
        [ClientSecretBasic, ClientSecretPost]
            .into_iter()
            .find(|method| offered.iter().any(|name| name == method.name()))
            .ok_or(RegistrationProblem::AuthenticationUnsupported)
    }

    fn algorithms(&self, offered: Option<&[String]>) -> Result<Vec<SigningAlgorithm>, RegistrationProblem> {
        if let Some(algorithm) = self.id_token_alg {
            return if algorithm.is_symmetric() && self.client_secret.is_none() {
                Err(RegistrationProblem::SymmetricAlgorithmForPublicClient)
            } else {
                Ok(vec![algorithm])
            };
        }
        // Core, section 2: RS256 if the provider does not say.
        let Some(offered) = offered else { return Ok(vec![SigningAlgorithm::Rs256]) };
        let accepted: Vec<_> = offered
            .iter()
            .filter_map(|name| SigningAlgorithm::from_name(name))
            .filter(|algorithm| !algorithm.is_symmetric())
            .collect();
        if accepted.is_empty() { Err(RegistrationProblem::AlgorithmsUnsupported) } else { Ok(accepted) }
    }
}

impl fmt::Debug for Registration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registration")
            .field("client_id", &self.client_id)
            .field("client_secret", &self.client_secret.is_some())
            .field("client_key", &self.client_key)
            .field("auth_method", &self.auth_method)
            .field("id_token_alg", &self.id_token_alg)
            .field("userinfo_alg", &self.userinfo_alg)
            .field("assertion_alg", &self.assertion_alg)
            .field("assertion_audience", &self.assertion_audience)
            .field("pushed_requests", &self.pushed_requests)
            .field("trusted_audiences", &self.trusted_audiences)
            .finish()
    }
}

/// A registered client at a provider. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct RelyingParty(Arc<Inner>);

#[derive(Clone, Debug)]
struct Inner {
    provider: Provider,
    registration: Registration,
    authentication: ClientAuthentication,
    /// For the client's own assertion, if it authenticates with one.
    assertion: Option<SigningAlgorithm>,
    algorithms: Vec<SigningAlgorithm>,
    dpop: Option<Arc<Dpop>>,
    /// The issuer whose sessions the events are about, for a transmitter of its own.
    speaks_for: Option<String>,
}

impl RelyingParty {
    /// Fails with [`Error::Registration`] if the registration does not fit together or does not fit the provider.
    pub fn new(provider: Provider, registration: Registration) -> Result<Self, Error> {
        if registration.client_id.is_empty() {
            return Err(Error::Registration(RegistrationProblem::ClientIdMissing));
        }
        let symmetric = registration.userinfo_alg.is_some_and(SigningAlgorithm::is_symmetric);
        if symmetric && registration.client_secret.is_none() {
            return Err(Error::Registration(RegistrationProblem::SymmetricAlgorithmForPublicClient));
        }
        let metadata = provider.metadata();
        let authentication = registration
            .authentication(metadata.token_endpoint_auth_methods_supported.as_deref())
            .map_err(Error::Registration)?;
        let assertion = match (authentication, &registration.client_key) {
            (ClientAuthentication::PrivateKeyJwt, Some(key)) => {
                let offered = metadata.token_endpoint_auth_signing_alg_values_supported.as_deref();
                let registered = registration.assertion_alg;
                Some(key.algorithm(registered, offered).map_err(Error::Registration)?)
            }
            _ => None,
        };
        let algorithms = match provider.is_openid() {
            true => registration
                .algorithms(metadata.id_token_signing_alg_values_supported.as_deref())
                .map_err(Error::Registration)?,
            false => Vec::new(),
        };
        Ok(Self(Arc::new(Inner {
            provider,
            registration,
            authentication,
            assertion,
            algorithms,
            dpop: None,
            speaks_for: None,
        })))
    }

    /// The provider.
    pub fn provider(&self) -> &Provider {
        &self.0.provider
    }

    /// The registration.
    pub fn registration(&self) -> &Registration {
        &self.0.registration
    }

    /// Whether the client shows the provider who it is, with a secret or a key.
    pub fn authenticates(&self) -> bool {
        self.0.authentication != ClientAuthentication::None
    }

    pub(crate) fn authentication(&self) -> ClientAuthentication {
        self.0.authentication
    }

    pub(crate) fn dpop(&self) -> Option<&Dpop> {
        self.0.dpop.as_deref()
    }

    pub(crate) fn bound(&self, dpop: Dpop) -> Self {
        Self(Arc::new(Inner { dpop: Some(Arc::new(dpop)), ..Inner::clone(&self.0) }))
    }

    pub(crate) fn unbound(&self) -> Self {
        Self(Arc::new(Inner { dpop: None, ..Inner::clone(&self.0) }))
    }

    /// The same client with the tokens of `other`: bound to its key, or to none.
    pub(crate) fn with_tokens_of(&self, other: &Self) -> Self {
        Self(Arc::new(Inner { dpop: other.0.dpop.clone(), ..Inner::clone(&self.0) }))
    }

    pub(crate) fn algorithms(&self) -> &[SigningAlgorithm] {
        &self.0.algorithms
    }

    /// The same client, for a session whose ID token was signed with `algorithm`
    /// ([`Identity::signed_with`](crate::Identity::signed_with)): it refuses statements that are signed with another.
    /// Without effect if the registration names the algorithm.
    #[must_use]
    pub fn held_to(&self, algorithm: Option<SigningAlgorithm>) -> Self {
        let asymmetric = algorithm.filter(|algorithm| !algorithm.is_symmetric());
        match asymmetric.filter(|_| self.0.registration.id_token_alg.is_none()) {
            Some(algorithm) if self.0.algorithms != [algorithm] => {
                Self(Arc::new(Inner { algorithms: vec![algorithm], ..Inner::clone(&self.0) }))
            }
            _ => self.clone(),
        }
    }

    /// The issuer whose sessions events are about.
    pub(crate) fn speaks_for(&self) -> &str {
        self.0.speaks_for.as_deref().unwrap_or_else(|| self.provider().issuer())
    }

    /// The same client as the receiver of events from a transmitter. Its issuer and its keys may be others than the
    /// provider's. Transmitters sign with RS256 at least (CAEP Interoperability Profile 1.0, section 2.6).
    pub(crate) async fn receiving(
        &self,
        http: &Http,
        issuer: &str,
        keys: Option<&str>,
    ) -> Result<Self, Error> {
        let mut algorithms: Vec<_> =
            self.0.algorithms.iter().copied().filter(|algorithm| !algorithm.is_symmetric()).collect();
        if !algorithms.contains(&SigningAlgorithm::Rs256) {
            algorithms.push(SigningAlgorithm::Rs256);
        }
        Ok(Self(Arc::new(Inner {
            provider: self.provider().with_keys_of(http, issuer, keys).await?,
            algorithms,
            speaks_for: Some(self.provider().issuer().to_owned()),
            ..Inner::clone(&self.0)
        })))
    }

    /// Checks a signed statement with the provider's keys. If it names an unknown key, reads the keys again and checks once
    /// more.
    pub(crate) async fn judged<T, E>(
        &self,
        http: &Http,
        now: SystemTime,
        occasion: Occasion,
        judge: impl Fn(&CoreJsonWebKeySet) -> Result<T, Refusal<E>>,
    ) -> Result<T, Error>
    where
        Error: From<E>,
    {
        let refusal = match judge(&self.provider().keys()) {
            Ok(believed) => return Ok(believed),
            Err(refusal) if !refusal.with_other_keys => return Err(refusal.error.into()),
            Err(refusal) => refusal,
        };
        match self.provider().refetch_keys(http, now, occasion).await? {
            None => Err(refusal.error.into()),
            Some(keys) => judge(&keys).map_err(|refusal| refusal.error.into()),
        }
    }

    /// A form for a back-channel endpoint, with the client's authentication (RFC 6749, section 2.3.1; RFC 7523, section
    /// 2.2). `at` is the provider's time ([`Http::provider_time`]). It can be sent once.
    pub(crate) fn authenticated<'a>(
        &self,
        url: &'a Url,
        parameters: &[(&str, &str)],
        at: SystemTime,
    ) -> Result<Call<'a>, Error> {
        let Inner { registration, authentication, .. } = &*self.0;
        let id = registration.client_id.as_str();
        let secret = registration.client_secret.as_ref().map_or("", ExposeSecret::expose_secret);
        // Room for everything, so that growing does not leave a partial copy of a secret in memory.
        let length: usize = parameters.iter().map(|(name, value)| name.len() + value.len() * 3 + 2).sum();
        let room = length + (id.len() + secret.len()) * 3 + 32;
        let mut form = form_urlencoded::Serializer::new(String::with_capacity(room));
        form.extend_pairs(parameters);
        let mut authorization = None;
        match authentication {
            ClientAuthentication::None => {
                form.append_pair("client_id", id);
            }
            ClientAuthentication::ClientSecretPost => {
                form.append_pair("client_id", id).append_pair("client_secret", secret);
            }
            ClientAuthentication::PrivateKeyJwt => {
                let missing = Error::Registration(RegistrationProblem::ClientKeyMissing);
                let (key, algorithm) =
                    registration.client_key.as_ref().zip(self.0.assertion).ok_or(missing)?;
                let audience = match registration.assertion_audience {
                    AssertionAudience::Issuer => self.provider().issuer(),
                    AssertionAudience::TokenEndpoint => self.provider().token_endpoint().as_str(),
                };
                let assertion = key.assertion(algorithm, id, audience, at)?;
                form.append_pair("client_id", id)
                    .append_pair("client_assertion_type", ASSERTION_TYPE)
                    .append_pair("client_assertion", &assertion);
            }
            ClientAuthentication::ClientSecretBasic => authorization = Some(basic(id, secret)?),
        }
        let body = Some(Body::Form(Zeroizing::new(form.finish())));
        Ok(Call { authorization, body, ..Call::get(url) })
    }
}

/// Both parts are form-urlencoded first, because an ID or a secret may contain a colon.
fn basic(id: &str, secret: &str) -> Result<HeaderValue, Error> {
    let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let pair = Zeroizing::new(format!("{}:{}", encoded(id), encoded(secret)));
    let header = Zeroizing::new(format!("Basic {}", BASE64_STANDARD.encode(pair.as_bytes())));
    sensitive(&header)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn confidential() -> Registration {
        Registration { client_secret: Some("s".into()), ..Registration::public("abide") }
    }

    #[test]
    fn the_authentication_method_follows_secret_and_provider() {
        use ClientAuthentication::{ClientSecretBasic, ClientSecretPost, None as Public};
        let offers = |registration: &Registration, offered: &[&str]| {
            registration.authentication(Some(&names(offered)))
        };
        assert_eq!(offers(&Registration::public("abide"), &["client_secret_basic"]), Ok(Public));
        assert_eq!(confidential().authentication(None), Ok(ClientSecretBasic));
        assert_eq!(
            offers(&confidential(), &["client_secret_post", "client_secret_basic"]),
            Ok(ClientSecretBasic)
        );
        assert_eq!(offers(&confidential(), &["private_key_jwt", "client_secret_post"]), Ok(ClientSecretPost));
        assert_eq!(
            offers(&confidential(), &["private_key_jwt"]),
            Err(RegistrationProblem::AuthenticationUnsupported)
        );
        let post = Registration { auth_method: Some(ClientSecretPost), ..Registration::public("abide") };
        assert_eq!(post.authentication(None), Err(RegistrationProblem::SecretMissing));
    }

    #[test]
    fn symmetric_signatures_are_for_clients_with_a_secret_that_registered_them() {
        use SigningAlgorithm::{Es256, Hs256, Rs256};
        let public = Registration::public("abide");
        assert_eq!(public.algorithms(None), Ok(vec![Rs256]));
        assert_eq!(public.algorithms(Some(&names(&["none", "HS256", "ES256", "ES512"]))), Ok(vec![Es256]));
        assert_eq!(confidential().algorithms(Some(&names(&["HS256", "RS256"]))), Ok(vec![Rs256]));
        let only_hs = names(&["none", "HS256"]);
        assert_eq!(public.algorithms(Some(&only_hs)), Err(RegistrationProblem::AlgorithmsUnsupported));
        let registered = Registration { id_token_alg: Some(Hs256), ..confidential() };
        assert_eq!(registered.algorithms(None), Ok(vec![Hs256]));
        let registered = Registration { id_token_alg: Some(Hs256), ..Registration::public("abide") };
        assert_eq!(registered.algorithms(None), Err(RegistrationProblem::SymmetricAlgorithmForPublicClient));
    }

    #[test]
    fn basic_authentication_is_form_encoded_first() {
        let header = basic("a:b", "s c/é").unwrap();
        assert!(header.is_sensitive());
        let decoded = BASE64_STANDARD.decode(&header.as_bytes()["Basic ".len()..]).unwrap();
        assert_eq!(String::from_utf8(decoded).unwrap(), "a%3Ab:s+c%2F%C3%A9");
    }

    #[test]
    fn a_registration_does_not_print_its_secret() {
        let registration = Registration { client_secret: Some("canary".into()), ..confidential() };
        assert!(!format!("{registration:?}").contains("canary"));
    }
}
