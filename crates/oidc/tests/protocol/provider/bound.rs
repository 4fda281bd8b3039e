//! The provider's side of DPoP (RFC 9449, section 4.3): every check, in the order of the specification.

use axum::http::request::Parts;
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};

use super::*;

/// How proofs are judged.
#[derive(Clone, Default)]
pub(crate) struct Bound {
    /// The nonce that a proof has to have now.
    pub(crate) nonce: Option<&'static str>,
    /// The `DPoP-Nonce` headers of an answer, if not the nonce.
    pub(crate) answered: Option<Vec<&'static str>>,
    /// After each good proof, the nonce gets another letter.
    pub(crate) rotates: bool,
    /// What a refusal for the nonce's sake says, if not `use_dpop_nonce`.
    pub(crate) refusal: Option<&'static str>,
    /// How many seconds the provider's clock is ahead.
    pub(crate) ahead: u64,
}

/// What is remembered of proofs.
#[derive(Default)]
pub(crate) struct Proofs {
    /// Of the request that is being answered: the thumbprint of the key.
    pub(super) key: Option<String>,
    rotations: usize,
    seen: HashSet<String>,
    bound: HashMap<String, String>,
}

impl Proofs {
    /// True if the token is bound to the key of this request, or to none.
    pub(super) fn fits(&self, token: &str) -> bool {
        self.bound.get(token).is_none_or(|jkt| Some(jkt) == self.key.as_ref())
    }

    /// Binds tokens to the key of this request, if there is one. The token type.
    pub(super) fn bind(&mut self, tokens: &[&String]) -> &'static str {
        let Some(jkt) = &self.key else { return "bearer" };
        for token in tokens {
            self.bound.insert((*token).clone(), jkt.clone());
        }
        "DPoP"
    }
}

fn wanted(issued: &Issued) -> Option<String> {
    let nonce = issued.behaviour.bound.as_ref()?.nonce?;
    Some(format!("{nonce}{}", "+".repeat(issued.proofs.rotations)))
}

/// Looks at the proof of a request, if there is one and the provider knows what it is.
pub(super) fn check(issued: &mut Issued, issuer: &str, parts: &Parts) -> Option<Response> {
    issued.proofs.key = None;
    let rules = issued.behaviour.bound.clone()?;
    let proofs: Vec<_> = parts.headers.get_all("dpop").iter().collect();
    let [proof] = proofs[..] else {
        assert!(proofs.is_empty(), "two proofs");
        return None;
    };
    let proof = proof.to_str().unwrap();
    let [header, claims, signature] = proof.split('.').collect::<Vec<_>>()[..] else { panic!("{proof}") };
    let decode = |text: &str| BASE64_URL_SAFE_NO_PAD.decode(text).unwrap();
    let value = |text: &str| serde_json::from_slice::<Value>(&decode(text)).unwrap();
    let (head, said) = (value(header), value(claims));
    assert_eq!((&head["typ"], &head["alg"]), (&json!("dpop+jwt"), &json!("ES256")));
    let jwk = &head["jwk"];
    assert_eq!(jwk.as_object().unwrap().len(), 4, "only what is public: {jwk}");
    let coordinate = |name: &str| decode(jwk[name].as_str().unwrap());
    let point = [&[4][..], &coordinate("x"), &coordinate("y")].concat();
    let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point);
    key.verify(&proof.as_bytes()[..header.len() + 1 + claims.len()], &decode(signature)).unwrap();
    assert_eq!(said["htm"], parts.method.as_str());
    assert_eq!(said["htu"], format!("{issuer}{}", parts.uri.path()));
    assert!(issued.proofs.seen.insert(said["jti"].as_str().unwrap().to_owned()), "a proof is sent once");
    let authorization = parts.headers.get("authorization").map(|value| value.to_str().unwrap());
    let token = authorization.and_then(|value| value.strip_prefix("DPoP "));
    let hash = token.map(|token| BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(token)));
    assert_eq!(said.get("ath").and_then(Value::as_str), hash.as_deref());
    let wanted = wanted(issued);
    if said["nonce"].as_str() != wanted.as_deref() && wanted.is_some() {
        return Some(refused(issued, rules.refusal.unwrap_or("use_dpop_nonce"), token.is_some()));
    }
    let apart = said["iat"].as_u64().unwrap().abs_diff(NOW + rules.ahead);
    if apart > 5 && wanted.is_none() {
        return Some(refused(issued, "invalid_dpop_proof", token.is_some()));
    }
    issued.proofs.rotations += usize::from(rules.rotates);
    let canonical = format!(r#"{{"crv":"P-256","kty":"EC","x":{},"y":{}}}"#, jwk["x"], jwk["y"]);
    issued.proofs.key = Some(BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(canonical)));
    None
}

fn refused(issued: &mut Issued, error: &str, at_resource: bool) -> Response {
    let answer = match at_resource {
        false => oauth_error(error),
        true => Response::builder()
            .status(401)
            .header("www-authenticate", "Bearer realm=\"a\"")
            .header("www-authenticate", format!("DPoP algs=\"ES256\", error=\"{error}\""))
            .body(Body::empty())
            .unwrap(),
    };
    with_nonce(issued, answer)
}

/// The nonce for the next proof.
pub(super) fn with_nonce(issued: &mut Issued, mut answer: Response) -> Response {
    let Some(rules) = &issued.behaviour.bound else { return answer };
    let nonces = match &rules.answered {
        Some(nonces) => nonces.iter().map(|nonce| (*nonce).to_owned()).collect(),
        None => wanted(issued).into_iter().collect::<Vec<_>>(),
    };
    for nonce in nonces {
        answer.headers_mut().append("dpop-nonce", nonce.parse().unwrap());
    }
    answer
}
