//! The offset of local time from UTC.

#![allow(unsafe_code)]

/// The offset at a time (Unix seconds), in seconds.
pub(crate) fn utc_offset(at: u64) -> i32 {
    imp::utc_offset(at)
}

#[cfg(unix)]
mod imp {
    pub(super) fn utc_offset(at: u64) -> i32 {
        let Ok(at) = libc::time_t::try_from(at) else { return 0 };
        // SAFETY: `tm` is plain data for which all zeroes is a valid value, and localtime_r(3) writes only to it. It reads the
        // environment, which this program does not change while it runs.
        let local = unsafe {
            let mut local: libc::tm = std::mem::zeroed();
            if libc::localtime_r(&at, &mut local).is_null() {
                return 0;
            }
            local
        };
        i32::try_from(local.tm_gmtoff).unwrap_or(0)
    }
}

#[cfg(windows)]
mod imp {
    use windows_sys::Win32::Foundation::{FILETIME, SYSTEMTIME};
    use windows_sys::Win32::System::Time::{
        FileTimeToSystemTime, SystemTimeToFileTime, SystemTimeToTzSpecificLocalTime,
    };

    /// Seconds from 1601, where file times begin, to the Unix epoch.
    const UNIX_EPOCH_IN_FILE_TIME: u64 = 11_644_473_600;

    pub(super) fn utc_offset(at: u64) -> i32 {
        let ticks = at.saturating_add(UNIX_EPOCH_IN_FILE_TIME).saturating_mul(10_000_000);
        #[allow(clippy::cast_possible_truncation)] // Split into halves.
        let utc = FILETIME { dwLowDateTime: ticks as u32, dwHighDateTime: (ticks >> 32) as u32 };
        let mut local = FILETIME { dwLowDateTime: 0, dwHighDateTime: 0 };
        // SAFETY: all structures are plain data for which all zeroes is a valid value; the calls read and write only them.
        let converted = unsafe {
            let (mut utc_system, mut local_system): (SYSTEMTIME, SYSTEMTIME) = std::mem::zeroed();
            FileTimeToSystemTime(&utc, &mut utc_system) != 0
                && SystemTimeToTzSpecificLocalTime(std::ptr::null(), &utc_system, &mut local_system) != 0
                && SystemTimeToFileTime(&local_system, &mut local) != 0
        };
        if !converted {
            return 0;
        }
        let local_ticks = u64::from(local.dwHighDateTime) << 32 | u64::from(local.dwLowDateTime);
        let seconds = |ticks: u64| i64::try_from(ticks / 10_000_000).unwrap_or(0);
        i32::try_from(seconds(local_ticks) - seconds(ticks)).unwrap_or(0)
    }
}
