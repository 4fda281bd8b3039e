//! The resources of tokens (RFC 8707).

use url::Url;

/// Absolute URIs without fragment (RFC 8707 section 2); `None` if one of them is invalid.
pub(crate) fn resources(joined: Option<&str>) -> Option<Vec<String>> {
    let resources: Vec<String> =
        joined.unwrap_or_default().split(' ').filter(|uri| !uri.is_empty()).map(str::to_owned).collect();
    let good = |uri: &String| Url::parse(uri).is_ok_and(|url| url.fragment().is_none());
    resources.iter().all(good).then_some(resources)
}

/// As [`narrowed`], except that an empty `granted` allows every resource. A token that has resources never gives one for
/// another resource.
pub(crate) fn within(asked: Option<&str>, granted: &[String]) -> Option<Vec<String>> {
    if granted.is_empty() { resources(asked) } else { narrowed(asked, granted) }
}

/// The granted resources that a token request names; all of them if it names none. `None` if it names another one.
pub(crate) fn narrowed(asked: Option<&str>, granted: &[String]) -> Option<Vec<String>> {
    let asked = resources(asked)?;
    match asked.is_empty() {
        true => Some(granted.to_vec()),
        false => asked.iter().all(|resource| granted.contains(resource)).then_some(asked),
    }
}
