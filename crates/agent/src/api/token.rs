//! The calls that hand out tokens: their parameters, understood.

use std::collections::BTreeMap;
use std::time::Duration;

use abide_oidc::{StepUp, TokenTarget};
use abide_wire::terminal::{is_unsafe, plain};
use abide_wire::{ErrorAnswer, TokenAnswer};
use serde::Deserialize;
use url::Url;

use super::audit;
use super::auth::Caller;
use super::body::{Answered, body, invalid, ok};
use super::call::{Call, permit};
use crate::agent::Agent;
use crate::consent::Permit;
use crate::state::dpop::Proof;
use crate::tokens::TokenParams;

/// `GET /v1/token`.
pub(super) async fn present(call: Call) -> Answered {
    audit::has_to_be_written(&call)?;
    let asked = asked(call.query())?;
    let permitted = call.permit(&asked, false).await;
    ok(&under(&call.agent, call.who, &asked, permitted, Ok).await?)
}

/// The token that a permit is for, recorded before it leaves; or the refusal, recorded, too. `fits` refuses what the tool cannot use.
pub(super) async fn under(
    agent: &Agent,
    mut who: abide_audit::Caller,
    asked: &TokenParams,
    permitted: Result<Permit, ErrorAnswer>,
    fits: fn(TokenAnswer) -> Result<TokenAnswer, ErrorAnswer>,
) -> Result<TokenAnswer, ErrorAnswer> {
    let mut asked = asked.clone();
    let answer = match permitted {
        Ok(permit) => {
            who.sha256.clone_from(&permit.sha256);
            asked = permit.within(&asked);
            agent.token(&asked, &permit).await.and_then(fits)
        }
        Err(refused) => Err(refused),
    };
    audit::token(agent, &who, &asked, answer)
}

/// `POST /v1/token`: the same, once what a resource server has answered with is met (RFC 9470).
pub(super) async fn stronger(call: Call) -> Answered {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Headers {
        One(String),
        Several(Vec<String>),
    }
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Challenged {
        www_authenticate: Headers,
    }
    let asked = asked(call.query())?;
    audit::has_to_be_written(&call)?;
    let name = call.agent.account_for(asked.account.as_deref())?;
    let asked = TokenParams { account: Some(name.clone()), ..asked };
    let query = call.query().to_owned();
    let Call { agent, caller, who, request, seen, .. } = call;
    let challenged: Challenged = body(request).await?;
    let headers = match challenged.www_authenticate {
        Headers::One(one) => vec![one],
        Headers::Several(several) => several,
    };
    let wanted =
        StepUp::read(headers.iter().map(String::as_str)).map_err(|error| invalid(error.to_string()))?;
    let Some(wanted) = wanted else {
        return Err(invalid(
            "`www_authenticate` asks for no other sign-in: it has no `error=\"insufficient_user_authentication\"`."
                .to_owned(),
        ));
    };
    let tool = match &caller {
        Caller::Client(name) | Caller::Page(name) => name.as_str(),
        _ => "A program of yours",
    };
    let permitted = match permit(&agent, &caller, &seen.behind, &query, &asked, true).await {
        Ok(permit) => agent.step_up(&name, wanted, tool).await.map(|()| permit),
        Err(refused) => Err(refused),
    };
    ok(&under(&agent, who, &asked, permitted, Ok).await?)
}

