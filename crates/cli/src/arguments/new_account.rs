//! The arguments of `abide accounts add`.

use std::ffi::OsString;

use abide_wire::AccountRequest;

use super::given::Given;
use crate::failure::Failure;

/// The account that is to be added.
pub(super) fn new_account(given: &Given) -> Result<AccountRequest, Failure> {
    let name = given.name("`abide accounts add` needs a name for the account.")?;
    let wrong = |sentence: &str| Err(Failure::usage(sentence, "accounts"));
    let (issuer, preset) = (given.text("issuer"), given.text("preset"));
    if issuer.is_none() && preset.as_deref().is_none_or(|preset| preset == "none") {
        return wrong("`abide accounts add` needs the provider: --issuer URL, or --preset NAME");
    }
    if issuer.as_deref().is_some_and(|issuer| !can_be_an_issuer(issuer)) {
        return wrong(
            "`--issuer` is the provider's https address, such as https://id.example.com, or your e-mail address there. http \
             is for providers on this computer only.",
        );
    }
    let client_id = given.text("client-id");
    let register = given.flag("register");
    let (initial_token_file, client_secret_file) =
        (given.path("initial-token-file"), given.path("client-secret-file"));
    match (&client_id, register) {
        (None, false) => {
            return wrong(
                "`abide accounts add` needs the client ID that the provider has for Abide: --client-id ID. With --register, \
                 Abide registers itself where the provider offers that.",
            );
        }
        (Some(id), true) if !id.starts_with("https://") => {
            return wrong(
                "`--client-id` with `--register` is the https address of Abide's client metadata document. For a client that \
                 is registered already, omit `--register`.",
            );
        }
        _ => {}
    }
    if initial_token_file.is_some() && !register {
        return wrong("`--initial-token-file` belongs to `--register`.");
    }
    if client_secret_file.is_some() && register {
        return wrong(
            "`--client-secret-file` is for a client that is registered already; omit `--register`.",
        );
    }
    // The agent has a different working folder.
    let absolute = |path: Option<OsString>| path.map(std::path::absolute).transpose();
    let (Ok(initial_token_file), Ok(client_secret_file), Ok(ca_file)) =
        (absolute(initial_token_file), absolute(client_secret_file), absolute(given.path("ca-file")))
    else {
        return wrong("That is not the path of a file.");
    };
    let redirect_uris = given.texts().filter(|(option, _)| option.long == "redirect-uri");
    Ok(AccountRequest {
        name,
        issuer,
        client_id,
        register,
        initial_token_file,
        client_secret_file,
        metadata_url: given.text("metadata-url"),
        redirect_uris: redirect_uris.map(|(_, uri)| uri.to_owned()).collect(),
        ca_file,
        preset,
    })
}

/// Whether this can be an issuer: an https URL (OpenID Connect Discovery 1.0, section 3), or one on this computer.
fn can_be_an_issuer(issuer: &str) -> bool {
    if let Some((person, domain)) = issuer.rsplit_once('@')
        && !issuer.contains(['/', '?', '#'])
    {
        return !person.is_empty() && !domain.is_empty();
    }
    if let Some(rest) = issuer.strip_prefix("https://") {
        return !rest.is_empty();
    }
    let Some(rest) = issuer.strip_prefix("http://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_that_can_never_work_is_refused() {
        for issuer in [
            "https://id.example.com",
            "http://127.0.0.1:47610",
            "http://[::1]/a",
            "http://localhost:1/",
            "a@example.com",
        ] {
            assert!(can_be_an_issuer(issuer), "{issuer}");
        }
        for issuer in [
            "http://id.example.com",
            "http://127.0.0.1.example.com/",
            "http://localhost.example.com",
            "http://127.0.0.1@example.com/",
            "id.example.com",
            "ftp://127.0.0.1",
            "@example.com",
            "alice@",
            "a@example.com/b",
            "https://",
            "",
        ] {
            assert!(!can_be_an_issuer(issuer), "{issuer}");
        }
    }
}
