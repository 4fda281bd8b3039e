//! How a person signed in: authentication context classes (OpenID Connect Core 3.1.2.1).

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
