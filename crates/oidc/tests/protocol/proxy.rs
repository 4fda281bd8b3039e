//! Proxies that are strict about what they are asked, and that write down where they were asked to go.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use abide_oidc::*;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

/// A name that does not resolve (RFC 6761, section 6.4): a request can only reach it through the proxy.
const HOST: &str = "id.example.invalid";
const NAME: &str = "alice";
const PASSWORD: &str = "canary-pw-7f3a";

/// Where a proxy was asked to go.
type Asked = Arc<Mutex<Vec<String>>>;

/// Answers every request with 404 over TLS, as [`HOST`].
async fn provider() -> (SocketAddr, Vec<u8>) {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed([HOST.to_owned()]).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(signing_key.serialize_der()));
    let config =
        rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key)
            .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(socket).await else { continue };
            let _ = stream.read(&mut [0; 4096]).await;
            let _ = stream.write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n").await;
            let _ = stream.shutdown().await;
        }
    });
    (address, cert.pem().into_bytes())
}

async fn head(socket: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(socket.read_u8().await.unwrap());
    }
    String::from_utf8(head).unwrap()
}

/// An HTTP proxy that knows CONNECT (RFC 9110, section 9.3.6) and wants the name and the password.
async fn connect_proxy(target: SocketAddr) -> (SocketAddr, Asked) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, asked) = (listener.local_addr().unwrap(), Asked::default());
    let seen = asked.clone();
    let wanted = format!("Basic {}", BASE64_STANDARD.encode(format!("{NAME}:{PASSWORD}")));
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let head = head(&mut socket).await;
            let line = head.lines().next().unwrap();
            seen.lock().unwrap().push(line.to_owned());
            let authorized = head.lines().any(|line| {
                line.split_once(": ").is_some_and(|(name, value)| {
                    name.eq_ignore_ascii_case("proxy-authorization") && value == wanted
                })
            });
            if !authorized {
                let challenge =
                    b"HTTP/1.1 407 Proxy Authentication Required\r\nproxy-authenticate: Basic\r\n\r\n";
                socket.write_all(challenge).await.unwrap();
                continue;
            }
            if !line.starts_with("CONNECT ") {
                socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.unwrap();
                continue;
            }
            socket.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
            let mut there = TcpStream::connect(target).await.unwrap();
            let _ = copy_bidirectional(&mut socket, &mut there).await;
        }
    });
    (address, asked)
}

/// SOCKS5 (RFC 1928) with a name and a password (RFC 1929), for names only.
async fn socks_proxy(target: SocketAddr) -> (SocketAddr, Asked) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, asked) = (listener.local_addr().unwrap(), Asked::default());
    let seen = asked.clone();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            if socks(&mut socket, &seen).await.is_some() {
                let mut there = TcpStream::connect(target).await.unwrap();
                let _ = copy_bidirectional(&mut socket, &mut there).await;
            }
        }
    });
    (address, asked)
}

/// One byte that says how many, and as many.
async fn counted(socket: &mut TcpStream) -> Vec<u8> {
    let mut bytes = vec![0; usize::from(socket.read_u8().await.unwrap())];
    socket.read_exact(&mut bytes).await.unwrap();
    bytes
}

async fn socks(socket: &mut TcpStream, seen: &Asked) -> Option<()> {
    assert_eq!(socket.read_u8().await.ok()?, 5);
    if !counted(socket).await.contains(&2) {
        socket.write_all(&[5, 0xff]).await.unwrap();
        return None;
    }
    socket.write_all(&[5, 2]).await.unwrap();
    assert_eq!(socket.read_u8().await.unwrap(), 1);
    let known = (counted(socket).await, counted(socket).await) == (NAME.into(), PASSWORD.into());
    socket.write_all(&[1, u8::from(!known)]).await.unwrap();
    let mut request = [0; 4];
    socket.read_exact(&mut request).await.ok()?;
    assert_eq!(request, [5, 1, 0, 3], "CONNECT to a name: it is resolved by the proxy");
    let host = String::from_utf8(counted(socket).await).unwrap();
    let port = socket.read_u16().await.unwrap();
    seen.lock().unwrap().push(format!("{host}:{port}"));
    socket.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await.unwrap();
    Some(())
}

fn through(url: &str, except: &[&str], loopback: bool, ca_pem: Option<Vec<u8>>) -> Http {
    let address = ProxyAddress::parse(url).unwrap();
    let except = except.iter().map(|name| (*name).to_owned()).collect();
    let proxy = Proxy::Through { address, except, loopback };
    Http::new(HttpOptions { ca_pem, proxy, ..HttpOptions::default() }).unwrap()
}

