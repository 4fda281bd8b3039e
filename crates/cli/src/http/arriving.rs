//! An answer that is read as it arrives, with some of its headers.

use std::io::Read;

use super::answer::{Framing, Incoming, MAX_BODY};
use super::broken::Broken;
use crate::failure::{AnswerFault, Failure};

/// An answer that arrives.
pub(crate) struct Arriving<R> {
    incoming: Incoming<R>,
    /// The values of the headers that were asked for.
    pub(crate) headers: Vec<Option<String>>,
    left: Left,
}

enum Left {
    Length(usize),
    /// Bytes of the present chunk. `read`: there is one, whose line end follows it.
    Chunk {
        left: u64,
        read: bool,
    },
}

impl<R: Read> Arriving<R> {
    /// Reads the head. An error status becomes [`Failure::Refused`].
    pub(super) fn open(stream: R, names: &[&str]) -> Result<Self, Failure> {
        let mut incoming = Incoming::new(stream);
        let (status, framing, headers) = incoming.head_with(names).map_err(failed)?;
        let left = match framing {
            Framing::Length(length) => Left::Length(length),
            Framing::Chunked => Left::Chunk { left: 0, read: false },
        };
        let mut arriving = Self { incoming, headers, left };
        if (200..300).contains(&status) {
            return Ok(arriving);
        }
        let body = arriving.rest(MAX_BODY).unwrap_or_default();
        Err(Failure::refused(status, &body))
    }

    /// The next bytes of the body; `None` at its end.
    pub(crate) fn next(&mut self) -> Result<Option<&[u8]>, Failure> {
        self.some().map_err(failed)
    }

    /// The whole body, if it is no longer than this.
    pub(crate) fn rest(&mut self, most: usize) -> Result<Vec<u8>, Failure> {
        let mut body = Vec::new();
        while let Some(part) = self.next()? {
            if body.len() + part.len() > most {
                return Err(AnswerFault::TooLarge.into());
            }
            body.extend_from_slice(part);
        }
        Ok(body)
    }

    fn some(&mut self) -> Result<Option<&[u8]>, Broken> {
        if let Left::Chunk { left: 0, read } = self.left {
            if read {
                self.incoming.chunk_end()?;
            }
            self.left = match self.incoming.chunk_size()? {
                0 => Left::Length(0),
                size => Left::Chunk { left: size, read: true },
            };
        }
        match &mut self.left {
            Left::Length(0) => Ok(None),
            Left::Length(left) => {
                let some = self.incoming.some(*left as u64)?;
                *left -= some.len();
                Ok(Some(some))
            }
            Left::Chunk { left, .. } => {
                let some = self.incoming.some(*left)?;
                *left -= some.len() as u64;
                Ok(Some(some))
            }
        }
    }
}

fn failed(broken: Broken) -> Failure {
    broken.after(std::time::Duration::ZERO)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::answer::tests::Dribble;
    use super::*;

    #[test]
    fn an_answer_arrives_in_parts_with_its_headers() {
        let head = "HTTP/1.1 200 OK\r\nMcp-Session-Id: s1\r\n";
        for answer in [
            format!("{head}Content-Length: 5\r\n\r\nhello"),
            format!("{head}Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"),
        ] {
            let mut arriving =
                Arriving::open(Dribble(answer.as_bytes()), &["mcp-session-id", "other"]).unwrap();
            assert_eq!(arriving.headers, [Some("s1".to_owned()), None]);
            assert_eq!(arriving.rest(5).unwrap(), b"hello");
            assert!(Arriving::open(answer.as_bytes(), &[]).unwrap().rest(4).is_err());
        }
        let cut = format!("{head}Transfer-Encoding: chunked\r\n\r\n5\r\nhel");
        assert!(Arriving::open(cut.as_bytes(), &[]).unwrap().rest(9).is_err());
        let body = r#"{"error":"access_denied","error_description":"No."}"#;
        let refused = format!("HTTP/1.1 403 Forbidden\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        let failure = Arriving::open(refused.as_bytes(), &[]).map(drop).unwrap_err();
        assert_eq!(failure.code(), "access_denied");
    }
}
