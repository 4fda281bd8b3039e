//! The scheme of signed requests (docs/signed-requests.md): the header, the texts that are signed, and their MAC. Pure.

use abide_wire::{ErrorAnswer, ErrorCode};
use hmac::{Hmac, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::body::invalid;

/// The scheme in `Authorization`.
pub(super) const SCHEME: &str = "Abide-HMAC";
/// The header of a signed answer.
pub(super) const ANSWERED: &str = "abide-signature";
/// In place of the digest of an answer that does not end: a stream of events.
const STREAM: &str = "stream";

/// What a client has sent in `Authorization`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Presented {
    /// The number of its key.
    pub(super) id: String,
    /// The client's nonce, which makes the answer one to this request.
    pub(super) cnonce: String,
    /// Absent in a request that only wants a signed answer: that for the agent's nonce.
    pub(super) proof: Option<Proof>,
}

/// That the client has the key.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Proof {
    /// The agent's nonce.
    pub(super) nonce: String,
    /// In hexadecimal digits.
    pub(super) mac: String,
}

impl Presented {
    /// The parameters behind the scheme.
    ///
    /// # Errors
    ///
    /// `invalid_request` for one that is missing, repeated, unknown or not of its form.
    pub(super) fn parse(text: &str) -> Result<Self, ErrorAnswer> {
        let (mut id, mut nonce, mut cnonce, mut mac) = (None, None, None, None);
        for parameter in text.split(',') {
            let (name, value) = parameter.trim().split_once('=').ok_or_else(malformed)?;
            let (place, fits): (_, fn(&str) -> bool) = match name {
                "id" => (&mut id, |value| is_hex(value, 16)),
                "nonce" => (&mut nonce, is_nonce),
                "cnonce" => (&mut cnonce, is_nonce),
                "mac" => (&mut mac, |value| is_hex(value, 64)),
                _ => return Err(malformed()),
            };
            if place.is_some() || !fits(value) {
                return Err(malformed());
            }
            *place = Some(value.to_owned());
        }
        let proof = match (nonce, mac) {
            (None, None) => None,
            (Some(nonce), Some(mac)) => Some(Proof { nonce, mac }),
            _ => return Err(malformed()),
        };
        Ok(Self { id: id.ok_or_else(malformed)?, cnonce: cnonce.ok_or_else(malformed)?, proof })
    }
}

fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn is_nonce(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    (16..=64).contains(&text.len()) && text.bytes().all(fits)
}

fn malformed() -> ErrorAnswer {
    invalid(format!(
        "`Authorization: {SCHEME}` has `id`, `nonce`, `cnonce` and `mac`, each once (docs/signed-requests.md)."
    ))
}

/// A request and its answer, as far as both signatures have it in common.
pub(super) struct Exchange {
    pub(super) id: String,
    pub(super) method: String,
    /// As it was sent: path and query.
    pub(super) target: String,
    pub(super) cnonce: String,
    /// The connection, so that what was sent over one is worth nothing on another.
    pub(super) connection: String,
}

impl Exchange {
    /// What a client signs.
    fn request(&self, body: &[u8], nonce: &str) -> String {
        let Self { id, method, target, cnonce, connection } = self;
        let body = hex(&Sha256::digest(body));
        format!("abide-request-v1\n{id}\n{method}\n{target}\n{body}\n{nonce}\n{cnonce}\n{connection}")
    }

    /// What the agent signs. `body` is `None` for a stream.
    fn answer(&self, status: u16, body: Option<&[u8]>) -> String {
        let Self { id, method, target, cnonce, connection } = self;
        let body = body.map_or_else(|| STREAM.to_owned(), |body| hex(&Sha256::digest(body)));
        format!("abide-answer-v1\n{id}\n{method}\n{target}\n{status}\n{body}\n{cnonce}\n{connection}")
    }

    /// Whether the request is what the holder of the key has signed.
    ///
    /// # Errors
    ///
    /// `invalid_signature`.
    pub(super) fn verify(
        &self,
        secret: &SecretString,
        body: &[u8],
        nonce: Option<&str>,
        proof: &Proof,
    ) -> Result<(), ErrorAnswer> {
        let nonce = nonce.filter(|nonce| bool::from(nonce.as_bytes().ct_eq(proof.nonce.as_bytes())));
        let nonce = nonce.ok_or_else(|| {
            refused(
                "The nonce of this request was not given for it. A nonce is from `GET /v1/challenge` on the same connection, and is \
                 good for one request.",
            )
        })?;
        let expected = mac(secret, &self.request(body, nonce));
        if bool::from(expected.as_bytes().ct_eq(proof.mac.as_bytes())) {
            return Ok(());
        }
        Err(refused(
            "The signature does not fit this request: method, target, body, nonces or the addresses of the connection are other \
             ones than were signed.",
        ))
    }

    /// The signature of an answer.
    pub(super) fn sign(&self, secret: &SecretString, status: u16, body: Option<&[u8]>) -> String {
        mac(secret, &self.answer(status, body))
    }
}

fn refused(text: &str) -> ErrorAnswer {
    ErrorAnswer::new(ErrorCode::InvalidSignature, text)
}

