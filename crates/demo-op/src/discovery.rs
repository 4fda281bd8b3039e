//! The provider's metadata (OpenID Connect Discovery 1.0, RFC 7591, RFC 8414, RFC 8628, RFC 9126, RFC 9207, RFC 9449),
//! including those for logout and session management.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::config::{FormPost, MetadataPlace, Registration, grant_type};
use crate::http::{Endpoint, Reply, Request};
use crate::state::acr::CLASSES;
use crate::state::provider::Provider;

pub(crate) fn respond(provider: &Provider, endpoint: Endpoint) -> Reply {
    if provider.quirks().without_openid {
        return match endpoint {
            Endpoint::AuthorizationServerMetadata => Reply::json(without_openid(metadata(provider))),
            _ => Reply::refused(StatusCode::NOT_FOUND, "not_found", "there are no metadata here"),
        };
    }
    let place = provider.quirks().metadata;
    let mut metadata = match (endpoint, place) {
        (Endpoint::Discovery, MetadataPlace::Issuer | MetadataPlace::RevocationElsewhere)
        | (Endpoint::OtherMetadata, MetadataPlace::Elsewhere)
        | (Endpoint::AuthorizationServerMetadata, MetadataPlace::RevocationElsewhere) => metadata(provider),
        _ => return Reply::refused(StatusCode::NOT_FOUND, "not_found", "there are no metadata here"),
    };
    if (endpoint, place) == (Endpoint::Discovery, MetadataPlace::RevocationElsewhere)
        && let Some(members) = metadata.as_object_mut()
    {
        members.retain(|name, _| !name.starts_with("revocation_endpoint"));
    }
    Reply::json(metadata)
}

/// The members of RFC 8414 and of later specifications for OAuth.
fn without_openid(mut metadata: Value) -> Value {
    const OPENID: [&str; 10] = [
        "userinfo_",
        "jwks_uri",
        "end_session_",
        "subject_types_",
        "id_token_",
        "claims_",
        "acr_values_",
        "backchannel_",
        "frontchannel_",
        "prompt_values_",
    ];
    if let Some(members) = metadata.as_object_mut() {
        members.retain(|name, _| !OPENID.iter().any(|prefix| name.starts_with(prefix)));
        members.remove("check_session_iframe");
        if let Some(scopes) = members.get_mut("scopes_supported").and_then(Value::as_array_mut) {
            scopes.retain(|scope| scope != "openid");
        }
    }
    metadata
}

/// The provider of an account at this host (OpenID Connect Discovery 1.0 section 2; RFC 7033).
pub(crate) fn webfinger(provider: &Provider, asked: &Request) -> Reply {
    const REL: &str = "http://openid.net/specs/connect/1.0/issuer";
    let resource = asked.named("resource").unwrap_or_default();
    let here = format!("@{}", provider.authority());
    if !(resource.starts_with("acct:") && resource.ends_with(&here)) {
        return Reply::refused(StatusCode::NOT_FOUND, "not_found", "this is not an account of this host");
    }
    // RFC 7033 section 4.3: other relations are left out if one is asked for.
    let wanted = asked.named("rel").is_none_or(|rel| rel == REL);
    let links = if wanted { json!([{ "rel": REL, "href": provider.issuer() }]) } else { json!([]) };
    Reply::json(json!({ "subject": resource, "links": links }))
}

fn metadata(provider: &Provider) -> Value {
    let at = |endpoint: Endpoint| format!("{}{}", provider.issuer(), endpoint.path());
    let mut metadata = json!({
        "issuer": provider.issuer(),
        "authorization_endpoint": at(Endpoint::Authorization),
        "token_endpoint": at(Endpoint::Token),
        "userinfo_endpoint": at(Endpoint::UserInfo),
        "jwks_uri": at(Endpoint::Jwks),
        "revocation_endpoint": at(Endpoint::Revocation),
        "introspection_endpoint": at(Endpoint::Introspection),
        "end_session_endpoint": at(Endpoint::EndSession),
        "device_authorization_endpoint": at(Endpoint::DeviceAuthorization),
        "scopes_supported": provider.listed_scopes(),
        "response_types_supported": ["code"],
        "grant_types_supported": grant_type::ALL,
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256", "RS256"],
        "userinfo_signing_alg_values_supported": ["ES256", "RS256"],
        "dpop_signing_alg_values_supported": ["ES256"],
        "acr_values_supported": CLASSES,
        "code_challenge_methods_supported": ["S256"],
        "claims_supported": [
            "iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid", "at_hash",
            "name", "given_name", "family_name", "preferred_username", "email", "email_verified",
        ],
        "authorization_response_iss_parameter_supported": true,
        "claims_parameter_supported": false,
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
        "backchannel_logout_supported": true,
        "backchannel_logout_session_supported": true,
        "frontchannel_logout_supported": true,
        "frontchannel_logout_session_supported": true,
    });
    metadata["response_modes_supported"] = match provider.quirks().form_post {
        FormPost::NotOffered => json!(["query"]),
        FormPost::Offered | FormPost::Refused(_) => json!(["query", "form_post"]),
    };
    if provider.offers_pushed_authorization() {
        metadata["pushed_authorization_request_endpoint"] = json!(at(Endpoint::PushedAuthorization));
        metadata["require_pushed_authorization_requests"] = json!(provider.requires_pushed_authorization());
    }
    if !matches!(provider.registration(), Registration::Closed) {
        metadata["registration_endpoint"] = json!(at(Endpoint::Registration));
    }
    let (keys, secrets) = (
        provider.has_clients_with_keys(),
        provider.has_clients_with_secrets() || provider.quirks().registered_clients_have_secrets,
    );
    let methods = [("none", true), ("client_secret_basic", secrets), ("private_key_jwt", keys)];
    let methods: Vec<&str> = methods.into_iter().filter(|(_, has)| *has).map(|(name, _)| name).collect();
    if provider.reads_client_documents() {
        metadata["client_id_metadata_document_supported"] = json!(true);
    }
    for endpoint in ["token", "revocation", "introspection"] {
        metadata[format!("{endpoint}_endpoint_auth_methods_supported")] = json!(methods);
        if provider.has_clients_with_keys() {
            let algorithms = json!(["ES256", "RS256"]);
            metadata[format!("{endpoint}_endpoint_auth_signing_alg_values_supported")] = algorithms;
        }
    }
    if provider.has_session_management() {
        metadata["check_session_iframe"] = json!(at(Endpoint::CheckSession));
    }
    if provider.quirks().pkce_is_not_listed
        && let Some(members) = metadata.as_object_mut()
    {
        members.remove("code_challenge_methods_supported");
    }
    metadata
}
