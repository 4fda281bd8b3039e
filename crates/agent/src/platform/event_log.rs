//! The Windows Event Log.

#![allow(unsafe_code)]

use std::ptr;

use windows_sys::Win32::Foundation::HANDLE;
use windows_sys::Win32::System::EventLog::{
    DeregisterEventSource, EVENTLOG_INFORMATION_TYPE, RegisterEventSourceW, ReportEventW,
};

/// The source under which the lines are found, in the log *Application*. Where an administrator has registered it with the
/// messages of `EventCreate.exe` (docs/administrators.md), the viewer shows the line alone.
const SOURCE: &str = "Abide";
/// The messages 1 to 1000 of `EventCreate.exe` are the text as it is given.
const EVENT: u32 = 1;
/// The longest text of an event, in UTF-16 units (`ReportEventW`).
const LONGEST: usize = 31_839;

/// An open source of the log.
pub(crate) struct EventLog(HANDLE);

// SAFETY: the system's documentation ties the handle to no thread, and `EventLog` is the only owner.
unsafe impl Send for EventLog {}

impl EventLog {
    /// `None` where the log cannot be opened.
    pub(crate) fn open() -> Option<Self> {
        let source = wide(SOURCE);
        // SAFETY: the name ends with a zero and outlives the call; no server means this computer.
        let handle = unsafe { RegisterEventSourceW(ptr::null(), source.as_ptr()) };
        (!handle.is_null()).then_some(Self(handle))
    }

    /// Whether the log has taken the text as an event of its own.
    pub(crate) fn write(&self, text: &str) -> bool {
        let text = wide(text);
        if text.len() > LONGEST {
            return false;
        }
        let texts = [text.as_ptr()];
        // SAFETY: the handle is open; the one text ends with a zero and outlives the call; there is no user and no data.
        let taken = unsafe {
            ReportEventW(
                self.0,
                EVENTLOG_INFORMATION_TYPE,
                0,
                EVENT,
                ptr::null_mut(),
                1,
                0,
                texts.as_ptr(),
                ptr::null(),
            )
        };
        taken != 0
    }
}

impl Drop for EventLog {
    fn drop(&mut self) {
        // SAFETY: the handle is open and is not used after this.
        unsafe { DeregisterEventSource(self.0) };
    }
}

fn wide(text: &str) -> Vec<u16> {
    text.encode_utf16().chain([0]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_taken_and_one_that_is_too_long_is_not() {
        let log = EventLog::open().expect("the log of this computer");
        assert!(log.write(r#"{"n":1,"event":"agent.started"}"#));
        assert!(!log.write(&"x".repeat(40_000)), "cut off, it would be another line");
    }
}
