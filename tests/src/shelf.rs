//! A server with files for requests with a valid access token: what a git server, a registry or a package index is to a tool.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// A request and its answer.
#[derive(Clone, Debug)]
pub struct Visit {
    /// The path with its query.
    pub path: String,
    /// `Basic USER` or `Bearer`; empty without credentials.
    pub by: String,
    /// The status of the answer.
    pub status: u16,
}

/// The server, on 127.0.0.1. It ends with the process.
#[derive(Clone, Debug)]
pub struct Shelf {
    port: u16,
    folder: PathBuf,
    userinfo: String,
    tls: Option<Arc<ServerConfig>>,
    visits: Arc<Mutex<Vec<Visit>>>,
    refused: Arc<Mutex<BTreeSet<String>>>,
}

impl Shelf {
    /// Serves the files of a folder over http to tokens that this provider accepts.
    ///
    /// # Panics
    ///
    /// When it cannot listen.
    #[must_use]
    pub fn http(issuer: &str, folder: &Path) -> Self {
        Self::serve(issuer, folder, None)
    }

    /// The same over https. Writes the certificate of the authority that a tool has to trust to `authority`.
    ///
    /// # Panics
    ///
    /// When it cannot listen.
    #[must_use]
    pub fn https(issuer: &str, folder: &Path, authority: &Path) -> Self {
        let authority_key = KeyPair::generate().expect("a key of an authority");
        let mut own = CertificateParams::default();
        own.distinguished_name.push(DnType::CommonName, "An authority of a test");
        own.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        own.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let key = KeyPair::generate().expect("a key of a server");
        let site = CertificateParams::new(["127.0.0.1".to_owned(), "localhost".to_owned()]).expect("names");
        let site = site.signed_by(&key, &Issuer::from_params(&own, &authority_key)).expect("a certificate");
        let own = own.self_signed(&authority_key).expect("a certificate of an authority");
        std::fs::write(authority, own.pem()).expect("write the certificate");
        let _ = rustls::crypto::ring::default_provider().install_default();
        let chain = vec![CertificateDer::from_pem_slice(site.pem().as_bytes()).expect("the certificate")];
        let key = PrivateKeyDer::from_pem_slice(key.serialize_pem().as_bytes()).expect("the key");
        let tls = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key).expect("TLS");
        Self::serve(issuer, folder, Some(Arc::new(tls)))
    }

    fn serve(issuer: &str, folder: &Path, tls: Option<Arc<ServerConfig>>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let shelf = Self {
            port: listener.local_addr().expect("its number").port(),
            folder: folder.to_owned(),
            userinfo: format!("{issuer}/userinfo"),
            tls,
            visits: Arc::default(),
            refused: Arc::default(),
        };
        let serving = shelf.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let serving = serving.clone();
                std::thread::spawn(move || serving.meet(stream));
            }
        });
        shelf
    }

    /// Its address without a slash at the end.
    #[must_use]
    pub fn address(&self) -> String {
        format!("{}://{}", if self.tls.is_some() { "https" } else { "http" }, self.host())
    }

    /// `127.0.0.1:PORT`.
    #[must_use]
    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// The requests since the last call.
    #[must_use]
    pub fn visits(&self) -> Vec<Visit> {
        std::mem::take(&mut self.visits.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Refuses a token from now on, valid or not.
    pub fn refuse(&self, token: &str) {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).insert(token.to_owned());
    }

    fn meet(&self, stream: TcpStream) {
        let _ = stream.set_read_timeout(Some(Duration::from_secs(10)));
        match &self.tls {
            None => self.answer(stream),
            Some(tls) => {
                if let Ok(connection) = ServerConnection::new(tls.clone()) {
                    self.answer(StreamOwned::new(connection, stream));
                }
            }
        }
    }

    fn answer(&self, mut stream: impl Read + Write) {
        let mut head = Vec::new();
        let mut byte = [0; 1];
        while !head.ends_with(b"\r\n\r\n") {
            match stream.read(&mut byte) {
                Ok(1) if head.len() < 64 << 10 => head.push(byte[0]),
                _ => return,
            }
        }
        let head = String::from_utf8_lossy(&head).into_owned();
        // An upload is read to its end, and not kept.
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<u64>().ok())?
        });
        if std::io::copy(&mut (&mut stream).take(length.unwrap_or(0)), &mut std::io::sink()).is_err() {
            return;
        }
        let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
        let shown = head.lines().find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            name.eq_ignore_ascii_case("authorization").then(|| value.trim().to_owned())
        });
        let (by, token) = credentials(&shown.unwrap_or_default());
        let (status, kind, body) = if !self.accepts(&token) {
            (401, "text/plain", b"no valid token\n".to_vec())
        } else {
            match self.file(path.split('?').next().unwrap_or_default()) {
                Some((kind, body)) => (200, kind, body),
                None => (404, "text/plain", b"not found\n".to_vec()),
            }
        };
        let words = match status {
            200 => "200 OK",
            401 => "401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"shelf\"",
            _ => "404 Not Found",
        };
        let answer = format!(
            "HTTP/1.1 {words}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            body.len()
        );
        // Before the answer, so that a test that has the answer finds the visit.
        self.visits.lock().unwrap_or_else(PoisonError::into_inner).push(Visit { path, by, status });
        let body: &[u8] = if head.starts_with("HEAD ") { &[] } else { &body };
        let _ = stream
            .write_all(answer.as_bytes())
            .and_then(|()| stream.write_all(body))
            .and_then(|()| stream.flush());
    }

    /// As a resource server: the provider is asked.
    fn accepts(&self, token: &str) -> bool {
        if token.is_empty() || self.refused.lock().unwrap_or_else(PoisonError::into_inner).contains(token) {
            return false;
        }
        let rest = self.userinfo.trim_start_matches("http://");
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        let Ok(mut provider) = TcpStream::connect(host) else { return false };
        let request = format!(
            "GET /{path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n"
        );
        let mut answer = Vec::new();
        let asked = provider.write_all(request.as_bytes()).and_then(|()| provider.read_to_end(&mut answer));
        asked.is_ok() && answer.starts_with(b"HTTP/1.1 200")
    }

    fn file(&self, path: &str) -> Option<(&'static str, Vec<u8>)> {
        if path.contains("..") {
            return None;
        }
        let mut file = self.folder.join(path.trim_start_matches('/'));
        if file.is_dir() {
            file.push("index.html");
        }
        let kind = match file.extension().and_then(|ending| ending.to_str()) {
            Some("html") => "text/html",
            Some("json") => "application/json",
            _ if path.contains("/manifests/") => "application/vnd.docker.distribution.manifest.v2+json",
            _ => "application/octet-stream",
        };
        Some((kind, std::fs::read(file).ok()?))
    }
}

/// Who shows a token, and the token.
fn credentials(header: &str) -> (String, String) {
    match header.split_once(' ') {
        Some(("Bearer", token)) => ("Bearer".to_owned(), token.to_owned()),
        Some(("Basic", encoded)) => {
            let decoded =
                base64::engine::general_purpose::STANDARD.decode(encoded.trim()).unwrap_or_default();
            let decoded = String::from_utf8_lossy(&decoded).into_owned();
            let (user, password) = decoded.split_once(':').unwrap_or_default();
            (format!("Basic {user}"), password.to_owned())
        }
        _ => Default::default(),
    }
}