pub(super) fn asked(query: &str) -> Result<TokenParams, ErrorAnswer> {
    let query = Query::parse(query)?;
    let min_validity = match query.one("min_validity") {
        None => Duration::from_secs(10),
        Some(text) => duration(text)?,
    };
    let activity = match query.one("activity") {
        None | Some("request") => true,
        Some("none") => false,
        Some(other) => {
            return Err(invalid(format!("`activity` is `request` or `none`, not \u{201c}{other}\u{201d}.")));
        }
    };
    let scope = query.one("scope");
    let scopes = scope.unwrap_or_default().split(' ').filter(|scope| !scope.is_empty());
    if scope.is_some() && scopes.clone().next().is_none() {
        return Err(invalid("`scope` is empty.".to_owned()));
    }
    let mut target = TokenTarget {
        scopes: scopes.map(str::to_owned).collect(),
        resources: query.all("resource"),
        audiences: query.all("audience"),
        ..TokenTarget::default()
    };
    // The user reads them in a question.
    let is_word = |word: &String| !word.contains(|c: char| c.is_whitespace() || is_unsafe(c));
    if let Some(wrong) = target.resources.iter().chain(&target.audiences).find(|word| !is_word(word)) {
        let shown = plain(wrong);
        return Err(invalid(format!(
            "\u{201c}{shown}\u{201d} is not the name of an API: it has a space or a character that cannot be seen."
        )));
    }
    // RFC 6749, section 3.3.
    let is_scope = |scope: &String| scope.bytes().all(|b| matches!(b, 0x21 | 0x23..=0x5b | 0x5d..=0x7e));
    if let Some(wrong) = target.scopes.iter().find(|scope| !is_scope(scope)) {
        return Err(invalid(format!(
            "\u{201c}{}\u{201d} is not a scope (RFC 6749, section 3.3).",
            plain(wrong)
        )));
    }
    // The same wish in another order is the same wish.
    for list in [&mut target.scopes, &mut target.resources, &mut target.audiences] {
        list.sort();
        list.dedup();
    }
    Ok(TokenParams {
        account: query.one("account").map(str::to_owned),
        min_validity,
        activity,
        target,
        proof: proof(&query)?,
        counted_for: None,
    })
}

/// The request that the token is for, where the tool names it.
fn proof(query: &Query) -> Result<Option<Proof>, ErrorAnswer> {
    let nonce = query.one("nonce").map(str::to_owned);
    match (query.one("htm"), query.one("htu")) {
        (None, None) if nonce.is_none() => Ok(None),
        (method, Some(url)) => {
            let url = Url::parse(url).map_err(|_| invalid("`htu` is not an address.".to_owned()))?;
            Ok(Some(Proof { method: method.unwrap_or("GET").to_owned(), url, nonce }))
        }
        _ => Err(invalid("`htm` and `nonce` belong to a request, whose address `htu` names.".to_owned())),
    }
}

/// The parameters of a query.
pub(super) struct Query(BTreeMap<String, Vec<String>>);

impl Query {
    /// Those that may come more than once, as in a request to a provider (RFC 8707, section 2; RFC 8693, section 2.1).
    const SEVERAL: [&str; 2] = ["resource", "audience"];
    const ONCE: [&str; 8] = ["account", "scope", "min_validity", "activity", "htm", "htu", "nonce", "reason"];

    pub(super) fn parse(text: &str) -> Result<Self, ErrorAnswer> {
        let mut parameters = BTreeMap::<String, Vec<String>>::new();
        for (name, value) in url::form_urlencoded::parse(text.as_bytes()) {
            let several = Self::SEVERAL.contains(&name.as_ref());
            if !several && !Self::ONCE.contains(&name.as_ref()) {
                return Err(invalid(format!("The parameter `{name}` is not known here.")));
            }
            if value.is_empty() {
                return Err(invalid(format!("The parameter `{name}` is empty.")));
            }
            let values = parameters.entry(name.clone().into_owned()).or_default();
            if !values.is_empty() && !several {
                return Err(invalid(format!("The parameter `{name}` is given twice.")));
            }
            values.push(value.into_owned());
        }
        Ok(Self(parameters))
    }

    pub(super) fn one(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(|values| values.first()).map(String::as_str)
    }

    fn all(&self, name: &str) -> Vec<String> {
        self.0.get(name).cloned().unwrap_or_default()
    }
}

/// Seconds, or a duration like `60s` or `5m`.
pub(super) fn duration(text: &str) -> Result<Duration, ErrorAnswer> {
    if let Ok(seconds) = text.parse::<u32>() {
        return Ok(Duration::from_secs(u64::from(seconds)));
    }
    humantime::parse_duration(text)
        .map_err(|_| invalid(format!("\u{201c}{text}\u{201d} is not a duration. Write it like 60s or 5m.")))
}
