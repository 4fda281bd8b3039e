//! The endpoints, with their paths and methods.

use axum::http::Method;

/// An endpoint of the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Endpoint {
    /// `/.well-known/openid-configuration`
    Discovery,
    /// `/policy/.well-known/openid-configuration`: the metadata, if they are not at the issuer's well-known URL
    /// ([`MetadataPlace::Elsewhere`](crate::MetadataPlace::Elsewhere))
    OtherMetadata,
    /// `/.well-known/oauth-authorization-server` (RFC 8414), with
    /// [`MetadataPlace::RevocationElsewhere`](crate::MetadataPlace::RevocationElsewhere)
    AuthorizationServerMetadata,
    /// `/.well-known/webfinger`, where the provider of an e-mail address is asked for (RFC 7033)
    WebFinger,
    /// `/jwks`
    Jwks,
    /// `/authorize`
    Authorization,
    /// `/sign-in`, which receives the form of the sign-in page
    SignIn,
    /// `/token`
    Token,
    /// `/userinfo`
    UserInfo,
    /// `/revoke` (RFC 7009)
    Revocation,
    /// `/introspect` (RFC 7662)
    Introspection,
    /// `/logout` (OpenID Connect RP-Initiated Logout)
    EndSession,
    /// `/signout`, where a person signs out at the provider itself
    SignOut,
    /// `/session/check`, the OP iframe (OpenID Connect Session Management)
    CheckSession,
    /// `/events`, where security events are polled for (RFC 8936)
    Events,
    /// `/.well-known/ssf-configuration`, the transmitter's metadata (OpenID Shared Signals Framework 1.0 section 7)
    Transmitter,
    /// `/ssf/streams`, where the receiver makes and deletes its stream (section 8.1.1)
    Streams,
    /// `/ssf/status` (section 8.1.2)
    StreamStatus,
    /// `/ssf/subjects/add` (section 8.1.3.2)
    AddSubject,
    /// `/ssf/subjects/remove` (section 8.1.3.3)
    RemoveSubject,
    /// `/ssf/verify` (section 8.1.4.2)
    StreamVerification,
    /// `/device_authorization` (RFC 8628)
    DeviceAuthorization,
    /// `/device`, where a person enters the code of another device
    Device,
    /// `/register` (RFC 7591); with `client_id` in the query, one registration (RFC 7592)
    Registration,
    /// `/par`, for pushed authorization requests (RFC 9126)
    PushedAuthorization,
}

impl Endpoint {
    const ALL: [Endpoint; 25] = [
        Endpoint::Discovery,
        Endpoint::OtherMetadata,
        Endpoint::AuthorizationServerMetadata,
        Endpoint::WebFinger,
        Endpoint::Jwks,
        Endpoint::Authorization,
        Endpoint::SignIn,
        Endpoint::Token,
        Endpoint::UserInfo,
        Endpoint::Revocation,
        Endpoint::Introspection,
        Endpoint::EndSession,
        Endpoint::SignOut,
        Endpoint::CheckSession,
        Endpoint::Events,
        Endpoint::Transmitter,
        Endpoint::Streams,
        Endpoint::StreamStatus,
        Endpoint::AddSubject,
        Endpoint::RemoveSubject,
        Endpoint::StreamVerification,
        Endpoint::DeviceAuthorization,
        Endpoint::Device,
        Endpoint::Registration,
        Endpoint::PushedAuthorization,
    ];

    /// Its path below the issuer.
    pub fn path(self) -> &'static str {
        match self {
            Endpoint::Discovery => "/.well-known/openid-configuration",
            Endpoint::OtherMetadata => "/policy/.well-known/openid-configuration",
            Endpoint::AuthorizationServerMetadata => "/.well-known/oauth-authorization-server",
            Endpoint::WebFinger => "/.well-known/webfinger",
            Endpoint::Jwks => "/jwks",
            Endpoint::Authorization => "/authorize",
            Endpoint::SignIn => "/sign-in",
            Endpoint::Token => "/token",
            Endpoint::UserInfo => "/userinfo",
            Endpoint::Revocation => "/revoke",
            Endpoint::Introspection => "/introspect",
            Endpoint::EndSession => "/logout",
            Endpoint::SignOut => "/signout",
            Endpoint::CheckSession => "/session/check",
            Endpoint::Events => "/events",
            Endpoint::Transmitter => "/.well-known/ssf-configuration",
            Endpoint::Streams => "/ssf/streams",
            Endpoint::StreamStatus => "/ssf/status",
            Endpoint::AddSubject => "/ssf/subjects/add",
            Endpoint::RemoveSubject => "/ssf/subjects/remove",
            Endpoint::StreamVerification => "/ssf/verify",
            Endpoint::DeviceAuthorization => "/device_authorization",
            Endpoint::Device => "/device",
            Endpoint::Registration => "/register",
            Endpoint::PushedAuthorization => "/par",
        }
    }

    pub(crate) fn at(path: &str) -> Option<Endpoint> {
        Endpoint::ALL.into_iter().find(|endpoint| endpoint.path() == path)
    }

    /// The methods that it answers.
    pub(crate) fn methods(self) -> &'static [Method] {
        match self {
            Endpoint::Discovery
            | Endpoint::OtherMetadata
            | Endpoint::AuthorizationServerMetadata
            | Endpoint::WebFinger
            | Endpoint::Jwks
            | Endpoint::Transmitter
            | Endpoint::CheckSession => &[Method::GET, Method::HEAD],
            Endpoint::Authorization
            | Endpoint::EndSession
            | Endpoint::SignOut
            | Endpoint::Device
            | Endpoint::UserInfo => &[Method::GET, Method::POST],
            Endpoint::SignIn
            | Endpoint::Token
            | Endpoint::Revocation
            | Endpoint::Introspection
            | Endpoint::DeviceAuthorization
            | Endpoint::Events
            | Endpoint::AddSubject
            | Endpoint::RemoveSubject
            | Endpoint::StreamVerification
            | Endpoint::PushedAuthorization => &[Method::POST],
            Endpoint::Streams => &[Method::GET, Method::POST, Method::PATCH, Method::PUT, Method::DELETE],
            Endpoint::StreamStatus => &[Method::GET, Method::POST],
            Endpoint::Registration => &[Method::POST, Method::DELETE],
        }
    }

    /// Whether its requests have a JSON body instead of a form.
    pub(crate) fn takes_json(self) -> bool {
        matches!(
            self,
            Endpoint::Events
                | Endpoint::Streams
                | Endpoint::StreamStatus
                | Endpoint::AddSubject
                | Endpoint::RemoveSubject
                | Endpoint::StreamVerification
                | Endpoint::Registration
        )
    }

    /// Whether its answers are for people, so that errors are pages.
    pub(crate) fn is_page(self) -> bool {
        matches!(
            self,
            Endpoint::Authorization
                | Endpoint::SignIn
                | Endpoint::EndSession
                | Endpoint::SignOut
                | Endpoint::Device
                | Endpoint::CheckSession
        )
    }
}
