//! The scheme of docs/signed-requests.md. Pure: no network, no clock.

use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::error::{Code, Error};

const SCHEME: &str = "Abide-HMAC";
/// The header of an answer with its signature.
pub(crate) const ANSWERED: &str = "abide-signature";
/// Stands for the digest of a stream of events.
pub(crate) const STREAM: &str = "stream";

/// A client key that signs. It neither prints nor compares.
pub(crate) struct Key {
    id: String,
    secret: Zeroizing<String>,
}

impl fmt::Debug for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Key({})", self.id)
    }
}

impl Key {
    pub(crate) fn read(text: &str) -> Result<Self, Error> {
        let parts = text.trim().strip_prefix("abide_hmac_").and_then(|rest| rest.split_once('_'));
        let lower_hex = |b: u8| matches!(b, b'0'..=b'9' | b'a'..=b'f');
        let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
        match parts {
            Some((id, secret))
                if id.len() == 16
                    && id.bytes().all(lower_hex)
                    && (20..=128).contains(&secret.len())
                    && secret.bytes().all(word) =>
            {
                Ok(Self { id: id.to_owned(), secret: Zeroizing::new(secret.to_owned()) })
            }
            _ => Err(Error::new(
                Code::InvalidKey,
                "This is not a key that signs requests. `abide clients allow NAME`, without --plain, makes one.",
            )),
        }
    }

    fn signer(&self, text: &str) -> Option<Hmac<Sha256>> {
        // HMAC takes keys of any length.
        let mut mac = Hmac::<Sha256>::new_from_slice(self.secret.as_bytes()).ok()?;
        mac.update(text.as_bytes());
        Some(mac)
    }

    pub(crate) fn mac(&self, text: &str) -> String {
        self.signer(text).map(|mac| hex(&mac.finalize().into_bytes())).unwrap_or_default()
    }

    /// Whether this is the signature of a text, in constant time.
    fn verifies(&self, text: &str, signature: &str) -> bool {
        let bytes = unhex(signature);
        self.signer(text).zip(bytes).is_some_and(|(mac, bytes)| mac.verify_slice(&bytes).is_ok())
    }
}

/// A request and its answer, as far as both signatures have it in common.
pub(crate) struct Exchange<'a> {
    pub(crate) key: &'a Key,
    pub(crate) method: &'a str,
    pub(crate) target: &'a str,
    pub(crate) cnonce: String,
    pub(crate) connection: &'a str,
}

impl<'a> Exchange<'a> {
    /// An exchange with a new nonce of the client.
    pub(crate) fn new(
        key: &'a Key,
        method: &'a str,
        target: &'a str,
        connection: &'a str,
    ) -> Result<Self, Error> {
        let mut bytes = [0_u8; 24];
        getrandom::fill(&mut bytes)
            .map_err(|error| Error::new(Code::ThisComputer, format!("No random numbers: {error}.")))?;
        Ok(Self { key, method, target, cnonce: hex(&bytes), connection })
    }

    /// What the client signs.
    pub(crate) fn request(&self, body: &[u8], nonce: &str) -> String {
        let Self { key, method, target, cnonce, connection } = self;
        let (id, body) = (&key.id, digest(body));
        format!("abide-request-v1\n{id}\n{method}\n{target}\n{body}\n{nonce}\n{cnonce}\n{connection}")
    }

    /// What the agent signs.
    pub(crate) fn answer(&self, status: u16, digest: &str) -> String {
        let Self { key, method, target, cnonce, connection } = self;
        let id = &key.id;
        format!("abide-answer-v1\n{id}\n{method}\n{target}\n{status}\n{digest}\n{cnonce}\n{connection}")
    }

    /// The header of the request; without a nonce, of a request for one.
    pub(crate) fn authorization(&self, body: &[u8], nonce: Option<&str>) -> String {
        let (id, cnonce) = (&self.key.id, &self.cnonce);
        match nonce {
            None => format!("{SCHEME} id={id},cnonce={cnonce}"),
            Some(nonce) => {
                let mac = self.key.mac(&self.request(body, nonce));
                format!("{SCHEME} id={id},nonce={nonce},cnonce={cnonce},mac={mac}")
            }
        }
    }

    /// Whether the agent that has the key gave this answer to this request.
    pub(crate) fn proves(&self, status: u16, digest: &str, signature: &str) -> bool {
        self.key.verifies(&self.answer(status, digest), signature)
    }
}

/// The SHA-256 of a body, in hexadecimal digits.
pub(crate) fn digest(body: &[u8]) -> String {
    hex(&Sha256::digest(body))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Lower-case digits only, so that a signature has one form.
fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|pair| Some(digit(*pair.first()?)? << 4 | digit(*pair.get(1)?)?)).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn vectors() -> Vec<Value> {
        let text = std::fs::read_to_string("../signed-requests.json").unwrap();
        let file: Value = serde_json::from_str(&text).unwrap();
        let requests = file["requests"].as_array().unwrap().clone();
        assert!(!requests.is_empty());
        requests
    }

    #[test]
    fn vectors_of_signed_requests() {
        for vector in vectors() {
            let text = |name: &str| vector[name].as_str().unwrap();
            let key = Key::read(text("key")).unwrap();
            let exchange = Exchange {
                key: &key,
                method: text("method"),
                target: text("target"),
                cnonce: text("cnonce").to_owned(),
                connection: text("connection"),
            };
            let body = text("body").as_bytes();
            assert_eq!(exchange.request(body, text("nonce")), text("signed"));
            assert_eq!(key.mac(text("signed")), text("mac"));
            assert_eq!(exchange.authorization(body, Some(text("nonce"))), text("authorization"));
            let answer = &vector["answer"];
            let status = u16::try_from(answer["status"].as_u64().unwrap()).unwrap();
            let digest = answer["body"].as_str().map_or(STREAM.to_owned(), |body| digest(body.as_bytes()));
            assert_eq!(exchange.answer(status, &digest), answer["signed"].as_str().unwrap());
            let mac = answer["mac"].as_str().unwrap();
            assert!(exchange.proves(status, &digest, mac));
            assert!(!exchange.proves(status + 1, &digest, mac));
            for wrong in ["", &mac[1..], &mac[2..], &format!("{mac}00"), &mac.to_uppercase()] {
                assert!(!exchange.proves(status, &digest, wrong), "{wrong}");
            }
        }
    }

    #[test]
    fn a_key_neither_prints_nor_is_a_plain_one() {
        let vector = &vectors()[0];
        let text = vector["key"].as_str().unwrap();
        let shown = format!("{:?}", Key::read(text).unwrap());
        assert!(!shown.contains(vector["secret"].as_str().unwrap()));
        for wrong in [
            "",
            "abide_plainplainplainplainplain",
            &text[..text.len() - 30],
            "abide_hmac_x_aaaaaaaaaaaaaaaaaaaaaaaaaa",
        ] {
            assert_eq!(Key::read(wrong).unwrap_err().code(), Code::InvalidKey);
        }
    }
}
