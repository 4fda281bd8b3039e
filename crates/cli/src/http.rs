//! As much of HTTP/1.1 (RFC 9112) as the agent's local endpoint needs: one request on one connection, and an answer with
//! a length or in chunks. Everything that was read is wiped when it is dropped, because it may hold a token.

use std::io::{self, Read, Write};
use std::ops::Range;
use std::path::PathBuf;
use std::time::Duration;

use httparse::Status;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use crate::failure::{AnswerFault, Failure};
use crate::platform;

/// The largest head of an answer.
const MAX_HEAD: usize = 8 << 10;
/// The largest body of an answer, and the largest single event.
const MAX_BODY: usize = 1 << 20;
/// Enough for the head and the body of nearly every answer: one read, no second buffer.
const FIRST_READ: usize = 8 << 10;

/// Where the agent listens, and how it is spoken to.
#[derive(Clone)]
pub(crate) struct Endpoint {
    /// The socket; on Windows the name of the pipe.
    pub(crate) socket: PathBuf,
    /// The only user whose agent is spoken to.
    pub(crate) user: u32,
    /// How long to wait for an answer.
    pub(crate) patience: Duration,
}

impl Endpoint {
    /// Sends one request and returns the answer to it if that is a success.
    pub(crate) fn call(&self, method: &str, target: &str) -> Result<Answer, Failure> {
        // A call that changes something is JSON, also when it has nothing to say: no form in a browser can send that.
        let body = if method == "GET" { None } else { Some(&b"{}"[..]) };
        self.call_with(method, target, body)
    }

    /// The same with a JSON body.
    pub(crate) fn call_with(
        &self,
        method: &str,
        target: &str,
        body: Option<&[u8]>,
    ) -> Result<Answer, Failure> {
        let stream = platform::connect(&self.socket, self.user, self.patience)?;
        exchange(stream, "localhost", method, target, body).map_err(|failure| self.in_time(failure))
    }

    /// Opens an event stream. Events may be hours apart: only the head of the answer has to come in time.
    pub(crate) fn events(&self, target: &str) -> Result<Events<platform::Stream>, Failure> {
        let mut stream = platform::connect(&self.socket, self.user, self.patience)?;
        let head = request("localhost", "GET", target, "text/event-stream", None);
        stream.write_all(&head).map_err(transport).map_err(|failure| self.in_time(failure))?;
        let events = Events::open(stream).map_err(|failure| self.in_time(failure))?;
        platform::wait_forever(&events.incoming.stream).map_err(Failure::Transport)?;
        Ok(events)
    }

    fn in_time(&self, failure: Failure) -> Failure {
        if let Failure::Timeout(_) = failure { Failure::Timeout(self.patience) } else { failure }
    }
}

/// Sends one request over a connection and reads the answer. Error statuses become [`Failure::Refused`].
pub(crate) fn exchange<S: Read + Write>(
    mut stream: S,
    host: &str,
    method: &str,
    target: &str,
    body: Option<&[u8]>,
) -> Result<Answer, Failure> {
    stream.write_all(&request(host, method, target, "application/json", body)).map_err(transport)?;
    read_answer(stream)?.success()
}

fn request(host: &str, method: &str, target: &str, accept: &str, body: Option<&[u8]>) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(256 + body.map_or(0, <[u8]>::len));
    for part in [
        method,
        " ",
        target,
        " HTTP/1.1\r\nHost: ",
        host,
        concat!("\r\nUser-Agent: abide/", env!("CARGO_PKG_VERSION"), "\r\nAccept: "),
        accept,
        "\r\nConnection: close\r\n",
    ] {
        bytes.extend_from_slice(part.as_bytes());
    }
    if let Some(body) = body {
        bytes.extend_from_slice(b"Content-Type: application/json\r\nContent-Length: ");
        bytes.extend_from_slice(body.len().to_string().as_bytes());
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(b"\r\n");
    bytes.extend_from_slice(body.unwrap_or_default());
    bytes
}

