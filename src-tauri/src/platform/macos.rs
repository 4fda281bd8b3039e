//! macOS: AppKit.
#![allow(unsafe_code)] // One extern static of AppKit; why that is sound is said there.

use objc2::MainThreadMarker;
use objc2_app_kit::{NSAlert, NSAlertStyle, NSPasteboard, NSPasteboardTypeString};
use objc2_foundation::{NSDate, NSDateFormatter, NSDateFormatterStyle, NSString};

use crate::face::Palette;

pub(crate) fn begin() -> Result<(), String> {
    Ok(())
}

pub(crate) fn alarm(title: &str, text: &str) {
    let Some(main) = MainThreadMarker::new() else { return };
    let alert = NSAlert::new(main);
    alert.setAlertStyle(NSAlertStyle::Critical);
    alert.setMessageText(&NSString::from_str(title));
    alert.setInformativeText(&NSString::from_str(text));
    alert.runModal();
}

pub(crate) fn copy(text: &str) {
    let pasteboard = NSPasteboard::generalPasteboard();
    pasteboard.clearContents();
    // SAFETY: a constant of AppKit, which the program is linked with; it is set before `main` and never changes.
    let kind = unsafe { NSPasteboardTypeString };
    if !pasteboard.setString_forType(&NSString::from_str(text), kind) {
        tracing::warn!("the clipboard did not take the text");
    }
}

pub(crate) fn panel() -> (Palette, u32) {
    // 18 points, twice the resolution. The menu bar colours a template itself.
    (Palette::TEMPLATE, 36)
}

#[allow(clippy::cast_precision_loss)] // Exact for the next 280 million years.
pub(crate) fn clock(unix: u64) -> String {
    let date = NSDate::dateWithTimeIntervalSince1970(unix as f64);
    NSDateFormatter::localizedStringFromDate_dateStyle_timeStyle(
        &date,
        NSDateFormatterStyle::NoStyle,
        NSDateFormatterStyle::ShortStyle,
    )
    .to_string()
}
