//! One answer for every error to: what has to change before the same request can succeed?

use std::time::Duration;

use abide_oidc::ErrorKind::{ActionRequired, Passing, ThisComputer, UnusableAnswer};
use abide_oidc::*;

const ACTION: &[&str] = &[
    "invalid_request",
    "invalid_client",
    "invalid_grant",
    "unauthorized_client",
    "unsupported_grant_type",
    "invalid_scope",
    "access_denied",
    "unsupported_response_type",
    "unsupported_token_type",
    "invalid_token",
    "insufficient_scope",
    "interaction_required",
    "login_required",
    "account_selection_required",
    "consent_required",
    "invalid_request_uri",
    "invalid_request_object",
    "request_not_supported",
    "request_uri_not_supported",
    "registration_not_supported",
    "unmet_authentication_requirements",
    "expired_token",
    "invalid_redirect_uri",
    "invalid_client_metadata",
    "invalid_software_statement",
    "unapproved_software_statement",
    "invalid_target",
    "invalid_dpop_proof",
    "insufficient_user_authentication",
];
const PASSING: &[&str] = &["server_error", "temporarily_unavailable", "authorization_pending", "slow_down"];
const UNUSABLE: &[&str] = &["use_dpop_nonce"];

#[test]
fn every_code_of_a_provider_has_one_kind() {
    let table = [(ACTION, ActionRequired), (PASSING, Passing), (UNUSABLE, UnusableAnswer)];
    let listed: usize = table.iter().map(|(codes, _)| codes.len()).sum();
    assert_eq!(listed, OAuthError::KNOWN.len(), "a code that is not in this table");
    for (codes, kind) in table {
        for code in codes {
            let error = OAuthError::KNOWN.iter().find(|known| known.code() == *code).unwrap();
            assert_eq!(error.kind(), kind, "{code}");
            let refused = Error::Refused { error: error.clone(), description: None, at: None };
            assert_eq!((refused.kind(), refused.code()), (kind, *code));
            assert_eq!(refused.is_transient(), kind == Passing, "{code}");
            let callback = CallbackError::Refused { error: error.clone(), description: None };
            assert_eq!(callback.kind(), kind, "{code}");
        }
    }
    let own = OAuthError::Other("of_its_own".into());
    assert_eq!((own.kind(), own.code()), (ActionRequired, "provider_refused"));
}

fn host() -> String {
    "id.example.com".into()
}

#[test]
fn every_other_error_has_one_kind() {
    let wait = Some(Duration::from_secs(9));
    for reason in [
        Unreachable::Name,
        Unreachable::Connection,
        Unreachable::Proxy,
        Unreachable::Certificate,
        Unreachable::Tls,
        Unreachable::Interrupted,
    ] {
        assert_eq!(Error::Unreachable { host: host(), reason }.kind(), Passing, "{reason}");
    }
    for (error, kind) in [
        (Error::Timeout { host: host() }, Passing),
        (Error::Unavailable { host: host(), status: 503, retry_after: wait, error: None }, Passing),
        (Error::RateLimited { host: host(), retry_after: wait }, Passing),
        (Error::CaFileInvalid, ThisComputer),
        (Error::HttpSetup, ThisComputer),
        (Error::SigningFailed, ThisComputer),
        (Error::IssuerInvalid { issuer: host(), problem: UrlProblem::Insecure }, ActionRequired),
        (Error::IssuerMismatch { expected: host(), found: host() }, ActionRequired),
        (Error::ParameterInvalid { name: "scope".into() }, ActionRequired),
        (Error::PkceUnsupported, ActionRequired),
        (Error::PushedAuthorizationRequired, ActionRequired),
        (Error::PushedRequestRefused { refusal: None, required: false }, ActionRequired),
        (Error::AccessTokenRejected, ActionRequired),
        (Error::EventStreamTaken, ActionRequired),
        (Error::EndpointMissing { endpoint: Endpoint::Token }, UnusableAnswer),
        (Error::EndpointMissing { endpoint: Endpoint::DeviceAuthorization }, ActionRequired),
        (Error::EndpointInvalid { endpoint: Endpoint::Token, problem: UrlProblem::Scheme }, UnusableAnswer),
        (Error::CodeFlowUnsupported, UnusableAnswer),
        (Error::Redirected { host: host() }, UnusableAnswer),
        (Error::UnexpectedStatus { host: host(), status: 404, at: None }, UnusableAnswer),
        (Error::UnexpectedStatus { host: host(), status: 401, at: None }, ActionRequired),
        (Error::UnexpectedStatus { host: host(), status: 403, at: None }, ActionRequired),
        (Error::TooLarge { host: host() }, UnusableAnswer),
        (
            Error::Document {
                document: Document::TokenResponse,
                problem: DocumentProblem::NotJson,
                member: None,
            },
            UnusableAnswer,
        ),
        (Error::AccessTokenMissing, UnusableAnswer),
        (Error::TokenMalformed, UnusableAnswer),
        (Error::TokenTypeUnsupported, UnusableAnswer),
        (Error::ScopeWider, UnusableAnswer),
        (Error::IssuedTokenTypeMissing, UnusableAnswer),
        (Error::IssuedTokenTypeMismatch, UnusableAnswer),
        (Error::IdTokenMissing, UnusableAnswer),
        (Error::UserInfoSubjectMissing, UnusableAnswer),
        (Error::UserInfoSubjectMismatch, UnusableAnswer),
        (Error::Registration(RegistrationProblem::SecretMissing), ActionRequired),
        (Error::Registration(RegistrationProblem::ClientKeyInvalid), ActionRequired),
        (Error::Registration(RegistrationProblem::AuthenticationUnsupported), ActionRequired),
        (Error::Registration(RegistrationProblem::AlgorithmsUnsupported), UnusableAnswer),
        (Error::PushedRequest(PushedRequestError::TooLarge), ActionRequired),
        (Error::PushedRequest(PushedRequestError::NotCreated), UnusableAnswer),
        (Error::Dpop(DpopError::KeyMissing), ActionRequired),
        (Error::Dpop(DpopError::NotBound), ActionRequired),
        (Error::IdToken(IdTokenError::IssuedInFuture), ThisComputer),
        (Error::IdToken(IdTokenError::Expired), ThisComputer),
        (Error::IdToken(IdTokenError::AuthTimeTooOld), ActionRequired),
        (Error::IdToken(IdTokenError::AcrMismatch), ActionRequired),
        (Error::IdToken(IdTokenError::SignatureInvalid), UnusableAnswer),
        (Error::IdToken(IdTokenError::SubjectChanged), UnusableAnswer),
        (Error::Device(DeviceError::UserCodeInvalid), UnusableAnswer),
        (Error::RegisteredClient(RegisteredClientError::ClientIdInvalid), UnusableAnswer),
        (Error::LogoutToken(LogoutTokenError::Malformed), UnusableAnswer),
        (Error::SecurityEvent(SecurityEventError::Malformed), UnusableAnswer),
        (Error::UserInfo(UserInfoError::Malformed), UnusableAnswer),
    ] {
        assert_eq!(error.kind(), kind, "{error:?}");
        assert_eq!(error.is_transient(), kind == Passing, "{error:?}");
    }
    assert_eq!(CallbackError::IssuerMissing.kind(), UnusableAnswer);
    assert_eq!(CallbackError::Malformed.kind(), UnusableAnswer);
    let codes = [Passing, ActionRequired, ThisComputer, UnusableAnswer].map(ErrorKind::code);
    assert_eq!(codes, ["passing", "action_required", "this_computer", "unusable_answer"]);
}
