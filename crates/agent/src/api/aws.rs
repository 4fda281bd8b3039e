//! `POST /v1/aws/credentials`: a token, exchanged for credentials of a role at AWS.

use abide_wire::AwsRole;

use super::audit;
use super::body::{Answered, body, ok};
use super::call::{Call, permit};
use super::dialects::unbound;
use super::token::asked;
use crate::tokens::aws;

/// Credentials for a tool that asks a program for them.
pub(super) async fn credentials(call: Call) -> Answered {
    audit::has_to_be_written(&call)?;
    let mut asked = asked(call.query())?;
    let query = call.query().to_owned();
    let Call { agent, caller, mut who, request, seen, .. } = call;
    let role: AwsRole = body(request).await?;
    aws::check(&role)?;
    let answer = match permit(&agent, &caller, &seen.behind, &query, &asked, false).await {
        Ok(permit) => {
            who.sha256.clone_from(&permit.sha256);
            asked = permit.within(&asked);
            agent.token(&asked, &permit).await.and_then(unbound)
        }
        Err(refused) => Err(refused),
    };
    let token = audit::token(&agent, &who, &asked, answer)?;
    ok(&agent.aws_credentials(&role, &token).await?)
}