/// Appends a value to a target so that it stays one path segment or one query value (RFC 3986 section 2.3).
pub(crate) fn push_encoded(target: &mut String, value: &str) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            target.push(char::from(byte));
        } else {
            target.push('%');
            target.push(char::from(HEX[usize::from(byte >> 4)]));
            target.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
}

/// A whole answer.
pub(crate) struct Answer {
    status: u16,
    bytes: Zeroizing<Vec<u8>>,
    body: Range<usize>,
}

impl Answer {
    /// The body.
    pub(crate) fn body(&self) -> &[u8] {
        &self.bytes[self.body.clone()]
    }

    /// The body, understood.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        serde_json::from_slice(self.body()).map_err(|_| AnswerFault::Content.into())
    }

    fn success(self) -> Result<Self, Failure> {
        if (200..300).contains(&self.status) {
            Ok(self)
        } else {
            Err(Failure::refused(self.status, self.body()))
        }
    }
}

/// How the body of an answer is delimited (RFC 9112 section 6.3).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Framing {
    Length(usize),
    Chunked,
}

fn transport(error: io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => Failure::Timeout(Duration::ZERO),
        // The agent closed while we wrote: the same to the user as an answer that never came.
        io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset => AnswerFault::Empty.into(),
        _ => Failure::Transport(error),
    }
}

/// Bytes that arrive: `bytes[start..end]` are read and not yet used.
struct Incoming<R> {
    stream: R,
    bytes: Zeroizing<Vec<u8>>,
    start: usize,
    end: usize,
}

impl<R: Read> Incoming<R> {
    fn new(stream: R) -> Self {
        Self { stream, bytes: Zeroizing::new(vec![0; FIRST_READ]), start: 0, end: 0 }
    }

    fn unused(&self) -> &[u8] {
        &self.bytes[self.start..self.end]
    }

    /// Makes room for `wanted` unused bytes. The buffer that is left is wiped.
    fn reserve(&mut self, wanted: usize) {
        if self.bytes.len() - self.start >= wanted {
            return;
        }
        let mut larger = Zeroizing::new(vec![0; wanted.max(self.bytes.len())]);
        let unused = self.end - self.start;
        larger[..unused].copy_from_slice(self.unused());
        self.bytes = larger;
        (self.start, self.end) = (0, unused);
    }

    /// Reads once. The end of the stream is an answer that broke off.
    fn fill(&mut self) -> Result<(), Failure> {
        if self.end == self.bytes.len() {
            let unused = self.end - self.start;
            if self.start > 0 {
                self.bytes.copy_within(self.start..self.end, 0);
                (self.start, self.end) = (0, unused);
            } else {
                self.reserve(unused * 2);
            }
        }
        loop {
            return match self.stream.read(&mut self.bytes[self.end..]) {
                Ok(0) => Err(AnswerFault::Truncated.into()),
                Ok(read) => {
                    self.end += read;
                    Ok(())
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) if error.kind() == io::ErrorKind::ConnectionReset => {
                    Err(AnswerFault::Truncated.into())
                }
                Err(error) => Err(transport(error)),
            };
        }
    }

    /// Reads the head: the status, and how the body is delimited.
    fn head(&mut self) -> Result<(u16, Framing), Failure> {
        loop {
            if self.start < self.end {
                let mut headers = [httparse::EMPTY_HEADER; 32];
                let mut response = httparse::Response::new(&mut headers);
                match response.parse(&self.bytes[self.start..self.end]) {
                    Ok(Status::Complete(length)) => {
                        let status = response.code.unwrap_or_default();
                        let framing = framing(status, response.headers)?;
                        self.start += length;
                        return Ok((status, framing));
                    }
                    Ok(Status::Partial) if self.end - self.start >= MAX_HEAD => {
                        return Err(AnswerFault::HeadTooLong.into());
                    }
                    Ok(Status::Partial) => {}
                    Err(httparse::Error::TooManyHeaders) => return Err(AnswerFault::HeadTooLong.into()),
                    Err(_) => return Err(AnswerFault::NotHttp.into()),
                }
            }
            let nothing_yet = self.start == self.end;
            self.fill().map_err(|failure| match failure {
                Failure::Answer(AnswerFault::Truncated) if nothing_yet => AnswerFault::Empty.into(),
                failure => failure,
            })?;
        }
    }

