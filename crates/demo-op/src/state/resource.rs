//! The resources that tokens are for (RFC 8707).

use url::Url;

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
