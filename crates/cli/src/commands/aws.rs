//! Roles at AWS: what the user names, and the request for their credentials.

use abide_wire::{AwsCredentials, AwsRole};

use crate::arguments::token_request::TokenRequest;
use crate::failure::{AnswerFault, Failure};
use crate::io::Io;

/// A role, with the region and the address of the service that the SDK's own variables name.
pub(super) fn role(io: &Io<'_>, arn: String) -> AwsRole {
    let first = |names: [&str; 2]| names.iter().find_map(|name| (io.environment)(name)?.into_string().ok());
    AwsRole {
        arn,
        region: first(["AWS_REGION", "AWS_DEFAULT_REGION"]),
        endpoint: first(["AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL"]),
    }
}

/// Credentials of a role, for the token that this request describes.
pub(super) fn credentials(
    io: &Io<'_>,
    role: &AwsRole,
    request: &TokenRequest,
) -> Result<AwsCredentials, Failure> {
    let body = serde_json::to_vec(role).map_err(|_| AnswerFault::Content)?;
    let target = request.target("/v1/aws/credentials");
    io.endpoint()?.call_with("POST", &target, Some(&body))?.json()
}
