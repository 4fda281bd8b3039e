//! Providers with an issuer for each of their tenants, behind one discovery document.
//!
//! No specification defines them: Discovery 1.0, section 4.3 requires one issuer in the document and the same in each ID
//! token. If the tenant is not known before the sign-in, the document holds a template. The ID token is checked against the
//! issuer that this template and the token's own claim `tid` make. Everything else stays equally strict: an ID token of one
//! tenant is never accepted for another, and a session stays in the tenant in which it began.

use url::Url;

use crate::error::Error;
use crate::text::urls::{self, UrlProblem};

/// The placeholder for the tenant's identifier.
const PLACEHOLDER: &str = "{tenantid}";

/// Issuers that differ in one path segment, the tenant's identifier: a GUID in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuerTemplate {
    text: String,
    before: String,
    after: String,
}

impl IssuerTemplate {
    /// `template` contains `{tenantid}` once, as a whole path segment, and has the origin of `issuer`, where the provider is
    /// discovered.
    ///
    /// `issuer_invalid` or `issuer_insecure` for anything else.
    pub fn new(template: &str, issuer: &str) -> Result<Self, Error> {
        let refused = |problem| Error::IssuerInvalid { issuer: crate::text::plain(template, 200), problem };
        let malformed = || refused(UrlProblem::Malformed);
        let (before, after) = template.split_once(PLACEHOLDER).ok_or_else(malformed)?;
        let is_segment = before.ends_with('/') && (after.is_empty() || after.starts_with('/'));
        if !is_segment || after.contains(PLACEHOLDER) {
            return Err(malformed());
        }
        // Checked with an example, because the placeholder is not valid in an address.
        let example = urls::issuer(&format!("{before}00000000-0000-0000-0000-000000000000{after}"));
        let example = example.map_err(refused)?;
        let discovered = urls::issuer(issuer).map_err(refused)?;
        let same_place = |one: &Url, other: &Url| one.origin() == other.origin();
        let in_path = Url::parse(before).is_ok_and(|start| same_place(&start, &example));
        if !in_path || !same_place(&example, &discovered) {
            return Err(malformed());
        }
        Ok(Self { text: template.to_owned(), before: before.to_owned(), after: after.to_owned() })
    }

    /// As in the metadata.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether this is the issuer of some tenant.
    pub(crate) fn fits(&self, issuer: &str) -> bool {
        let tenant = issuer.strip_prefix(&*self.before).and_then(|rest| rest.strip_suffix(&*self.after));
        tenant.is_some_and(is_tenant)
    }

    /// The issuer of this tenant; `None` if this is not a tenant's identifier.
    pub(crate) fn issuer_of(&self, tenant: &str) -> Option<String> {
        is_tenant(tenant).then(|| format!("{}{tenant}{}", self.before, self.after))
    }
}

/// A GUID in its usual form: groups of 8, 4, 4, 4 and 12 digits, in lower case.
fn is_tenant(text: &str) -> bool {
    let groups = text.split('-').map(str::len);
    groups.eq([8, 4, 4, 4, 12]) && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f' | b'-'))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const ISSUER: &str = "https://login.example.com/organizations/v2.0";

    #[test]
    fn a_template_leaves_nothing_open_but_the_tenant() {
        assert!(IssuerTemplate::new("https://login.example.com/{tenantid}/v2.0", ISSUER).is_ok());
        assert!(IssuerTemplate::new("https://login.example.com/{tenantid}", ISSUER).is_ok());
        for template in [
            "https://login.example.com/v2.0",
            "https://{tenantid}.example.com/v2.0",
            "https://{tenantid}/v2.0",
            "https://login.example.com/a{tenantid}/v2.0",
            "https://login.example.com/{tenantid}b/v2.0",
            "https://login.example.com/{tenantid}/{tenantid}",
            "https://login.example.com:8443/{tenantid}/v2.0",
            "https://evil.example/{tenantid}/v2.0",
            "http://login.example.com/{tenantid}/v2.0",
            "https://login.example.com/v2.0?x=/{tenantid}",
            "https://login.example.com/#/{tenantid}",
            "{tenantid}",
            "",
        ] {
            assert!(IssuerTemplate::new(template, ISSUER).is_err(), "{template}");
        }
    }

    #[test]
    fn an_issuer_fits_if_a_tenant_replaces_the_placeholder() {
        let template = IssuerTemplate::new("https://login.example.com/{tenantid}/v2.0", ISSUER).unwrap();
        let at = |tenant: &str| template.fits(&format!("https://login.example.com/{tenant}/v2.0"));
        assert!(at("8eaef023-2b34-4da1-9baa-8bc8c9d6a490"));
        for tenant in [
            "organizations",
            "{tenantid}",
            "",
            "8EAEF023-2b34-4da1-9baa-8bc8c9d6a490",
            "8eaef0232b344da19baa8bc8c9d6a490",
            "8eaef023-2b34-4da1-9baa-8bc8c9d6a490/x",
            "8eaef023-2b34-4da1-9baa-8bc8c9d6a49g",
            " 8eaef023-2b34-4da1-9baa-8bc8c9d6a49",
        ] {
            assert!(!at(tenant), "{tenant}");
        }
        assert!(!template.fits("https://evil.example/8eaef023-2b34-4da1-9baa-8bc8c9d6a490/v2.0"));
        assert!(!template.fits("https://login.example.com/8eaef023-2b34-4da1-9baa-8bc8c9d6a490/v2.0/"));
    }
}
