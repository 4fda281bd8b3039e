//! Which client it is.

use super::*;

/// Checks the client the way the registration says, and hands out the form without duplicates.
pub(super) fn authenticated(
    issued: &Issued,
    form: Vec<(String, String)>,
    authorization: Option<String>,
) -> Result<HashMap<String, String>, &'static str> {
    let mut unique = HashMap::new();
    for (name, value) in form {
        if unique.insert(name, value).is_some() {
            return Err("invalid_request");
        }
    }
    let good = match issued.behaviour.secret {
        None => authorization.is_none() && unique.get("client_id").is_some_and(|id| id == CLIENT),
        Some(secret) => {
            let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
            let expected = BASE64_STANDARD.encode(format!("{}:{}", encoded(CLIENT), encoded(secret)));
            authorization == Some(format!("Basic {expected}")) && !unique.contains_key("client_secret")
        }
    };
    if good { Ok(unique) } else { Err("invalid_client") }
}
