#![allow(unsafe_code)]

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::windows::fs::OpenOptionsExt as _;
use std::os::windows::io::{AsRawHandle as _, FromRawHandle as _, OwnedHandle};
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use std::{mem, ptr, thread};

use windows_sys::Win32::Foundation::{ERROR_PIPE_BUSY, FILETIME, HANDLE, SYSTEMTIME};
use windows_sys::Win32::Security::{EqualSid, GetTokenInformation, TOKEN_QUERY, TOKEN_USER, TokenUser};
use windows_sys::Win32::System::Console::SetConsoleCtrlHandler;
use windows_sys::Win32::System::Pipes::{GetNamedPipeServerProcessId, PeekNamedPipe};
use windows_sys::Win32::System::Threading::{
    GetCurrentProcess, OpenProcess, OpenProcessToken, PROCESS_QUERY_LIMITED_INFORMATION,
};
use windows_sys::Win32::System::Time::{
    FileTimeToSystemTime, SystemTimeToFileTime, SystemTimeToTzSpecificLocalTime,
};

use zeroize::Zeroizing;

use super::LastAct;
use crate::failure::Failure;

/// The server of the pipe may identify us but not act in our name (`SECURITY_IDENTIFICATION`).
const IDENTIFICATION: u32 = 0x0001_0000;
/// The time to retry while every instance of the pipe is in use.
const BUSY: Duration = Duration::from_secs(5);
/// Windows counts time in steps of 100 ns from 1601.
const UNIX_EPOCH_IN_FILE_TIME: u64 = 11_644_473_600;

/// A connection to the agent.
pub(crate) struct Stream {
    pipe: File,
    patience: Duration,
    forever: AtomicBool,
}

impl Read for Stream {
    /// A read from a pipe has no timeout, so it starts only when data are there.
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if !self.forever.load(Ordering::Relaxed) {
            let begun = Instant::now();
            let mut looks = 0_u32;
            while !self.readable()? {
                if begun.elapsed() >= self.patience {
                    return Err(io::ErrorKind::TimedOut.into());
                }
                looks += 1;
                if looks < 100 { thread::yield_now() } else { thread::sleep(Duration::from_millis(1)) }
            }
        }
        match self.pipe.read(into) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(0),
            result => result,
        }
    }
}

impl Stream {
    /// Whether a read would return at once: there are data, or the other end is closed.
    fn readable(&self) -> io::Result<bool> {
        let mut available = 0_u32;
        // SAFETY: the handle is open for as long as `self` is; a null buffer of length 0 asks for the count alone, which
        // is written to a local variable.
        let peeked = unsafe {
            PeekNamedPipe(
                self.pipe.as_raw_handle(),
                ptr::null_mut(),
                0,
                ptr::null_mut(),
                &mut available,
                ptr::null_mut(),
            )
        };
        if peeked != 0 {
            return Ok(available > 0);
        }
        let error = io::Error::last_os_error();
        if error.kind() == io::ErrorKind::BrokenPipe { Ok(true) } else { Err(error) }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.pipe.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Windows users have no numbers: the owner of the pipe is compared by security identifier.
pub(crate) fn effective_user() -> u32 {
    0
}

/// The name of this computer.
pub(crate) fn host_name() -> Option<String> {
    std::env::var("COMPUTERNAME").ok().filter(|name| !name.is_empty())
}

/// Whether what is written to standard output is lost. A closed one has no handle, so that a write fails.
pub(crate) fn stdout_is_lost() -> bool {
    false
}

/// Connects to the user's own agent. Pipes of other users are refused: their owner would learn the request, and could return
/// a token of their choice.
pub(crate) fn connect(socket: &Path, _user: u32, patience: Duration) -> Result<Stream, Failure> {
    let begun = Instant::now();
    let busy = i32::try_from(ERROR_PIPE_BUSY).unwrap_or(i32::MAX);
    let pipe = loop {
        match OpenOptions::new().read(true).write(true).security_qos_flags(IDENTIFICATION).open(socket) {
            Ok(pipe) => break pipe,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(Failure::NotRunning),
            Err(error) if error.raw_os_error() == Some(busy) && begun.elapsed() < BUSY => {
                thread::sleep(Duration::from_millis(5));
            }
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                return Err(Failure::Forbidden { socket: socket.to_owned(), source: error });
            }
            Err(error) => return Err(Failure::Transport(error)),
        }
    };
    if !served_by_us(&pipe).unwrap_or(false) {
        let problem = "is served by another user and not by you".to_owned();
        return Err(Failure::NotOurs { socket: socket.to_owned(), problem });
    }
    Ok(Stream { pipe, patience, forever: AtomicBool::new(false) })
}

/// Whether the process that serves the pipe has the same user as this process.
fn served_by_us(pipe: &File) -> io::Result<bool> {
    let mut process = 0_u32;
    // SAFETY: the handle is open for as long as `pipe` is borrowed; the number is written to a local variable.
    if unsafe { GetNamedPipeServerProcessId(pipe.as_raw_handle(), &mut process) } == 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: takes no pointers. The handle that is returned is ours to close.
    let server = unsafe {
        let handle = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, 0, process);
        if handle.is_null() {
            return Err(io::Error::last_os_error());
        }
        OwnedHandle::from_raw_handle(handle)
    };
    let theirs = token_user(server.as_raw_handle())?;
    // SAFETY: takes nothing and returns a constant that need not be closed.
    let ours = token_user(unsafe { GetCurrentProcess() })?;
    // SAFETY: both buffers begin with a TOKEN_USER that GetTokenInformation filled in, whose identifier lies in the same
    // buffer; both live until the end of this function.
    let equal = unsafe {
        let (theirs, ours) = (theirs.as_ptr().cast::<TOKEN_USER>(), ours.as_ptr().cast::<TOKEN_USER>());
        EqualSid((*theirs).User.Sid, (*ours).User.Sid)
    };
    Ok(equal != 0)
}

