//! What a request goes through before the agent is asked anything.

use abide_wire::{ErrorAnswer, ErrorCode};
use http::Request;

use super::auth::{Admission, Caller, Channel, Peer, Right, admit};
use super::token::{self, Query, duration};
use crate::grants::Clients;

/// The port that requests have to name.
pub(crate) const PORT: u16 = 47600;

/// Who is let in over TCP, and what is asked for a token: the account, and the seconds that it has to be valid for.
pub(crate) type Asked = (Option<String>, Option<String>, Option<u64>);

pub(crate) fn asked<B>(request: &Request<B>, clients: &Clients) -> Result<Asked, ErrorAnswer> {
    let peer = Peer::Tcp { port: PORT, channel: Channel::default() };
    let caller = match admit(request, &peer, clients, &[])? {
        Admission::As(caller) => caller,
        Admission::Of(_) => {
            return Err(ErrorAnswer::new(ErrorCode::AccessDenied, "There is no browser here."));
        }
        // No nonce was given here, so nothing that is signed can be right.
        Admission::Signs(presented) => {
            return Err(clients.signer(&presented.id).err().unwrap_or_else(|| {
                ErrorAnswer::new(
                    ErrorCode::InvalidSignature,
                    "The nonce of this request was not given for it.",
                )
            }));
        }
    };
    caller.may(Right::Tokens, &[])?;
    let text = request.uri().query().unwrap_or_default();
    let query = Query::parse(text)?;
    token::asked(text)?;
    let validity = query.one("min_validity").map(duration).transpose()?;
    let name = if let Caller::Client(name) = caller { Some(name) } else { None };
    Ok((name, query.one("account").map(str::to_owned), validity.map(|validity| validity.as_secs())))
}
