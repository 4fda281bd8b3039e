//! Connects to a socket as the user that runs it, and prints the answer: `abide-test-knock SOCKET`.
#![allow(clippy::print_stdout)]

#[cfg(not(unix))]
fn main() {}

#[cfg(unix)]
fn main() -> std::io::Result<()> {
    use std::io::{Read as _, Write as _};

    let socket = std::env::args_os().nth(1).unwrap_or_default();
    let mut stream = std::os::unix::net::UnixStream::connect(socket)?;
    println!("connected");
    stream.set_read_timeout(Some(std::time::Duration::from_secs(10)))?;
    // A closed connection is an answer too.
    let _ = stream.write_all(b"GET /v1/sessions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    let mut said = Vec::new();
    let _ = stream.read_to_end(&mut said);
    println!("{}", String::from_utf8_lossy(&said));
    Ok(())
}
