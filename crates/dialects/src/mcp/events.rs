//! Server-sent events (HTML Standard, section 9.2), as they arrive.

use super::MAX_MESSAGE;

/// The longest ID of an event: it is sent back in a header.
const MAX_ID: usize = 1024;

/// One event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Event {
    /// Its kind; empty for `message`.
    pub name: String,
    /// The lines of its data.
    pub data: Vec<u8>,
}

/// An event is larger than a message may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLarge;

/// The events of one stream.
#[derive(Debug, Default)]
pub struct Events {
    line: Vec<u8>,
    after_return: bool,
    begun: bool,
    name: String,
    data: Vec<u8>,
    has_data: bool,
    last_id: Option<String>,
    retry: Option<u64>,
    seen: u64,
    ready: std::collections::VecDeque<Event>,
}

impl Events {
    /// Takes the next bytes of the stream.
    ///
    /// # Errors
    ///
    /// [`TooLarge`].
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), TooLarge> {
        for byte in bytes {
            let after_return = std::mem::replace(&mut self.after_return, *byte == b'\r');
            match byte {
                b'\n' if after_return => {}
                b'\n' | b'\r' => self.end_line(),
                byte => {
                    self.line.push(*byte);
                    if self.line.len() + self.data.len() > MAX_MESSAGE {
                        return Err(TooLarge);
                    }
                }
            }
        }
        Ok(())
    }

    /// The next whole event.
    pub fn next_event(&mut self) -> Option<Event> {
        self.ready.pop_front()
    }

    /// How many events there were.
    #[must_use]
    pub fn seen(&self) -> u64 {
        self.seen
    }

    /// The ID of the last event that had one, for `Last-Event-ID`.
    #[must_use]
    pub fn last_id(&self) -> Option<&str> {
        self.last_id.as_deref().filter(|id| !id.is_empty())
    }

    /// How long to wait before the stream is opened again, in milliseconds.
    #[must_use]
    pub fn retry(&self) -> Option<u64> {
        self.retry
    }

    fn end_line(&mut self) {
        let mut line = std::mem::take(&mut self.line);
        if !std::mem::replace(&mut self.begun, true) && line.starts_with("\u{feff}".as_bytes()) {
            line.drain(..3);
        }
        if line.is_empty() {
            let (name, data) = (std::mem::take(&mut self.name), std::mem::take(&mut self.data));
            if std::mem::take(&mut self.has_data) {
                self.seen += 1;
                self.ready.push_back(Event { name, data });
            }
            return;
        }
        let (field, value) = match line.iter().position(|byte| *byte == b':') {
            Some(colon) => (&line[..colon], &line[colon + 1..]),
            None => (&line[..], &b""[..]),
        };
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match field {
            b"data" => {
                if std::mem::replace(&mut self.has_data, true) {
                    self.data.push(b'\n');
                }
                self.data.extend_from_slice(value);
            }
            b"event" => self.name = String::from_utf8_lossy(value).into_owned(),
            // What cannot be sent back in a header is no ID.
            b"id" if value.len() <= MAX_ID && value.iter().all(|byte| (0x20..0x7f).contains(byte)) => {
                self.last_id = Some(String::from_utf8_lossy(value).into_owned());
            }
            b"retry" if !value.is_empty() && value.iter().all(u8::is_ascii_digit) => {
                self.retry = std::str::from_utf8(value).ok().and_then(|digits| digits.parse().ok());
            }
            // A comment, or a field that means nothing here.
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn read(stream: &[u8], cut: usize) -> (Vec<(String, String)>, Option<String>, Option<u64>) {
        let mut events = Events::default();
        let mut found = Vec::new();
        for part in stream.chunks(cut) {
            events.push(part).unwrap();
            while let Some(event) = events.next_event() {
                found.push((event.name, String::from_utf8(event.data).unwrap()));
            }
        }
        (found, events.last_id().map(str::to_owned), events.retry())
    }

    #[test]
    fn a_stream_is_the_same_however_it_is_cut_and_whatever_ends_its_lines() {
        let stream = "\u{feff}: hello\n\nevent: message\nid: 7\ndata: {\"a\":\ndata:1}\n\nretry: 1500\nretry: x\nid: 8\n\ndata\n\ndata: late\n";
        for stream in [stream.to_owned(), stream.replace('\n', "\r\n"), stream.replace('\n', "\r")] {
            for cut in [1, 2, 3, 1000] {
                let (found, id, retry) = read(stream.as_bytes(), cut);
                let expected = [("message", "{\"a\":\n1}"), ("", "")];
                assert_eq!(found, expected.map(|(a, b)| (a.to_owned(), b.to_owned())), "{stream:?} {cut}");
                assert_eq!((id.as_deref(), retry), (Some("8"), Some(1500)));
            }
        }
    }

    #[test]
    fn an_id_that_could_end_a_header_is_left_out() {
        let (_, id, _) = read("id: a\u{7}b\ndata: x\n\n".as_bytes(), 9);
        assert_eq!(id, None);
    }

    #[test]
    fn an_endless_event_is_refused() {
        let mut events = Events::default();
        let part = vec![b'x'; 1 << 20];
        assert!((0..17).map(|_| events.push(&part)).any(|pushed| pushed == Err(TooLarge)));
    }
}