async fn error(http: &Http, issuer: &str) -> Error {
    let error = Provider::discover(http, issuer).await.unwrap_err();
    assert!(!format!("{error} {error:?} {http:?}").contains("canary"), "{error:?}");
    error
}

#[tokio::test]
async fn a_provider_behind_an_http_proxy_is_reached_by_name_and_with_a_password() {
    let (target, pem) = provider().await;
    let (proxy, asked) = connect_proxy(target).await;
    let http = through(&format!("http://{NAME}:{PASSWORD}@{proxy}"), &[], false, Some(pem));
    assert_eq!(error(&http, &format!("https://{HOST}")).await.code(), "provider_unexpected_status");
    assert_eq!(*asked.lock().unwrap(), [format!("CONNECT {HOST}:443 HTTP/1.1")]);
}

#[tokio::test]
async fn a_provider_behind_a_socks_proxy_is_reached_by_name_and_with_a_password() {
    let (target, pem) = provider().await;
    let (proxy, asked) = socks_proxy(target).await;
    let http = through(&format!("socks5h://{NAME}:{PASSWORD}@{proxy}"), &[], false, Some(pem));
    assert_eq!(error(&http, &format!("https://{HOST}:8443")).await.code(), "provider_unexpected_status");
    assert_eq!(*asked.lock().unwrap(), [format!("{HOST}:8443")]);
}

#[tokio::test]
async fn the_proxy_cannot_put_itself_in_the_place_of_the_provider() {
    let (target, _) = provider().await;
    let (proxy, _) = connect_proxy(target).await;
    let http = through(&format!("http://{NAME}:{PASSWORD}@{proxy}"), &[], false, None);
    assert_eq!(error(&http, &format!("https://{HOST}")).await.code(), "provider_certificate_invalid");
}

#[tokio::test]
async fn a_proxy_that_does_not_let_us_through_is_named_as_the_trouble() {
    let (target, pem) = provider().await;
    let (proxy, asked) = connect_proxy(target).await;
    let http = through(&format!("http://{NAME}:wrong-canary-pw@{proxy}"), &[], false, Some(pem.clone()));
    let refused = error(&http, &format!("https://{HOST}")).await;
    assert_eq!((refused.code(), refused.is_transient()), ("proxy_failed", true));
    assert_eq!(asked.lock().unwrap().len(), 1);

    let (socks, _) = socks_proxy(target).await;
    let http = through(&format!("socks5h://{socks}"), &[], false, Some(pem.clone()));
    assert_eq!(error(&http, &format!("https://{HOST}")).await.code(), "proxy_failed");

    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let http = through(&format!("http://{gone}"), &[], false, Some(pem));
    assert_eq!(error(&http, &format!("https://{HOST}")).await.code(), "proxy_failed");
}

#[tokio::test]
async fn what_is_excepted_and_what_is_on_this_computer_does_not_go_through_the_proxy() {
    let (target, pem) = provider().await;
    let (proxy, asked) = connect_proxy(target).await;
    let address = format!("http://{NAME}:{PASSWORD}@{proxy}");
    for except in [HOST, ".example.invalid", "*"] {
        let http = through(&address, &["other.invalid", except], false, Some(pem.clone()));
        // Only the proxy knows the name.
        assert_eq!(error(&http, &format!("https://{HOST}")).await.code(), "proxy_failed", "{except}");
    }
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let http = through(&address, &[], false, None);
    assert_eq!(error(&http, &format!("http://{gone}")).await.code(), "provider_unreachable");
    assert_eq!(error(&http, &format!("http://[::1]:{}", gone.port())).await.code(), "provider_unreachable");
    assert_eq!(*asked.lock().unwrap(), <[String; 0]>::default());

    let said_so = through(&address, &[], true, None);
    assert_eq!(error(&said_so, &format!("http://{gone}")).await.code(), "metadata_not_json");
    let expected = format!("GET http://{gone}/.well-known/openid-configuration HTTP/1.1");
    assert_eq!(*asked.lock().unwrap(), [expected]);
}

#[tokio::test]
async fn without_a_proxy_there_is_none() {
    let proxy = Proxy::Direct;
    let http = Http::new(HttpOptions { proxy, ..HttpOptions::default() }).unwrap();
    assert_eq!(error(&http, &format!("https://{HOST}")).await.code(), "provider_name_unknown");
}