    /// Reads the line that begins a chunk (RFC 9112 section 7.1) and, of the last chunk, the end.
    fn chunk_size(&mut self) -> Result<u64, Failure> {
        let size = loop {
            match httparse::parse_chunk_size(self.unused()) {
                Ok(Status::Complete((length, size))) => {
                    self.start += length;
                    break size;
                }
                Ok(Status::Partial) if self.end - self.start < 256 => self.fill()?,
                _ => return Err(AnswerFault::Chunk.into()),
            }
        };
        if size == 0 {
            self.chunk_end()?;
        }
        Ok(size)
    }

    /// Reads the line end behind a chunk's data, or behind the last chunk: the agent sends no trailers.
    fn chunk_end(&mut self) -> Result<(), Failure> {
        while self.end - self.start < 2 {
            self.fill()?;
        }
        if !self.unused().starts_with(b"\r\n") {
            return Err(AnswerFault::Chunk.into());
        }
        self.start += 2;
        Ok(())
    }

    /// Waits for at least one byte and hands over what is there, at most `limit` bytes.
    fn some(&mut self, limit: u64) -> Result<&[u8], Failure> {
        if self.start == self.end {
            self.fill()?;
        }
        let from = self.start;
        let length = usize::try_from(limit).unwrap_or(usize::MAX).min(self.end - from);
        self.start += length;
        Ok(&self.bytes[from..from + length])
    }
}

