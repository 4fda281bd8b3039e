//! What the server announces.

use std::collections::BTreeMap;

use minisign_verify::Signature;
use semver::Version;
use serde::Deserialize;

use super::{Failure, Source, is_safe};

/// What an announcement is about. The same key may sign other files.
const PRODUCT: &str = "abide";
/// Larger than any version.
const LARGEST: u64 = 512 * 1024 * 1024;

/// A version that is newer than the one that runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Announced {
    pub(crate) version: String,
    /// The file for this system and this kind of package, if there is one.
    pub(crate) file: Option<File>,
}

/// A file to fetch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct File {
    pub(crate) url: url::Url,
    /// In bytes.
    pub(crate) size: u64,
    pub(crate) sha256: [u8; 32],
}

#[derive(Deserialize)]
struct Form {
    product: String,
    version: String,
    #[serde(default)]
    files: BTreeMap<String, FileForm>,
}

#[derive(Deserialize)]
struct FileForm {
    /// Absolute, or relative to the announcement.
    url: String,
    size: u64,
    /// Hexadecimal.
    sha256: String,
}

/// The version of this program.
pub(crate) fn running_version() -> Version {
    #[cfg(debug_assertions)]
    if let Some(version) =
        std::env::var("ABIDE_TEST_VERSION").ok().and_then(|text| Version::parse(&text).ok())
    {
        return version;
    }
    Version::parse(env!("CARGO_PKG_VERSION")).unwrap_or_else(|_| Version::new(0, 0, 0))
}

impl Announced {
    /// Reads an announcement: the version, if it is newer than the running one, with the file for `target`.
    ///
    /// # Errors
    ///
    /// If it is not signed, or cannot be used.
    pub(super) fn read(
        source: &Source,
        content: &[u8],
        signature: &str,
        running: &Version,
        target: &str,
    ) -> Result<Option<Self>, Failure> {
        let signature = Signature::decode(signature).map_err(|_| Failure::NotSigned)?;
        source.key.verify(content, &signature, false).map_err(|_| Failure::NotSigned)?;
        let damaged = |text: &str| Failure::Damaged(format!("the announcement {text}"));
        let form: Form =
            serde_json::from_slice(content).map_err(|error| damaged(&format!("cannot be read: {error}")))?;
        if form.product != PRODUCT {
            return Err(damaged("is about another program"));
        }
        let version = Version::parse(&form.version).map_err(|_| damaged("has no version"))?;
        // A version for tests is for those who have one.
        if version.cmp_precedence(running).is_le() || (!version.pre.is_empty() && running.pre.is_empty()) {
            return Ok(None);
        }
        let file = form.files.get(target).map(|file| file.read(source)).transpose()?;
        Ok(Some(Self { version: form.version, file }))
    }
}

impl FileForm {
    fn read(&self, source: &Source) -> Result<File, Failure> {
        let damaged = |text: &str| Failure::Damaged(format!("the announcement has {text}"));
        let url =
            source.url.join(&self.url).ok().filter(is_safe).ok_or_else(|| damaged("an unsafe address"))?;
        if self.size == 0 || self.size > LARGEST {
            return Err(damaged("an impossible size"));
        }
        let sha256 = bytes(&self.sha256).ok_or_else(|| damaged("no SHA-256"))?;
        Ok(File { url, size: self.size, sha256 })
    }
}

fn bytes(text: &str) -> Option<[u8; 32]> {
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    let mut bytes = [0; 32];
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * index..2 * index + 2)?, 16).ok()?;
    }
    Some(bytes)
}
