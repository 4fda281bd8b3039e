//! The documents of a provider, and a code for what is wrong with each.

use std::fmt;

use crate::text::json::DocumentProblem;

/// A JSON document of the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[allow(missing_docs)]
pub enum Document {
    Metadata,
    Keys,
    TokenResponse,
    UserInfo,
    Introspection,
    Events,
    EventStream,
    DeviceAuthorization,
    Registration,
    PushedResponse,
    WebFinger,
}

impl fmt::Display for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Metadata => "metadata",
            Self::Keys => "list of keys",
            Self::TokenResponse => "answer with the tokens",
            Self::UserInfo => "profile",
            Self::Introspection => "answer about the token",
            Self::Events => "list of events",
            Self::EventStream => "answer about the stream of events",
            Self::DeviceAuthorization => "answer with the code to enter",
            Self::Registration => "answer about the registration",
            Self::PushedResponse => "answer to the request",
            Self::WebFinger => "answer about the address",
        })
    }
}

impl Document {
    pub(crate) fn code(self, problem: DocumentProblem) -> &'static str {
        use DocumentProblem::{DuplicateMember, Malformed, NotJson, TooDeep};
        match (self, problem) {
            (Self::Metadata, NotJson) => "metadata_not_json",
            (Self::Metadata, Malformed) => "metadata_malformed",
            (Self::Metadata, DuplicateMember) => "metadata_duplicate_member",
            (Self::Metadata, TooDeep) => "metadata_too_deep",
            (Self::Keys, NotJson) => "keys_not_json",
            (Self::Keys, Malformed) => "keys_malformed",
            (Self::Keys, DuplicateMember) => "keys_duplicate_member",
            (Self::Keys, TooDeep) => "keys_too_deep",
            (Self::TokenResponse, NotJson) => "token_response_not_json",
            (Self::TokenResponse, Malformed) => "token_response_malformed",
            (Self::TokenResponse, DuplicateMember) => "token_response_duplicate_member",
            (Self::TokenResponse, TooDeep) => "token_response_too_deep",
            (Self::UserInfo, NotJson) => "userinfo_not_json",
            (Self::UserInfo, Malformed) => "userinfo_malformed",
            (Self::UserInfo, DuplicateMember) => "userinfo_duplicate_member",
            (Self::UserInfo, TooDeep) => "userinfo_too_deep",
            (Self::Introspection, NotJson) => "introspection_not_json",
            (Self::Introspection, Malformed) => "introspection_malformed",
            (Self::Introspection, DuplicateMember) => "introspection_duplicate_member",
            (Self::Introspection, TooDeep) => "introspection_too_deep",
            (Self::Events, NotJson) => "events_not_json",
            (Self::Events, Malformed) => "events_malformed",
            (Self::Events, DuplicateMember) => "events_duplicate_member",
            (Self::Events, TooDeep) => "events_too_deep",
            (Self::EventStream, NotJson) => "event_stream_not_json",
            (Self::EventStream, Malformed) => "event_stream_malformed",
            (Self::EventStream, DuplicateMember) => "event_stream_duplicate_member",
            (Self::EventStream, TooDeep) => "event_stream_too_deep",
            (Self::DeviceAuthorization, NotJson) => "device_authorization_not_json",
            (Self::DeviceAuthorization, Malformed) => "device_authorization_malformed",
            (Self::DeviceAuthorization, DuplicateMember) => "device_authorization_duplicate_member",
            (Self::DeviceAuthorization, TooDeep) => "device_authorization_too_deep",
            (Self::Registration, NotJson) => "registration_not_json",
            (Self::Registration, Malformed) => "registration_malformed",
            (Self::Registration, DuplicateMember) => "registration_duplicate_member",
            (Self::Registration, TooDeep) => "registration_too_deep",
            (Self::PushedResponse, NotJson) => "pushed_response_not_json",
            (Self::PushedResponse, Malformed) => "pushed_response_malformed",
            (Self::PushedResponse, DuplicateMember) => "pushed_response_duplicate_member",
            (Self::PushedResponse, TooDeep) => "pushed_response_too_deep",
            (Self::WebFinger, NotJson) => "webfinger_not_json",
            (Self::WebFinger, Malformed) => "webfinger_malformed",
            (Self::WebFinger, DuplicateMember) => "webfinger_duplicate_member",
            (Self::WebFinger, TooDeep) => "webfinger_too_deep",
        }
    }
}
