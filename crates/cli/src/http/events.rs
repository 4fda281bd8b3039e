//! Server-sent events (WHATWG HTML section 9.2), the part that the agent uses.

use std::io::Read;
use std::time::Duration;

use super::answer::{Framing, Incoming, MAX_BODY};
use super::broken::Broken;
use crate::failure::{AnswerFault, Failure};

/// A stream of events that is open.
pub(crate) struct Events<R> {
    incoming: Incoming<R>,
    patience: Duration,
    chunk_left: u64,
    line: Vec<u8>,
    name: Vec<u8>,
    data: Vec<u8>,
}

impl<R: Read> Events<R> {
    /// Reads the head of the answer, which has to come within `patience`.
    pub(super) fn open(stream: R, patience: Duration) -> Result<Self, Failure> {
        let mut incoming = Incoming::new(stream);
        let late = |broken: Broken| broken.after(patience);
        match incoming.head().map_err(late)? {
            (200, Framing::Chunked) => {
                let (line, name, data) = (Vec::new(), Vec::new(), Vec::new());
                Ok(Self { incoming, patience, chunk_left: 0, line, name, data })
            }
            (200, Framing::Length(_)) => Err(AnswerFault::Content.into()),
            (status, Framing::Length(length)) => {
                incoming.reserve(length);
                while incoming.end - incoming.start < length {
                    incoming.fill().map_err(late)?;
                }
                Err(Failure::refused(status, &incoming.unused()[..length]))
            }
            (status, Framing::Chunked) => Err(AnswerFault::Status(status).into()),
        }
    }

    /// The connection.
    pub(super) fn stream(&self) -> &R {
        &self.incoming.stream
    }

    /// Waits for the next event with the name `session` and returns its data; `None` when the stream has ended.
    pub(crate) fn next(&mut self) -> Result<Option<Vec<u8>>, Failure> {
        loop {
            let Some(byte) = self.byte().map_err(|broken| broken.after(self.patience))? else {
                return Ok(None);
            };
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

    fn byte(&mut self) -> Result<Option<u8>, Broken> {
        if self.chunk_left == 0 {
            match self.incoming.chunk_size() {
                Ok(0) => return Ok(None),
                Ok(size) => self.chunk_left = size,
                // An agent that is killed ends the stream early; between two chunks nothing is lost.
                Err(Broken::Fault(AnswerFault::Truncated)) if self.incoming.start == self.incoming.end => {
                    return Ok(None);
                }
                Err(broken) => return Err(broken),
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
    use super::super::answer::tests::Dribble;
    use super::*;

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
        let mut stream = Events::open(Dribble(&events), Duration::ZERO).unwrap();
        let mut seen = Vec::new();
        while let Some(data) = stream.next().unwrap() {
            seen.push(String::from_utf8(data).unwrap());
        }
        assert_eq!(seen, ["{\"a\":1}", "3"]);
    }
}
