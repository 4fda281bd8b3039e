//! `POST /v1/aws/credentials`: a token, exchanged for credentials of a role at AWS.

use abide_wire::AwsRole;

use super::audit;
use super::body::{Answered, body, ok};
use super::call::{Call, permit};
use super::dialects::unbound;
use super::token::{asked, under};
use crate::tokens::aws;

/// Credentials for a tool that asks a program for them.
pub(super) async fn credentials(call: Call) -> Answered {
    audit::has_to_be_written(&call)?;
    let asked = asked(call.query())?;
    let query = call.query().to_owned();
    let Call { agent, caller, who, request, seen, .. } = call;
    let role: AwsRole = body(request).await?;
    aws::check(&role)?;
    let permitted = permit(&agent, &caller, &seen.behind, &query, &asked, false).await;
    let token = under(&agent, who, &asked, permitted, unbound).await?;
    ok(&agent.aws_credentials(&role, &token).await?)
}