fn mac(secret: &SecretString, text: &str) -> String {
    // An HMAC takes a key of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes()) else {
        return String::new();
    };
    mac.update(text.as_bytes());
    hex(&mac.finalize().into_bytes())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::Value;

    use super::*;

    const ID: &str = "0123456789abcdef";
    const NONCE: &str = "agent-nonce-0000000000";
    const CNONCE: &str = "client-nonce-000000000";

    fn exchange() -> Exchange {
        Exchange {
            id: ID.to_owned(),
            method: "POST".to_owned(),
            target: "/v1/token?account=work".to_owned(),
            cnonce: CNONCE.to_owned(),
            connection: "127.0.0.1:50000 127.0.0.1:47600".to_owned(),
        }
    }

    fn secret() -> SecretString {
        "secret".to_owned().into()
    }

    fn proof(exchange: &Exchange, body: &[u8]) -> Proof {
        Proof { nonce: NONCE.to_owned(), mac: mac(&secret(), &exchange.request(body, NONCE)) }
    }

    #[test]
    fn a_request_is_good_for_what_was_signed_and_nothing_else() {
        let signed = proof(&exchange(), b"{}");
        let verify = |exchange: &Exchange, body: &[u8], nonce: Option<&str>| {
            exchange.verify(&secret(), body, nonce, &signed).map_err(|refused| refused.error)
        };
        assert_eq!(verify(&exchange(), b"{}", Some(NONCE)), Ok(()));
        let others = [
            Exchange { method: "GET".to_owned(), ..exchange() },
            Exchange { target: "/v1/token?account=home".to_owned(), ..exchange() },
            Exchange { cnonce: "client-nonce-000000001".to_owned(), ..exchange() },
            Exchange { id: "0123456789abcdee".to_owned(), ..exchange() },
            // A relay has a socket of its own.
            Exchange { connection: "127.0.0.1:50001 127.0.0.1:47600".to_owned(), ..exchange() },
            Exchange { connection: "127.0.0.1:50000 127.0.0.1:47601".to_owned(), ..exchange() },
            Exchange { connection: "socket".to_owned(), ..exchange() },
        ];
        for other in &others {
            assert_eq!(verify(other, b"{}", Some(NONCE)), Err(ErrorCode::InvalidSignature));
        }
        assert_eq!(verify(&exchange(), b"{ }", Some(NONCE)), Err(ErrorCode::InvalidSignature));
        assert_eq!(verify(&exchange(), b"{}", None), Err(ErrorCode::InvalidSignature), "used already");
        assert_eq!(
            verify(&exchange(), b"{}", Some("agent-nonce-0000000001")),
            Err(ErrorCode::InvalidSignature)
        );
        let other_key = exchange().verify(&"other".to_owned().into(), b"{}", Some(NONCE), &signed);
        assert!(other_key.is_err());
    }

    #[test]
    fn an_answer_is_no_request_and_says_which_request_it_answers() {
        let answer = exchange().sign(&secret(), 200, Some(b"{}"));
        assert_ne!(answer, proof(&exchange(), b"{}").mac);
        for other in [
            exchange().sign(&secret(), 401, Some(b"{}")),
            exchange().sign(&secret(), 200, Some(b"[]")),
            exchange().sign(&secret(), 200, None),
            Exchange { cnonce: NONCE.to_owned(), ..exchange() }.sign(&secret(), 200, Some(b"{}")),
        ] {
            assert_ne!(answer, other);
        }
    }

    #[test]
    fn a_header_has_each_parameter_once_and_in_its_form() {
        let mac = "0".repeat(64);
        let whole = format!("id={ID}, nonce={NONCE},cnonce={CNONCE}, mac={mac}");
        let presented = Presented::parse(&whole).unwrap();
        assert_eq!((presented.id.as_str(), presented.cnonce.as_str()), (ID, CNONCE));
        assert_eq!(presented.proof, Some(Proof { nonce: NONCE.to_owned(), mac: mac.clone() }));
        assert_eq!(Presented::parse(&format!("id={ID},cnonce={CNONCE}")).unwrap().proof, None);
        for wrong in [
            String::new(),
            format!("id={ID}"),
            format!("cnonce={CNONCE}"),
            format!("id={ID},cnonce={CNONCE},mac={mac}"),
            format!("id={ID},cnonce={CNONCE},nonce={NONCE}"),
            format!("{whole},id={ID}"),
            format!("{whole},alg=none"),
            format!("id={ID},cnonce=short"),
            format!("id={ID},cnonce={CNONCE}\n0"),
            format!("id={},cnonce={CNONCE}", ID.to_uppercase()),
            whole.replace(&mac, &mac.replace('0', "A")),
        ] {
            assert!(Presented::parse(&wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_vectors_that_every_client_library_reads_hold() {
        let vectors: Value =
            serde_json::from_str(include_str!("../../../../clients/signed-requests.json")).unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        for vector in vectors["requests"].as_array().unwrap() {
            let secret: SecretString = text(&vector["secret"]).into();
            let exchange = Exchange {
                id: text(&vector["id"]),
                method: text(&vector["method"]),
                target: text(&vector["target"]),
                cnonce: text(&vector["cnonce"]),
                connection: text(&vector["connection"]),
            };
            let (body, nonce) = (text(&vector["body"]), text(&vector["nonce"]));
            assert_eq!(exchange.request(body.as_bytes(), &nonce), text(&vector["signed"]));
            assert_eq!(mac(&secret, &text(&vector["signed"])), text(&vector["mac"]));
            let presented = Presented::parse(text(&vector["authorization"]).split_once(' ').unwrap().1);
            exchange
                .verify(&secret, body.as_bytes(), Some(&nonce), &presented.unwrap().proof.unwrap())
                .unwrap();
            let answer = &vector["answer"];
            let status = u16::try_from(answer["status"].as_u64().unwrap()).unwrap();
            let answered = answer["body"].as_str().map(str::as_bytes);
            assert_eq!(exchange.answer(status, answered), text(&answer["signed"]));
            assert_eq!(exchange.sign(&secret, status, answered), text(&answer["mac"]));
        }
    }
}
