//! Newer versions of Abide: where they are announced, whether an announcement can be believed, and the file of one.
//!
//! An announcement is a small JSON file with a signature beside it (`.minisig`). It is believed only with a signature by the key of this
//! build. It has the size and the SHA-256 of each file, so the file needs no signature of its own, and is checked while it comes.

mod announcement;
mod fetch;

use abide_wire::UpdateProblem;
use minisign_verify::PublicKey;
use url::Url;

pub(crate) use announcement::{Announced, File, running_version};
pub(crate) use fetch::{Client, candidate};

/// Where newer versions are announced, and the key that signs the announcements.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    pub(crate) url: Url,
    key: PublicKey,
}

/// Why there is no newer version.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("the server for newer versions: {0}")]
    Unreachable(String),
    #[error("the announcement has no valid signature by the key of this build")]
    NotSigned,
    #[error("{0}")]
    Damaged(String),
    #[error("the newer version would not start: {0}")]
    WouldNotStart(String),
    #[error("the file of the program cannot be replaced: {0}")]
    NotWritten(std::io::Error),
}

impl Failure {
    pub(crate) fn problem(&self) -> UpdateProblem {
        match self {
            Self::Unreachable(_) => UpdateProblem::Unreachable,
            Self::NotSigned => UpdateProblem::NotSigned,
            Self::Damaged(_) => UpdateProblem::Damaged,
            Self::WouldNotStart(_) => UpdateProblem::WouldNotStart,
            Self::NotWritten(_) => UpdateProblem::NotWritten,
        }
    }
}

impl Source {
    /// What was given to the build: `ABIDE_UPDATE_URL` and `ABIDE_UPDATE_KEY`. A build for tests also takes them from its environment.
    pub(crate) fn of_this_build() -> Option<Self> {
        #[cfg(debug_assertions)]
        if let (Ok(url), Ok(key)) =
            (std::env::var("ABIDE_TEST_UPDATE_URL"), std::env::var("ABIDE_TEST_UPDATE_KEY"))
        {
            return Self::new(&url, &key);
        }
        Self::new(option_env!("ABIDE_UPDATE_URL")?, option_env!("ABIDE_UPDATE_KEY")?)
    }

    fn new(url: &str, key: &str) -> Option<Self> {
        let url = Url::parse(url).ok().filter(is_safe)?;
        Some(Self { url, key: PublicKey::from_base64(key).ok()? })
    }

    /// The host that is asked, as it is shown.
    pub(crate) fn host(&self) -> String {
        self.url.host_str().unwrap_or_default().to_owned()
    }
}

/// https, or this computer.
fn is_safe(url: &Url) -> bool {
    url.scheme() == "https" || (url.scheme() == "http" && abide_oidc::is_loopback(url))
}

#[cfg(test)]
mod tests;
