//! A page as it goes out.

/// A page, and the policy that the browser holds it to (`Content-Security-Policy`).
pub(crate) struct Page {
    pub(crate) html: String,
    pub(crate) policy: String,
}
