use std::sync::Arc;

use abide_oidc::*;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::provider::http;

/// Answers every request with 404 over TLS, for the name `localhost` only. Gives the port and the certificate.
async fn start() -> (u16, Vec<u8>) {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(signing_key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            // A client that does not trust us ends the handshake, which is what the tests look at.
            let Ok(mut stream) = acceptor.accept(socket).await else { continue };
            let _ = stream.read(&mut [0; 4096]).await;
            let _ = stream.write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n").await;
            let _ = stream.shutdown().await;
        }
    });
    (port, cert.pem().into_bytes())
}

async fn outcome(http: &Http, issuer: String) -> &'static str {
    Provider::discover(http, &issuer).await.unwrap_err().code()
}

#[tokio::test]
async fn a_certificate_is_trusted_by_the_ca_file_only_and_for_its_name_only() {
    let (port, pem) = start().await;
    let trusting = Http::new(HttpOptions { ca_pem: Some(pem), ..HttpOptions::default() }).unwrap();
    assert_eq!(outcome(&trusting, format!("https://localhost:{port}")).await, "provider_unexpected_status");
    assert_eq!(outcome(&trusting, format!("https://127.0.0.1:{port}")).await, "provider_certificate_invalid");
    assert_eq!(outcome(&http(), format!("https://localhost:{port}")).await, "provider_certificate_invalid");
}

#[tokio::test]
async fn plain_http_where_tls_is_expected() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let _ = socket.read(&mut [0; 4096]).await;
        let _ = socket.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
    });
    let error = Provider::discover(&http(), &format!("https://127.0.0.1:{port}")).await.unwrap_err();
    assert_eq!((error.code(), error.is_transient()), ("provider_tls_failed", true));
}

#[test]
fn a_ca_file_without_certificates_is_refused() {
    for pem in
        [&b""[..], b"not a certificate", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]
    {
        let error =
            Http::new(HttpOptions { ca_pem: Some(pem.to_vec()), ..HttpOptions::default() }).unwrap_err();
        assert_eq!(error, Error::CaFileInvalid);
    }
}

#[tokio::test]
async fn one_unreadable_certificate_does_not_make_the_others_useless() {
    let (port, pem) = start().await;
    let begin = b"-----BEGIN CERTIFICATE-----\n";
    let end = b"\n-----END CERTIFICATE-----\n";
    for broken in [&b"AAAA"[..], b"this is no base64!", b""] {
        for broken_first in [true, false] {
            let broken = [&begin[..], broken, &end[..]].concat();
            let bundle =
                if broken_first { [&broken[..], &pem].concat() } else { [&pem[..], &broken].concat() };
            assert_eq!(unreadable_certificates(&bundle), Ok(1));
            let trusting = Http::new(HttpOptions { ca_pem: Some(bundle), ..HttpOptions::default() }).unwrap();
            let issuer = format!("https://localhost:{port}");
            assert_eq!(outcome(&trusting, issuer).await, "provider_unexpected_status");
        }
    }
    // The end of one is missing.
    let bundle = [&begin[..], b"AAAA\n", &pem].concat();
    assert_eq!(unreadable_certificates(&bundle), Ok(1));
    assert_eq!(unreadable_certificates(&pem), Ok(0));
    assert_eq!(unreadable_certificates(b"nothing"), Err(Error::CaFileInvalid));
}
