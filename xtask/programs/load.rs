//! Sends the same request to an HTTP server repeatedly, over connections that stay open:
//!
//! ```text
//! bench-load WHERE answer                         one answer, head and body
//! bench-load WHERE latency REQUESTS               nanoseconds of each request, one a line
//! bench-load WHERE throughput CONNECTIONS MS      requests, nanoseconds that they took
//! ```
//!
//! `WHERE` is `unix:PATH` or `tcp:PORT`; the complete request is read from standard input. One thread, and for each request
//! only one write and one read, so that the server is the slower side.
#![allow(clippy::print_stdout, reason = "figures are told on standard output")]

#[cfg(not(unix))]
fn main() {}

#[cfg(unix)]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    unix::main()
}

#[cfg(unix)]
mod unix {
    use std::fmt::Write as _;
    use std::io::{Read, Write};
    use std::net::{Ipv4Addr, TcpStream};
    use std::os::fd::{AsFd, BorrowedFd};
    use std::os::unix::net::UnixStream;
    use std::time::{Duration, Instant};

    use rustix::event::{PollFd, PollFlags, poll};

    type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

    /// The requests that warm up both sides before the first one counts.
    const WARM_UP: usize = 200;

    pub(crate) fn main() -> Result {
        let arguments: Vec<String> = std::env::args().skip(1).collect();
        let mut request = Vec::new();
        std::io::stdin().read_to_end(&mut request)?;
        match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
            [place, "answer"] => answer(place, &request),
            [place, "latency", requests] => latency(place, &request, requests.parse()?),
            [place, "throughput", connections, time] => {
                throughput(place, &request, connections.parse()?, Duration::from_millis(time.parse()?))
            }
            _ => Err("bench-load WHERE answer | latency REQUESTS | throughput CONNECTIONS MS".into()),
        }
    }

    fn answer(place: &str, request: &[u8]) -> Result {
        let mut connection = Connection::open(place)?;
        connection.ask(request)?;
        while !connection.answered()? {}
        Ok(std::io::stdout().write_all(&connection.answer[..connection.length])?)
    }

    fn latency(place: &str, request: &[u8], requests: usize) -> Result {
        let mut connection = Connection::open(place)?;
        let mut figures = String::with_capacity(requests * 8);
        for number in 0..WARM_UP + requests {
            let begun = Instant::now();
            connection.ask(request)?;
            while !connection.answered()? {}
            let took = begun.elapsed();
            if number >= WARM_UP {
                writeln!(figures, "{}", took.as_nanos())?;
            }
        }
        print!("{figures}");
        Ok(())
    }

    fn throughput(place: &str, request: &[u8], connections: usize, time: Duration) -> Result {
        let mut connections =
            (0..connections).map(|_| Connection::open(place)).collect::<Result<Vec<_>>>()?;
        for connection in &mut connections {
            connection.ask(request)?;
        }
        let mut answers = 0_u64;
        let begun = Instant::now();
        loop {
            let mut waiting: Vec<PollFd<'_>> =
                connections.iter().map(|connection| PollFd::new(connection, PollFlags::IN)).collect();
            poll(&mut waiting, None)?;
            let ready: Vec<bool> = waiting.iter().map(|waiting| !waiting.revents().is_empty()).collect();
            for (connection, _) in connections.iter_mut().zip(ready).filter(|(_, ready)| *ready) {
                if connection.answered()? {
                    answers += 1;
                    connection.ask(request)?;
                }
            }
            let took = begun.elapsed();
            if took >= time {
                println!("{answers} {}", took.as_nanos());
                return Ok(());
            }
        }
    }

    enum Stream {
        Unix(UnixStream),
        Tcp(TcpStream),
    }

    /// A connection with at most one pending request.
    struct Connection {
        stream: Stream,
        answer: [u8; 8192],
        filled: usize,
        /// The length of the last complete answer.
        length: usize,
    }

    impl Connection {
        fn open(place: &str) -> Result<Self> {
            let stream = match place.split_once(':') {
                Some(("unix", path)) => Stream::Unix(UnixStream::connect(path)?),
                Some(("tcp", port)) => {
                    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port.parse()?))?;
                    stream.set_nodelay(true)?;
                    Stream::Tcp(stream)
                }
                _ => return Err(format!("{place}: unix:PATH or tcp:PORT").into()),
            };
            Ok(Self { stream, answer: [0; 8192], filled: 0, length: 0 })
        }

        fn ask(&mut self, request: &[u8]) -> std::io::Result<()> {
            match &mut self.stream {
                Stream::Unix(stream) => stream.write_all(request),
                Stream::Tcp(stream) => stream.write_all(request),
            }
        }

        /// Reads once; returns whether the answer is complete.
        fn answered(&mut self) -> Result<bool> {
            let rest = &mut self.answer[self.filled..];
            let count = match &mut self.stream {
                Stream::Unix(stream) => stream.read(rest),
                Stream::Tcp(stream) => stream.read(rest),
            }?;
            if count == 0 {
                return Err("the server hung up, or its answer is too long".into());
            }
            self.filled += count;
            let answer = &self.answer[..self.filled];
            let Some(head) = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n") else {
                return Ok(false);
            };
            let (head, body) = (&answer[..head], &answer[head + 4..]);
            if !head.starts_with(b"HTTP/1.1 200 ") {
                return Err(String::from_utf8_lossy(answer).into());
            }
            let length = content_length(head).ok_or("an answer that does not say its length")?;
            if body.len() > length {
                return Err("an answer that is longer than it says".into());
            }
            let whole = body.len() == length;
            if whole {
                self.length = std::mem::take(&mut self.filled);
            }
            Ok(whole)
        }
    }

    impl AsFd for Connection {
        fn as_fd(&self) -> BorrowedFd<'_> {
            match &self.stream {
                Stream::Unix(stream) => stream.as_fd(),
                Stream::Tcp(stream) => stream.as_fd(),
            }
        }
    }

    fn content_length(head: &[u8]) -> Option<usize> {
        let name = b"\r\ncontent-length: ";
        let at = head.windows(name.len()).position(|bytes| bytes.eq_ignore_ascii_case(name))? + name.len();
        let digits = head[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        std::str::from_utf8(&head[at..at + digits]).ok()?.parse().ok()
    }
}
