//! The file that keeps keys and tokens between two starts.

use std::ffi::OsString;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::crypto::keys::{Keys, StoredKeys};
use crate::state::token_store::Tokens;

const FORMAT: u32 = 1;
const LARGEST: u64 = 16 * 1024 * 1024;

#[derive(Serialize, Deserialize)]
struct Content {
    format: u32,
    port: u16,
    keys: StoredKeys,
    tokens: Tokens,
}

/// The content of a state file.
pub(crate) struct Saved {
    /// The provider's port: a part of its issuer, and so of all its tokens.
    pub(crate) port: u16,
    pub(crate) keys: Keys,
    pub(crate) tokens: Tokens,
}

/// Reads the file; `None` if there is none. A file that cannot be parsed is renamed with the suffix `.damaged`, and counts
/// as missing.
pub(crate) fn read(path: &Path) -> io::Result<Option<Saved>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut bytes = Vec::new();
    file.take(LARGEST).read_to_end(&mut bytes)?;
    match understand(&bytes) {
        Some(saved) => Ok(Some(saved)),
        None => {
            let aside = beside(path, ".damaged");
            tracing::warn!(file = %aside.display(), "the demo provider's state was damaged and is set aside");
            fs::rename(path, aside)?;
            Ok(None)
        }
    }
}

fn understand(bytes: &[u8]) -> Option<Saved> {
    let content: Content =
        serde_json::from_slice(bytes).ok().filter(|content: &Content| content.format == FORMAT)?;
    Some(Saved { port: content.port, keys: Keys::restore(&content.keys).ok()?, tokens: content.tokens })
}

/// Writes the file for its owner only. At every moment it is either the old or the new one.
pub(crate) fn write(path: &Path, port: u16, keys: StoredKeys, tokens: Tokens) -> io::Result<()> {
    let content = serde_json::to_vec(&Content { format: FORMAT, port, keys, tokens })?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    create_folder(folder)?;
    let temporary = beside(path, ".new");
    match fs::remove_file(&temporary) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = create_private(&temporary)?;
    file.write_all(&content)?;
    file.sync_all()?;
    drop(file);
    fs::rename(&temporary, path)?;
    // The rename is durable after the folder is synced. Only Unix opens a folder as a file.
    #[cfg(unix)]
    File::open(folder)?.sync_all()?;
    Ok(())
}

fn create_folder(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

fn create_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    PathBuf::from(name)
}
