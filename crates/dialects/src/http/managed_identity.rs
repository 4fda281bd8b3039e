//! What both endpoints of Azure for managed identities demand of a request.

use crate::exchange::Request;

/// The parameters that choose among several identities: here there is one, the user's.
const IDENTITIES: [&str; 5] = ["client_id", "principal_id", "object_id", "mi_res_id", "msi_res_id"];

/// The resource that a request names, or a sentence with what is wrong. `version` is the only version of the API that is served.
pub(super) fn resource(request: &Request<'_>, version: &str) -> Result<String, String> {
    if request.parameter("api-version").as_deref() != Some(version) {
        return Err(format!("Abide supports only api-version {version}."));
    }
    if IDENTITIES.iter().any(|name| request.has_parameter(name)) {
        return Err(
            "Abide gives tokens for the signed-in user only. Remove the client ID of the managed identity."
                .to_owned(),
        );
    }
    request.parameter("resource").ok_or_else(|| "The parameter `resource` is missing.".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_identity_is_refused_however_often_it_is_named() {
        let of =
            |query: &str| resource(&Request { method: "GET", path: "/", query, headers: &[] }, "2019-08-01");
        assert_eq!(of("api-version=2019-08-01&resource=r&client_id="), Ok("r".to_owned()));
        for named in ["client_id=a", "client_id=a&client_id=b", "mi_res_id=a"] {
            assert!(of(&format!("api-version=2019-08-01&resource=r&{named}")).is_err(), "{named}");
        }
    }
}
