//! An answer, read completely.

use std::io::{self, Read};
use std::ops::Range;

use httparse::Status;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use super::broken::Broken;
use crate::failure::{AnswerFault, Failure};

/// The largest head of an answer.
const MAX_HEAD: usize = 8 << 10;
/// The largest body of an answer, and the largest single event.
pub(super) const MAX_BODY: usize = 1 << 20;
/// Enough for head and body of nearly every answer: one read, no second buffer.
const FIRST_READ: usize = 8 << 10;

/// A complete answer.
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

    /// The body, parsed.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        serde_json::from_slice(self.body()).map_err(|_| AnswerFault::Content.into())
    }

    pub(super) fn success(self) -> Result<Self, Failure> {
        if (200..300).contains(&self.status) {
            Ok(self)
        } else {
            Err(Failure::refused(self.status, self.body()))
        }
    }
}

/// The end of an answer's body (RFC 9112 section 6.3).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Framing {
    Length(usize),
    Chunked,
}

/// Arriving bytes: `bytes[start..end]` are read and not yet used.
pub(super) struct Incoming<R> {
    pub(super) stream: R,
    bytes: Zeroizing<Vec<u8>>,
    pub(super) start: usize,
    pub(super) end: usize,
}

impl<R: Read> Incoming<R> {
    pub(super) fn new(stream: R) -> Self {
        Self { stream, bytes: Zeroizing::new(vec![0; FIRST_READ]), start: 0, end: 0 }
    }

    pub(super) fn unused(&self) -> &[u8] {
        &self.bytes[self.start..self.end]
    }

    /// Makes room for `wanted` unused bytes. The old buffer is wiped.
    pub(super) fn reserve(&mut self, wanted: usize) {
        if self.bytes.len() - self.start >= wanted {
            return;
        }
        let mut larger = Zeroizing::new(vec![0; wanted.max(self.bytes.len())]);
        let unused = self.end - self.start;
        larger[..unused].copy_from_slice(self.unused());
        self.bytes = larger;
        (self.start, self.end) = (0, unused);
    }

    /// Reads once. The end of the stream here means an incomplete answer.
    pub(super) fn fill(&mut self) -> Result<(), Broken> {
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
                Err(error) => Err(Broken::of(error)),
            };
        }
    }

    /// Reads the head: the status, and the framing of the body.
    pub(super) fn head(&mut self) -> Result<(u16, Framing), Broken> {
        self.head_with(&[]).map(|(status, framing, _)| (status, framing))
    }

    /// The same with the values of these headers.
    pub(super) fn head_with(
        &mut self,
        names: &[&str],
    ) -> Result<(u16, Framing, Vec<Option<String>>), Broken> {
        loop {
            if self.start < self.end {
                let mut headers = [httparse::EMPTY_HEADER; 32];
                let mut response = httparse::Response::new(&mut headers);
                match response.parse(&self.bytes[self.start..self.end]) {
                    Ok(Status::Complete(length)) => {
                        let status = response.code.unwrap_or_default();
                        let framing = framing(status, response.headers)?;
                        let value = |name: &&str| {
                            let found =
                                response.headers.iter().find(|one| one.name.eq_ignore_ascii_case(name))?;
                            std::str::from_utf8(found.value).ok().map(str::to_owned)
                        };
                        let values = names.iter().map(value).collect();
                        self.start += length;
                        return Ok((status, framing, values));
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
            self.fill().map_err(|broken| match broken {
                Broken::Fault(AnswerFault::Truncated) if nothing_yet => AnswerFault::Empty.into(),
                broken => broken,
            })?;
        }
    }

    /// Reads the first line of a chunk (RFC 9112 section 7.1), and the end after the last chunk.
    pub(super) fn chunk_size(&mut self) -> Result<u64, Broken> {
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

    /// Reads the line end after a chunk's data, or after the last chunk: the agent sends no trailers.
    pub(super) fn chunk_end(&mut self) -> Result<(), Broken> {
        while self.end - self.start < 2 {
            self.fill()?;
        }
        if !self.unused().starts_with(b"\r\n") {
            return Err(AnswerFault::Chunk.into());
        }
        self.start += 2;
        Ok(())
    }

    /// Waits for at least one byte and returns the available ones, at most `limit` bytes.
    pub(super) fn some(&mut self, limit: u64) -> Result<&[u8], Broken> {
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
        // Two different lengths are ambiguous; the agent does not send two equal ones either.
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
pub(super) fn read<R: Read>(stream: R) -> Result<Answer, Broken> {
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

/// Appends, and wipes a buffer that becomes too small.
fn append(bytes: &mut Zeroizing<Vec<u8>>, more: &[u8]) {
    if bytes.capacity() - bytes.len() < more.len() {
        let mut larger = Vec::with_capacity((bytes.len() + more.len()).next_power_of_two());
        larger.extend_from_slice(bytes);
        *bytes = Zeroizing::new(larger);
    }
    bytes.extend_from_slice(more);
}

#[cfg(test)]
pub(super) mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// Returns one byte for each read, so that an answer is split in every possible place.
    pub(in crate::http) struct Dribble<'a>(pub(in crate::http) &'a [u8]);

    impl Read for Dribble<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let Some((first, rest)) = self.0.split_first() else { return Ok(0) };
            into[0] = *first;
            self.0 = rest;
            Ok(1)
        }
    }

    fn fault(answer: &[u8]) -> AnswerFault {
        match read(answer).map(|answer| answer.status) {
            Err(Broken::Fault(fault)) => fault,
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
            assert_eq!(read(answer).unwrap().body(), body);
            assert_eq!(read(Dribble(answer)).unwrap().body(), body);
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
}
