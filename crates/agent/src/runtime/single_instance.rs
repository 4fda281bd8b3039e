//! A second start hands over to the first.

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

const REQUEST: &[u8] =
    b"POST /v1/show HTTP/1.1\r\nHost: abide\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

/// Asks the agent that runs to show its window. It may be one without a desktop, or about to end: then nothing happens.
pub(crate) async fn show_the_other(socket: &Path) {
    let socket: PathBuf = socket.to_owned();
    let asked = tokio::task::spawn_blocking(move || show(&socket)).await;
    if let Ok(Err(error)) = asked {
        tracing::info!(%error, "the agent that runs could not be asked to show its window");
    }
}

#[cfg(unix)]
fn show(socket: &Path) -> io::Result<()> {
    let mut stream = std::os::unix::net::UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    stream.set_write_timeout(Some(Duration::from_secs(5)))?;
    exchange(&mut stream)
}

#[cfg(windows)]
fn show(socket: &Path) -> io::Result<()> {
    // A pipe that is busy for a moment is free again soon.
    let open = || std::fs::OpenOptions::new().read(true).write(true).open(socket);
    let mut stream = open().or_else(|_| {
        std::thread::sleep(Duration::from_millis(200));
        open()
    })?;
    exchange(&mut stream)
}

fn exchange(stream: &mut (impl Read + Write)) -> io::Result<()> {
    stream.write_all(REQUEST)?;
    let mut first = [0_u8; 12];
    stream.read_exact(&mut first)
}
