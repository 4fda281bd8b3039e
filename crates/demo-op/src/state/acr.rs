//! Authentication context classes (OpenID Connect Core 3.1.2.1).

/// The person is signed in, no matter since when.
const SIGNED_IN: &str = "urn:abide:demo:signed-in";
/// The person has typed the password recently.
const RECENT: &str = "urn:abide:demo:recent";
/// The meaning of "recently", in seconds.
const RECENT_FOR: u64 = 5 * 60;

/// The authentication context classes that this provider knows.
pub(crate) const CLASSES: [&str; 2] = [SIGNED_IN, RECENT];

/// The age of a sign-in up to which the first known class of `acr_values` is met.
pub(crate) fn age_for(acr_values: Option<&str>) -> Option<u64> {
    let first = acr_values?.split(' ').find(|class| CLASSES.contains(class))?;
    (first == RECENT).then_some(RECENT_FOR)
}

/// The `acr` of a sign-in of this age, for a client that requested one.
pub(crate) fn class(acr_values: Option<&str>, age: u64) -> Option<&'static str> {
    acr_values.map(|_| if age <= RECENT_FOR { RECENT } else { SIGNED_IN })
}
