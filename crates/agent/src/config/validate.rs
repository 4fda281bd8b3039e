//! What an account in the configuration has to keep to. Whatever could never work is refused when the file is read.

use std::time::Duration;

use abide_oidc::{
    AssertionAudience, ClaimsMapping, ClientAuthentication, IssuerTemplate, Registration, SigningAlgorithm,
};
use abide_wire::Signal;
use url::Url;

use crate::config::AccountConfig;
use crate::config::account::ProviderConfig;

/// Less would never reach a distant provider; no user would wait for more.
const TIMEOUTS: std::ops::RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(120);
/// More often would be an attack on the provider.
pub(crate) const SHORTEST_POLL: Duration = Duration::from_secs(2);

fn is_loopback_page(url: &Url) -> bool {
    let literal = matches!(url.host_str(), Some("127.0.0.1" | "[::1]" | "localhost"));
    url.scheme() == "http" && literal && url.query().is_none() && url.fragment().is_none()
}

/// Whether Windows takes a file of this name for a device, in every folder.
fn is_device(name: &str) -> bool {
    let numbered = |prefix: &str| {
        name.strip_prefix(prefix)
            .is_some_and(|rest| rest.len() == 1 && rest.bytes().all(|b| b.is_ascii_digit()))
    };
    matches!(name, "con" | "prn" | "aux" | "nul") || numbered("com") || numbered("lpt")
}

/// Whether a new account may have a name that the rules allow: not one that a command line takes for an option or Windows for a device.
pub(crate) fn check_new_name(name: &str) -> Result<(), String> {
    if name.starts_with('-') {
        return Err("A name does not begin with a hyphen. Choose another name.".to_owned());
    }
    if is_device(name) {
        return Err(format!(
            "\u{201c}{name}\u{201d} is the name of a device on Windows. Choose another name."
        ));
    }
    Ok(())
}

/// Whether an account or a proxy can have this name.
pub(crate) fn is_name(name: &str) -> bool {
    let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
    !name.is_empty() && name.len() <= 32 && name.bytes().all(fits)
}

/// Whether an account can have this title. It is one short line of a menu.
fn is_label(label: &str) -> bool {
    !label.trim().is_empty() && label.chars().count() <= 64 && !label.chars().any(char::is_control)
}

