//! `abide token`, `abide header`: pass a token from the agent to a tool.

use abide_dialects::call::joined;
use abide_wire::TokenAnswer;
use abide_wire::text::duration;
use zeroize::Zeroizing;

use crate::arguments::token_request::TokenRequest;
use crate::failure::{AnswerFault, Failure};
use crate::http::Answer;
use crate::io::Io;

pub(super) fn token(io: &mut Io<'_>, request: &TokenRequest, json: bool) -> Result<(), Failure> {
    let (answer, token) = fetch(io, request)?;
    if json {
        return io.pass_on(&answer);
    }
    io.write(&joined(&[token.access_token.expose(), "\n"]))?;
    warn_of_short_validity(io, request, &token);
    Ok(())
}

/// A renewal cannot give a longer lifetime than the provider grants.
pub(super) fn warn_of_short_validity(io: &mut Io<'_>, request: &TokenRequest, token: &TokenAnswer) {
    if let Some(wanted) = request.min_validity.filter(|wanted| *wanted > token.expires_in) {
        io.tell(&format!(
            "abide: --min-validity {} cannot be met: this token is valid for {}. The provider\u{2019}s tokens do not last longer.\n",
            duration(wanted),
            duration(token.expires_in)
        ));
    }
}

pub(super) fn header(io: &mut Io<'_>, request: &TokenRequest, json: bool) -> Result<(), Failure> {
    let (_answer, token) = fetch(io, request)?;
    let headers = Headers::of(&token, request, "header")?;
    io.write(&if json { headers.json() } else { headers.lines() })?;
    if !json {
        warn_of_short_validity(io, request, &token);
    }
    Ok(())
}

/// The headers of a request with a token.
pub(super) struct Headers<'a> {
    scheme: &'static str,
    token: &'a str,
    /// A bound token is sent with a proof for one request (RFC 9449, section 7.1).
    pub(super) proof: Option<&'a str>,
}

impl<'a> Headers<'a> {
    pub(super) fn of(
        answer: &'a TokenAnswer,
        request: &TokenRequest,
        command: &str,
    ) -> Result<Self, Failure> {
        let token = answer.access_token.expose();
        if answer.token_type.eq_ignore_ascii_case("Bearer") {
            return Ok(Self { scheme: "Bearer", token, proof: None });
        }
        if !answer.token_type.eq_ignore_ascii_case("DPoP") {
            // Another type needs more than a header. Sent as Bearer it would be refused, or worse.
            return Err(AnswerFault::Content.into());
        }
        match &answer.dpop {
            // A JWT: base64url and dots.
            Some(proof)
                if proof.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)) =>
            {
                Ok(Self { scheme: "DPoP", token, proof: Some(proof) })
            }
            Some(_) => Err(AnswerFault::Token.into()),
            None if request.parameter("htu").is_some() => Err(AnswerFault::Content.into()),
            None => {
                let sentence = format!(
                    "The tokens of this account are bound to a key (DPoP), so each request needs a proof of its own. \
                     Name the request: abide {command} --url URL [--method METHOD]"
                );
                Err(Failure::usage(sentence, command))
            }
        }
    }

    /// One header per line.
    pub(super) fn lines(&self) -> Zeroizing<Vec<u8>> {
        match self.proof {
            None => joined(&["Authorization: ", self.scheme, " ", self.token, "\n"]),
            Some(proof) => {
                joined(&["Authorization: ", self.scheme, " ", self.token, "\nDPoP: ", proof, "\n"])
            }
        }
    }

    /// A JSON object. Neither a token (see `fetch`) nor a proof contains characters that need an escape.
    fn json(&self) -> Zeroizing<Vec<u8>> {
        let begin = "{\"Authorization\":\"";
        match self.proof {
            None => joined(&[begin, self.scheme, " ", self.token, "\"}\n"]),
            Some(proof) => joined(&[begin, self.scheme, " ", self.token, "\",\"DPoP\":\"", proof, "\"}\n"]),
        }
    }
}

pub(super) fn fetch(io: &Io<'_>, request: &TokenRequest) -> Result<(Answer, TokenAnswer), Failure> {
    let answer = request.send(&io.endpoint()?)?;
    let token: TokenAnswer = answer.json()?;
    // The text must not be able to end a header, a variable or a shell word (RFC 6750 section 2.1).
    let valid = |byte: u8| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\';
    let text = token.access_token.expose();
    if text.is_empty() || !text.bytes().all(valid) {
        return Err(AnswerFault::Token.into());
    }
    Ok((answer, token))
}
