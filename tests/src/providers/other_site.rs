//! A name that is another site than the pages on loopback, with a certificate that only this test's programs accept.

use std::path::PathBuf;
use std::sync::LazyLock;

use base64::Engine as _;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose, PublicKeyData as _,
};
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::room::Room;

/// The name. It is reserved (RFC 2606, section 2), and no resolver is asked for it.
const NAME: &str = "op.test";

/// The certificates of a test program: one authority, and one site. A server that its tests share has to send the same
/// certificate to all of them.
pub(super) struct Certificates {
    authority: String,
    pub(super) site: String,
    pub(super) key: String,
    fingerprint: String,
}

pub(super) static CERTIFICATES: LazyLock<Certificates> = LazyLock::new(Certificates::make);

impl Certificates {
    fn make() -> Self {
        let authority_key = KeyPair::generate().expect("a key of an authority");
        let mut authority = CertificateParams::default();
        authority.distinguished_name.push(DnType::CommonName, "An authority of the tests");
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        authority.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let key = KeyPair::generate().expect("a key of a site");
        let site = CertificateParams::new([NAME.to_owned()]).expect("a name for a certificate");
        let site = site
            .signed_by(&key, &Issuer::from_params(&authority, &authority_key))
            .expect("a certificate of a site");
        let authority = authority.self_signed(&authority_key).expect("a certificate of an authority");
        Self {
            authority: authority.pem(),
            site: site.pem(),
            key: key.serialize_pem(),
            fingerprint: base64::engine::general_purpose::STANDARD
                .encode(Sha256::digest(key.subject_public_key_info())),
        }
    }
}

/// The site. Its server is on 127.0.0.1.
#[derive(Clone, Debug)]
pub struct OtherSite {
    /// PEM file with the certificate of the authority, for the programs that must accept it.
    pub authority: PathBuf,
    pub(super) certificate: PathBuf,
    pub(super) key: PathBuf,
}

impl OtherSite {
    /// Writes the certificates, and gives Abide a way to the name: a proxy, as in many companies. Programs that are started
    /// in the room later use it.
    ///
    /// # Panics
    ///
    /// When that cannot be done.
    pub async fn new(room: &mut Room) -> Self {
        let written = |name: &str, text: &str| {
            let path = room.path(name);
            std::fs::write(&path, text).expect("write a certificate");
            path
        };
        let site = Self {
            authority: written("authority.pem", &CERTIFICATES.authority),
            certificate: written("site.pem", &CERTIFICATES.site),
            key: written("site-key.pem", &CERTIFICATES.key),
        };
        room.set("HTTPS_PROXY", &format!("http://{}", proxy().await));
        site
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        NAME
    }

    /// Chromium's arguments to find the name here, and to accept this one key.
    pub(crate) fn chromium(&self) -> [String; 2] {
        [
            format!(
                "--host-resolver-rules=MAP {NAME} 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"
            ),
            format!("--ignore-certificate-errors-spki-list={}", CERTIFICATES.fingerprint),
        ]
    }

    /// A client of this program that accepts the server at this port.
    pub(super) fn http(&self, port: u16) -> reqwest::Client {
        let pem = std::fs::read(&self.authority).expect("the authority's certificate");
        let authority = reqwest::Certificate::from_pem(&pem).expect("a certificate");
        crate::http_builder()
            .resolve(NAME, ([127, 0, 0, 1], port).into())
            .tls_certs_only([authority])
            .build()
            .expect("an HTTP client")
    }
}

/// A proxy (`CONNECT`; RFC 9110, section 9.3.6) that reaches only this name. Ends with the test.
async fn proxy() -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port for a proxy");
    let address = listener.local_addr().expect("the proxy's address");
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(lead(stream));
        }
    });
    address
}

async fn lead(stream: TcpStream) -> Option<()> {
    let mut stream = BufReader::new(stream);
    let mut asked = String::new();
    let mut line = String::new();
    while stream.read_line(&mut line).await.ok()? > 2 {
        if asked.is_empty() {
            asked.clone_from(&line);
        }
        line.clear();
    }
    let place = asked.strip_prefix("CONNECT ")?.split(' ').next()?;
    let port: u16 = place.strip_prefix(NAME)?.strip_prefix(':')?.parse().ok()?;
    let mut there = TcpStream::connect(("127.0.0.1", port)).await.ok()?;
    stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.ok()?;
    tokio::io::copy_bidirectional(&mut stream, &mut there).await.ok()?;
    Some(())
}