pub(crate) fn check(name: &str, account: &AccountConfig) -> Result<(), String> {
    if !is_name(name) {
        return Err("A name is one to 32 lower-case letters, digits, hyphens or underscores.".to_owned());
    }
    if account.label.as_deref().is_some_and(|label| !is_label(label)) {
        return Err("`label` has to be one line with 1 to 64 characters.".to_owned());
    }
    if account.client_id.is_empty() || account.client_id.len() > 512 {
        return Err(
            "The client ID is missing. The provider gives you one when you register Abide there.".to_owned()
        );
    }
    if account.issuer.len() > 2048 || Url::parse(&account.issuer).is_err() {
        return Err("`issuer` has to be an address like https://id.example.com.".to_owned());
    }
    if Url::parse(&account.issuer)
        .is_ok_and(|issuer| issuer.scheme() != "https" && !abide_oidc::is_loopback(&issuer))
    {
        return Err(
            "`issuer` has to be an https address. http is for providers on this computer only.".to_owned()
        );
    }
    if let Some(template) = &account.issuer_template
        && IssuerTemplate::new(template, &account.issuer).is_err()
    {
        return Err("`issuer_template` has to be at the place of `issuer`, with `{tenantid}` for one part of its path."
            .to_owned());
    }
    if let Some(metadata) = &account.metadata_url {
        let on_loopback = Url::parse(&account.issuer).is_ok_and(|issuer| issuer.scheme() == "http")
            && abide_oidc::is_loopback(metadata);
        if (metadata.scheme() != "https" && !on_loopback) || metadata.fragment().is_some() {
            return Err("`metadata_url` has to be an https address without a part after #.".to_owned());
        }
    }
    without_openid(account)?;
    if account.resource_scope.as_deref().is_some_and(|scope| !scope.contains("{resource}")) {
        return Err("`resource_scope` has to contain `{resource}`, like \"{resource}/.default\".".to_owned());
    }
    if account.redirect_uris.is_empty() {
        return Err("`redirect_uri` names no address.".to_owned());
    }
    let at_a_port =
        [("guard_redirect_port", account.guard_redirect_port), ("initiate_login", account.initiate_login)];
    if let Some((name, _)) = at_a_port.iter().find(|(_, wanted)| *wanted)
        && account.redirect_uris.iter().all(|uri| uri.port().is_none())
    {
        return Err(format!(
            "`{name}` needs a port in `redirect_uri`, like http://127.0.0.1:49152/callback."
        ));
    }
    if account.logout.redirect_uris.is_empty() {
        return Err("`logout.redirect_uri` names no address.".to_owned());
    }
    let redirects = account.redirect_uris.iter().map(|uri| ("redirect_uri", uri));
    let sign_outs = account.logout.redirect_uris.iter().map(|uri| ("logout.redirect_uri", uri));
    for (name, redirect) in redirects.chain(sign_outs) {
        if !is_loopback_page(redirect) {
            return Err(format!("`{name}` has to be http://127.0.0.1/… (RFC 8252 section 7.3)."));
        }
    }
    if !TIMEOUTS.contains(&account.timeout) {
        return Err("`timeout` has to be between one second and two minutes.".to_owned());
    }
    if account.provider.poll < SHORTEST_POLL {
        return Err("`provider.poll` has to be at least two seconds.".to_owned());
    }
    events(&account.provider)?;
    if let Some(name) = account.logout.extra.keys().find(|name| !abide_oidc::is_logout_parameter(name)) {
        return Err(format!(
            "`logout.extra` cannot set \u{201c}{name}\u{201d}: Abide sets that itself, or it is not a valid name."
        ));
    }
    if account.client_secret_file.is_some() && account.client_key_file.is_some() {
        return Err(
            "`client_secret_file` and `client_key_file` are two ways to authenticate: choose one.".to_owned()
        );
    }
    account.registered().map(|_| ())?;
    let names = account.claims.iter().map(|(name, source)| (name.as_str(), source.as_str()));
    ClaimsMapping::new(names).map_err(|error| format!("`claims`: {error}"))?;
    account.wishes().check().map_err(|error| error.to_string())?;
    account.limits().map(|_| ()).map_err(|error| format!("{error}."))
}

/// What needs OpenID Connect, at a provider without it.
fn without_openid(account: &AccountConfig) -> Result<(), String> {
    if account.openid {
        return Ok(());
    }
    let wanted = [
        ("issuer_template", account.issuer_template.is_some()),
        ("acr_values", !account.acr_values.is_empty()),
        ("max_age", account.max_age.is_some()),
        ("request_claims", account.request_claims.is_some()),
        ("claims", !account.claims.is_empty()),
        ("initiate_login", account.initiate_login),
        ("logout.provider", account.logout.provider),
        ("id_token_signed_response_alg", account.id_token_signed_response_alg.is_some()),
        ("userinfo_signed_response_alg", account.userinfo_signed_response_alg.is_some()),
        ("scopes", account.scopes.iter().flatten().any(|scope| scope == "openid")),
    ];
    match wanted.iter().find(|(_, is_set)| *is_set) {
        Some(("scopes", _)) => Err("With `openid = false`, `scopes` cannot contain `openid`.".to_owned()),
        Some((name, _)) => Err(format!("`{name}` needs OpenID Connect, and `openid` is false.")),
        None => Ok(()),
    }
}

impl AccountConfig {
    /// What ID tokens and logout tokens have to be signed with, if that is registered.
    pub(crate) fn id_token_algorithm(&self) -> Option<SigningAlgorithm> {
        SigningAlgorithm::from_name(self.id_token_signed_response_alg.as_deref()?)
    }