fn framing(status: u16, headers: &[httparse::Header<'_>]) -> Result<Framing, AnswerFault> {
    if status < 200 {
        return Err(AnswerFault::NotHttp);
    }
    let mut found = None;
    for header in headers {
        let this = if header.name.eq_ignore_ascii_case("content-length") {
            Framing::Length(content_length(header.value)?)
        } else if header.name.eq_ignore_ascii_case("transfer-encoding") {
            if !header.value.eq_ignore_ascii_case(b"chunked") {
                return Err(AnswerFault::NoLength);
            }
            Framing::Chunked
        } else {
            continue;
        };
        // Two that disagree leave the length open; two that agree are still not what the agent sends.
        if found.replace(this).is_some() {
            return Err(AnswerFault::NoLength);
        }
    }
    match found {
        Some(Framing::Length(length)) if length > MAX_BODY => Err(AnswerFault::TooLarge),
        _ if status == 204 || status == 304 => Ok(Framing::Length(0)),
        Some(framing) => Ok(framing),
        None => Err(AnswerFault::NoLength),
    }
}

fn content_length(value: &[u8]) -> Result<usize, AnswerFault> {
    let digits = !value.is_empty() && value.iter().all(u8::is_ascii_digit);
    let text = if digits { std::str::from_utf8(value).unwrap_or_default() } else { "" };
    match text.parse() {
        Ok(length) => Ok(length),
        Err(_) if digits => Err(AnswerFault::TooLarge),
        Err(_) => Err(AnswerFault::NoLength),
    }
}

/// Reads a whole answer.
fn read_answer<R: Read>(stream: R) -> Result<Answer, Failure> {
    let mut incoming = Incoming::new(stream);
    match incoming.head()? {
        (status, Framing::Length(length)) => {
            incoming.reserve(length);
            while incoming.end - incoming.start < length {
                incoming.fill()?;
            }
            let body = incoming.start..incoming.start + length;
            Ok(Answer { status, bytes: incoming.bytes, body })
        }
        (status, Framing::Chunked) => {
            let mut bytes = Zeroizing::new(Vec::new());
            loop {
                let mut left = incoming.chunk_size()?;
                if left == 0 {
                    let body = 0..bytes.len();
                    return Ok(Answer { status, bytes, body });
                }
                if left > (MAX_BODY - bytes.len()) as u64 {
                    return Err(AnswerFault::TooLarge.into());
                }
                while left > 0 {
                    let some = incoming.some(left)?;
                    left -= some.len() as u64;
                    append(&mut bytes, some);
                }
                incoming.chunk_end()?;
            }
        }
    }
}

/// Appends, and wipes the buffer that becomes too small.
fn append(bytes: &mut Zeroizing<Vec<u8>>, more: &[u8]) {
    if bytes.capacity() - bytes.len() < more.len() {
        let mut larger = Vec::with_capacity((bytes.len() + more.len()).next_power_of_two());
        larger.extend_from_slice(bytes);
        *bytes = Zeroizing::new(larger);
    }
    bytes.extend_from_slice(more);
}

/// Server-sent events (WHATWG HTML section 9.2), as far as the agent uses them.
pub(crate) struct Events<R> {
    incoming: Incoming<R>,
    chunk_left: u64,
    line: Vec<u8>,
    name: Vec<u8>,
    data: Vec<u8>,
}

impl<R: Read> Events<R> {
    fn open(stream: R) -> Result<Self, Failure> {
        let mut incoming = Incoming::new(stream);
        match incoming.head()? {
            (200, Framing::Chunked) => {
                let (line, name, data) = (Vec::new(), Vec::new(), Vec::new());
                Ok(Self { incoming, chunk_left: 0, line, name, data })
            }
            (200, Framing::Length(_)) => Err(AnswerFault::Content.into()),
            (status, Framing::Length(length)) => {
                incoming.reserve(length);
                while incoming.end - incoming.start < length {
                    incoming.fill()?;
                }
                Err(Failure::refused(status, &incoming.unused()[..length]))
            }
            (status, Framing::Chunked) => Err(AnswerFault::Status(status).into()),
        }
    }

    /// Waits for the next event with the name `session` and returns its data; `None` when the stream has ended.
    pub(crate) fn next(&mut self) -> Result<Option<Vec<u8>>, Failure> {
        loop {
            let Some(byte) = self.byte()? else { return Ok(None) };
            if byte != b'\n' {
                self.line.push(byte);
                if self.line.len() + self.data.len() > MAX_BODY {
                    return Err(AnswerFault::TooLarge.into());
                }
                continue;
            }
            let line = std::mem::take(&mut self.line);
            let line = line.strip_suffix(b"\r").unwrap_or(&line);
            if let Some(value) = field(line, b"data") {
                self.data.extend_from_slice(value);
            } else if let Some(value) = field(line, b"event") {
                self.name = value.to_vec();
            } else if line.is_empty() {
                let (name, data) = (std::mem::take(&mut self.name), std::mem::take(&mut self.data));
                if name == b"session" && !data.is_empty() {
                    return Ok(Some(data));
                }
            }
        }
    }

    fn byte(&mut self) -> Result<Option<u8>, Failure> {
        if self.chunk_left == 0 {
            match self.incoming.chunk_size() {
                Ok(0) => return Ok(None),
                Ok(size) => self.chunk_left = size,
                // An agent that is killed ends the stream in the middle; between two chunks nothing is lost by it.
                Err(Failure::Answer(AnswerFault::Truncated)) if self.incoming.start == self.incoming.end => {
                    return Ok(None);
                }
                Err(failure) => return Err(failure),
            }
        }
        let byte = self.incoming.some(1)?[0];
        self.chunk_left -= 1;
        if self.chunk_left == 0 {
            self.incoming.chunk_end()?;
        }
        Ok(Some(byte))
    }
}

fn field<'a>(line: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let value = line.strip_prefix(name)?.strip_prefix(b":")?;
    Some(value.strip_prefix(b" ").unwrap_or(value))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// Hands out one byte a read: every way in which an answer can be cut is taken.
    struct Dribble<'a>(&'a [u8]);

    impl Read for Dribble<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let Some((first, rest)) = self.0.split_first() else { return Ok(0) };
            into[0] = *first;
            self.0 = rest;
            Ok(1)
        }
    }

    fn fault(answer: &[u8]) -> AnswerFault {
        match read_answer(answer).map(|answer| answer.status) {
            Err(Failure::Answer(fault)) => fault,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_answer_is_read_whole_however_it_is_cut() {
        let long = format!("HTTP/1.1 200 OK\r\nContent-Length: 30000\r\n\r\n{}", "x".repeat(30_000));
        let cases: [(&[u8], &[u8]); 4] = [
            (b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello", b"hello"),
            (
                b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\n\r\n",
                b"hello",
            ),
            (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
            (long.as_bytes(), &[b'x'; 30_000]),
        ];
        for (answer, body) in cases {
            assert_eq!(read_answer(answer).unwrap().body(), body);
            assert_eq!(read_answer(Dribble(answer)).unwrap().body(), body);
        }
    }

    #[test]
    fn answers_that_do_not_say_where_they_end_are_refused() {
        for head in [
            "",
            "Content-Length: 1\r\nContent-Length: 2\r\n",
            "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
            "Content-Length: +5\r\n",
            "Content-Length: 5, 5\r\n",
            "Content-Length:\r\n",
            "Transfer-Encoding: gzip\r\n",
            "Transfer-Encoding: gzip, chunked\r\n",
        ] {
            let answer = format!("HTTP/1.1 200 OK\r\n{head}\r\nhello");
            assert_eq!(fault(answer.as_bytes()), AnswerFault::NoLength, "{head}");
        }
    }

    #[test]
    fn damaged_answers_are_told_apart() {
        let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        assert_eq!(fault(b""), AnswerFault::Empty);
        assert_eq!(fault(b"HTTP/1.1 200"), AnswerFault::Truncated);
        assert_eq!(fault(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell"), AnswerFault::Truncated);
        assert_eq!(fault(b"SSH-2.0-OpenSSH_9.2\r\n"), AnswerFault::NotHttp);
        assert_eq!(fault(format!("{head}5\r\nhelloX\r\n").as_bytes()), AnswerFault::Chunk);
        assert_eq!(fault(format!("{head}zz\r\n").as_bytes()), AnswerFault::Chunk);
        assert_eq!(fault(format!("{head}5\r\nhel").as_bytes()), AnswerFault::Truncated);
        assert_eq!(fault(format!("{head}100001\r\n").as_bytes()), AnswerFault::TooLarge);
        assert_eq!(fault(b"HTTP/1.1 200 OK\r\nContent-Length: 1048577\r\n\r\n"), AnswerFault::TooLarge);
        assert_eq!(
            fault(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\n"),
            AnswerFault::TooLarge
        );
        let endless = format!("HTTP/1.1 200 OK\r\nX: {}", "x".repeat(20_000));
        assert_eq!(fault(endless.as_bytes()), AnswerFault::HeadTooLong);
        let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "X: y\r\n".repeat(33));
        assert_eq!(fault(many.as_bytes()), AnswerFault::HeadTooLong);
    }

    #[test]
    fn events_are_put_together_however_they_are_cut() {
        let mut events = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
        for chunk in [
            ": hi\n\nevent: session\nd",
            "ata: {\"a\n",
            "data:\":1}\n\nevent: other\ndata: 2\n\nevent: se",
            "ssion\r\ndata: 3\r\n\r\n",
            "data: without a name\n\n",
        ] {
            events.extend_from_slice(format!("{:X}\r\n{chunk}\r\n", chunk.len()).as_bytes());
        }
        events.extend_from_slice(b"0\r\n\r\n");
        let mut stream = Events::open(Dribble(&events)).unwrap();
        let mut seen = Vec::new();
        while let Some(data) = stream.next().unwrap() {
            seen.push(String::from_utf8(data).unwrap());
        }
        assert_eq!(seen, ["{\"a\":1}", "3"]);
    }

    #[test]
    fn a_value_stays_one_value() {
        let mut target = String::new();
        push_encoded(&mut target, "a/b&c=d é\r\n");
        assert_eq!(target, "a%2Fb%26c%3Dd%20%C3%A9%0D%0A");
    }
}
