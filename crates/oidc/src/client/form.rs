//! Parameters that a caller may add to the form of a back-channel request.

use crate::error::{Error, invalid};
use crate::text::{is_scope, is_word};

/// Parameters that this crate sets itself, or that would authenticate another client.
const RESERVED: [&str; 8] = [
    "client_assertion",
    "client_assertion_type",
    "client_id",
    "client_secret",
    "device_code",
    "grant_type",
    "refresh_token",
    "scope",
];

/// The scopes as they are sent, each once. Fails with `parameter_invalid`.
pub(crate) fn scope<'a>(scopes: impl IntoIterator<Item = &'a str>) -> Result<String, Error> {
    let mut each: Vec<&str> = Vec::new();
    for scope in scopes {
        if !is_scope(scope) {
            return Err(invalid("scope"));
        }
        if !each.contains(&scope) {
            each.push(scope);
        }
    }
    Ok(each.join(" "))
}

/// Checks parameters that are added to those set here. Only `resource` may appear twice (RFC 8707, section 2).
pub(crate) fn check_extra(extra: &[(String, String)]) -> Result<(), Error> {
    for (position, (name, _)) in extra.iter().enumerate() {
        let repeated = extra[..position].iter().any(|(earlier, _)| earlier == name);
        if !is_word(name) || RESERVED.contains(&name.as_str()) || (repeated && name != "resource") {
            return Err(invalid(name));
        }
    }
    Ok(())
}