    /// What the provider knows about the client, but for what is in files.
    ///
    /// # Errors
    ///
    /// A sentence about what cannot be.
    pub(crate) fn registered(&self) -> Result<Registration, String> {
        let auth_method = named(
            "token_endpoint_auth_method",
            self.token_endpoint_auth_method.as_deref(),
            ClientAuthentication::from_name,
        )?;
        match auth_method {
            Some(ClientAuthentication::ClientSecretBasic | ClientAuthentication::ClientSecretPost)
                if self.client_secret_file.is_none() =>
            {
                return Err(
                    "`token_endpoint_auth_method` needs a secret: say where it is with `client_secret_file`."
                        .to_owned(),
                );
            }
            Some(ClientAuthentication::PrivateKeyJwt) if self.client_key_file.is_none() => {
                return Err(
                    "`token_endpoint_auth_method` needs a key: say where it is with `client_key_file`."
                        .to_owned(),
                );
            }
            _ => {}
        }
        let assertion_audience = named(
            "client_assertion_audience",
            self.client_assertion_audience.as_deref(),
            |name| match name {
                "issuer" => Some(AssertionAudience::Issuer),
                "token_endpoint" => Some(AssertionAudience::TokenEndpoint),
                _ => None,
            },
        )?;
        let algorithm = |setting, name: &Option<String>| {
            let found = named(setting, name.as_deref(), SigningAlgorithm::from_name)?;
            match found {
                Some(algorithm) if algorithm.is_symmetric() && self.client_secret_file.is_none() => {
                    Err(format!("`{setting}` signs with a secret, and this account has none."))
                }
                found => Ok(found),
            }
        };
        let assertion_alg = named(
            "token_endpoint_auth_signing_alg",
            self.token_endpoint_auth_signing_alg.as_deref(),
            |name| SigningAlgorithm::from_name(name).filter(|algorithm| !algorithm.is_symmetric()),
        )?;
        if assertion_alg.is_some() && self.client_key_file.is_none() {
            return Err(
                "`token_endpoint_auth_signing_alg` needs a key: say where it is with `client_key_file`."
                    .to_owned(),
            );
        }
        Ok(Registration {
            auth_method,
            assertion_alg,
            pushed_requests: self.pushed_requests.into(),
            assertion_audience: assertion_audience.unwrap_or_default(),
            id_token_alg: algorithm("id_token_signed_response_alg", &self.id_token_signed_response_alg)?,
            userinfo_alg: algorithm("userinfo_signed_response_alg", &self.userinfo_signed_response_alg)?,
            trusted_audiences: self.trusted_audiences.clone(),
            ..Registration::public(&self.client_id)
        })
    }
}

fn named<T>(
    setting: &str,
    name: Option<&str>,
    known: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, String> {
    let Some(name) = name else { return Ok(None) };
    known(name).map(Some).ok_or_else(|| format!("`{setting}` cannot be \u{201c}{name}\u{201d}."))
}

/// Where security events come from.
fn events(provider: &ProviderConfig) -> Result<(), String> {
    let transmitter = match &provider.events_transmitter {
        Some(issuer) => Some(
            Url::parse(issuer).map_err(|_| "`provider.events_transmitter` is not an address.".to_owned())?,
        ),
        None => None,
    };
    let addresses = [
        ("provider.events", provider.events.as_ref()),
        ("provider.events_transmitter", transmitter.as_ref()),
        ("provider.events_push_url", provider.events_push_url.as_ref()),
    ];
    for (name, address) in addresses {
        if address.is_some_and(|address| address.scheme() != "https" && !abide_oidc::is_loopback(address)) {
            return Err(format!("`{name}` has to be an https address."));
        }
    }
    let (watched, managed) = (provider.watches(Signal::Events), transmitter.is_some());
    if watched && provider.events.is_none() && !provider.events_push && !managed {
        return Err("`provider.watch` names `events`, so `provider.events` has to say where they are fetched, \
                    `provider.events_transmitter` where Abide asks for them, or `provider.events_push = true` that \
                    the provider sends them."
            .to_owned());
    }
    if managed && provider.events.is_some() {
        return Err(
            "`provider.events` and `provider.events_transmitter` are two ways to get events: choose \
                    one."
                .to_owned(),
        );
    }
    if managed && provider.events_push && provider.events_push_url.is_none() {
        return Err("`provider.events_push` needs `provider.events_push_url`: the address at which the \
                    transmitter reaches the logout listener."
            .to_owned());
    }
    Ok(())
}
