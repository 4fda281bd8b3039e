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
/// The files of the `abide` commands that were installed before, open, for the same process.
pub(crate) const EARLIER: &str = "ABIDE_EARLIER";

const ALL: [&str; 6] = [IMAGE, IMAGE_OPTION, LISTENERS, PREDECESSOR, RETURNED, EARLIER];

/// More descriptors than an agent leaves.
#[cfg(unix)]
const MOST: usize = 256;

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

/// The value that names descriptors for the next program of this process.
#[cfg(unix)]
pub(crate) fn descriptors_in_words(numbers: &[i32]) -> OsString {
    let numbers: Vec<String> = numbers.iter().map(i32::to_string).collect();
    format!("{}:{}", std::process::id(), numbers.join(",")).into()
}

/// The descriptors that a value names, if they are left to this process. Anything may be open by these numbers.
#[cfg(unix)]
pub(crate) fn descriptors(value: Option<&OsString>, process: u32) -> Vec<i32> {
    let text = value.and_then(|value| value.to_str()).unwrap_or_default();
    let Some((whose, numbers)) = text.split_once(':') else { return Vec::new() };
    if whose.parse() != Ok(process) {
        return Vec::new();
    }
    let mut found: Vec<i32> = Vec::new();
    for number in numbers.split(',').take(MOST) {
        match number.parse() {
            Ok(number) if number > 2 && !found.contains(&number) => found.push(number),
            _ => return Vec::new(),
        }
    }
    found
}

/// Takes what is meant for this program alone out of its environment, so that no program that it starts gets it. At the beginning of a
/// program: no other thread may run yet.
pub fn take_environment() {
    let _ = left();
    for name in ALL {
        if std::env::var_os(name).is_some() {
            // SAFETY: called at the beginning of `main`, before there is another thread that could read the environment.
            unsafe { std::env::remove_var(name) };
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_left_for_this_process_is_taken() {
        let descriptors = |text: &str| descriptors(Some(&text.into()), 7);
        assert_eq!(descriptors("7:3,4,12"), [3, 4, 12]);
        for other in ["", "7", "8:3", "7:", "7:2", "7:3,3", "7:3,x", "7:-3", "x:3", "7:3,4,"] {
            assert_eq!(descriptors(other), Vec::<i32>::new(), "{other}");
        }
        assert_eq!(super::descriptors(Some(&descriptors_in_words(&[5, 3])), std::process::id()), [5, 3]);
    }
}
