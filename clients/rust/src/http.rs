//! One conversation with the agent in HTTP/1.1, as far as the agent speaks it.

use std::io::{self, BufRead as _, BufReader, Read, Write as _};

use crate::error::{Code, Error};
use crate::signing::{ANSWERED, Exchange, Key, STREAM, digest};
use crate::stream::{Stream, unanswered};

/// The longest answer that is read, in bytes.
pub(crate) const LONGEST: usize = 4 << 20;
/// The longest head of an answer.
const LONGEST_HEAD: usize = 64 << 10;

/// One connection. A nonce is good on it alone, so another one is never opened in its place.
pub(crate) struct Connection {
    reader: BufReader<Stream>,
}

/// How the end of a body is found.
#[derive(Clone, Copy)]
enum Length {
    Known(usize),
    Chunked,
    UntilClosed,
}

/// The head of an answer.
pub(crate) struct Head {
    pub(crate) status: u16,
    length: Length,
    pub(crate) is_stream: bool,
    signature: String,
}

/// An answer. The body of a stream of events is read later.
pub(crate) struct Answer {
    pub(crate) head: Head,
    pub(crate) body: Vec<u8>,
}

impl Connection {
    pub(crate) fn new(stream: Stream) -> Self {
        Self { reader: BufReader::new(stream) }
    }

    pub(crate) fn stream(&mut self) -> &mut Stream {
        self.reader.get_mut()
    }

    /// Sends a request over the socket.
    pub(crate) fn plain(&mut self, method: &str, target: &str, body: &[u8]) -> Result<Answer, Error> {
        self.exchange(method, target, None, body)
    }

    /// Sends a request, after the agent has proved itself, and checks the signature of the answer.
    pub(crate) fn signed(
        &mut self,
        key: &Key,
        method: &str,
        target: &str,
        body: &[u8],
    ) -> Result<Answer, Error> {
        let name = self.stream().name.clone();
        let first = Exchange::new(key, "GET", "/v1/challenge", &name)?;
        let challenge = self.proved(&first, b"", None)?;
        let read: Option<serde_json::Value> = serde_json::from_slice(&challenge.body).ok();
        let nonce = read.as_ref().and_then(|read| read["nonce"].as_str());
        let nonce = nonce.ok_or_else(|| Error::unreadable("The agent has sent no nonce."))?;
        let asked = Exchange::new(key, method, target, &name)?;
        self.proved(&asked, body, Some(nonce))
    }

    fn proved(&mut self, exchange: &Exchange<'_>, body: &[u8], nonce: Option<&str>) -> Result<Answer, Error> {
        let authorization = exchange.authorization(body, nonce);
        let answer = self.exchange(exchange.method, exchange.target, Some(&authorization), body)?;
        let signed = if answer.head.is_stream { STREAM.to_owned() } else { digest(&answer.body) };
        if exchange.proves(answer.head.status, &signed, &answer.head.signature) {
            Ok(answer)
        } else {
            Err(Error::not_proved())
        }
    }

    fn exchange(
        &mut self,
        method: &str,
        target: &str,
        authorization: Option<&str>,
        body: &[u8],
    ) -> Result<Answer, Error> {
        let mut head = format!("{method} {target} HTTP/1.1\r\nHost: {}\r\n", self.stream().host);
        if let Some(authorization) = authorization {
            head += &format!("Authorization: {authorization}\r\n");
        }
        if !body.is_empty() {
            head += &format!("Content-Type: application/json\r\nContent-Length: {}\r\n", body.len());
        }
        let mut bytes = (head + "\r\n").into_bytes();
        bytes.extend_from_slice(body);
        self.stream().write_all(&bytes).map_err(unanswered)?;
        let head = self.head().map_err(unanswered)?;
        if head.is_stream {
            return Ok(Answer { head, body: Vec::new() });
        }
        let mut body = Vec::new();
        let limit = u64::try_from(LONGEST + 1).unwrap_or(u64::MAX);
        self.body(head.length).take(limit).read_to_end(&mut body).map_err(unanswered)?;
        if body.len() > LONGEST {
            return Err(Error::new(Code::AnswerTooLong, "The answer is too long."));
        }
        Ok(Answer { head, body })
    }

    fn head(&mut self) -> io::Result<Head> {
        let mut left = LONGEST_HEAD;
        let first = line(&mut self.reader, &mut left)?;
        let mut words = first.splitn(3, ' ');
        let status = words.next().filter(|word| word.starts_with("HTTP/1.")).and(words.next());
        let status = status.and_then(|word| word.parse().ok()).ok_or(io::ErrorKind::InvalidData)?;
        let mut length = if matches!(status, 204 | 304) { Length::Known(0) } else { Length::UntilClosed };
        let (mut is_stream, mut signature) = (false, String::new());
        loop {
            let header = line(&mut self.reader, &mut left)?;
            if header.is_empty() {
                return Ok(Head { status, length, is_stream: is_stream && status == 200, signature });
            }
            let (name, value) = header.split_once(':').ok_or(io::ErrorKind::InvalidData)?;
            let value = value.trim();
            match name.to_ascii_lowercase().as_str() {
                "content-length" => {
                    length = Length::Known(value.parse().map_err(|_| io::ErrorKind::InvalidData)?);
                }
                "transfer-encoding" if value.eq_ignore_ascii_case("chunked") => length = Length::Chunked,
                "content-type" => is_stream = value == "text/event-stream",
                ANSWERED => value.clone_into(&mut signature),
                _ => {}
            }
        }
    }

