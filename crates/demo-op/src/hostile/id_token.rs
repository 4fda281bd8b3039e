//! Wrong ID tokens.

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::crypto::algorithm::SigningAlgorithm;
use crate::crypto::keys::Keys;
use crate::crypto::secret;
use crate::hostile::edit::{self, Edit};
use crate::hostile::known::{Known, LARGEST};

/// The changes to an ID token.
#[derive(Clone, Debug)]
pub struct IdToken {
    /// Changes to its header.
    pub header: Vec<Edit>,
    /// Changes to its claims.
    pub claims: Vec<Edit>,
    /// The signature of the changed token.
    pub signature: Signature,
    /// The form of the token.
    pub form: Form,
}

/// The signature of an ID token.
#[derive(Clone, Copy, Debug)]
pub enum Signature {
    /// The provider's, over the changed token: with RS256 if the header says it and there is such a key, or else ES256.
    Own,
    /// The provider's, over the unchanged token.
    Old,
    /// By a key that is not the provider's.
    Stranger,
    /// No signature.
    Empty,
    /// The provider's with one bit changed.
    Flipped,
    /// The first half of the provider's.
    Half,
    /// The right length, but only zeros.
    Zeros,
    /// The provider's, but as ASN.1 instead of the two numbers side by side (RFC 7518, section 3.4).
    Asn1,
    /// A MAC (HS256) with this as the key; `{own key}` is the provider's public key as JSON.
    Mac(&'static str),
    /// This text.
    Text(&'static str),
}

/// The form in which the three parts are combined.
#[derive(Clone, Copy, Debug)]
pub enum Form {
    /// Compact, as in RFC 7515, section 7.1.
    Compact,
    /// The claims with `=` at the end.
    Padded,
    /// In base64 with `+` and `/` instead of `-` and `_`.
    OtherAlphabet,
    /// With stray bits in the signature's last character.
    StrayBits,
    /// With a line break after it.
    LineBreak,
    /// With a space in front of it.
    Space,
    /// Without the signature and its dot.
    TwoParts,
    /// With a fourth part.
    FourParts,
    /// With five parts, as an encrypted one has.
    FiveParts,
    /// As JSON (RFC 7515, section 7.2.2).
    Json,
    /// Only the claims, as plain JSON.
    Claims,
    /// The header twice, without the claims.
    HeaderTwice,
    /// With claims of one megabyte.
    Huge,
    /// This text.
    Text(&'static str),
}

/// The token with these changes.
pub(crate) fn wrong(known: &Known<'_>, good: &str, wrong: &IdToken) -> String {
    let mut parts = good.split('.');
    let mut part = || parts.next().unwrap_or_default();
    let (header, claims, old) = (part(), part(), part());
    let header = edit::apply(known, json(header), &wrong.header);
    let mut claims = edit::apply(known, json(claims), &wrong.claims);
    if matches!(wrong.form, Form::Huge) {
        claims.push_str(&" ".repeat(LARGEST));
    }
    let message = format!("{}.{}", secret::encode(header.as_bytes()), secret::encode(claims.as_bytes()));
    let signature = signature(known, &header, &message, old, wrong.signature);
    let (header, claims) = (secret::encode(header.as_bytes()), claims);
    let encoded = secret::encode(claims.as_bytes());
    match wrong.form {
        Form::Compact | Form::Huge => format!("{message}.{signature}"),
        Form::Padded => format!("{message}=.{signature}"),
        Form::OtherAlphabet => other_alphabet(&format!("{message}.{signature}")),
        Form::StrayBits => format!("{message}.{}", stray_bits(&signature)),
        Form::LineBreak => format!("{message}.{signature}\n"),
        Form::Space => format!(" {message}.{signature}"),
        Form::TwoParts => message,
        Form::FourParts => format!("{message}.{signature}.{signature}"),
        Form::FiveParts => format!("{header}..{signature}.{encoded}.{signature}"),
        Form::Json => {
            let json = serde_json::json!({ "payload": encoded, "protected": header, "signature": signature });
            json.to_string()
        }
        Form::Claims => claims,
        Form::HeaderTwice => format!("{header}.{header}.{signature}"),
        Form::Text(text) => known.text(text),
    }
}

fn json(part: &str) -> Value {
    let bytes = secret::decode(part).unwrap_or_default();
    serde_json::from_slice(&bytes).unwrap_or_default()
}

fn signature(known: &Known<'_>, header: &str, message: &str, old: &str, wanted: Signature) -> String {
    let by = |keys: &Keys| {
        let alg = serde_json::from_str::<Value>(header).unwrap_or_default()["alg"].clone();
        let rsa = alg == "RS256" && keys.can(SigningAlgorithm::Rs256);
        let algorithm = if rsa { SigningAlgorithm::Rs256 } else { SigningAlgorithm::Es256 };
        keys.signature(algorithm, message).unwrap_or_default()
    };
    let own = || secret::decode(&by(known.own)).unwrap_or_default();
    match wanted {
        Signature::Own => by(known.own),
        Signature::Old => old.to_owned(),
        Signature::Stranger => by(known.stranger),
        Signature::Empty => String::new(),
        Signature::Flipped => {
            let mut bytes = own();
            if let Some(last) = bytes.last_mut() {
                *last ^= 1;
            }
            secret::encode(&bytes)
        }
        Signature::Half => {
            let bytes = own();
            secret::encode(&bytes[..bytes.len() / 2])
        }
        Signature::Zeros => secret::encode(&[0; 64]),
        Signature::Asn1 => secret::encode(&asn1(&own())),
        Signature::Mac(key) => {
            let key = match known.value(&key.into()) {
                Value::String(text) => text,
                key => key.to_string(),
            };
            secret::encode(&hmac(key.as_bytes(), message.as_bytes()))
        }
        Signature::Text(text) => text.to_owned(),
    }
}

/// HMAC with SHA-256 (RFC 2104).
fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mut block = [0_u8; 64];
    match key.len() {
        0..=64 => block[..key.len()].copy_from_slice(key),
        _ => block[..32].copy_from_slice(&Sha256::digest(key)),
    }
    let padded = |with: u8| block.map(|byte| byte ^ with);
    let inner = Sha256::new().chain_update(padded(0x36)).chain_update(message).finalize();
    Sha256::new().chain_update(padded(0x5c)).chain_update(inner).finalize().into()
}

/// `SEQUENCE { INTEGER r, INTEGER s }` in DER, of two numbers of 32 bytes each.
fn asn1(numbers: &[u8]) -> Vec<u8> {
    let integer = |number: &[u8]| {
        let first = number.iter().position(|byte| *byte != 0).unwrap_or(number.len().saturating_sub(1));
        let mut digits = number[first..].to_vec();
        if digits.first().is_some_and(|first| *first >= 0x80) {
            digits.insert(0, 0);
        }
        [vec![2, u8::try_from(digits.len()).unwrap_or_default()], digits].concat()
    };
    let (r, s) = numbers.split_at(numbers.len() / 2);
    let both = [integer(r), integer(s)].concat();
    [vec![0x30, u8::try_from(both.len()).unwrap_or_default()], both].concat()
}

fn other_alphabet(token: &str) -> String {
    // A token may happen to contain none of these characters: then it is replaced by one that cannot be read.
    let other = token.replace('-', "+").replace('_', "/");
    if other == token { format!("+{token}") } else { other }
}

/// 64 bytes leave four bits of the last character unused.
fn stray_bits(signature: &str) -> String {
    let (rest, last) = signature.split_at(signature.len().saturating_sub(1));
    let next = match last {
        "A" => "B",
        "Q" => "R",
        "g" => "h",
        _ => "x",
    };
    format!("{rest}{next}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mac_is_that_of_the_specification() {
        // RFC 4231, section 4.3.
        let mac = hmac(b"Jefe", b"what do ya want for nothing?");
        assert_eq!(mac[..4], [0x5b, 0xdc, 0xc1, 0x46]);
        assert_eq!(mac[28..], [0x64, 0xec, 0x38, 0x43]);
    }

    #[test]
    fn numbers_are_written_as_asn1_has_them() {
        let mut numbers = [0; 64];
        (numbers[31], numbers[63]) = (1, 0x80);
        assert_eq!(asn1(&numbers), [0x30, 7, 2, 1, 1, 2, 2, 0, 0x80]);
    }
}
