//! `abide token`, `abide header`, `abide run`: the way of a token from the agent to a tool.

use std::ffi::OsString;
use std::process;

use abide_wire::TokenAnswer;
use zeroize::Zeroizing;

use crate::Io;
use crate::failure::{AnswerFault, Failure};
use crate::http::Answer;
use crate::token_request::TokenRequest;

pub(super) fn token(io: &mut Io<'_>, request: &TokenRequest, json: bool) -> Result<(), Failure> {
    let (answer, token) = fetch(io, request)?;
    if json {
        return io.pass_on(&answer);
    }
    io.write(&line("", token.access_token.expose(), ""))
}

pub(super) fn header(io: &mut Io<'_>, request: &TokenRequest, json: bool) -> Result<(), Failure> {
    let (_answer, token) = fetch(io, request)?;
    if token.token_type.eq_ignore_ascii_case("DPoP") {
        return bound_header(io, request, &token, json);
    }
    if !token.token_type.eq_ignore_ascii_case("Bearer") {
        // Another type needs more than a header: sent as Bearer it would be refused, or worse.
        return Err(AnswerFault::Content.into());
    }
    let token = token.access_token.expose();
    // No character of a token needs an escape in JSON but these two, which no token holds (see `fetch`).
    let line = if json {
        line("{\"Authorization\":\"Bearer ", token, "\"}")
    } else {
        line("Authorization: Bearer ", token, "")
    };
    io.write(&line)
}

/// A bound token is sent with a proof, which is about one request (RFC 9449, section 7.1): two headers.
fn bound_header(
    io: &mut Io<'_>,
    request: &TokenRequest,
    token: &TokenAnswer,
    json: bool,
) -> Result<(), Failure> {
    let Some(proof) = &token.dpop else {
        return Err(if request.names_a_request() {
            AnswerFault::Content.into()
        } else {
            Failure::usage(
                "The tokens of this account are bound to a key of Abide\u{2019}s, so each request needs a proof of its own. \
                 Name the request: abide header --url URL [--method METHOD]",
                "header",
            )
        });
    };
    // A JWT: base64url and dots.
    if !proof.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)) {
        return Err(AnswerFault::Token.into());
    }
    let token = token.access_token.expose();
    let lines = if json {
        line("{\"Authorization\":\"DPoP ", token, &format!("\",\"DPoP\":\"{proof}\"}}"))
    } else {
        line("Authorization: DPoP ", token, &format!("\nDPoP: {proof}"))
    };
    io.write(&lines)
}

pub(super) fn run(
    io: &mut Io<'_>,
    request: &TokenRequest,
    program: OsString,
    arguments: Vec<OsString>,
) -> Result<u8, Failure> {
    let mut command = process::Command::new(&program);
    command.args(arguments);
    {
        let (_answer, token) = fetch(io, request)?;
        command.env("ABIDE_TOKEN", token.access_token.expose());
    }
    (io.launch)(&mut command).map_err(|source| Failure::Launch { program, source })
}

/// A line in a buffer that is never moved and is wiped afterwards.
fn line(before: &str, token: &str, after: &str) -> Zeroizing<Vec<u8>> {
    let mut line = Zeroizing::new(Vec::with_capacity(before.len() + token.len() + after.len() + 1));
    for part in [before, token, after, "\n"] {
        line.extend_from_slice(part.as_bytes());
    }
    line
}

fn fetch(io: &Io<'_>, request: &TokenRequest) -> Result<(Answer, TokenAnswer), Failure> {
    let answer = request.send(&io.endpoint()?)?;
    let token: TokenAnswer = answer.json()?;
    // What goes into a header, an environment or a shell must not be able to end it there (RFC 6750 section 2.1).
    let valid = |byte: u8| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\';
    let text = token.access_token.expose();
    if text.is_empty() || !text.bytes().all(valid) {
        return Err(AnswerFault::Token.into());
    }
    Ok((answer, token))
}