/// The `TOKEN_USER` of a process, in a buffer of words so that it is aligned, and on the heap because it points into itself.
fn token_user(process: HANDLE) -> io::Result<Box<[u64; 32]>> {
    let mut token: HANDLE = ptr::null_mut();
    // SAFETY: the caller's handle is open; the new handle is written to a local variable and is ours to close.
    let token = unsafe {
        if OpenProcessToken(process, TOKEN_QUERY, &mut token) == 0 {
            return Err(io::Error::last_os_error());
        }
        OwnedHandle::from_raw_handle(token)
    };
    // A TOKEN_USER is 16 bytes, the longest security identifier 68.
    let mut buffer = Box::new([0_u64; 32]);
    let mut length = 0_u32;
    // SAFETY: the buffer is as long as is said, aligned for a TOKEN_USER, and outlives the call.
    let filled = unsafe {
        GetTokenInformation(
            token.as_raw_handle(),
            TokenUser,
            buffer.as_mut_ptr().cast(),
            u32::try_from(mem::size_of_val(&*buffer)).unwrap_or(0),
            &mut length,
        )
    };
    if filled == 0 { Err(io::Error::last_os_error()) } else { Ok(buffer) }
}

/// Ends a connection from another thread.
pub(crate) struct HangUp;

/// A pipe cannot be ended from another thread while it is read: what arrives is dropped, and the process ends it.
pub(crate) fn hang_up(_stream: &Stream) -> Option<HangUp> {
    None
}

impl HangUp {
    /// Ends the connection.
    pub(crate) fn now(&self) {}
}

/// Removes the timeout of reads.
#[allow(clippy::unnecessary_wraps)] // The same on every system.
pub(crate) fn wait_forever(stream: &Stream) -> io::Result<()> {
    stream.forever.store(true, Ordering::Relaxed);
    Ok(())
}

/// The offset of local time from UTC at a time (Unix seconds), in seconds.
pub(crate) fn utc_offset(at: u64) -> i32 {
    let ticks = at.saturating_add(UNIX_EPOCH_IN_FILE_TIME).saturating_mul(10_000_000);
    #[allow(clippy::cast_possible_truncation)] // Split into halves.
    let utc = FILETIME { dwLowDateTime: ticks as u32, dwHighDateTime: (ticks >> 32) as u32 };
    let mut local = FILETIME { dwLowDateTime: 0, dwHighDateTime: 0 };
    // SAFETY: all structures are plain data for which all zeroes is a valid value; the calls read and write only them.
    let converted = unsafe {
        let (mut utc_system, mut local_system): (SYSTEMTIME, SYSTEMTIME) = mem::zeroed();
        FileTimeToSystemTime(&utc, &mut utc_system) != 0
            && SystemTimeToTzSpecificLocalTime(ptr::null(), &utc_system, &mut local_system) != 0
            && SystemTimeToFileTime(&local_system, &mut local) != 0
    };
    if !converted {
        return 0;
    }
    let local_ticks = u64::from(local.dwHighDateTime) << 32 | u64::from(local.dwLowDateTime);
    let seconds = |ticks: u64| i64::try_from(ticks / 10_000_000).unwrap_or(0);
    i32::try_from(seconds(local_ticks) - seconds(ticks)).unwrap_or(0)
}

/// Windows has no exec: runs the program, waits for it, and ends with its exit code. Returns only on failure.
pub(crate) fn become_program(command: &mut Command) -> io::Result<u8> {
    let status = command.status()?;
    std::process::exit(status.code().unwrap_or(1))
}

/// Makes curl read a header from its standard input, a pipe: Windows has no file name for an inherited pipe.
pub(crate) fn pass_header(command: &mut Command, header: Zeroizing<Vec<u8>>) -> io::Result<()> {
    let (reader, mut writer) = io::pipe()?;
    command.args(["--header", "@-"]).stdin(reader);
    // The pipe may be too small until curl reads it. If curl does not start, the header is not needed.
    thread::spawn(move || {
        let _ = writer.write_all(&header);
    });
    Ok(())
}

/// The action for an interruption. The system calls back without an argument of ours.
static LAST: Mutex<Option<LastAct>> = Mutex::new(None);

/// Runs `last` when the user interrupts the program (Ctrl-C, a closed console), and then lets the system end it.
pub(crate) fn before_interruption(last: LastAct) {
    *LAST.lock().unwrap_or_else(PoisonError::into_inner) = Some(last);
    // SAFETY: the handler is a function of this program, so it is there for as long as the process is.
    unsafe { SetConsoleCtrlHandler(Some(handler), 1) };
}

/// Runs in a thread of its own.
unsafe extern "system" fn handler(_event: u32) -> i32 {
    let last = LAST.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(last) = last {
        super::interrupted();
        last(&mut io::stderr());
    }
    // Not handled, so the system ends the process next.
    0
}
