//! The requests for newer versions. They say nothing about this computer or its user.

use std::fs::OpenOptions;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use abide_oidc::{Proxy, Upstream, UpstreamBody, UpstreamRequest};
use http::{HeaderMap, Method, StatusCode};
use http_body_util::BodyExt as _;
use semver::Version;
use sha2::{Digest as _, Sha256};
use tokio::io::AsyncWriteExt as _;
use url::Url;

use super::{Announced, Failure, File, Source, is_safe};

/// More than an announcement and a signature have.
const SMALL: usize = 64 * 1024;
/// The most redirects that are followed.
const REDIRECTS: usize = 5;
/// For an announcement, and for each part of a file.
const PATIENCE: Duration = Duration::from_secs(60);
/// For a whole file.
const LONGEST: Duration = Duration::from_secs(2 * 60 * 60);

/// Asks the server.
pub(crate) struct Client<'a> {
    source: &'a Source,
    proxy: Proxy,
}

impl<'a> Client<'a> {
    pub(crate) fn new(source: &'a Source, proxy: Proxy) -> Self {
        Self { source, proxy }
    }

    /// The newest version, if it is newer than the running one.
    ///
    /// # Errors
    ///
    /// If the server cannot be asked or believed.
    pub(crate) async fn look(&self, running: &Version, target: &str) -> Result<Option<Announced>, Failure> {
        let content = self.small(&self.source.url).await?;
        let mut beside = self.source.url.clone();
        beside.set_path(&format!("{}.minisig", self.source.url.path()));
        let signature = self.small(&beside).await?;
        let signature = String::from_utf8(signature).map_err(|_| Failure::NotSigned)?;
        Announced::read(self.source, &content, &signature, running, target)
    }

    /// Follows redirects: what comes is checked against the signature, wherever it comes from.
    async fn get(&self, url: &Url) -> Result<UpstreamBody, Failure> {
        let mut url = url.clone();
        for _ in 0..=REDIRECTS {
            let answer = tokio::time::timeout(PATIENCE, self.send(&url)).await.map_err(|_| too_slow())??;
            let next = answer.headers().get(http::header::LOCATION).and_then(|place| place.to_str().ok());
            let next =
                next.filter(|_| answer.status().is_redirection()).and_then(|place| url.join(place).ok());
            match (next.filter(is_safe), answer.status()) {
                (_, StatusCode::OK) => return Ok(answer.into_body()),
                (Some(next), _) => url = next,
                (None, status) => return Err(Failure::Unreachable(format!("it answers {status}"))),
            }
        }
        Err(Failure::Unreachable("it redirects too often".to_owned()))
    }

    async fn send(&self, url: &Url) -> Result<http::Response<UpstreamBody>, Failure> {
        let unreachable = |error: abide_oidc::Error| Failure::Unreachable(error.to_string());
        let upstream = Upstream::new(url, None, self.proxy.clone()).map_err(unreachable)?;
        let (headers, body) = (HeaderMap::new(), UpstreamBody::default());
        let request =
            UpstreamRequest { method: Method::GET, url: url.clone(), headers, body, upgrades: false };
        upstream.send(request).await.map_err(unreachable)
    }

    async fn small(&self, url: &Url) -> Result<Vec<u8>, Failure> {
        let mut body = self.get(url).await?;
        let read = async {
            let mut content = Vec::new();
            while let Some(part) = next(&mut body).await? {
                content.extend_from_slice(&part);
                if content.len() > SMALL {
                    return Err(Failure::Damaged("the announcement is too long".to_owned()));
                }
            }
            Ok(content)
        };
        tokio::time::timeout(PATIENCE, read).await.map_err(|_| too_slow())?
    }

    /// Fetches a file. It is complete and on the disk if this succeeds, and gone if not.
    ///
    /// # Errors
    ///
    /// If it is not the file that was announced, or cannot be written.
    pub(crate) async fn fetch(&self, file: &File, to: &Path) -> Result<(), Failure> {
        let fetched =
            tokio::time::timeout(LONGEST, self.write(file, to)).await.unwrap_or_else(|_| Err(too_slow()));
        if fetched.is_err() {
            let _ = std::fs::remove_file(to);
        }
        fetched
    }

    async fn write(&self, file: &File, to: &Path) -> Result<(), Failure> {
        let mut body = self.get(&file.url).await?;
        let mut written = tokio::fs::File::from_std(new(to).map_err(Failure::NotWritten)?);
        let (mut sum, mut size) = (Sha256::new(), 0);
        let other = |text: &str| Failure::Damaged(format!("the file {text}"));
        loop {
            let part = tokio::time::timeout(PATIENCE, next(&mut body)).await.map_err(|_| too_slow())?;
            let part = match part {
                Ok(Some(part)) => part,
                Ok(None) => break,
                // The connection has ended early.
                Err(_) => return Err(other("is cut off")),
            };
            size += part.len() as u64;
            if size > file.size {
                return Err(other("is longer than announced"));
            }
            sum.update(&part);
            written.write_all(&part).await.map_err(Failure::NotWritten)?;
        }
        if size != file.size {
            return Err(other("is shorter than announced"));
        }
        if sum.finalize().as_slice() != file.sha256 {
            return Err(other("is another one than announced"));
        }
        written.sync_all().await.map_err(Failure::NotWritten)?;
        // A file that is still open for writing cannot be run.
        drop(written.into_std().await);
        Ok(())
    }
}

async fn next(body: &mut UpstreamBody) -> Result<Option<hyper::body::Bytes>, Failure> {
    loop {
        match body.frame().await {
            None => return Ok(None),
            Some(Err(error)) => return Err(Failure::Unreachable(error.to_string())),
            Some(Ok(frame)) => {
                if let Ok(part) = frame.into_data() {
                    return Ok(Some(part));
                }
            }
        }
    }
}

fn too_slow() -> Failure {
    Failure::Unreachable("it does not answer in time".to_owned())
}

/// Where the file of a newer version is written, so that it can take the place of this one in one step.
pub(crate) fn candidate(program: &Path) -> PathBuf {
    let name = program.file_name().unwrap_or_default().to_string_lossy();
    program.with_file_name(format!(".{name}.new"))
}

/// Makes a file that only this user can read, in place of one that was left behind.
fn new(path: &Path) -> io::Result<std::fs::File> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o700);
    options.open(path)
}
