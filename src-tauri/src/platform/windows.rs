//! Windows: Win32.
#![allow(unsafe_code)] // Calls into Win32; each block says why it is sound.

use std::ptr;

use windows_sys::Win32::Foundation::{FILETIME, GlobalFree, SYSTEMTIME};
use windows_sys::Win32::Globalization::{GetTimeFormatEx, TIME_NOSECONDS};
use windows_sys::Win32::System::DataExchange::{
    CloseClipboard, EmptyClipboard, OpenClipboard, SetClipboardData,
};
use windows_sys::Win32::System::Memory::{GMEM_MOVEABLE, GlobalAlloc, GlobalLock, GlobalUnlock};
use windows_sys::Win32::System::Ole::CF_UNICODETEXT;
use windows_sys::Win32::System::Registry::{HKEY_CURRENT_USER, RRF_RT_REG_DWORD, RegGetValueW};
use windows_sys::Win32::System::Time::{FileTimeToSystemTime, SystemTimeToTzSpecificLocalTime};
use windows_sys::Win32::UI::WindowsAndMessaging::{
    GetSystemMetrics, MB_ICONERROR, MB_OK, MB_SETFOREGROUND, MessageBoxW, SM_CXSMICON,
};
use windows_sys::w;

use crate::face::Palette;

/// The text in the form that Windows expects: UTF-16 with a zero at the end.
pub(crate) fn wide(text: &str) -> Vec<u16> {
    text.encode_utf16().chain([0]).collect()
}

pub(crate) fn begin() -> Result<(), String> {
    Ok(())
}

pub(crate) fn alarm(title: &str, text: &str) {
    let (title, text) = (wide(title), wide(text));
    // SAFETY: both strings end with a zero and outlive the call, which returns when the box is closed; no owner window.
    unsafe {
        MessageBoxW(ptr::null_mut(), text.as_ptr(), title.as_ptr(), MB_OK | MB_ICONERROR | MB_SETFOREGROUND)
    };
}

pub(crate) fn copy(text: &str) {
    let text = wide(text);
    let bytes = size_of_val(text.as_slice());
    // SAFETY: the block has the size of what is copied into it and is only written while it is locked. The clipboard is
    // closed whenever it was opened. After a successful `SetClipboardData` the block belongs to the system, otherwise it
    // is freed here, once.
    let copied = unsafe {
        let block = GlobalAlloc(GMEM_MOVEABLE, bytes);
        if block.is_null() {
            return;
        }
        let place = GlobalLock(block);
        if !place.is_null() {
            ptr::copy_nonoverlapping(text.as_ptr().cast::<u8>(), place.cast::<u8>(), bytes);
            GlobalUnlock(block);
        }
        let opened = !place.is_null() && OpenClipboard(ptr::null_mut()) != 0;
        let taken =
            opened && EmptyClipboard() != 0 && !SetClipboardData(u32::from(CF_UNICODETEXT), block).is_null();
        if opened {
            CloseClipboard();
        }
        if !taken {
            GlobalFree(block);
        }
        taken
    };
    if !copied {
        tracing::warn!("the clipboard did not take the text");
    }
}

pub(crate) fn panel() -> (Palette, u32) {
    // SAFETY: takes a number, gives a number.
    let side = unsafe { GetSystemMetrics(SM_CXSMICON) };
    let palette = if taskbar_is_light() { Palette::ON_LIGHT } else { Palette::ON_DARK };
    (palette, u32::try_from(side).unwrap_or(16).clamp(16, 64))
}

/// Whether the taskbar is light: a setting separate from that of the windows. Dark if the setting is missing.
fn taskbar_is_light() -> bool {
    let mut value = 0_u32;
    let mut size = size_of::<u32>() as u32;
    // SAFETY: key and value names are constants that end with a zero; `value` is as large as `size` says, and the type is
    // restricted to a number of that size.
    let status = unsafe {
        RegGetValueW(
            HKEY_CURRENT_USER,
            w!(r"Software\Microsoft\Windows\CurrentVersion\Themes\Personalize"),
            w!("SystemUsesLightTheme"),
            RRF_RT_REG_DWORD,
            ptr::null_mut(),
            (&raw mut value).cast(),
            &raw mut size,
        )
    };
    status == 0 && value != 0
}

pub(crate) fn clock(unix: u64) -> String {
    // FILETIME counts 100 ns since 1601.
    let ticks = unix.saturating_add(11_644_473_600).saturating_mul(10_000_000);
    let file = FILETIME { dwLowDateTime: (ticks & 0xffff_ffff) as u32, dwHighDateTime: (ticks >> 32) as u32 };
    // SAFETY: all zeroes is a value of this plain structure of numbers.
    let (mut utc, mut local): (SYSTEMTIME, SYSTEMTIME) = unsafe { std::mem::zeroed() };
    let mut text = [0_u16; 32];
    // SAFETY: the structures live on this stack and outlive the calls; null names the present time zone and the user's
    // locale and format; the buffer's length is given with it.
    let length = unsafe {
        if FileTimeToSystemTime(&raw const file, &raw mut utc) == 0
            || SystemTimeToTzSpecificLocalTime(ptr::null(), &raw const utc, &raw mut local) == 0
        {
            return String::new();
        }
        GetTimeFormatEx(
            ptr::null(),
            TIME_NOSECONDS,
            &raw const local,
            ptr::null(),
            text.as_mut_ptr(),
            text.len() as i32,
        )
    };
    // The length includes the zero at the end.
    let length = usize::try_from(length).unwrap_or(0).saturating_sub(1);
    String::from_utf16_lossy(text.get(..length).unwrap_or_default())
}
