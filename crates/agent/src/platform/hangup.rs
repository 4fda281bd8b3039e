//! Whether this program is to outlive its terminal.

#![allow(unsafe_code)]

/// Whether the program that started this one has it ignore SIGHUP, as nohup(1) does.
pub(crate) fn is_ignored() -> bool {
    // SAFETY: `sigaction` is plain data for which all zeroes is a valid value. With a null pointer as the new action, sigaction(2)
    // changes nothing and writes to `present` only.
    unsafe {
        let mut present: libc::sigaction = std::mem::zeroed();
        libc::sigaction(libc::SIGHUP, std::ptr::null(), &mut present) == 0
            && present.sa_sigaction == libc::SIG_IGN
    }
}