    fn body(&mut self, length: Length) -> Body<'_> {
        Body {
            reader: &mut self.reader,
            left: if let Length::Known(left) = length { left } else { 0 },
            length,
            ended: false,
        }
    }

    /// The lines of a stream of events; `None` at its end.
    pub(crate) fn events(self, head: &Head) -> EventLines {
        EventLines { connection: self, length: head.length, left: 0, ended: false, buffer: Vec::new() }
    }
}

/// A line of a head without its end.
fn line(reader: &mut BufReader<Stream>, left: &mut usize) -> io::Result<String> {
    let mut bytes = Vec::new();
    let limit = u64::try_from(*left).unwrap_or(u64::MAX);
    reader.by_ref().take(limit).read_until(b'\n', &mut bytes)?;
    *left -= bytes.len();
    match bytes.strip_suffix(b"\r\n") {
        Some(line) => String::from_utf8(line.to_vec()).map_err(|_| io::ErrorKind::InvalidData.into()),
        None if bytes.is_empty() => Err(io::ErrorKind::UnexpectedEof.into()),
        None => Err(io::ErrorKind::InvalidData.into()),
    }
}

/// The bytes of one body.
struct Body<'a> {
    reader: &'a mut BufReader<Stream>,
    length: Length,
    /// What is left of the body, or of a chunk.
    left: usize,
    ended: bool,
}

impl Body<'_> {
    /// Reads the size of the next chunk.
    fn next_chunk(&mut self) -> io::Result<()> {
        let mut limit = LONGEST_HEAD;
        let size = line(self.reader, &mut limit)?;
        let size = size.split(';').next().unwrap_or_default().trim();
        self.left = usize::from_str_radix(size, 16).map_err(|_| io::ErrorKind::InvalidData)?;
        if self.left == 0 {
            self.ended = true;
            while !line(self.reader, &mut limit)?.is_empty() {}
        }
        Ok(())
    }
}

impl Read for Body<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if matches!(self.length, Length::UntilClosed) {
            return self.reader.read(into);
        }
        if matches!(self.length, Length::Chunked) && self.left == 0 && !self.ended {
            self.next_chunk()?;
        }
        if self.left == 0 || into.is_empty() {
            return Ok(0);
        }
        let wanted = into.len().min(self.left);
        let count = self.reader.read(&mut into[..wanted])?;
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.left -= count;
        if self.left == 0 && matches!(self.length, Length::Chunked) {
            let mut limit = 2;
            line(self.reader, &mut limit)?;
        }
        Ok(count)
    }
}

/// The data of each event, one after another.
pub(crate) struct EventLines {
    connection: Connection,
    length: Length,
    left: usize,
    ended: bool,
    buffer: Vec<u8>,
}

impl EventLines {
    pub(crate) fn stream(&mut self) -> &mut Stream {
        self.connection.stream()
    }

    /// The data of the next event; `None` once the agent has closed the stream.
    pub(crate) fn next_data(&mut self) -> Result<Option<String>, Error> {
        loop {
            if let Some(end) = self.buffer.windows(2).position(|pair| pair == b"\n\n") {
                let frame: Vec<u8> = self.buffer.drain(..end + 2).collect();
                let frame =
                    String::from_utf8(frame).map_err(|_| Error::unreadable("An event is not UTF-8."))?;
                let data: Vec<&str> = frame
                    .lines()
                    .filter_map(|line| line.strip_prefix("data:"))
                    .map(|data| data.strip_prefix(' ').unwrap_or(data))
                    .collect();
                if data.is_empty() {
                    continue;
                }
                return Ok(Some(data.join("\n")));
            }
            if self.buffer.len() > LONGEST {
                return Err(Error::new(Code::AnswerTooLong, "An event is too long."));
            }
            let mut part = [0_u8; 4096];
            let mut body = Body {
                reader: &mut self.connection.reader,
                length: self.length,
                left: self.left,
                ended: self.ended,
            };
            let read = body.read(&mut part);
            (self.left, self.ended) = (body.left, body.ended);
            match read {
                Ok(0) => return Ok(None),
                Ok(count) => self.buffer.extend_from_slice(&part[..count]),
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
                Err(error) => return Err(unanswered(error)),
            }
        }
    }
}
