//! What a client wishes for in an authorization request beyond a code: for which resources (RFC 8707), and how the person
//! should have signed in (OpenID Connect Core 3.1.2.1).

use url::Url;

/// Somebody is signed in, since whenever.
const SIGNED_IN: &str = "urn:abide:demo:signed-in";
/// Somebody has typed a password just now.
const RECENT: &str = "urn:abide:demo:recent";
/// How long just now lasts, in seconds.
const RECENT_FOR: u64 = 5 * 60;

/// The authentication context classes that this provider knows.
pub(crate) const CLASSES: [&str; 2] = [SIGNED_IN, RECENT];

/// How long ago the person may have signed in, so that the first known class of `acr_values` is met.
pub(crate) fn age_for(acr_values: Option<&str>) -> Option<u64> {
    let first = acr_values?.split(' ').find(|class| CLASSES.contains(class))?;
    (first == RECENT).then_some(RECENT_FOR)
}

/// The `acr` of somebody who signed in so long ago, for a client that asked for one.
pub(crate) fn class(acr_values: Option<&str>, age: u64) -> Option<&'static str> {
    acr_values.map(|_| if age <= RECENT_FOR { RECENT } else { SIGNED_IN })
}

/// Absolute URIs without fragment (RFC 8707 section 2); `None` if one of them is none.
pub(crate) fn resources(joined: Option<&str>) -> Option<Vec<String>> {
    let resources: Vec<String> =
        joined.unwrap_or_default().split(' ').filter(|uri| !uri.is_empty()).map(str::to_owned).collect();
    let good = |uri: &String| Url::parse(uri).is_ok_and(|url| url.fragment().is_none());
    resources.iter().all(good).then_some(resources)
}

/// As [`narrowed`], where nothing granted means that nothing was said yet: from a token for no resource in particular, one
/// for any can be had, and from a token for some, never one for another.
pub(crate) fn within(asked: Option<&str>, granted: &[String]) -> Option<Vec<String>> {
    if granted.is_empty() { resources(asked) } else { narrowed(asked, granted) }
}

/// Those of the granted resources that a token request asks for; all of them if it does not say. `None` if it asks for
/// another one.
pub(crate) fn narrowed(asked: Option<&str>, granted: &[String]) -> Option<Vec<String>> {
    let asked = resources(asked)?;
    match asked.is_empty() {
        true => Some(granted.to_vec()),
        false => asked.iter().all(|resource| granted.contains(resource)).then_some(asked),
    }
}
