use std::sync::{Arc, LazyLock};

use abide_oidc::*;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use ring::rand::SystemRandom;
use ring::signature::*;
use rsa::pkcs1::EncodeRsaPublicKey;
use rsa::pkcs8::EncodePrivateKey;
use serde_json::{Value, json};
use url::Url;

use crate::provider::*;

fn pem(label: &str, der: &[u8]) -> Vec<u8> {
    let text = BASE64_STANDARD.encode(der);
    let lines: Vec<&str> =
        text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n")).into_bytes()
}

fn ec_pkcs8(algorithm: &'static EcdsaSigningAlgorithm) -> Vec<u8> {
    EcdsaKeyPair::generate_pkcs8(algorithm, &SystemRandom::new()).unwrap().as_ref().to_vec()
}

/// A key on P-256 and its public half.
pub(crate) fn ec() -> (Vec<u8>, ClientPublicKey) {
    let der = ec_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING);
    let pair =
        EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &der, &SystemRandom::new()).unwrap();
    let bytes = pair.public_key().as_ref().to_vec();
    let public = ClientPublicKey { alg: "ES256", verification: &ECDSA_P256_SHA256_FIXED, bytes };
    (pem("PRIVATE KEY", &der), public)
}

static RSA: LazyLock<(Vec<u8>, Vec<u8>)> = LazyLock::new(|| {
    let key = rsa::RsaPrivateKey::new(&mut rsa::rand_core::OsRng, 2048).unwrap();
    let public = key.to_public_key().to_pkcs1_der().unwrap().as_bytes().to_vec();
    (key.to_pkcs8_der().unwrap().as_bytes().to_vec(), public)
});

pub(crate) fn with_key(pem: &[u8], kid: Option<&str>) -> Registration {
    let key = ClientKey::from_pem(pem, kid.map(str::to_owned)).unwrap();
    Registration { client_key: Some(Arc::new(key)), ..Registration::public(CLIENT) }
}

/// The code of the error that registering ends with, or the method that was chosen.
async fn chosen(metadata: Vec<(&'static str, Value)>, registration: Registration) -> &'static str {
    let metadata = edit(move |object| {
        for (name, value) in &metadata {
            object[*name] = value.clone();
        }
    });
    let provider = TestProvider::start(Behaviour { metadata, ..Behaviour::default() }).await;
    let discovered = Provider::discover(&http(), &provider.issuer).await.unwrap();
    match RelyingParty::new(discovered, registration) {
        Ok(_) => "ok",
        Err(error) => error.code(),
    }
}

#[tokio::test]
async fn every_request_of_the_back_channel_is_signed_and_none_twice() {
    let (pem, public) = ec();
    let behaviour = Behaviour {
        client_key: Some(public),
        metadata: edit(|metadata| {
            let issuer = metadata["issuer"].as_str().unwrap().to_owned();
            metadata["pushed_authorization_request_endpoint"] = json!(format!("{issuer}/par"));
            metadata["token_endpoint_auth_methods_supported"] = json!(["private_key_jwt"]);
            metadata["token_endpoint_auth_signing_alg_values_supported"] = json!(["RS256", "ES256"]);
        }),
        ..Behaviour::default()
    };
    let client = Client::registered(behaviour, with_key(&pem, Some("key-7"))).await;
    let redirect = Url::parse(REDIRECT).unwrap();
    let AuthorizationRequest { url, pending } =
        client.rp.start_authorization(&client.http, &redirect, &Default::default(), now()).await.unwrap();
    assert!(!url.as_str().contains("assertion"));
    let code = pending.receive(&client.provider.authorize(&url)).unwrap().code;
    let tokens = client.rp.exchange(&client.http, &pending, code, now()).await.unwrap();
    let tokens = client.refresh(&tokens).await.unwrap();
    let (token, kind) = (tokens.refresh_token.as_ref().unwrap(), TokenKind::RefreshToken);
    assert!(client.rp.introspect(&client.http, token, kind, now()).await.unwrap().active);
    client.rp.revoke(&client.http, token, kind, now()).await.unwrap();
    assert!(!client.rp.introspect(&client.http, token, kind, now()).await.unwrap().active);

    let sent = client.provider.seen("/token");
    let header = sent[0].field("client_assertion").unwrap().split('.').next().unwrap();
    let header = base64::prelude::BASE64_URL_SAFE_NO_PAD.decode(header).unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&header).unwrap()["kid"], "key-7");
}

