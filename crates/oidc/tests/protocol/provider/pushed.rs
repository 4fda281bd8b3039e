//! The provider's side of pushed authorization requests.

use super::*;

/// Keeps what is asked, as strict as the authorization endpoint is about the browser.
pub(super) fn push(
    issued: &mut Issued,
    issuer: &str,
    form: Vec<(String, String)>,
    authorization: Option<String>,
) -> Response {
    let once = form.iter().filter(|(name, _)| name != "resource").cloned().collect();
    let asked = match authenticated(issued, issuer, once, authorization) {
        Ok(asked) => asked,
        Err(error) => return oauth_error(error),
    };
    assert!(!asked.contains_key("request_uri"), "a request that was pushed is not pushed again");
    issued.counter += 1;
    let request_uri = format!("urn:ietf:params:oauth:request_uri:{}", issued.counter);
    let own = ["client_secret", "client_assertion", "client_assertion_type"];
    let kept = form.into_iter().filter(|(name, _)| !own.contains(&name.as_str())).collect();
    issued.pushed.insert(request_uri.clone(), kept);
    let mut answer = json!({"request_uri": request_uri, "expires_in": 90});
    if let Some(change) = &issued.behaviour.pushed {
        change(&mut answer);
    }
    json_answer(201, &answer)
}

/// What the browser asks for: in the address, or before, and then nothing in the address but where it is.
pub(super) fn asked(issued: &mut Issued, url: &Url) -> Vec<(String, String)> {
    let in_address: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    let reference = in_address.iter().find(|(name, _)| name == "request_uri").map(|pair| pair.1.clone());
    let Some(reference) = reference else { return in_address };
    let names: Vec<&str> = in_address.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["client_id", "request_uri"]);
    assert_eq!(in_address[0].1, CLIENT);
    issued.pushed.remove(&reference).expect("a reference that is good once")
}
