//! What a program of Abide, or the start of the AppImage, leaves to the agent in its environment. Programs that the agent starts do not
//! get it: a later Abide among them would take it for its own.
#![allow(unsafe_code)]

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::OnceLock;

/// The AppImage that this program is in (packaging/appimage/AppRun).
pub(crate) const IMAGE: &str = "ABIDE_APPIMAGE";
/// The option that the AppImage is started with.
pub(crate) const IMAGE_OPTION: &str = "ABIDE_APPIMAGE_OPTION";
/// The listening sockets of the program before, for the same process.
pub(crate) const LISTENERS: &str = "ABIDE_LISTENERS";
/// The file of the program before, open, for the same process.
pub(crate) const PREDECESSOR: &str = "ABIDE_PREDECESSOR";
/// Why the program that was installed did not start, for the one that runs again in its place.
pub(crate) const RETURNED: &str = "ABIDE_RETURNED";

const ALL: [&str; 5] = [IMAGE, IMAGE_OPTION, LISTENERS, PREDECESSOR, RETURNED];

/// What was left.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Left([Option<OsString>; ALL.len()]);

static LEFT: OnceLock<Left> = OnceLock::new();

impl Left {
    fn read() -> Self {
        Self(ALL.map(std::env::var_os))
    }

    /// The value of one of the variables.
    pub(crate) fn get(&self, variable: &str) -> Option<&OsString> {
        let index = ALL.iter().position(|name| *name == variable)?;
        self.0[index].as_ref().filter(|value| !value.is_empty())
    }

    /// The variables that say how this program was started, for the start of the same program once more.
    #[cfg(unix)]
    pub(crate) fn image_variables(&self) -> impl Iterator<Item = (&'static str, &OsString)> {
        [IMAGE, IMAGE_OPTION].into_iter().filter_map(|name| Some((name, self.get(name)?)))
    }
}

/// What was left to this process.
pub(crate) fn left() -> &'static Left {
    LEFT.get_or_init(Left::read)
}

/// The AppImage that this program is in.
pub(crate) fn image() -> Option<PathBuf> {
    left().get(IMAGE).map(PathBuf::from).filter(|image| image.is_absolute())
}

/// Takes what is meant for this program alone out of its environment, so that no program that it starts gets it. The first thing that a
/// program does: no other thread may run yet.
pub fn take_environment() {
    let _ = left();
    for name in ALL {
        if std::env::var_os(name).is_some() {
            // SAFETY: called at the beginning of `main`, before there is another thread that could read the environment.
            unsafe { std::env::remove_var(name) };
        }
    }
}