#[tokio::test]
async fn an_rsa_key_signs_in_the_way_that_the_provider_lists() {
    let (der, public) = &*RSA;
    let list = "token_endpoint_auth_signing_alg_values_supported";
    let ps256: (&str, &'static dyn VerificationAlgorithm) = ("PS256", &RSA_PSS_2048_8192_SHA256);
    let rs256: (&str, &'static dyn VerificationAlgorithm) = ("RS256", &RSA_PKCS1_2048_8192_SHA256);
    for (listed, (alg, verification)) in [
        (Value::Null, rs256),
        (json!(["RS256"]), rs256),
        (json!(["RS256", "PS256", "ES256"]), ps256),
        (json!(["none", "HS256", "PS256"]), ps256),
    ] {
        let key = ClientPublicKey { alg, verification, bytes: public.clone() };
        let behaviour =
            Behaviour { client_key: Some(key), metadata: set(list, listed), ..Behaviour::default() };
        let client = Client::registered(behaviour, with_key(&pem("PRIVATE KEY", der), None)).await;
        assert!(client.sign_in().await.is_ok(), "{alg}");
    }
}

fn rsa_public(algorithm: SigningAlgorithm) -> ClientPublicKey {
    use SigningAlgorithm::*;
    let verification: &'static dyn VerificationAlgorithm = match algorithm {
        Rs256 => &RSA_PKCS1_2048_8192_SHA256,
        Rs384 => &RSA_PKCS1_2048_8192_SHA384,
        Rs512 => &RSA_PKCS1_2048_8192_SHA512,
        Ps256 => &RSA_PSS_2048_8192_SHA256,
        Ps384 => &RSA_PSS_2048_8192_SHA384,
        _ => &RSA_PSS_2048_8192_SHA512,
    };
    ClientPublicKey { alg: algorithm.name(), verification, bytes: RSA.1.clone() }
}

/// `token_endpoint_auth_signing_alg` (Registration 1.0, section 2): a provider may hold a client to one algorithm of those
/// that it lists.
#[tokio::test]
async fn what_the_client_is_registered_with_goes_before_what_the_provider_lists() {
    use SigningAlgorithm::*;
    let list = "token_endpoint_auth_signing_alg_values_supported";
    let rsa = || with_key(&pem("PRIVATE KEY", &RSA.0), None);
    for algorithm in [Rs256, Rs384, Rs512, Ps256, Ps384, Ps512] {
        // The account knows better than a list that leaves it out.
        for listed in [Value::Null, json!(["RS256", "PS256", "ES256"]), json!(["ES256"])] {
            let behaviour = Behaviour {
                client_key: Some(rsa_public(algorithm)),
                metadata: set(list, listed.clone()),
                ..Behaviour::default()
            };
            let registration = Registration { assertion_alg: Some(algorithm), ..rsa() };
            let client = Client::registered(behaviour, registration).await;
            assert!(client.sign_in().await.is_ok(), "{algorithm:?} {listed}");
        }
    }
    for listed in ["RS384", "RS512", "PS384", "PS512"] {
        let algorithm = SigningAlgorithm::from_name(listed).unwrap();
        let behaviour = Behaviour {
            client_key: Some(rsa_public(algorithm)),
            metadata: set(list, json!([listed])),
            ..Behaviour::default()
        };
        assert!(Client::registered(behaviour, rsa()).await.sign_in().await.is_ok(), "{listed} alone");
    }
    let unfit = "client_key_other_algorithm";
    for algorithm in [Es256, Es384, EdDsa, Hs256] {
        let registration = Registration { assertion_alg: Some(algorithm), ..rsa() };
        assert_eq!(chosen(vec![], registration).await, unfit, "{algorithm:?}");
    }
    let (ec, _) = ec();
    let wrong = Registration { assertion_alg: Some(Rs256), ..with_key(&ec, None) };
    assert_eq!(chosen(vec![], wrong).await, unfit);
    let right = Registration { assertion_alg: Some(Es256), ..with_key(&ec, None) };
    assert_eq!(chosen(vec![(list, json!(["RS256"]))], right).await, "ok");
}

#[tokio::test]
async fn a_provider_that_does_not_accept_the_key_is_told_from_one_that_does_not_know_it() {
    let (methods, algorithms) =
        ("token_endpoint_auth_methods_supported", "token_endpoint_auth_signing_alg_values_supported");
    let (pem, _) = ec();
    let by_key = json!(["private_key_jwt"]);
    for (metadata, code) in [
        (vec![], "ok"),
        (vec![(methods, by_key.clone())], "ok"),
        (vec![(algorithms, json!(["RS256", "PS256"]))], "client_assertion_algorithm_unsupported"),
        (vec![(algorithms, json!(["none", "HS256"]))], "client_assertion_algorithm_unsupported"),
        // Nothing to choose from is said by leaving the list out.
        (vec![(algorithms, json!([]))], "ok"),
        (vec![(algorithms, json!([7]))], "ok"),
        (vec![(methods, json!(["client_secret_basic", "none"]))], "client_authentication_unsupported"),
    ] {
        assert_eq!(chosen(metadata.clone(), with_key(&pem, None)).await, code, "{metadata:?}");
    }
    let method = Some(ClientAuthentication::PrivateKeyJwt);
    let keyless = Registration { auth_method: method, ..Registration::public(CLIENT) };
    assert_eq!(chosen(vec![], keyless).await, "client_key_missing");
    let configured = Registration { auth_method: method, ..with_key(&pem, None) };
    assert_eq!(chosen(vec![(methods, json!(["none"]))], configured).await, "ok", "the account knows better");
    let both = Registration { client_secret: Some("s".into()), ..with_key(&pem, None) };
    assert_eq!(chosen(vec![(methods, json!(["client_secret_post"]))], both).await, "ok");
    assert_eq!(ClientAuthentication::from_name("private_key_jwt"), method);

    let (_, another) = ec();
    let behaviour = Behaviour { client_key: Some(another), ..Behaviour::default() };
    let client = Client::registered(behaviour, with_key(&pem, None)).await;
    let error = client.sign_in().await.unwrap_err();
    assert_eq!((error.code(), error.is_transient()), ("invalid_client", false));
}

#[tokio::test]
async fn what_is_sent_again_for_a_nonce_is_signed_again() {
    let (pem, public) = ec();
    let behaviour = Behaviour {
        client_key: Some(public),
        bound: Some(Bound { nonce: Some("n"), ..Bound::default() }),
        ..Behaviour::default()
    };
    let client = Client::registered(behaviour, with_key(&pem, None)).await;
    let rp = client.rp.with_dpop(Arc::new(DpopKey::generate().unwrap()), Binding::Required).unwrap();
    let client = Client { rp, ..client };
    assert_eq!(client.sign_in().await.unwrap().token_type, "DPoP");
    let sent = client.provider.seen("/token");
    assert_eq!(sent.len(), 2);
    assert_ne!(sent[0].field("client_assertion"), sent[1].field("client_assertion"));
}

#[test]
fn files_that_hold_no_key_are_refused_and_none_is_printed() {
    let p256 = ec_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING);
    let small = rsa::RsaPrivateKey::new(&mut rsa::rand_core::OsRng, 1024).unwrap();
    let small = small.to_pkcs8_der().unwrap().as_bytes().to_vec();
    let cases = [
        Vec::new(),
        b"-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n".to_vec(),
        b"-----BEGIN PRIVATE KEY-----\nMIIB".to_vec(),
        p256.clone(),
        pem("EC PRIVATE KEY", &p256),
        pem("RSA PRIVATE KEY", &RSA.0),
        pem("ENCRYPTED PRIVATE KEY", &p256),
        pem("PUBLIC KEY", &p256),
        pem("CERTIFICATE", &p256),
        pem("PRIVATE KEY", &p256[..p256.len() - 1]),
        pem("PRIVATE KEY", &ec_pkcs8(&ECDSA_P384_SHA384_FIXED_SIGNING)),
        pem("PRIVATE KEY", &small),
    ];
    for (position, case) in cases.iter().enumerate() {
        let error = ClientKey::from_pem(case, None).map(|_| ()).unwrap_err();
        assert_eq!(error.code(), "client_key_invalid", "case {position}");
    }
    let after_a_certificate = [pem("CERTIFICATE", b"x"), pem("PRIVATE KEY", &p256)].concat();
    let key = ClientKey::from_pem(&after_a_certificate, Some("key-7".into())).unwrap();
    assert_eq!(format!("{key:?}"), r#"ClientKey { kid: Some("key-7"), .. }"#);
}
